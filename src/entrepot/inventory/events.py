"""Events that the inventory slice publishes.  Other slices may import this module."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class StockChanged(Event, frozen=True, kw_only=True):
    """The numbers of a product changed; recorded once per product and transaction, with what they are at its end."""

    topic: ClassVar[str] = "inventory.stock_changed"
    subject_kind: ClassVar[str] = "product"

    on_hand: int
    reserved: int
    available: int


class ReservationLost(Event, frozen=True, kw_only=True):
    """A count found fewer units than were promised, and this line's promise could not be kept."""

    topic: ClassVar[str] = "inventory.reservation_lost"
    subject_kind: ClassVar[str] = "order"

    order_line_id: UUID
    product_id: UUID
    quantity: int


class WarehouseCreated(Event, frozen=True, kw_only=True):
    """There is a new building."""

    topic: ClassVar[str] = "inventory.warehouse_created"
    subject_kind: ClassVar[str] = "warehouse"

    code: str
    name: str


class CountOpened(Event, frozen=True, kw_only=True):
    """Somebody asked for a count."""

    topic: ClassVar[str] = "inventory.count_opened"
    subject_kind: ClassVar[str] = "stock_count"

    title: str
    lines: int


class CountClosed(Event, frozen=True, kw_only=True):
    """A count was approved (its differences are in the ledger) or cancelled (they are not)."""

    topic: ClassVar[str] = "inventory.count_closed"
    subject_kind: ClassVar[str] = "stock_count"

    approved: bool
    differences: int


class LotChanged(Event, frozen=True, kw_only=True):
    """A lot was quarantined, released, got another date or is past its day."""

    topic: ClassVar[str] = "inventory.lot_changed"
    subject_kind: ClassVar[str] = "lot"

    product_id: UUID
    lot: str
    change: str
    """``quarantined``, ``ok`` (released), ``date_changed`` or ``expired``."""
    reason: str
