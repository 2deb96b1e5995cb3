"""What people did: one's own figures for everyone, others' only where their site shows them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days
from entrepot.fulfilment.boards.domain import Effort, Pace, usual_pace
from entrepot.fulfilment.boards.sites import AT_SITE
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.sql import text

PAUSE_S = 600
"""A longer gap between two scans is a pause, and counts as no work."""
LEARNED = timedelta(days=28)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did at one kind of station."""

    person_id: str
    person: str
    stage: Stage
    """``picking``, ``checking``, ``packing`` or ``boxing``."""
    orders: int
    lines: int
    units: int
    walk: int
    """Places passed in the warehouse's walking order, between one scan and the next; 0 where nobody walks."""
    seconds: float
    """With hands on it: between scans without pauses at picking, from taking to passing on elsewhere."""
    lines_per_hour: float | None
    pace: float | None
    """Time that this site usually needs for as many lines and as long a walk, over the time it took: 1 is usual, more is
    quicker.  None: nobody walked, or the site has too few walks to compare with."""


@dataclass(frozen=True, slots=True)
class _Walk:
    site: UUID
    person_id: str
    person: str
    orders: int
    units: int
    effort: Effort


_WALKS = """
    SELECT warehouse_id, actor_id, max(actor_name) AS actor_name, count(DISTINCT order_id) AS orders,
        count(DISTINCT pick_line_id) AS lines, sum(quantity) AS units, sum(walk) AS walk, sum(seconds) AS seconds
    FROM (
        SELECT c.actor_id, c.actor_name, c.quantity, c.pick_line_id, l.order_id, l.pick_list_id, p.warehouse_id,
            coalesce(abs(l.walk_order - lag(l.walk_order) OVER walked), 0) AS walk,
            CASE WHEN c.scanned_at - lag(c.scanned_at) OVER walked <= make_interval(secs => :pause)
                THEN extract(epoch FROM c.scanned_at - lag(c.scanned_at) OVER walked) ELSE 0 END AS seconds
        FROM pick_scan c JOIN pick_line l ON l.id = c.pick_line_id JOIN pick_list p ON p.id = l.pick_list_id
            LEFT JOIN board_setting b ON b.seller_id = p.seller_id AND b.warehouse_id = p.warehouse_id
        WHERE c.scanned_at >= :begins AND c.scanned_at < :ends AND c.actor_id <> ''
            AND (CAST(:site AS uuid) IS NULL OR p.warehouse_id = CAST(:site AS uuid))
            AND (:who = '' OR c.actor_id = :who) AND (NOT :shown OR b.by_person)
        WINDOW walked AS (PARTITION BY c.actor_id, l.pick_list_id ORDER BY c.scanned_at, c.id)
    ) scans GROUP BY warehouse_id, actor_id, pick_list_id HAVING sum(quantity) > 0
"""


async def _walks(
    session: AsyncSession, days: Days, *, site: UUID | None, who: str = "", shown: bool = False
) -> list[_Walk]:
    rows = await session.execute(
        text(_WALKS),
        {
            "begins": days.begins,
            "ends": days.ends,
            "site": site,
            "who": who,
            "shown": shown,
            "pause": float(PAUSE_S),
        },
    )
    return [
        _Walk(
            row.warehouse_id,
            row.actor_id,
            row.actor_name,
            row.orders,
            int(row.units),
            Effort(row.lines, int(row.walk), float(row.seconds)),
        )
        for row in rows
    ]


_STATIONS = f"""
    SELECT s.actor_id, max(s.actor_name) AS actor_name, s.origin AS stage, count(*) AS orders,
        sum(o.line_count) AS lines, sum(o.unit_count) AS units, sum(s.took_ms) / 1000.0 AS seconds
    FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id JOIN sales_order o ON o.id = s.order_id
        LEFT JOIN board_setting b ON b.seller_id = f.seller_id AND b.warehouse_id = f.warehouse_id
    WHERE s.at >= :begins AND s.at < :ends AND NOT s.forced AND s.actor_id <> ''
        AND s.origin IN ('checking', 'packing', 'boxing') AND s.stage IN ('packing', 'boxing', 'packed')
        AND {AT_SITE}
        AND (:who = '' OR s.actor_id = :who) AND (NOT :shown OR b.by_person)
    GROUP BY s.actor_id, s.origin
"""  # noqa: S608 -- a constant


async def work(
    session: AsyncSession, days: Days, *, site: UUID | None = None, who: str = "", shown: bool = False
) -> list[Work]:
    """Return what people did on *days*, by person and station.

    Args:
        session: the running transaction.
        days: when.
        site: one building.
        who: id of one person; empty: everyone.
        shown: only at sites that show figures of people.
    """
    walks = await _walks(session, days, site=site, who=who, shown=shown)
    paces = await _paces(session, days, site) if walks else {}
    rows = await session.execute(
        text(_STATIONS), {"begins": days.begins, "ends": days.ends, "site": site, "who": who, "shown": shown}
    )
    found = _picking(walks, paces) + [
        Work(
            person_id=row.actor_id,
            person=row.actor_name,
            stage=Stage(row.stage),
            orders=row.orders,
            lines=int(row.lines),
            units=int(row.units),
            walk=0,
            seconds=round(float(row.seconds), 1),
            lines_per_hour=_per_hour(int(row.lines), float(row.seconds)),
            pace=None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.person, one.person_id, list(Stage).index(one.stage)))


async def _paces(session: AsyncSession, days: Days, site: UUID | None) -> dict[UUID, Pace]:
    """Return what is usual at each site: from everyone's walks of the four weeks that end with *days*."""
    learned = Days(max(days.last - LEARNED, days.first - LEARNED), days.last, days.time_zone)
    by_site: defaultdict[UUID, list[Effort]] = defaultdict(list)
    for walk in await _walks(session, learned, site=site):
        by_site[walk.site].append(walk.effort)
    paces = {place: usual_pace(efforts) for place, efforts in by_site.items()}
    return {place: pace for place, pace in paces.items() if pace}


def _picking(walks: Sequence[_Walk], paces: dict[UUID, Pace]) -> list[Work]:
    by_person: defaultdict[str, list[_Walk]] = defaultdict(list)
    for walk in walks:
        by_person[walk.person_id].append(walk)
    found: list[Work] = []
    for person_id, theirs in by_person.items():
        lines, seconds = sum(one.effort.lines for one in theirs), sum(one.effort.seconds for one in theirs)
        known = [one for one in theirs if one.site in paces and one.effort.seconds > 0]
        took = sum(one.effort.seconds for one in known)
        expected = sum(paces[one.site].expected_s(one.effort.lines, one.effort.walk) for one in known)
        found.append(
            Work(
                person_id=person_id,
                person=theirs[-1].person,
                stage=Stage.PICKING,
                orders=sum(one.orders for one in theirs),
                lines=lines,
                units=sum(one.units for one in theirs),
                walk=sum(one.effort.walk for one in theirs),
                seconds=round(seconds, 1),
                lines_per_hour=_per_hour(lines, seconds),
                pace=round(expected / took, 2) if took else None,
            )
        )
    return found


def _per_hour(lines: int, seconds: float) -> float | None:
    return round(lines * 3600 / seconds, 1) if seconds >= 1 else None


async def sites_by_person(session: AsyncSession) -> set[tuple[UUID, UUID]]:
    """Return which sites (seller, warehouse) show figures of people."""
    rows = await session.execute(text("SELECT seller_id, warehouse_id FROM board_setting WHERE by_person"))
    return {(row.seller_id, row.warehouse_id) for row in rows}
