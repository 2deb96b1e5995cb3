"""What happens to runs, as public facts."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class RunsChanged(Event, frozen=True, kw_only=True):
    """Runs of one seller moved: queued, started, got further, ended.  One event for many runs; for live pages."""

    topic: ClassVar[str] = "jobs.run_changed"
    subject_kind: ClassVar[str] = "job_run"

    runs: list[UUID]


class RunProgressed(Event, frozen=True, kw_only=True):
    """A run got further; for progress bars, at most two a second."""

    topic: ClassVar[str] = "jobs.run_progressed"
    subject_kind: ClassVar[str] = "job_run"

    done: int
    total: int
    text: str | None
    """None: in the reader's language only, on the page."""


class RunFailed(Event, frozen=True, kw_only=True):
    """A run ended without success and will not be tried again by itself."""

    topic: ClassVar[str] = "jobs.run_failed"
    subject_kind: ClassVar[str] = "job_run"

    job: str
    code: str
    reason: str


class RunCancelled(Event, frozen=True, kw_only=True):
    """Somebody cancelled a run."""

    topic: ClassVar[str] = "jobs.run_cancelled"
    subject_kind: ClassVar[str] = "job_run"

    job: str


class ScheduleChanged(Event, frozen=True, kw_only=True):
    """Somebody changed when a job starts by itself."""

    topic: ClassVar[str] = "jobs.schedule_changed"
    subject_kind: ClassVar[str] = "job_schedule"

    schedule: str
    change: str
    """``set``, ``paused``, ``resumed``, ``edited`` or ``removed``."""


class EventSetAside(Event, frozen=True, kw_only=True):
    """A reaction could not handle an event, again and again; the others went on."""

    topic: ClassVar[str] = "jobs.event_set_aside"
    subject_kind: ClassVar[str] = "reaction_failure"

    reaction: str
    event_topic: str
    reason: str
