"""What the orders slice tells the others.  They may import this module and no other private one from here."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class OrderEvent(Event, frozen=True, kw_only=True):
    """Something that happened to an order."""

    subject_kind: ClassVar[str] = "order"
    topic: ClassVar[str] = "orders.order_event"

    number: str


class OrderImported(OrderEvent, frozen=True, kw_only=True):
    """An order arrived from a channel or a file."""

    topic: ClassVar[str] = "orders.order_imported"

    status: str
    lines: int
    units: int
    attention: tuple[str, ...] = ()


class OrderCreated(OrderEvent, frozen=True, kw_only=True):
    """Somebody entered an order here."""

    topic: ClassVar[str] = "orders.order_created"

    status: str
    lines: int
    units: int
    attention: tuple[str, ...] = ()


class OrderChanged(OrderEvent, frozen=True, kw_only=True):
    """An order is not what it was.  Each change is a code and its facts, for the timeline."""

    topic: ClassVar[str] = "orders.order_changed"

    changes: tuple[dict[str, str | int], ...]


class OrderMoved(OrderEvent, frozen=True, kw_only=True):
    """An order went from one status to the next."""

    topic: ClassVar[str] = "orders.order_moved"

    origin: str
    status: str


class OrderCancelled(OrderEvent, frozen=True, kw_only=True):
    """Nothing of the order will be sent."""

    topic: ClassVar[str] = "orders.order_cancelled"

    origin: str
    reason: str
    by_channel: bool
    line_ids: tuple[UUID, ...] = ()
    """Lines whose goods may already be off the shelf, to be put back."""


class OrderHeld(OrderEvent, frozen=True, kw_only=True):
    """The order stays where it is until somebody lets it go."""

    topic: ClassVar[str] = "orders.order_held"

    reason: str


class OrderReleased(OrderEvent, frozen=True, kw_only=True):
    """A held order may go on."""

    topic: ClassVar[str] = "orders.order_released"


class AttentionNeeded(OrderEvent, frozen=True, kw_only=True):
    """A person has to look at the order."""

    topic: ClassVar[str] = "orders.attention_needed"

    reasons: tuple[str, ...]


class AttentionSettled(OrderEvent, frozen=True, kw_only=True):
    """A person looked at the order, or the reason went away."""

    topic: ClassVar[str] = "orders.attention_settled"

    reasons: tuple[str, ...]


class NoteAdded(OrderEvent, frozen=True, kw_only=True):
    """Somebody wrote a note."""

    topic: ClassVar[str] = "orders.note_added"

    text: str
