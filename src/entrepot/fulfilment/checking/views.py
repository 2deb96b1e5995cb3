"""Checks as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class CheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits to be checked, or is being checked."""

    order_id: UUID
    number: str
    stage: str
    since: datetime
    holder_name: str
    ship_name: str
    due_by: datetime | None
    unit_count: int
    priority: int


async def to_check(session: AsyncSession, *, limit: int = 100) -> list[CheckRow]:
    """Return orders at the check station and before it, the most urgent first."""
    rows = await session.execute(
        text(
            """
            SELECT f.order_id, o.number, f.stage, f.since, f.holder_name, o.ship_name, f.due_by, o.unit_count, f.priority
            FROM floor_order f JOIN sales_order o ON o.id = f.order_id
            WHERE f.stage = 'checking' OR (f.stage = 'picked' AND f.checks AND NOT f.express)
            ORDER BY f.priority DESC, f.due_by NULLS LAST, f.order_id LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [CheckRow(**row) for row in rows.mappings()]
