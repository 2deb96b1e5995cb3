"""Statements about changes of many prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.prices.models import PriceEdit, PriceEditRow
from entrepot.offers.prices.rows import money


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHead:
    """A change of many prices."""

    id: UUID
    seller_id: UUID
    change: dict[str, Any]
    reason: str
    created_by: str
    created_at: datetime
    applied_at: datetime | None
    applied_by: str
    undone_at: datetime | None
    undone_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditLine:
    """One offer of it."""

    offer_id: UUID
    place: int
    currency: str
    before: Decimal | None
    after: Decimal | None
    was_locked: bool
    was_price: Decimal | None
    was_reason: str
    refused: dict[str, Any] | None
    outcome: str


_HEAD = ", ".join(EditHead.__slots__)
_LINE = ", ".join(EditLine.__slots__)


class EditRepository:
    """Changes of many prices, in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, head: dict[str, Any], lines: Sequence[dict[str, Any]]) -> None:
        """Store a preview."""
        await insert_many(self._session, PriceEdit, [head])
        await insert_many(self._session, PriceEditRow, lines)

    async def find(self, edit_id: UUID, *, lock: bool = False) -> EditHead | None:
        """Return one, locked until the transaction ends if asked."""
        found = await self._session.execute(
            text(f"SELECT {_HEAD} FROM price_edit WHERE id = :id{' FOR NO KEY UPDATE' if lock else ''}"),  # noqa: S608
            {"id": edit_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else EditHead(**row)

    async def recent(self, *, limit: int) -> list[EditHead]:
        """Return the last ones that were applied."""
        found = await self._session.execute(
            text(f"SELECT {_HEAD} FROM price_edit WHERE applied_at IS NOT NULL ORDER BY id DESC LIMIT :limit"),  # noqa: S608
            {"limit": limit},
        )
        return [EditHead(**row) for row in found.mappings()]

    async def lines(self, edit_id: UUID, *, after: int = -1, limit: int = 1_000_000) -> list[EditLine]:
        """Return its offers in their order."""
        found = await self._session.execute(
            text(
                f"SELECT {_LINE} FROM price_edit_row WHERE edit_id = :id AND place > :after"  # noqa: S608
                " ORDER BY place LIMIT :limit"
            ),
            {"id": edit_id, "after": after, "limit": limit},
        )
        return [_line(dict(row)) for row in found.mappings()]

    async def counts(self, edit_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
        """Return how many offers each has, changes, leaves alone, changed, left alone when applied, and put back."""
        found = await self._session.execute(
            text(
                "SELECT edit_id, count(*) AS all, count(*) FILTER (WHERE refused IS NULL) AS fits,"
                " count(*) FILTER (WHERE refused IS NOT NULL) AS refused,"
                " count(*) FILTER (WHERE outcome = 'applied') AS applied,"
                " count(*) FILTER (WHERE outcome = 'changed') AS changed,"
                " count(*) FILTER (WHERE outcome = 'undone') AS undone FROM price_edit_row"
                " WHERE edit_id = ANY(:ids) GROUP BY edit_id"
            ),
            {"ids": list(edit_ids)},
        )
        return {
            row["edit_id"]: {name: int(number) for name, number in row.items() if name != "edit_id"}
            for row in found.mappings()
        }

    async def settle(self, edit_id: UUID, outcomes: dict[UUID, str]) -> None:
        """Store what became of its offers."""
        await self._session.execute(
            text(
                "UPDATE price_edit_row r SET outcome = t.outcome"
                " FROM unnest(CAST(:ids AS uuid[]), CAST(:outcomes AS text[])) AS t(offer_id, outcome)"
                " WHERE r.edit_id = :edit AND r.offer_id = t.offer_id"
            ),
            {"edit": edit_id, "ids": list(outcomes), "outcomes": list(outcomes.values())},
        )

    async def mark(self, edit_id: UUID, *, undone: bool, who: str) -> None:
        """Store that it was applied, or put back."""
        what = "undone" if undone else "applied"
        await self._session.execute(
            text(f"UPDATE price_edit SET {what}_at = now(), {what}_by = :who WHERE id = :id"),  # noqa: S608
            {"id": edit_id, "who": who},
        )


def _line(values: dict[str, Any]) -> EditLine:
    for name in ("before", "after", "was_price"):
        values[name] = money(values[name], values["currency"])
    return EditLine(**values)
