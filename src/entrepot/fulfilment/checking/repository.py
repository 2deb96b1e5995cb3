"""Every SQL statement of checks that services use."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.checking.models import FloorCheck, FloorCheckLine
from entrepot.fulfilment.checking.verdict import CheckLine, CheckState
from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import context_of
from entrepot.kit.sql import text

MOST_LINES = 2000


class CheckRef(msgspec.Struct, frozen=True, kw_only=True):
    """One time an order was counted."""

    id: UUID
    order_id: UUID
    state: CheckState
    begun_at: datetime
    begun_by: str
    ended_at: datetime | None
    ended_by: str
    reason: str
    lines: tuple[CheckLine, ...] = ()


_CHECK = ", ".join(name for name in CheckRef.__struct_fields__ if name != "lines")
_LINE = ", ".join(CheckLine.__struct_fields__)


class CheckRepository:
    """Checks within one transaction.  Callers hold the order's lock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open_check(self, order_id: UUID) -> CheckRef | None:
        found = await self._checks("order_id = :id AND state = 'open'", order_id)
        return found[0] if found else None

    async def checks_of(self, order_id: UUID) -> list[CheckRef]:
        """Return every check of an order, the last first."""
        return await self._checks("order_id = :id", order_id)

    async def _checks(self, where: str, order_id: UUID) -> list[CheckRef]:
        rows = await self._session.execute(
            text(f"SELECT {_CHECK} FROM floor_check WHERE {where} ORDER BY id DESC LIMIT 20"),  # noqa: S608 -- our own words
            {"id": order_id},
        )
        checks = [dict(row) for row in rows.mappings()]
        lines: dict[UUID, list[dict[str, Any]]] = {}
        if checks:
            found = await self._session.execute(
                text(
                    f"SELECT check_id, {_LINE} FROM floor_check_line"  # noqa: S608 -- column names
                    " WHERE check_id = ANY(:ids) ORDER BY id LIMIT :most"
                ),
                {"ids": [row["id"] for row in checks], "most": MOST_LINES},
            )
            for row in found.mappings():
                lines.setdefault(row["check_id"], []).append({name: row[name] for name in CheckLine.__struct_fields__})
        return [msgspec.convert({**row, "lines": lines.get(row["id"], [])}, CheckRef) for row in checks]

    async def insert(self, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, FloorCheck, [row])
        await insert_rows(self._session, FloorCheckLine, lines)

    async def insert_line(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, FloorCheckLine, [row])

    async def set_counted(self, line_id: UUID, counted: int) -> None:
        await self._session.execute(
            text("UPDATE floor_check_line SET counted = :counted WHERE id = :id"), {"id": line_id, "counted": counted}
        )

    async def end(self, check_id: UUID, state: CheckState, reason: str = "") -> None:
        await self._session.execute(
            text(
                "UPDATE floor_check SET state = :state, ended_at = clock_timestamp(), ended_by = :name, reason = :reason"
                " WHERE id = :id"
            ),
            {
                "id": check_id,
                "state": str(state),
                "name": context_of(self._session).actor.name,
                "reason": reason,
            },
        )

    async def picked_from(self, order_id: UUID) -> dict[tuple[UUID, str], str]:
        """Return from where each product and lot of an order was picked."""
        rows = await self._session.execute(
            text(
                "SELECT product_id, lot, string_agg(DISTINCT location_code, ', ' ORDER BY location_code) AS places"
                " FROM pick_line WHERE order_id = :id AND picked > 0 GROUP BY product_id, lot"
            ),
            {"id": order_id},
        )
        return {(row.product_id, row.lot): row.places for row in rows}
