"""Which station an order is at, when a station is done with it, and which one holds the others up: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from entrepot.fulfilment.way.stages import Stage
from entrepot.kit import i18n
from entrepot.kit.text import N_


class Station(StrEnum):
    """A place on the floor with a board of its own."""

    PICKING = "picking"
    CHECKING = "checking"
    PACKING = "packing"
    BOXING = "boxing"
    DISPATCH = "dispatch"
    DELIVERY = "delivery"


LABELS: Final[dict[Station, str]] = {
    Station.PICKING: N_("Picking"),
    Station.CHECKING: N_("Checking"),
    Station.PACKING: N_("Packing"),
    Station.BOXING: N_("Boxing"),
    Station.DISPATCH: N_("Dispatch"),
    Station.DELIVERY: N_("Delivery"),
}

STAGES: Final[dict[Station, tuple[Stage, ...]]] = {
    Station.PICKING: (Stage.WAITING, Stage.PICKING),
    Station.CHECKING: (Stage.PICKED, Stage.CHECKING),
    Station.PACKING: (Stage.PICKED, Stage.PACKING),
    Station.BOXING: (Stage.BOXING,),
    Station.DISPATCH: (Stage.PACKED,),
    Station.DELIVERY: (Stage.DISPATCHED,),
}
"""Stages whose orders may be at a station; picked ones wait for checking where the site checks, else for packing."""
WORKING: Final = (Stage.PICKING, Stage.CHECKING, Stage.PACKING, Stage.BOXING)
"""Hands are on the order, or were a moment ago; in every other stage it waits."""
QUEUE: Final[dict[Station, Stage]] = {
    Station.PICKING: Stage.WAITING,
    Station.CHECKING: Stage.PICKED,
    Station.PACKING: Stage.PICKED,
    Station.BOXING: Stage.BOXING,
    Station.DISPATCH: Stage.PACKED,
    Station.DELIVERY: Stage.DISPATCHED,
}
"""The stage in which orders usually wait for a station."""

_AT: Final = {stage: station for station, stages in STAGES.items() for stage in stages if stage is not Stage.PICKED}


def station_of(stage: Stage, *, checked_next: bool) -> Station | None:
    """Return the station whose board shows an order; None: it is beside the way, or over.

    Args:
        stage: where the order is.
        checked_next: its site checks what was picked, and it is no express order.
    """
    if stage is Stage.PICKED:
        return Station.CHECKING if checked_next else Station.PACKING
    return _AT.get(stage)


_DONE: Final[dict[tuple[Stage, Stage], tuple[Station, ...]]] = {
    (Stage.WAITING, Stage.PICKED): (Station.PICKING,),
    (Stage.PICKING, Stage.PICKED): (Station.PICKING,),
    (Stage.CHECKING, Stage.PACKING): (Station.CHECKING,),
    (Stage.CHECKING, Stage.BOXING): (Station.CHECKING, Station.PACKING),
    (Stage.CHECKING, Stage.PACKED): (Station.CHECKING, Station.PACKING),
    (Stage.PICKED, Stage.BOXING): (Station.PACKING,),
    (Stage.PICKED, Stage.PACKED): (Station.PACKING,),
    (Stage.PACKING, Stage.BOXING): (Station.PACKING,),
    (Stage.PACKING, Stage.PACKED): (Station.PACKING,),
    (Stage.BOXING, Stage.PACKED): (Station.BOXING,),
}


def done_by(origin: Stage | None, stage: Stage) -> tuple[Station, ...]:
    """Return the stations that are done with an order when it steps from *origin* to *stage*."""
    if stage is Stage.DISPATCHED:
        return (Station.DISPATCH,)
    if stage is Stage.DELIVERED:
        return (Station.DELIVERY,)
    return _DONE.get((origin, stage), ()) if origin else ()


GROWTH: Final = 3
"""Orders that a queue grows by in an hour before anybody is told."""
SLOW: Final = 2
"""Times the usual wait."""
LONG_S: Final = 600
"""A wait below this is nobody's bottleneck, however short the usual one is."""


