"""When a host may be asked again: pure, the time is given."""

from dataclasses import dataclass, field

LONGEST_PAUSE = 24 * 3600
"""Seconds: no store is believed that wants to be left alone for longer."""
FIRST_PAUSE = 30
"""Seconds after the first "too often" that names no time; twice as long each time it is said again."""
LONGEST_GUESS = 3600
BINDS = 30.0
"""Seconds for which a page's interval keeps its host from other pages, at most: a seller's hour is not everybody's."""


@dataclass(slots=True)
class Pace:
    """What one host bears, and what it was asked: times are seconds on any clock that only goes forward."""

    free_at: float = 0.0
    """Nothing starts before, whatever a page's own interval says: at most :data:`BINDS` after the last start."""
    closed_until: float = 0.0
    """The host said: nothing before this."""
    strikes: int = 0
    """How often in a row it said that we ask too often."""
    last_start: float = float("-inf")
    _running: list[int] = field(default_factory=list[int])
    """The most requests at once that each running one bears beside it."""

    @property
    def running(self) -> int:
        """Requests that have begun and not ended."""
        return len(self._running)

    def wait(self, present: float, interval: float, most: int) -> float | None:
        """Return the seconds until a request may start; None: not before a running one ends."""
        if self.running >= min([max(1, most), *self._running]):
            return None
        return max(0.0, self.free_at - present, self.closed_until - present, self.last_start + interval - present)

    def start(self, present: float, interval: float, most: int) -> None:
        """Note that a request starts, after which the host is left alone for *interval*, or :data:`BINDS`."""
        self.last_start = present
        self.free_at = max(self.free_at, present + min(interval, BINDS))
        self._running.append(max(1, most))

    def end(self, most: int) -> None:
        """Note that a request ended that was started with *most*."""
        self._running.remove(max(1, most))

    def limited(self, present: float, retry_after: int | None) -> int:
        """Note that the host wants a pause; return its seconds."""
        self.strikes += 1
        guess = min(LONGEST_GUESS, FIRST_PAUSE * 2 ** min(self.strikes - 1, 10))
        pause = guess if retry_after is None else max(1, min(LONGEST_PAUSE, retry_after))
        self.closed_until = max(self.closed_until, present + pause)
        return pause

    def answered(self) -> None:
        """Note that the host answered as it should."""
        self.strikes = 0
