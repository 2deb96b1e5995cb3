"""Figures of days: what left, how long stages took, and what went wrong."""

from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days
from entrepot.fulfilment.boards.domain import WORKING
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.sql import text
from entrepot.kit.text import N_

_SITE = "(CAST(:site AS uuid) IS NULL OR f.warehouse_id = CAST(:site AS uuid))"


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """What left the building."""

    orders: int
    lines: int
    units: int
    value: dict[str, Decimal]
    """Currency -> what the goods of these orders cost, as billed."""


async def billed(session: AsyncSession, days: Days, *, site: UUID | None = None) -> Billed:
    """Return what was dispatched on *days*.  Each order counts once: an order leaves once."""
    rows = await session.execute(
        text(
            f"""
            SELECT o.currency, count(*) AS orders, sum(o.line_count) AS lines, sum(o.unit_count) AS units,
                sum(o.goods_total) AS value
            FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id JOIN sales_order o ON o.id = s.order_id
            WHERE s.stage = 'dispatched' AND s.at >= :begins AND s.at < :ends AND {_SITE}
            GROUP BY o.currency ORDER BY o.currency
            """  # noqa: S608 -- a constant
        ),
        {"begins": days.begins, "ends": days.ends, "site": site},
    )
    found = rows.mappings().all()
    return Billed(
        orders=sum(int(row["orders"]) for row in found),
        lines=sum(int(row["lines"]) for row in found),
        units=sum(int(row["units"]) for row in found),
        value={str(row["currency"]): Decimal(row["value"]) for row in found},
    )


class StageTime(msgspec.Struct, frozen=True, kw_only=True):
    """How long orders were at a stage."""

    stage: Stage
    working: bool
    """Hands were on them; else they waited."""
    steps: int
    median_s: float
    p90_s: float
    total_s: float


async def stage_times(session: AsyncSession, days: Days, *, site: UUID | None = None) -> list[StageTime]:
    """Return how long orders that left a stage on *days* had been there, in the order of the way."""
    rows = await session.execute(
        text(
            f"""
            SELECT s.origin AS stage, count(*) AS steps, sum(s.took_ms) / 1000.0 AS total,
                percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY s.took_ms) AS parts
            FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id
            WHERE s.at >= :begins AND s.at < :ends AND s.origin <> '' AND s.origin <> 'dispatched' AND {_SITE}
            GROUP BY s.origin
            """  # noqa: S608 -- a constant
        ),
        {"begins": days.begins, "ends": days.ends, "site": site},
    )
    found = {
        Stage(row.stage): StageTime(
            stage=Stage(row.stage),
            working=Stage(row.stage) in WORKING,
            steps=row.steps,
            median_s=round(row.parts[0] / 1000, 1),
            p90_s=round(row.parts[1] / 1000, 1),
            total_s=round(float(row.total), 1),
        )
        for row in rows
    }
    return [found[stage] for stage in Stage if stage in found]


class ErrorCause(msgspec.Struct, frozen=True, kw_only=True):
    """Something that went wrong, how often, and why as far as anybody said."""

    kind: str
    """Key of :data:`ERRORS`."""
    reason: str
    times: int
    units: int


ERRORS = {
    "short": N_("Short at picking"),
    "review": N_("Sent back for review"),
    "hold": N_("Put on hold"),
    "forced": N_("Forced"),
    "label": N_("Label failed"),
    "difference": N_("Difference at checking"),
    "conflict": N_("Conflict of scans"),
}


async def error_causes(
    session: AsyncSession, days: Days, *, site: UUID | None = None, most: int = 50
) -> list[ErrorCause]:
    """Return what went wrong on *days*, the most frequent first."""
    rows = await session.execute(
        text(
            f"""
            SELECT kind, reason, count(*) AS times, sum(units) AS units FROM (
                SELECT 'short' AS kind, l.reason, l.short AS units
                FROM pick_line l JOIN pick_list p ON p.id = l.pick_list_id
                WHERE l.short > 0 AND l.scanned_at >= :begins AND l.scanned_at < :ends
                    AND (CAST(:site AS uuid) IS NULL OR p.warehouse_id = CAST(:site AS uuid))
                UNION ALL
                SELECT CASE WHEN s.forced THEN 'forced' ELSE s.stage END, s.reason, 0
                FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id
                WHERE (s.stage IN ('review', 'hold') OR s.forced) AND s.at >= :begins AND s.at < :ends AND {_SITE}
                UNION ALL
                SELECT 'label', a.reason, 0
                FROM label_attempt a JOIN shipment h ON h.id = a.shipment_id JOIN floor_order f ON f.order_id = h.order_id
                WHERE a.outcome = 'refused' AND a.at >= :begins AND a.at < :ends AND {_SITE}
            ) wrong GROUP BY kind, reason ORDER BY times DESC, kind, reason LIMIT :most
            """  # noqa: S608 -- a constant
        ),
        {"begins": days.begins, "ends": days.ends, "site": site, "most": most},
    )
    return [msgspec.convert(dict(row), ErrorCause) for row in rows.mappings()]
