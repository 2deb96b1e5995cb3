"""Where reading bol's orders goes on.

bol lists orders by when they changed, in two grains: the last so many minutes (60 at most), or a whole day (of the
last three months).  Pages shift while they are read, because orders change meanwhile.  So a *sweep* lists every order
changed in a period, page by page, and the next sweep begins some minutes before this one did: whatever moved between
two pages is listed again.  A sweep of several pages is made twice, because an order that leaves a list moves the next
ones up, and one of them from a page not yet read to one that was.  Orders listed twice cost nothing: they are known by
their fingerprint.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from entrepot.channels.contract import Cursor

OVERLAP = timedelta(minutes=5)
"""How far two sweeps overlap: more than the clocks of bol and us may differ, and than a page takes."""
LONGEST_INTERVAL = 60
HISTORY = timedelta(days=89)
"""How far back bol remembers changes, a little less than its three months."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a sweep, or between two."""

    kind: Literal["open", "day", "minutes", "rest"]
    """What is listed: open orders, a day's changes, the last minutes' changes; or nothing until the next sweep."""
    began: datetime
    """When this sweep began; the next one begins there, with some overlap."""
    page: int = 1
    again: bool = False
    """This is the second time through."""
    day: date | None = None
    since: datetime | None = None
    """From when on changes of the last minutes are listed."""

    def written(self) -> Cursor:
        """Return it as text to be stored."""
        return msgspec.json.encode(self).decode()

    def query(self, at: datetime) -> dict[str, str | int]:
        """Return the parameters that list this page at the moment *at*."""
        common: dict[str, str | int] = {"page": self.page, "fulfilment-method": "ALL"}
        match self.kind:
            case "day" if self.day is not None:
                return common | {"status": "ALL", "latest-change-date": self.day.isoformat()}
            case "minutes" if self.since is not None:
                return common | {"status": "ALL", "change-interval-minute": _minutes(self.since, at)}
            case _:
                return common | {"status": "OPEN"}

    def after(self, *, full: bool) -> "Place":
        """Return the place after this page; *full*: it held orders, so there may be another."""
        if full:
            return msgspec.structs.replace(self, page=self.page + 1)
        if self.page > 2 and not self.again:  # noqa: PLR2004 -- two pages and the empty one behind them
            return msgspec.structs.replace(self, page=1, again=True)
        if self.kind == "day" and self.day is not None and self.day < local_day(self.began):
            return msgspec.structs.replace(self, day=self.day + timedelta(days=1), page=1, again=False)
        return Place(kind="rest", began=self.began)


def _minutes(since: datetime, at: datetime) -> int:
    return max(1, int((at - since) / timedelta(minutes=1)) + 1)  # at least 1, even if the clock was set back


def local_day(moment: datetime) -> date:
    """Return the last day that *moment* can be in at bol, whose days begin up to two hours before those of UTC."""
    return (moment + timedelta(hours=2)).date()


def begin(cursor: Cursor | None, at: datetime) -> Place:
    """Return where to read at the moment *at*.

    The first sweep lists what is open.  A sweep cut short goes on; but one cut short so long ago that its minutes no
    longer reach back far enough is begun again.
    """
    if cursor is None:
        return Place(kind="open", began=at)
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError:
        return Place(kind="open", began=at)  # of another release: what is open comes again, and is known
    if place.kind in {"open", "day"}:
        return place
    if place.since is None:
        return _sweep(place.began - OVERLAP, at)
    return place if _minutes(place.since, at) <= LONGEST_INTERVAL else _sweep(place.since, at)


def _sweep(since: datetime, at: datetime) -> Place:
    if _minutes(since, at) <= LONGEST_INTERVAL:
        return Place(kind="minutes", began=at, since=since)
    first = max(since, at - HISTORY).astimezone(UTC).date()
    return Place(kind="day", began=at, day=first)