@dataclass(frozen=True, slots=True)
class Load:
    """How busy a station is."""

    station: Station
    waiting: int
    oldest_s: float
    """How long the oldest of them has waited."""
    usual_s: float | None
    """How long orders usually wait there; None: nobody knows yet."""
    came: int
    """Orders that came in the last hour."""
    left: int


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The station that holds the others up, and the figures that say so."""

    station: Station
    grows: bool
    """More orders came than left; else they wait longer than they usually do."""
    waiting: int
    oldest_s: float
    usual_s: float | None
    came: int
    left: int

    @property
    def sentence(self) -> str:
        """Why, in the language of the request."""
        return i18n.gettext(GROWS if self.grows else WAITS).format(
            station=i18n.gettext(LABELS[self.station]),
            waiting=self.waiting,
            came=self.came,
            left=self.left,
            age=duration(self.oldest_s),
            usual=duration(self.usual_s or 0),
        )


GROWS = N_("{station} is the bottleneck: in the last hour {came} orders came and {left} left; {waiting} wait.")
WAITS = N_("{station} is the bottleneck: the oldest of {waiting} orders has waited {age}; usually it is {usual}.")


def bottleneck(loads: Iterable[Load]) -> Bottleneck | None:
    """Return the station whose queue grows fastest, else the one whose oldest order waits longest for its kind."""
    busy = [load for load in loads if load.waiting]
    growing = [load for load in busy if load.came - load.left >= GROWTH]
    slow = [load for load in busy if load.usual_s and load.oldest_s >= LONG_S and load.oldest_s >= SLOW * load.usual_s]
    if growing:
        worst = max(growing, key=lambda load: (load.came - load.left, load.waiting))
    elif slow:
        worst = max(slow, key=lambda load: load.oldest_s / (load.usual_s or 1))
    else:
        return None
    return Bottleneck(
        worst.station, bool(growing), worst.waiting, worst.oldest_s, worst.usual_s, worst.came, worst.left
    )


def duration(seconds: float) -> str:
    """Return a length of time as people say it, in the language of the request."""
    whole = max(0, int(seconds))
    if whole < 60:  # noqa: PLR2004 -- a minute
        return i18n.gettext("%(n)s s") % {"n": whole}
    if whole < 3600:  # noqa: PLR2004 -- an hour
        return i18n.gettext("%(n)s min") % {"n": whole // 60}
    if whole < 86400:  # noqa: PLR2004 -- a day
        return i18n.gettext("%(h)s h %(m)s min") % {"h": whole // 3600, "m": whole % 3600 // 60}
    return i18n.ngettext("%(num)s day", "%(num)s days", whole // 86400) % {"num": whole // 86400}


@dataclass(frozen=True, slots=True)
class Effort:
    """What somebody did with their hands at one go, and how long it took."""

    lines: int
    walk: int
    """Places passed in the order in which pickers walk.  No metres: the warehouse's numbering says how far apart."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """What a line and a place passed usually cost at a site."""

    line_s: float
    walk_s: float

    def expected_s(self, lines: int, walk: int) -> float:
        """Return how long this much work usually takes."""
        return self.line_s * lines + self.walk_s * walk


ENOUGH: Final = 20
"""Efforts below which no usual pace is claimed."""


def usual_pace(efforts: Sequence[Effort]) -> Pace | None:
    """Return what fits *efforts* best (least squares, nothing below zero); None: too few, or they say nothing."""
    known = [one for one in efforts if one.lines > 0 and one.seconds > 0]
    if len(known) < ENOUGH:
        return None
    ll = sum(one.lines * one.lines for one in known)
    ww = sum(one.walk * one.walk for one in known)
    lw = sum(one.lines * one.walk for one in known)
    lt = sum(one.lines * one.seconds for one in known)
    wt = sum(one.walk * one.seconds for one in known)
    determinant = ll * ww - lw * lw
    if determinant > 0:
        line_s, walk_s = (lt * ww - wt * lw) / determinant, (wt * ll - lt * lw) / determinant
        if line_s >= 0 and walk_s >= 0:
            return Pace(line_s, walk_s)
        if line_s < 0 and ww:
            return Pace(0.0, wt / ww)
    return Pace(lt / ll, 0.0)
