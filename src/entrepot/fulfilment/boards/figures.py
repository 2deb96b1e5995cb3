"""Figures of days: what left, how long stages took, and what went wrong."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days
from entrepot.fulfilment.boards.domain import WORKING, Station, done_by
from entrepot.fulfilment.boards.sites import AT_SITE
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.sql import text
from entrepot.kit.text import N_


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """What left the building."""

    orders: int
    lines: int
    units: int
    value: dict[str, Decimal]
    """Currency -> what the goods of these orders cost, as billed."""


async def billed(session: AsyncSession, periods: Sequence[Days], *, site: UUID | None = None) -> list[Billed]:
    """Return what was dispatched in each of *periods*.  Each order counts once: an order leaves once."""
    rows = await session.execute(
        text(
            f"""
            SELECT period.place, o.currency, count(*) AS orders, sum(o.line_count) AS lines, sum(o.unit_count) AS units,
                sum(o.goods_total) AS value
            FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
                    WITH ORDINALITY AS period(begins, ends, place)
                JOIN floor_step s ON s.at >= period.begins AND s.at < period.ends AND s.stage = 'dispatched'
                JOIN floor_order f ON f.order_id = s.order_id JOIN sales_order o ON o.id = s.order_id
            WHERE {AT_SITE} GROUP BY period.place, o.currency ORDER BY period.place, o.currency
            """  # noqa: S608 -- a constant
        ),
        {"begins": [one.begins for one in periods], "ends": [one.ends for one in periods], "site": site},
    )
    found = rows.mappings().all()
    return [
        Billed(
            orders=sum(int(row["orders"]) for row in theirs),
            lines=sum(int(row["lines"]) for row in theirs),
            units=sum(int(row["units"]) for row in theirs),
            value={str(row["currency"]): Decimal(row["value"]) for row in theirs},
        )
        for place in range(1, len(periods) + 1)
        for theirs in [[row for row in found if row["place"] == place]]
    ]


async def done(session: AsyncSession, periods: Sequence[Days], *, site: UUID | None = None) -> list[dict[Station, int]]:
    """Return how many orders each station was done with in each of *periods*; forced steps are nobody's work."""
    rows = await session.execute(
        text(
            f"""
            SELECT period.place, nullif(s.origin, '') AS origin, s.stage, count(*) AS steps
            FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]))
                    WITH ORDINALITY AS period(begins, ends, place)
                JOIN floor_step s ON s.at >= period.begins AND s.at < period.ends AND NOT s.forced
                JOIN floor_order f ON f.order_id = s.order_id
            WHERE {AT_SITE} GROUP BY period.place, s.origin, s.stage
            """  # noqa: S608 -- a constant
        ),
        {"begins": [one.begins for one in periods], "ends": [one.ends for one in periods], "site": site},
    )
    found = [dict.fromkeys(Station, 0) for _ in periods]
    for row in rows:
        for station in done_by(Stage(row.origin) if row.origin else None, Stage(row.stage)):
            found[row.place - 1][station] += row.steps
    return found


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
            WHERE s.at >= :begins AND s.at < :ends AND s.origin <> '' AND s.origin <> 'dispatched' AND {AT_SITE}
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
    "too_few": N_("Too few at checking"),
    "too_many": N_("Too many, or wrong, at checking"),
    "conflict": N_("Scan that could not be counted"),
    "returned": N_("Not delivered"),
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
                WHERE (s.stage IN ('review', 'hold') OR s.forced) AND s.at >= :begins AND s.at < :ends AND {AT_SITE}
                UNION ALL
                SELECT 'label', a.reason, 0
                FROM label_attempt a JOIN shipment h ON h.id = a.shipment_id JOIN floor_order f ON f.order_id = h.order_id
                WHERE a.outcome = 'refused' AND a.at >= :begins AND a.at < :ends AND {AT_SITE}
                UNION ALL
                SELECT CASE WHEN l.counted < l.expected THEN 'too_few' ELSE 'too_many' END, l.sku,
                    abs(l.counted - l.expected)
                FROM floor_check c JOIN floor_check_line l ON l.check_id = c.id AND l.counted <> l.expected
                    JOIN floor_order f ON f.order_id = c.order_id
                WHERE c.ended_at >= :begins AND c.ended_at < :ends AND {AT_SITE}
                UNION ALL
                SELECT 'conflict', d.kind, d.quantity
                FROM scan_conflict c JOIN device_scan d ON d.id = c.scan_id JOIN pick_list p ON p.id = c.pick_list_id
                WHERE c.found_at >= :begins AND c.found_at < :ends
                    AND (CAST(:site AS uuid) IS NULL OR p.warehouse_id = CAST(:site AS uuid))
                UNION ALL
                SELECT 'returned', t.reason, 0 FROM delivery_stop t JOIN floor_order f ON f.order_id = t.order_id
                WHERE t.status = 'failed' AND t.at >= :begins AND t.at < :ends AND {AT_SITE}
            ) wrong GROUP BY kind, reason ORDER BY times DESC, kind, reason LIMIT :most
            """  # noqa: S608 -- a constant
        ),
        {"begins": days.begins, "ends": days.ends, "site": site, "most": most},
    )
    return [msgspec.convert(dict(row), ErrorCause) for row in rows.mappings()]
