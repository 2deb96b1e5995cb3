"""Orders as other slices see them."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from entrepot.orders.status import OrderStatus


class OrderLineRef(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order."""

    id: UUID
    position: int
    product_id: UUID | None
    sku: str
    gtin: str
    title: str
    quantity: int
    quantity_cancelled: int = 0
    quantity_shipped: int = 0
    unit_price: Decimal
    tax: Decimal | None = None
    discount: Decimal = Decimal(0)
    commission: Decimal | None = None
    channel_line_id: str | None = None
    channel_offer_id: str | None = None
    fulfilment: str = "seller"
    """``seller``: we ship it; ``channel``: the channel does, from its own warehouse; ``erp``: the joined ERP does."""
    reserved: bool = False

    @property
    def open_quantity(self) -> int:
        """Units still to be sent, by whomever."""
        return self.quantity - self.quantity_cancelled - self.quantity_shipped

    @property
    def to_send(self) -> int:
        """Units that we still have to send."""
        return self.open_quantity if self.fulfilment == "seller" else 0

    @property
    def for_erp(self) -> int:
        """Units that the ERP still has to send."""
        return self.open_quantity if self.fulfilment == "erp" else 0


class OrderRef(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its lines in their order."""

    id: UUID
    seller_id: UUID
    number: str
    channel: str | None
    channel_account_id: UUID | None
    channel_order_id: str | None
    status: OrderStatus
    hold_reason: str | None
    held_at: datetime | None
    attention: tuple[str, ...]
    placed_at: datetime
    ship_by: datetime | None
    currency: str
    goods_total: Decimal
    shipping_total: Decimal
    total: Decimal
    line_count: int
    unit_count: int
    customer_name: str
    customer_email: str
    customer_phone: str
    shipping_address: dict[str, Any]
    channel_address: dict[str, Any] | None
    """What the channel says, where the shipping address was corrected here."""
    billing_address: dict[str, Any] | None
    ship_name: str
    ship_postcode: str
    ship_country: str
    buyer_reference: str
    language: str
    pick_up_point: bool
    warehouse_id: UUID | None
    """Where it is shipped from; None: wherever there is stock."""
    erp_account_id: UUID | None
    """The ERP that ships it; None: we do."""
    tags: tuple[str, ...]
    search_text: str
    fingerprint: str | None
    channel_changed_at: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime
    lines: tuple[OrderLineRef, ...] = ()

    @property
    def releasable(self) -> bool:
        """May go to the pick lists now."""
        return self.status is OrderStatus.RESERVED and self.held_at is None


class Imported(StrEnum):
    """What became of one channel order."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    """Could not be stored; the sentence says why.  The others of its batch went on."""


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one channel order."""

    channel_order_id: str
    result: Imported
    order_id: UUID | None = None
    attention: tuple[str, ...] = ()
    """Why a person has to look at it; the order is stored all the same."""
    problem: str = ""
    """English sentence, for a failed one."""
