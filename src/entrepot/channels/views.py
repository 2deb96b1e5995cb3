"""What the pages and the API read, straight from the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import DocumentState
from entrepot.kit.sql import text


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A received document in a list."""

    id: UUID
    account_id: UUID
    account_name: str
    channel: str
    kind: str
    document_id: str
    state: DocumentState
    reason: str
    refetch: bool
    size: int
    order_id: UUID | None
    first_seen_at: datetime
    last_seen_at: datetime


async def documents(
    session: AsyncSession,
    *,
    state: str | None = None,
    account_id: UUID | None = None,
    search: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[DocumentRow]:
    """Return received documents, the newest first.

    Args:
        session: its scope decides whose.
        state: only those in it.
        account_id: only those of one account.
        search: the channel's number of the document.
        before: only those older than this one: the last of the previous page.
        limit: how many.
    """
    conditions = ["true"]
    if state is not None:
        # Spelled out, so that the partial index on what needs attention serves it.
        conditions.append("d.state = 'attention'" if state == DocumentState.ATTENTION else "d.state = :state")
    if account_id is not None:
        conditions.append("d.account_id = :account_id")
    if search:
        conditions.append("d.document_id = :search")
    if before is not None:
        conditions.append("d.id < :before")
    found = await session.execute(
        text(f"""
            SELECT d.id, d.account_id, a.name AS account_name, a.channel, d.kind, d.document_id, d.state, d.reason,
                d.refetch, octet_length(d.raw) AS size, d.order_id, d.first_seen_at, d.last_seen_at
            FROM inbox_document AS d JOIN channel_account AS a ON a.id = d.account_id
            WHERE {" AND ".join(conditions)} ORDER BY d.id DESC LIMIT :limit
        """),  # noqa: S608 -- our own words
        {"state": state, "account_id": account_id, "search": search, "before": before, "limit": limit},
    )
    rows: list[dict[str, Any]] = [{**row, "state": DocumentState(row["state"])} for row in found.mappings()]
    return [DocumentRow(**row) for row in rows]


async def attention_counts(session: AsyncSession) -> dict[UUID, int]:
    """Return how many documents of each account need attention."""
    found = await session.execute(
        text("SELECT account_id, count(*) FROM inbox_document WHERE state = 'attention' GROUP BY account_id")
    )
    return {account: number for account, number in found.all()}  # noqa: C416 -- dict() loses the types
