"""Where reading Temu's orders goes on.

Temu lists the orders that changed within a period, the latest change first.  An order that changes again meanwhile
leaves the period, and everything behind it moves up; nothing is ever added.  So the pages are read from the last to the
first: what moves up moves to a page that is still to be read.  Only the first page has to be read once before, because
it says how many there are.  The next period begins some minutes before this one ended.
"""

from datetime import datetime, timedelta

import msgspec

from entrepot.channels.contract import Cursor

OVERLAP = timedelta(minutes=5)
"""How far two periods overlap: more than the clocks of Temu and us may differ."""
HISTORY = timedelta(days=90)
"""How far the first period reaches back: what is older and open is no longer sent."""
PAGE = 50
TRIES = 3
"""How often a page is read while orders of it cannot be fetched."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a period, or at its end."""

    since: int
    until: int
    page: int = 1
    first_time: bool = False
    """Everything is new: only what is still to be sent is wanted."""
    counted: bool = False
    """The number of pages is known: this is the way back to the first."""
    tries: int = 0
    done: bool = False

    def written(self) -> Cursor:
        """Return it as text to be stored."""
        return msgspec.json.encode(self).decode()

    def query(self) -> dict[str, object]:
        """Return the parameters that list this page."""
        return {
            "pageNumber": self.page,
            "pageSize": PAGE,
            "updateAtStart": self.since,
            "updateAtEnd": self.until,
            "sortby": "updateTime",
        }

    def after(self, total: int) -> "Place":
        """Return the place after this page, of *total* orders in the period."""
        pages = -(-total // PAGE)
        if not self.counted and pages > 1:
            return msgspec.structs.replace(self, page=pages, counted=True, tries=0)
        if self.counted and self.page > 1:
            return msgspec.structs.replace(self, page=min(self.page - 1, max(1, pages)), tries=0)
        return msgspec.structs.replace(self, page=1, tries=0, done=True)

    def once_more(self) -> "Place | None":
        """Return this page again, or None if it was tried often enough."""
        return msgspec.structs.replace(self, tries=self.tries + 1) if self.tries + 1 < TRIES else None


def begin(cursor: Cursor | None, at: datetime) -> Place:
    """Return where to read at the moment *at*."""
    fresh = Place(since=int((at - HISTORY).timestamp()), until=int(at.timestamp()), first_time=True)
    if cursor is None:
        return fresh
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except msgspec.DecodeError:
        return fresh  # of another release: what is open comes again, and is known
    if not place.done:
        return place
    oldest = int((at - HISTORY).timestamp())
    since = max(oldest, place.until - int(OVERLAP.total_seconds()))
    return Place(since=since, until=max(int(at.timestamp()), place.until))
