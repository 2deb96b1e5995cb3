"""The way as pages and programs read it."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.sql import text


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an order."""

    origin: str
    """Empty: it came onto the floor."""
    stage: Stage
    at: datetime
    took_ms: int
    """How long it was where it came from."""
    actor_name: str
    station: str
    reason: str
    forced: bool


async def steps(session: AsyncSession, order_id: UUID) -> list[StepRow]:
    """Return how an order came to where it is, the first step first."""
    rows = await session.execute(
        text(
            "SELECT origin, stage, at, took_ms, actor_name, station, reason, forced FROM floor_step"
            " WHERE order_id = :id ORDER BY id"
        ),
        {"id": order_id},
    )
    return [msgspec.convert(dict(row), StepRow) for row in rows.mappings()]


class FloorRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order on the floor."""

    order_id: UUID
    number: str
    stage: Stage
    back_to: str
    since: datetime
    holder_name: str
    priority: int
    due_by: datetime | None
    reason: str
    moved_by_name: str
    ship_name: str
    line_count: int
    unit_count: int


async def on_the_floor(
    session: AsyncSession, *, stage: str = "", after: UUID | None = None, limit: int = 100
) -> list[FloorRow]:
    """Return orders in the building, the most urgent first; *after*: those that come after that order."""
    rows = await session.execute(
        text(
            """
            SELECT f.order_id, o.number, f.stage, f.back_to, f.since, f.holder_name, f.priority, f.due_by, f.reason,
                f.moved_by_name, o.ship_name, o.line_count, o.unit_count
            FROM floor_order f JOIN sales_order o ON o.id = f.order_id
            WHERE f.stage NOT IN ('dispatched', 'delivered', 'cancelled') AND (:stage = '' OR f.stage = :stage)
                AND (CAST(:after AS uuid) IS NULL
                    OR (-f.priority, coalesce(f.due_by, 'infinity'), f.order_id) > (
                        SELECT -a.priority, coalesce(a.due_by, 'infinity'), a.order_id FROM floor_order a
                        WHERE a.order_id = CAST(:after AS uuid)))
            ORDER BY f.priority DESC, f.due_by NULLS LAST, f.order_id LIMIT :limit
            """
        ),
        {"stage": stage, "after": after, "limit": limit},
    )
    return [msgspec.convert(dict(row), FloorRow) for row in rows.mappings()]


async def counts_by_stage(session: AsyncSession) -> dict[str, int]:
    """Return how many orders are at each stage in the building."""
    rows = await session.execute(
        text(
            "SELECT stage, count(*) AS orders FROM floor_order"
            " WHERE stage NOT IN ('dispatched', 'delivered', 'cancelled') GROUP BY stage"
        )
    )
    return {row.stage: row.orders for row in rows}
