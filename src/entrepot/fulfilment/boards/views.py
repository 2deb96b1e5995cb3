"""What boards show: one statement for what is now, one for what was done today."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import WEEKS, Days
from entrepot.fulfilment.boards.domain import QUEUE, STAGES, Station, done_by, station_of
from entrepot.fulfilment.boards.presence import GONE_AFTER
from entrepot.fulfilment.boards.sites import AT_SITE
from entrepot.fulfilment.delivery.settings import DeliverySettings
from entrepot.fulfilment.delivery.timing import Timing
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.clock import now
from entrepot.kit.sql import text

SOON = timedelta(hours=1)
ON_ITS_WAY = timedelta(days=14)
"""An order that left earlier and was never reported as delivered is the carrier's business, not the board's."""
SHOWN = 40


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that are alike for a board."""

    stage: Stage
    checked_next: bool
    held: bool
    """Somebody has them in hand."""
    orders: int
    lines: int
    units: int
    oldest: datetime
    late: int
    """Past the time at which they must have left."""
    soon: int
    """Due within the hour."""


class AtWork(msgspec.Struct, frozen=True, kw_only=True):
    """Who works on what, and since when."""

    order_id: UUID
    number: str
    stage: Stage
    name: str
    since: datetime


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """Who has which order open on a screen."""

    order_id: UUID
    number: str
    name: str
    station: str
    opened_at: datetime


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """One order on a station's board."""

    order_id: UUID
    number: str
    stage: Stage
    checked_next: bool
    since: datetime
    due_by: datetime | None
    priority: int
    holder: str
    lines: int
    units: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The floor as it is now."""

    cells: list[Cell]
    at_work: list[AtWork]
    opened: list[Opened]
    orders: list[Queued]
    ready: int
    """Reserved orders that nobody has released to picking."""

    @property
    def on_the_floor(self) -> int:
        """Orders in the building."""
        return sum(cell.orders for cell in self.cells if cell.stage is not Stage.DISPATCHED)


_SNAPSHOT = f"""
    WITH floor AS MATERIALIZED (
        SELECT f.order_id, f.stage, f.checks AND NOT f.express AS checked_next, f.since,
            coalesce(t.until, f.due_by) AS due_by, f.priority,
            f.holder_id, f.holder_name, o.number, o.line_count, o.unit_count
        FROM floor_order f JOIN sales_order o ON o.id = f.order_id
            LEFT JOIN unnest(CAST(:timed AS uuid[]), CAST(:untils AS timestamptz[])) AS t(order_id, until)
                ON t.order_id = f.order_id
        WHERE f.stage NOT IN ('dispatched', 'delivered', 'cancelled')
            AND {AT_SITE}
        UNION ALL
        SELECT f.order_id, f.stage, f.checks AND NOT f.express, f.since, NULL, f.priority,
            f.holder_id, f.holder_name, o.number, o.line_count, o.unit_count
        FROM floor_order f JOIN sales_order o ON o.id = f.order_id
        WHERE f.stage = 'dispatched' AND f.since >= :left_since
            AND {AT_SITE}
    )
    SELECT json_build_object(
        'cells', (SELECT coalesce(json_agg(c), '[]') FROM (
            SELECT stage, checked_next, holder_id <> '' AS held, count(*) AS orders, sum(line_count) AS lines,
                sum(unit_count) AS units, min(since) AS oldest, count(*) FILTER (WHERE due_by < :now) AS late,
                count(*) FILTER (WHERE due_by >= :now AND due_by < :soon) AS soon
            FROM floor GROUP BY 1, 2, 3 ORDER BY 1, 2, 3) c),
        'at_work', (SELECT coalesce(json_agg(w), '[]') FROM (
            SELECT order_id, number, stage, holder_name AS name, since FROM floor
            WHERE holder_id <> '' AND stage <> 'dispatched' ORDER BY since, order_id LIMIT :limit) w),
        'opened', (SELECT coalesce(json_agg(p), '[]') FROM (
            SELECT p.order_id, o.number, p.actor_name AS name, p.station, p.opened_at
            FROM floor_presence p JOIN sales_order o ON o.id = p.order_id
            WHERE p.seen_at >= :alive AND (CAST(:site AS uuid) IS NULL
                OR EXISTS (SELECT 1 FROM floor_order f WHERE f.order_id = p.order_id AND {AT_SITE}))
            ORDER BY p.opened_at LIMIT :limit) p),
        'orders', (SELECT coalesce(json_agg(q), '[]') FROM (
            SELECT order_id, number, stage, checked_next, since, due_by, priority, holder_name AS holder,
                line_count AS lines, unit_count AS units
            FROM floor WHERE stage = ANY(:stages) AND (stage <> 'picked' OR checked_next = :checked_next)
            ORDER BY priority DESC, due_by NULLS LAST, since, order_id LIMIT :limit) q),
        'ready', (SELECT count(*) FROM sales_order o WHERE o.status = 'reserved' AND o.held_at IS NULL
            AND (CAST(:site AS uuid) IS NULL OR o.warehouse_id IS NULL OR o.warehouse_id = CAST(:site AS uuid))
            AND NOT EXISTS (SELECT 1 FROM floor_order f WHERE f.order_id = o.id))
    )::text AS floor
