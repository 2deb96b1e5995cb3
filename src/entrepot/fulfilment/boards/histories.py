"""What every station did, step by step: filtered, a page at a time, or all of it for a spreadsheet."""

from collections.abc import AsyncGenerator
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days
from entrepot.fulfilment.boards.sites import AT_SITE
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit.sql import text

BATCH = 2000
"""Rows that an export reads at a time."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which steps are wanted; empty: any."""

    days: Days
    site: UUID | None = None
    seller: UUID | None = None
    person: str = ""
    """Id of who moved the order, or part of their name."""
    station: str = ""
    """As the step was recorded: ``pick``, ``check``, ``pack``, ``box``, ``dispatch``, ``deliver`` or a desk's name."""
    stage: Stage | None = None
    """Where it came from: the stage whose time the row tells."""
    outcome: Stage | None = None
    """Where it went."""
    order: str = ""
    """Number of an order."""
    named: str | None = None
    """Id of the only person whose name is told; None: everybody's."""


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of one order."""

    id: int
    at: datetime
    order_id: UUID
    number: str
    seller: str
    warehouse: str
    station: str
    stage: Stage | None
    """Where it came from; None: it came onto the floor."""
    outcome: Stage
    took_s: float
    """How long it was there."""
    lines: int
    units: int
    person: str
    reason: str
    forced: bool


_ROWS = f"""
    SELECT s.id, s.at, s.order_id, o.number, l.name AS seller, coalesce(w.code, '') AS warehouse, s.station,
        nullif(s.origin, '') AS stage, s.stage AS outcome, s.took_ms / 1000.0 AS took_s, o.line_count AS lines,
        o.unit_count AS units,
        CASE WHEN CAST(:named AS text) IS NULL OR s.actor_id = :named THEN s.actor_name ELSE '' END AS person, s.reason, s.forced
    FROM floor_step s JOIN sales_order o ON o.id = s.order_id JOIN floor_order f ON f.order_id = s.order_id
        JOIN seller l ON l.id = s.seller_id LEFT JOIN warehouse w ON w.id = f.warehouse_id
    WHERE s.at >= :begins AND s.at < :ends
        AND {AT_SITE}
        AND (CAST(:seller AS uuid) IS NULL OR s.seller_id = CAST(:seller AS uuid))
        AND (:person = '' OR s.actor_id = :person OR s.actor_name ILIKE :person_like)
        AND (:station = '' OR s.station = :station)
        AND (:stage = '' OR s.origin = :stage) AND (:outcome = '' OR s.stage = :outcome)
        AND (:order = '' OR o.number ILIKE :order_like)
        AND (CAST(:at AS timestamptz) IS NULL OR (s.at, s.id) < (CAST(:at AS timestamptz), CAST(:id AS bigint)))
    ORDER BY s.at DESC, s.id DESC LIMIT :limit
"""  # noqa: S608 -- a constant


async def history(
    session: AsyncSession, wanted: Filters, *, after: tuple[datetime, int] | None = None, limit: int = 100
) -> list[HistoryRow]:
    """Return steps, the latest first; *after*: time and id of the last one seen."""
    rows = await session.execute(
        text(_ROWS),
        {
            "begins": wanted.days.begins,
            "ends": wanted.days.ends,
            "site": wanted.site,
            "seller": wanted.seller,
            "person": wanted.person,
            "person_like": _like(wanted.person),
            "named": wanted.named,
            "station": wanted.station,
            "stage": str(wanted.stage or ""),
            "outcome": str(wanted.outcome or ""),
            "order": wanted.order,
            "order_like": _like(wanted.order),
            "at": after[0] if after else None,
            "id": after[1] if after else None,
            "limit": limit,
        },
    )
    return [msgspec.convert({**row, "took_s": round(float(row["took_s"]), 1)}, HistoryRow) for row in rows.mappings()]


async def whole_history(session: AsyncSession, wanted: Filters, most: int) -> AsyncGenerator[list[HistoryRow]]:
    """Yield all steps in batches, at most so many."""
    after: tuple[datetime, int] | None = None
    left = most
    while left > 0 and (found := await history(session, wanted, after=after, limit=min(BATCH, left))):
        yield found
        left -= len(found)
        after = (found[-1].at, found[-1].id)


async def stations_known(session: AsyncSession, days: Days) -> list[str]:
    """Return the names under which steps were recorded on *days*."""
    rows = await session.execute(
        text("SELECT DISTINCT station FROM floor_step WHERE at >= :begins AND at < :ends AND station <> '' ORDER BY 1"),
        {"begins": days.begins, "ends": days.ends},
    )
    return list(rows.scalars())


def _like(part: str) -> str:
    escaped = part.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
