"""Decisions about runs: what an error means, when to try again, when a schedule is due."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import CroniterBadDateError, croniter

from entrepot.jobs.errors import CancelledRunError, ReplayedError
from entrepot.jobs.retrying import Retry
from entrepot.kit.errors import EntrepotError, UnavailableError
from entrepot.kit.sentence import sentence

ACTIVE = frozenset({"queued", "running", "waiting"})
FINISHED = frozenset({"succeeded", "failed", "cancelled"})
LONGEST_SENTENCE = 1000
MOST_RESUMES = 10
"""Deaths of a worker in one step before the run is taken for the cause."""
WAIT_FACTS = ("retry_after", "seconds")


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, in a form that survives the process."""

    kind: str
    """``unavailable``, ``rate_limited``, ``refused``, ``cancelled`` or ``bug``."""
    code: str
    text: str
    """A template if there are *facts*, else the sentence."""
    wait: int | None = None
    """Seconds we were told to wait."""
    facts: dict[str, str | int] | None = None


def failure_of(error: BaseException) -> Failure:
    """Tell what *error* means for the run."""
    if isinstance(error, ReplayedError):
        facts = error.facts
        wait = int(str(facts["wait"])) if "wait" in facts else None
        return Failure(str(facts["kind"]), str(facts["code"]), str(facts["sentence"]), wait, error.stored)
    if not isinstance(error, EntrepotError):
        return Failure("bug", "jobs.bug", f"{type(error).__name__}: {error}"[:LONGEST_SENTENCE])
    told = sentence(error, {})
    if isinstance(error, CancelledRunError):
        return Failure("cancelled", error.code, told.text, facts=told.facts)
    if isinstance(error, UnavailableError):
        wait = next((value for name in WAIT_FACTS if isinstance(value := error.facts.get(name), int)), None)
        kind = "rate_limited" if wait is not None else "unavailable"
        return Failure(kind, error.code, told.text, wait, told.facts)
    return Failure("refused", error.code, told.text, facts=told.facts)


def wait_before_retry(failure: Failure, attempt: int, retry: Retry) -> timedelta | None:
    """Return how long to wait after the failed *attempt* (1 is the first), or None to give up."""
    if failure.kind == "rate_limited" and attempt < retry.unavailable:
        return timedelta(seconds=max(1, failure.wait or 1))
    most = {"unavailable": retry.unavailable, "bug": retry.bug}.get(failure.kind, 0)
    if attempt >= most:
        return None
    times = min(attempt - 1, 64)  # beyond that every wait is the longest one anyway
    seconds = min(retry.first.total_seconds() * retry.factor**times, retry.longest.total_seconds())
    return timedelta(seconds=seconds)


def timing_problem(cron: str | None, interval_seconds: int | None, time_zone: str) -> str:
    """Return which field of a schedule is wrong: ``cron``, ``interval``, ``time_zone`` or empty."""
    if (cron is None) == (interval_seconds is None):
        return "cron"
    if cron is not None and not croniter.is_valid(cron):
        return "cron"
    if interval_seconds is not None and interval_seconds < 1:
        return "interval"
    try:
        zone = ZoneInfo(time_zone)
        if cron is not None:
            croniter(cron, datetime(2026, 1, 1, tzinfo=zone)).get_next(datetime)
    except CroniterBadDateError:
        return "cron"
    except (ZoneInfoNotFoundError, ValueError):
        return "time_zone"
    return ""


def next_tick(
    *, cron: str | None, interval_seconds: int | None, time_zone: str, planned: datetime, present: datetime
) -> datetime:
    """Return the first tick after *present*: ticks missed meanwhile are not made up for.

    A cron expression is read on the clock of *time_zone*.  Where that clock is set forward, a time that does not exist
    runs when the gap ends; where it is set back, a time that exists twice runs once.  An expression for every hour
    takes no notice of that: it goes on every so many minutes.

    Args:
        cron: five fields, or None for an interval.
        interval_seconds: between two ticks, counted from *planned*, so that the ticks do not drift.
        time_zone: IANA name.
        planned: when the last tick should have been.
        present: now.
    """
    if cron is None:
        step = timedelta(seconds=interval_seconds or 1)
        missed = max(0, (present - planned) // step)
        return planned + step * (missed + 1)
    zone = ZoneInfo(time_zone)
    # Count on the wall clock without its offset, where every day has 24 hours, and place the answer in the zone after.
    wall = present.astimezone(zone).replace(tzinfo=None)
    ticks = croniter(cron, wall)
    if cron.split()[1] == "*":
        offset = present.astimezone(zone).utcoffset() or timedelta()
        unplaced: datetime = ticks.get_next(datetime)
        return (unplaced - offset).replace(tzinfo=UTC)
    while True:
        naive: datetime = ticks.get_next(datetime)
        tick = _in_zone(naive, zone)
        if tick > present:
            return tick


def _in_zone(naive: datetime, zone: ZoneInfo) -> datetime:
    """Place a time of the wall clock: the first of two, and the end of the gap for one that does not exist."""
    placed = naive.replace(tzinfo=zone).astimezone(UTC)
    if placed.astimezone(zone).replace(tzinfo=None) == naive:
        return placed
    later = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    low, high = sorted((placed, later))
    return _gap_end(low, high, zone)


def _gap_end(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between *low* and *high* at which the offset changes, to the second."""
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
