"""When a user is told: at once, gathered by the hour or the day, and never in quiet hours."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

RETRIES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""Waits after each failed attempt; after the last attempt it is given up."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Digest(StrEnum):
    """How notifications are gathered."""

    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """When a user wants to be told."""

    digest: Digest = Digest.IMMEDIATE
    daily_at: time = time(8)
    quiet_from: time | None = None
    quiet_to: time | None = None
    time_zone: str = "Europe/Amsterdam"


def due(timing: Timing, moment: datetime) -> datetime:
    """Return when something that happened at *moment* is told: not before, and at the end of quiet hours."""
    zone = ZoneInfo(timing.time_zone)
    local = moment.astimezone(zone)
    if timing.digest is Digest.HOURLY:
        told = moment.replace(minute=0, second=0, microsecond=0) + HOUR
    elif timing.digest is Digest.DAILY:
        told = _next(local, timing.daily_at, zone)
    else:
        told = moment
    return awake(timing, told)


def awake(timing: Timing, moment: datetime) -> datetime:
    """Return *moment*, or the end of the quiet hours that it lies in."""
    if timing.quiet_from is None or timing.quiet_to is None:
        return moment
    zone = ZoneInfo(timing.time_zone)
    here = moment.astimezone(zone)
    return _next(here, timing.quiet_to, zone) if _within(here.time(), timing.quiet_from, timing.quiet_to) else moment


def _within(clock: time, begin: time, end: time) -> bool:
    """Tell whether quiet hours hold; from 22:00 to 7:00 they go over midnight."""
    return begin <= clock < end if begin <= end else clock >= begin or clock < end


def _next(local: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """Return when the clock next shows a time."""
    found = datetime.combine(local.date(), clock, zone)
    if found <= local:
        found = datetime.combine(local.date() + DAY, clock, zone)
    return found.astimezone(local.tzinfo)
