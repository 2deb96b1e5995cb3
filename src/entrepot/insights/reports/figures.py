"""The figures of a day, or of some days, of a building or of all."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import WEEKS, Days
from entrepot.fulfilment.boards.domain import Station
from entrepot.fulfilment.boards.figures import Billed, ErrorCause, StageTime, billed, done, error_causes, stage_times
from entrepot.kit.clock import now


class StationDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a station was done with."""

    station: Station
    orders: int
    usual: float
    """On the same weekdays of the last weeks, on average."""


class Usual(msgspec.Struct, frozen=True, kw_only=True):
    """What leaves on the same weekdays, on average over those on which anything left."""

    weeks: int
    """Compared with; 0: nothing to compare with yet."""
    orders: float
    lines: float
    units: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported."""

    first: date
    last: date
    site: str
    """Name of the building; empty: all of them."""
    time_zone: str
    made_at: datetime
    complete: bool
    """The days were over when it was made."""
    billed: Billed
    before: Billed
    """On the same weekdays one week before."""
    usual: Usual
    stations: list[StationDay]
    stages: list[StageTime]
    errors: list[ErrorCause]

    @property
    def working_s(self) -> float:
        """How long hands were on orders."""
        return sum(one.total_s for one in self.stages if one.working)

    @property
    def waiting_s(self) -> float:
        """How long orders waited in the building."""
        return sum(one.total_s for one in self.stages if not one.working)


async def collect(session: AsyncSession, days: Days, *, site: UUID | None = None, name: str = "") -> Figures:
    """Return the figures of *days*, as the session's scope may see them."""
    periods = [days, *(days.earlier(times) for times in range(1, WEEKS + 1))]
    left = await billed(session, periods, site=site)
    worked = await done(session, periods, site=site)
    known = [one for one in left[1:] if one.orders]
    active = [one for one in worked[1:] if any(one.values())]
    return Figures(
        first=days.first,
        last=days.last,
        site=name,
        time_zone=days.time_zone,
        made_at=now(),
        complete=days.ends <= now(),
        billed=left[0],
        before=left[1],
        usual=Usual(
            weeks=len(known),
            orders=_mean([one.orders for one in known]),
            lines=_mean([one.lines for one in known]),
            units=_mean([one.units for one in known]),
        ),
        stations=[
            StationDay(station=one, orders=worked[0][one], usual=_mean([day[one] for day in active])) for one in Station
        ],
        stages=await stage_times(session, days, site=site),
        errors=await error_causes(session, days, site=site),
    )


def _mean(numbers: list[int]) -> float:
    return round(sum(numbers) / len(numbers), 1) if numbers else 0.0