"""  # noqa: S608 -- a constant


async def snapshot(
    session: AsyncSession,
    *,
    site: UUID | None = None,
    station: Station | None = None,
    untils: Mapping[UUID, datetime] | None = None,
) -> Snapshot:
    """Return the floor as it is, in one statement; with *station*, its orders one by one, the most urgent first.

    Args:
        session: the running transaction.
        site: one building.
        station: whose orders are wanted.
        untils: until when orders must be ready, where a cut-off time says something else than what was promised.
    """
    moment = now()
    rows = await session.execute(
        text(_SNAPSHOT),
        {
            "site": site,
            "now": moment,
            "soon": moment + SOON,
            "alive": moment - GONE_AFTER,
            "left_since": moment - ON_ITS_WAY,
            "timed": list(untils or {}),
            "untils": list((untils or {}).values()),
            "stages": [str(stage) for stage in STAGES[station]] if station else [],
            "checked_next": station is Station.CHECKING,
            "limit": SHOWN,
        },
    )
    return msgspec.json.decode(rows.scalar_one(), type=Snapshot)


async def untils(session: AsyncSession) -> dict[UUID, datetime]:
    """Return until when orders in the building must be ready, where their site's cut-off times decide that."""
    if not await DeliverySettings(session).cut_offs():
        return {}
    rows = await session.execute(
        text("SELECT order_id FROM floor_order WHERE stage NOT IN ('dispatched', 'delivered', 'cancelled')")
    )
    left = await Timing(session).left(list(rows.scalars()))
    return {order: one.until for order, one in left.items() if one.until is not None}


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Steps of one kind in a quarter of an hour."""

    quarter: datetime
    origin: Stage | None
    stage: Stage
    checked_next: bool
    forced: bool
    steps: int
    last_hour: int


async def flows(session: AsyncSession, days: Sequence[Days], *, site: UUID | None = None) -> list[Flow]:
    """Return what moved on *days*, by quarters of an hour, which no time zone's hour divides."""
    rows = await session.execute(
        text(
            f"""
            SELECT date_bin('15 minutes', s.at, '2000-01-01T00:00Z') AS quarter, nullif(s.origin, '') AS origin, s.stage,
                f.checks AND NOT f.express AS checked_next, s.forced, count(*) AS steps,
                count(*) FILTER (WHERE s.at >= :hour_ago) AS last_hour
            FROM unnest(CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) AS day(begins, ends)
                JOIN floor_step s ON s.at >= day.begins AND s.at < day.ends
                JOIN floor_order f ON f.order_id = s.order_id
            WHERE {AT_SITE}
            GROUP BY 1, 2, 3, 4, 5
            """  # noqa: S608 -- a constant
        ),
        {
            "begins": [one.begins for one in days],
            "ends": [one.ends for one in days],
            "site": site,
            "hour_ago": now() - timedelta(hours=1),
        },
    )
    return [msgspec.convert(dict(row), Flow) for row in rows.mappings()]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What is usual at a site on this weekday."""

    hours: dict[Station, list[float]]
    """Orders done in each hour of the day, on average."""
    waits: dict[Stage, float]
    """Stage -> seconds that half of the orders take at most, over the last weeks."""


async def past(session: AsyncSession, today: Days, *, site: UUID | None = None) -> Past:
    """Return what the same weekday of the last weeks was like.  It does not change any more today."""
    before = [today.earlier(week) for week in range(1, WEEKS + 1)]
    moved = await flows(session, before, site=site)
    done = done_by_hour(moved, today.time_zone)
    rows = await session.execute(
        text(
            f"""
            SELECT s.origin, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took_ms) / 1000 AS half
            FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id
            WHERE s.at >= :begins AND s.at < :ends AND s.origin <> ''
                AND {AT_SITE}
            GROUP BY s.origin HAVING count(*) >= 5
            """  # noqa: S608 -- a constant
        ),
        {"begins": before[-1].begins, "ends": today.begins, "site": site},
    )
    # A site that began last week has no four weeks to divide by.
    active = max(1, sum(any(one.begins <= flow.quarter < one.ends for flow in moved) for one in before))
    return Past(
        hours={station: [many / active for many in hours] for station, hours in done.items()},
        waits={Stage(row.origin): float(row.half) for row in rows},
    )


def done_by_hour(moved: Sequence[Flow], time_zone: str) -> dict[Station, list[int]]:
    """Return how many orders each station was done with in each hour of the day.  Forced steps are nobody's work."""
    zone = ZoneInfo(time_zone)
    done: dict[Station, list[int]] = {station: [0] * 24 for station in Station}
    for flow in moved:
        if not flow.forced:
            for station in done_by(flow.origin, flow.stage):
                done[station][flow.quarter.astimezone(zone).hour] += flow.steps
    return done


def last_hour(moved: Sequence[Flow]) -> dict[Station, tuple[int, int]]:
    """Return how many orders came to each station in the last hour, and how many left it."""
    came: defaultdict[Station, int] = defaultdict(int)
    left: defaultdict[Station, int] = defaultdict(int)
    for flow in moved:
        origin = station_of(flow.origin, checked_next=flow.checked_next) if flow.origin else None
        target = station_of(flow.stage, checked_next=flow.checked_next)
        if origin is not target:
            if target:
                came[target] += flow.last_hour
            if origin:
                left[origin] += flow.last_hour
    return {station: (came[station], left[station]) for station in Station}


def usual_wait(known: Past, station: Station) -> float | None:
    """Return how long orders usually wait for a station."""
    return known.waits.get(QUEUE[station])
