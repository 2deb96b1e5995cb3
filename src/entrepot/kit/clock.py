"""The one place that asks what time it is, and where there is time."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones; finding them anew would read six hundred files each time."""
    return frozenset(available_timezones())
