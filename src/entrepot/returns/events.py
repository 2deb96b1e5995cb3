"""What happens to returns.  Other slices may import this module."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class ReturnReceived(Event, frozen=True, kw_only=True):
    """A channel announced a return."""

    topic: ClassVar[str] = "returns.return_received"
    subject_kind: ClassVar[str] = "return"

    number: str
    order_id: str
    """Empty: no order of ours."""
    units: int


class ReturnChanged(Event, frozen=True, kw_only=True):
    """The channel says something else of a return than before."""

    topic: ClassVar[str] = "returns.return_changed"
    subject_kind: ClassVar[str] = "return"

    number: str
    state: str


class LineDecided(Event, frozen=True, kw_only=True):
    """Somebody decided about units that came back; the channel is being told."""

    topic: ClassVar[str] = "returns.line_decided"
    subject_kind: ClassVar[str] = "return"

    number: str
    sku: str
    quantity: int
    outcome: str
    goods: str


class DecisionConfirmed(Event, frozen=True, kw_only=True):
    """The channel took our decision."""

    topic: ClassVar[str] = "returns.decision_confirmed"
    subject_kind: ClassVar[str] = "return"

    number: str
    sku: str
    quantity: int


class DecisionRefused(Event, frozen=True, kw_only=True):
    """The channel refused our decision."""

    topic: ClassVar[str] = "returns.decision_refused"
    subject_kind: ClassVar[str] = "return"

    number: str
    sku: str
    reason: str
