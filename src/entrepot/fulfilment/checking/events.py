"""What the check station tells the others."""

from typing import ClassVar
from uuid import UUID

from entrepot.fulfilment.events import FloorEvent


class OrderChecked(FloorEvent, frozen=True, kw_only=True):
    """A check of an order is over."""

    topic: ClassVar[str] = "fulfilment.order_checked"

    check_id: UUID
    state: str
    differences: tuple[str, ...] = ()
    """English sentences."""
    reason: str = ""
