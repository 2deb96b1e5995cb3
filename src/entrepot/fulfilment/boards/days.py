"""Days of a site: its own midnight decides."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from entrepot.fulfilment.boards.errors import BadDaysError
from entrepot.kit.clock import now

MOST = 366
WEEKS = 4
"""Earlier days of the same weekday that a day is compared with."""


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days in one time zone, the last one included."""

    first: date
    last: date
    time_zone: str

    @property
    def begins(self) -> datetime:
        return _midnight(self.first, self.time_zone)

    @property
    def ends(self) -> datetime:
        """The midnight after the last day."""
        return _midnight(self.last + timedelta(days=1), self.time_zone)

    def earlier(self, times: int) -> "Days":
        """Return the same weekdays before, so many times back: by weeks, or by as many as it takes not to overlap."""
        shift = timedelta(weeks=times * ((self.last - self.first).days // 7 + 1))
        return Days(self.first - shift, self.last - shift, self.time_zone)


def today(time_zone: str) -> Days:
    """Return the day that it is in *time_zone*."""
    day = now().astimezone(ZoneInfo(time_zone)).date()
    return Days(day, day, time_zone)


def read_days(first: str, last: str, time_zone: str) -> Days:
    """Return the days that were asked for; today where nothing was.

    Raises:
        BadDaysError: they cannot be read, or are too many.
    """
    present = today(time_zone).first
    try:
        begins = date.fromisoformat(first) if first else (date.fromisoformat(last) if last else present)
        ends = date.fromisoformat(last) if last else max(begins, present) if first else present
    except ValueError:
        raise BadDaysError(most=MOST) from None
    if not first and not last:
        begins = ends = present
    if (
        begins > ends
        or ends - begins > timedelta(days=MOST)
        or not date(2000, 1, 1) <= begins <= ends <= date(9000, 1, 1)
    ):
        raise BadDaysError(most=MOST)
    return Days(begins, ends, time_zone)


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
