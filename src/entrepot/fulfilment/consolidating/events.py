"""What consolidating tells the others."""

from typing import ClassVar

from entrepot.fulfilment.events import FloorEvent


class OrderGrouped(FloorEvent, frozen=True, kw_only=True):
    """The order waits for others of one address, or no longer does."""

    topic: ClassVar[str] = "fulfilment.order_grouped"

    group: str
    what: str
    """``joined``, ``left`` or ``let_go``."""
    reason: str = ""
