"""How often a job is tried again."""

from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a person set for the runs of one schedule; None: as the job says."""

    timeout_seconds: int | None = None
    """A run that lasts longer is stopped."""
    retries: int | None = None
    """Tries after the first."""
    retry_delay_seconds: int | None = None
    """Before the first of them; later ones wait longer."""


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

    def changed(self, retries: int | None, delay: int | None) -> "Retry":
        """Return what a person made of it: so many tries after the first, so many seconds before the first of them."""
        made = self if retries is None else replace(self, unavailable=retries + 1, bug=min(self.bug, retries + 1))
        return made if delay is None else replace(made, first=timedelta(seconds=delay))
