"""Cut-off times, pure: until when an order must be ready so that it leaves with the promised collection.

All on the wall clock of the site, which is set twice a year: a time that does not exist on that day counts when the clock
has been set forward, a time that there is twice counts the first time, so that nobody is too late.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from entrepot.kit.text import N_

SOON: Final = timedelta(minutes=60)
LOOKS_AHEAD: Final = 21
"""Days in which a next collection is looked for."""
FARTHEST: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""Programs write 9999 for “no date”; the last moment that clocks of all zones can show."""


class Urgency(StrEnum):
    """How much time is left."""

    LATE = "late"
    SOON = "soon"
    FINE = "fine"
    NONE = "none"
    """Nothing was promised, and no time is set."""


URGENCY_LABELS: Final = {
    Urgency.LATE: N_("Late"),
    Urgency.SOON: N_("Soon"),
    Urgency.FINE: N_("In time"),
    Urgency.NONE: N_("No deadline"),
}
URGENCY_TONES: Final = {
    Urgency.LATE: "danger",
    Urgency.SOON: "warning",
    Urgency.FINE: "success",
    Urgency.NONE: "neutral",
}


class CutOff(msgspec.Struct, frozen=True, kw_only=True):
    """Until when parcels must be ready on one day of the week."""

    warehouse_id: UUID | None = None
    """None: every building."""
    carrier_account_id: UUID | None = None
    """None: every carrier without a time of its own."""
    service: str = ""
    """Empty: every service without a time of its own."""
    weekday: int
    """0: Monday."""
    at: time


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """The cut-off times of a site."""

    zone: str = "Europe/Amsterdam"
    cut_offs: tuple[CutOff, ...] = ()
    holidays: frozenset[date] = frozenset()


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment at which a clock on the wall shows *at* on *day*."""
    local = datetime.combine(day, at.replace(tzinfo=None), tzinfo=zone)  # fold 0: the first of two
    placed = local.astimezone(UTC)
    if placed.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return placed
    # It does not exist: with fold 1 zoneinfo takes the offset after the change, which gives a moment before the change.
    after = local.replace(fold=1).astimezone(UTC)
    low, high = min(after, placed), max(after, placed)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def times_for(
    cut_offs: Iterable[CutOff],
    *,
    warehouse_id: UUID | None = None,
    account_id: UUID | None = None,
    service: str = "",
) -> dict[int, time]:
    """Return weekday -> time, of the most exact rows of the carrier.

    While nobody knows the carrier yet, rows for every carrier count; without such rows the earliest of any carrier.
    """
    rows = [one for one in cut_offs if one.warehouse_id is None or one.warehouse_id == warehouse_id]
    fitting = [
        one
        for one in rows
        if (one.carrier_account_id is None or one.carrier_account_id == account_id)
        and (not one.service or (one.service == service and one.carrier_account_id is not None))
    ]
    if not fitting and account_id is None:
        earliest: dict[int, time] = {}
        for one in rows:
            earliest[one.weekday] = min(one.at, earliest.get(one.weekday, one.at))
        return earliest
    best: dict[int, tuple[int, time]] = {}
    for one in fitting:
        rank = 4 * (one.carrier_account_id is not None) + 2 * bool(one.service) + (one.warehouse_id is not None)
        if one.weekday not in best or rank > best[one.weekday][0]:
            best[one.weekday] = rank, one.at
    return {weekday: at for weekday, (_, at) in best.items()}


def next_collection(times: dict[int, time], calendar: Calendar, after: datetime) -> datetime | None:
    """Return the first cut-off at or after a moment; None: none in sight."""
    zone = ZoneInfo(calendar.zone)
    first = after.astimezone(zone).date()
    for day in (first + timedelta(days=number) for number in range(LOOKS_AHEAD)):
        if day in calendar.holidays or day.weekday() not in times:
            continue
        moment = moment_of(day, times[day.weekday()], zone)
        if moment >= after:
            return moment
    return None


def last_collection(times: dict[int, time], calendar: Calendar, until: datetime, since: datetime) -> datetime | None:
    """Return the last cut-off up to a moment, not before another."""
    zone = ZoneInfo(calendar.zone)
    day = until.astimezone(zone).date()
    end = since.astimezone(zone).date()
    for _ in range(LOOKS_AHEAD):
        if day < end:
            return None
        if day not in calendar.holidays and day.weekday() in times:
            moment = moment_of(day, times[day.weekday()], zone)
            if since <= moment <= until:
                return moment
        day -= timedelta(days=1)
    return None


def deadline(
    times: dict[int, time], calendar: Calendar, *, placed_at: datetime, promised: datetime | None
) -> datetime | None:
    """Return until when an order must be ready.

    With a promise: the last collection that keeps it, or the promise itself if no collection lies before it.  Without one:
    the first collection after it was ordered.
    """
    if promised is None:
        return next_collection(times, calendar, placed_at)
    promised = min(promised, FARTHEST)
    return last_collection(times, calendar, promised, placed_at) or promised


def urgency(until: datetime | None, present: datetime) -> Urgency:
    """Return how much time is left."""
    if until is None:
        return Urgency.NONE
    if until < present:
        return Urgency.LATE
    return Urgency.SOON if until - present < SOON else Urgency.FINE
