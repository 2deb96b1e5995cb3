"""The time of a world: real time, moved forward on request."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_time() -> datetime:
    """What the machine's clock says."""
    return datetime.now(UTC)


class WorldClock:
    """A clock that runs with *source* and can be advanced; it never goes back."""

    def __init__(self, source: Callable[[], datetime] = real_time, ahead: timedelta = timedelta()) -> None:
        self._source = source
        self.ahead = ahead

    def now(self) -> datetime:
        return self._source() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move the time of the world forward.

        Raises:
            ValueError: *seconds* is negative.
        """
        if seconds < 0:
            raise ValueError("The clock of a world only goes forward: give a positive number of seconds.")
        self.ahead += timedelta(seconds=seconds)


class FrozenTime:
    """A source for tests: the world's time stands still between two calls of `WorldClock.advance`."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at
