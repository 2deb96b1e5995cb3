"""Times of the week as people write them: ``1-5 08:00-22:00``."""

import re

from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.domain.rules import Window

MOST_WINDOWS = 30
DAY = 24 * 60
WEEK = 7
HOUR = 60
_FORM = re.compile(
    r"(?:(?P<from>[1-7])(?:\s*-\s*(?P<to>[1-7]))?\s+)?(?P<begins>[0-2]?\d:[0-5]\d)\s*-\s*(?P<ends>[0-2]?\d:[0-5]\d)"
)
HOW = N_("“{line}” is no time of the week. Write one per line, such as 1-5 08:00-22:00 (1 is Monday) or 22:00-06:00.")


def read_windows(lines: list[str]) -> tuple[Window, ...]:
    """Return what *lines* say; none: always.

    Raises:
        InvalidInputError: a line cannot be read.
    """
    return tuple(_window(line) for line in lines[:MOST_WINDOWS] if line.strip())


def write_windows(windows: tuple[Window, ...]) -> list[str]:
    """Return what :func:`read_windows` reads."""
    return [_line(window) for window in windows]


def _window(line: str) -> Window:
    found = _FORM.fullmatch(line.strip())
    if found is None:
        raise InvalidInputError({"windows": gettext(HOW).format(line=line.strip()[:60])})
    first = int(found["from"] or 1)
    last = int(found["to"] or found["from"] or WEEK)
    begins, ends = _minutes(found["begins"]), _minutes(found["ends"])
    if begins > DAY or ends > DAY or begins == ends:
        raise InvalidInputError({"windows": gettext(HOW).format(line=line.strip()[:60])})
    days = range(first, last + 1) if first <= last else [*range(first, WEEK + 1), *range(1, last + 1)]
    return Window(days=frozenset(days), begins=begins, ends=ends)


def _minutes(written: str) -> int:
    hours, _, minutes = written.partition(":")
    return int(hours) * HOUR + int(minutes)


def _line(window: Window) -> str:
    begins, ends = (f"{minutes // HOUR:02}:{minutes % HOUR:02}" for minutes in (window.begins, window.ends))
    days = sorted(window.days)
    for first in days:
        run = [(first - 1 + step) % WEEK + 1 for step in range(len(days))]
        if sorted(run) == days:
            return f"{run[0]}-{run[-1]} {begins}-{ends}" if len(run) > 1 else f"{run[0]} {begins}-{ends}"
    return f"{begins}-{ends}"
