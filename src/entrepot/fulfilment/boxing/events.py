"""What trays and boxes tell the others."""

from typing import ClassVar
from uuid import UUID

from entrepot.fulfilment.events import FloorEvent


class BoxChanged(FloorEvent, frozen=True, kw_only=True):
    """Somebody began, filled, sealed, opened or freed a tray or box of the order."""

    topic: ClassVar[str] = "fulfilment.box_changed"

    container_id: UUID
    code: str
    what: str
    """``begun``, ``put``, ``taken``, ``sealed``, ``reopened`` or ``freed``."""
    sku: str = ""
    quantity: int = 0
    reason: str = ""
