"""How often a job is tried again."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a whole run is tried again, and after how long.

    What counts is the kind of error: *unavailable* waits longer each time, *rate limited* waits as it was told,
    *refused* and the other kinds for people are never tried again, anything else is a bug and tried a few times.
    """

    unavailable: int = 12
    """Attempts while something outside is away; with the waits below about two days."""
    bug: int = 3
    first: timedelta = timedelta(seconds=10)
    factor: int = 3
    longest: timedelta = timedelta(hours=6)
