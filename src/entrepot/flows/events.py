"""What runs tell live pages."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class StepChanged(Event, frozen=True, kw_only=True):
    """A step of a run began, got further or ended."""

    topic: ClassVar[str] = "flows.step_changed"
    subject_kind: ClassVar[str] = "run"

    account_id: UUID
    number: int
    state: str
