"""What printing tells the others."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class JobEvent(Event, frozen=True, kw_only=True):
    """Something about one print job."""

    topic: ClassVar[str] = "printing.job"
    subject_kind: ClassVar[str] = "print_job"

    document: str
    purpose: str
    printer: str
    workstation: str
    order_id: UUID | None = None


class JobQueued(JobEvent, frozen=True, kw_only=True):
    """Something is to be printed."""

    topic: ClassVar[str] = "printing.job_queued"

    copies: int


class JobPrinted(JobEvent, frozen=True, kw_only=True):
    """The printer took all of it."""

    topic: ClassVar[str] = "printing.job_printed"


class JobDelayed(JobEvent, frozen=True, kw_only=True):
    """It could not be printed just now, and is tried again."""

    topic: ClassVar[str] = "printing.job_delayed"

    reason: str


class JobFailed(JobEvent, frozen=True, kw_only=True):
    """It is not tried again by itself."""

    topic: ClassVar[str] = "printing.job_failed"

    reason: str


class JobCancelled(JobEvent, frozen=True, kw_only=True):
    """Somebody took it out of the queue."""

    topic: ClassVar[str] = "printing.job_cancelled"

    reason: str


class NothingPrinted(Event, frozen=True, kw_only=True):
    """What should have been printed by itself was not."""

    topic: ClassVar[str] = "printing.nothing_printed"
    subject_kind: ClassVar[str] = "order"

    purpose: str
    workstation: str
    reason: str


class WorkstationChanged(Event, frozen=True, kw_only=True):
    """A workstation, its printers, or what they are for, are others now."""

    topic: ClassVar[str] = "printing.workstation_changed"
    subject_kind: ClassVar[str] = "workstation"

    name: str
    what: str
