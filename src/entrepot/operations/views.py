"""What the pages of operations read: recorded calls to the outside."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text

OUTCOMES = {
    "ok": "c.error = '' AND c.status < 400",
    "refused": "c.error = '' AND c.status >= 400 AND c.status < 500",
    "broken": "c.error = '' AND c.status >= 500",
    "none": "c.error <> ''",
}
"""How a call ended -> its condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A recorded call in a list."""

    id: UUID
    seller_id: UUID | None
    account_id: UUID | None
    run_id: UUID | None
    order_id: UUID | None
    subject: str
    why: str
    actor_name: str
    method: str
    url: str
    status: int | None
    started_at: datetime
    duration_ms: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilters:
    """Which calls."""

    account_id: UUID | None = None
    run_id: UUID | None = None
    order_id: UUID | None = None
    names: Collection[str] = ()
    """With *order_id*: what the outside calls the order and its lines; calls about these are about the order."""
    partners: Collection[UUID] = ()
    """With *order_id*: the accounts of the channel and the ERP that use these names; none: whoever does."""
    outcome: str = ""
    search: str = ""
    """Part of the address, what it was about, or part of the error."""
    since: datetime | None = None
    until: datetime | None = None


async def list_calls(
    session: AsyncSession, filters: CallFilters, *, before: UUID | None = None, limit: int = 50
) -> list[CallRow]:
    """Return calls, newest first."""
    where, values = _conditions(filters)
    if before is not None:
        where.append("c.id < :before")
        values["before"] = before
    columns = ", ".join(f"c.{name}" for name in CallRow.__slots__)
    found = await session.execute(
        text(f"SELECT {columns} FROM external_call AS c WHERE {' AND '.join(where)} ORDER BY c.id DESC LIMIT :limit"),  # noqa: S608 -- our own words
        {**values, "limit": limit},
    )
    return [CallRow(**row) for row in found.mappings()]


def _conditions(filters: CallFilters) -> tuple[list[str], dict[str, Any]]:
    where, values = ["true"], dict[str, Any]()
    if filters.order_id is not None:
        # Two indexes rather than one scan: what the caller noted, and what the outside calls it.
        about = "c.account_id = ANY(:partners) AND " if filters.partners else ""
        where.append(f"(c.order_id = :order_id OR ({about}c.subject <> '' AND c.subject = ANY(:names)))")
        values.update(order_id=filters.order_id, names=list(filters.names), partners=list(filters.partners))
    elif filters.account_id is not None:
        where.append("c.account_id = :account_id")
        values["account_id"] = filters.account_id
    if filters.run_id is not None:
        where.append("c.run_id = :run_id")
        values["run_id"] = filters.run_id
    if filters.outcome in OUTCOMES:
        where.append(OUTCOMES[filters.outcome])
    if filters.search:
        where.append("(c.subject = :search OR c.url ILIKE :like OR c.error ILIKE :like)")
        escaped = filters.search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        values.update(search=filters.search, like=f"%{escaped}%")
    if filters.since is not None:
        where.append("c.started_at >= :since")
        values["since"] = filters.since
    if filters.until is not None:
        where.append("c.started_at < :until")
        values["until"] = filters.until
    return where, values
