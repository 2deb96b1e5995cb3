"""Puts a board together from what is now, what was done today, and what is usual."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days, today
from entrepot.fulfilment.boards.domain import Bottleneck, Load, Station, bottleneck, station_of
from entrepot.fulfilment.boards.sharing import Shared
from entrepot.fulfilment.boards.sites import Site, sites
from entrepot.fulfilment.boards.views import (
    AtWork,
    Cell,
    Flow,
    Opened,
    Past,
    Queued,
    Snapshot,
    done_by_hour,
    flows,
    last_hour,
    past,
    snapshot,
    untils,
    usual_wait,
)
from entrepot.fulfilment.way.stages import WORKED, Stage
from entrepot.kit.clock import now
from entrepot.kit.database import context_of

SITES_S = 60.0
UNTILS_S = 60.0
"""Until a new order's cut-off time is known, its board goes by what was promised."""
PAST_S = 1800.0
"""How long what is usual may be remembered."""


class StationFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One station now."""

    station: Station
    waiting: int
    """Orders nobody has in hand."""
    working: int
    lines: int
    units: int
    late: int
    soon: int
    oldest: datetime | None
    """Since when the one that waits longest waits."""
    usual_wait_s: float | None
    came: int
    """In the last hour."""
    left: int
    hours: list[int]
    """Orders done in each hour of today."""
    usual_hours: list[float]
    """The same on the same weekday of the last weeks, on average."""
    done: int
    usual_done: float
    """By this time of the day."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """What a board shows."""

    made_at: datetime
    time_zone: str
    hour: int
    """Of the day, there."""
    on_the_floor: int
    """Orders in the building: all stations but delivery, and those beside the way."""
    ready: int
    hold: int
    review: int
    late: int
    bottleneck: Bottleneck | None
    """The station that holds the others up."""
    stations: list[StationFigures]
    at_work: list[AtWork]
    opened: list[Opened]
    orders: list[Queued]


class Boards:
    """Makes boards, once for all who look at the same time.  One per process."""

    def __init__(self) -> None:
        self._now: Shared[Board] = Shared()
        self.drawn: Shared[str] = Shared()
        """Boards as pages show them: drawing one takes longer than reading its figures."""
        self._past: Shared[Past] = Shared(PAST_S)
        self._untils: Shared[dict[UUID, datetime]] = Shared(UNTILS_S)
        self._sites: Shared[list[Site]] = Shared(SITES_S)

    async def sites(self, session: AsyncSession) -> list[Site]:
        """Return the buildings that the session's scope reaches; a new one is known after a minute."""
        return await self._sites.get(context_of(session).scope, lambda: sites(session))

    async def board(
        self, session: AsyncSession, time_zone: str, *, site: UUID | None = None, station: Station | None = None
    ) -> Board:
        """Return the board of a station, or of all, as the session's scope may see it."""
        scope, day = context_of(session).scope, today(time_zone)

        async def make() -> Board:
            known = await self._past.get((scope, site, day), lambda: past(session, day, site=site))
            moved = await flows(session, [day], site=site)
            timed = await self._untils.get(scope, lambda: untils(session))
            seen = await snapshot(session, site=site, station=station, untils=timed)
            return assemble(seen, moved, known, day)

        return await self._now.get((scope, site, station, time_zone), make)


def assemble(seen: Snapshot, moved: Sequence[Flow], known: Past, day: Days) -> Board:
    """Put a board together."""
    moment = now()
    hour = moment.astimezone(ZoneInfo(day.time_zone)).hour
    done, hourly = done_by_hour(moved, day.time_zone), last_hour(moved)
    stations = [_figures(one, seen.cells, done[one], hourly[one], known, hour) for one in Station]
    inside = [one for one in stations if one.station is not Station.DELIVERY]
    found = bottleneck(
        Load(
            one.station,
            one.waiting,
            (moment - one.oldest).total_seconds() if one.oldest else 0.0,
            one.usual_wait_s,
            one.came,
            one.left,
        )
        for one in inside
    )
    return Board(
        made_at=moment,
        time_zone=day.time_zone,
        hour=hour,
        on_the_floor=seen.on_the_floor,
        ready=seen.ready,
        hold=sum(cell.orders for cell in seen.cells if cell.stage is Stage.HOLD),
        review=sum(cell.orders for cell in seen.cells if cell.stage is Stage.REVIEW),
        late=sum(cell.late for cell in seen.cells if cell.stage is not Stage.DISPATCHED),
        bottleneck=found,
        stations=stations,
        at_work=seen.at_work,
        opened=seen.opened,
        orders=seen.orders,
    )


def _figures(
    station: Station, cells: Sequence[Cell], hours: list[int], hourly: tuple[int, int], known: Past, hour: int
) -> StationFigures:
    mine = [cell for cell in cells if station_of(cell.stage, checked_next=cell.checked_next) is station]
    waiting = [cell for cell in mine if not _in_hand(cell)]
    usual = known.hours.get(station, [0.0] * 24)
    return StationFigures(
        station=station,
        waiting=sum(cell.orders for cell in waiting),
        working=sum(cell.orders for cell in mine if _in_hand(cell)),
        lines=sum(cell.lines for cell in mine),
        units=sum(cell.units for cell in mine),
        late=sum(cell.late for cell in mine),
        soon=sum(cell.soon for cell in mine),
        oldest=min((cell.oldest for cell in waiting), default=None),
        usual_wait_s=usual_wait(known, station),
        came=hourly[0],
        left=hourly[1],
        hours=hours,
        usual_hours=usual,
        done=sum(hours),
        usual_done=sum(usual[: hour + 1]),
    )


def _in_hand(cell: Cell) -> bool:
    return cell.held and cell.stage in WORKED
