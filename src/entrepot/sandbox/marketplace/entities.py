"""The things a marketplace knows; names follow bol.com's where it has one."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from entrepot.sandbox.retail.people import Person

type Status = Literal["PENDING", "SUCCESS", "FAILURE", "TIMEOUT"]
type EventType = Literal[
    "CREATE_SHIPMENT",
    "CANCEL_ORDER",
    "CREATE_OFFER_EXPORT",
    "CREATE_SHIPPING_LABEL",
    "HANDLE_RETURN_ITEM",
    "CREATE_RETURN_ITEM",
    "CREATE_SUBSCRIPTION",
    "UPDATE_SUBSCRIPTION",
    "DELETE_SUBSCRIPTION",
    "SEND_SUBSCRIPTION_TST_MSG",
]
type Method = Literal["FBR", "FBB"]
"""Who delivers: the seller, or the marketplace from its own warehouse."""


class OrderItem(msgspec.Struct):
    """A line of an order; shipped and cancelled units are handled, the others are open."""

    order_item_id: str
    offer_id: str
    sku: str
    ean: str
    title: str
    quantity: int
    unit_price: Decimal
    changed: datetime
    shipped: int = 0
    cancelled: int = 0
    cancellation_requested: bool = False
    method: Method = "FBR"

    @property
    def open(self) -> int:
        return self.quantity - self.shipped - self.cancelled


class Order(msgspec.Struct):
    """What a buyer bought; ``version`` counts its changes."""

    order_id: str
    placed: datetime
    source: str
    """The invoice of the data set it replays, or empty."""
    buyer: Person
    payer: Person
    items: list[OrderItem]
    version: int = 0

    @property
    def is_open(self) -> bool:
        for item in self.items:  # noqa: SIM110 -- asked for every order of a list: a generator costs more
            if item.quantity > item.shipped + item.cancelled:
                return True
        return False

    @property
    def is_shipped(self) -> bool:
        for item in self.items:  # noqa: SIM110 -- as above
            if item.shipped:
                return True
        return False

    @property
    def changed(self) -> datetime:
        return max(item.changed for item in self.items)

    @property
    def state(self) -> str:
        """One word for people: what happened to the order."""
        if any(item.open and item.cancellation_requested for item in self.items):
            return "cancellation requested"
        if self.is_open:
            return "partly shipped" if self.is_shipped else "open"
        return "shipped" if self.is_shipped else "cancelled"


class ShippedLine(msgspec.Struct, frozen=True):
    """Units of an order item; without a quantity, all that is still open."""

    order_item_id: str
    quantity: int | None = None


class ShipmentInstruction(msgspec.Struct, frozen=True, tag="ship"):
    """A seller's wish to ship."""

    lines: tuple[ShippedLine, ...]
    reference: str = ""
    transporter: str = ""
    tracking: str = ""
    label_id: str = ""
    by_marketplace: bool = False


class CancellationInstruction(msgspec.Struct, frozen=True, tag="cancel"):
    """A seller's wish to cancel what is open of an order item."""

    order_item_id: str
    reason: str


class ExportInstruction(msgspec.Struct, frozen=True, tag="export"):
    """A seller's wish for a file of all offers."""


class LabelInstruction(msgspec.Struct, frozen=True, tag="label"):
    """A seller's wish for a shipping label; the parcel is booked already."""

    order_item_ids: tuple[str, ...]
    parcel_id: str
    transporter: str


class ReturnInstruction(msgspec.Struct, frozen=True, tag="handle return"):
    """What a seller decides about a returned item."""

    rma_id: str
    quantity: int
    outcome: str


class NewReturnInstruction(msgspec.Struct, frozen=True, tag="new return"):
    """A seller reports what came back unannounced."""

    order_item_id: str
    quantity: int
    outcome: str


class SubscriptionInstruction(msgspec.Struct, frozen=True, tag="subscription"):
    """A seller's wish about what is sent where; without an address it is to end."""

    subscription_id: str
    event_type: EventType
    url: str = ""
    resources: tuple[str, ...] = ()
    enabled: bool = True


type Instruction = (
    ShipmentInstruction
    | CancellationInstruction
    | ExportInstruction
    | LabelInstruction
    | ReturnInstruction
    | NewReturnInstruction
    | SubscriptionInstruction
)


class Process(msgspec.Struct):
    """A wish that the marketplace works on, and what came of it."""

    process_id: str
    event_type: EventType
    entity_ids: tuple[str, ...]
    instruction: (
        ShipmentInstruction
        | CancellationInstruction
        | ExportInstruction
        | LabelInstruction
        | ReturnInstruction
        | NewReturnInstruction
        | SubscriptionInstruction
    )
    created: datetime
    due: datetime
    status: Status = "PENDING"
    error: str = ""
    result: str = ""
    """The number of what it made."""


class Shipment(msgspec.Struct):
    """What was shipped together."""

    shipment_id: str
    transport_id: str
    order_id: str
    created: datetime
    lines: tuple[ShippedLine, ...]
    reference: str = ""
    transporter: str = ""
    tracking: str = ""


class ShippingLabel(msgspec.Struct):
    """A label bought from the marketplace."""

    label_id: str
    parcel_id: str
    transporter: str
    order_item_ids: tuple[str, ...]


class Decision(msgspec.Struct, frozen=True):
    """What was decided about returned units."""

    quantity: int
    outcome: str
    at: datetime


class ReturnedItem(msgspec.Struct):
    """Units of an order item that come back."""

    rma_id: str
    order_item_id: str
    quantity: int
    reason: str
    comment: str = ""
    decisions: list[Decision] = msgspec.field(default_factory=list[Decision])

    @property
    def handled(self) -> bool:
        return bool(self.decisions)


class GoodsReturn(msgspec.Struct):
    """What a buyer sends back; nobody knows of it before ``registered``."""

    return_id: str
    order_id: str
    registered: datetime
    items: list[ReturnedItem]
    method: Method = "FBR"

    @property
    def handled(self) -> bool:
        return all(item.handled for item in self.items)


class Subscription(msgspec.Struct):
    """What is sent where."""

    subscription_id: str
    url: str
    resources: tuple[str, ...]
    enabled: bool = True


class PriceStep(msgspec.Struct, frozen=True, rename="camel"):
    """The price of one unit for who buys at least ``quantity``."""

    quantity: int
    unit_price: Decimal


class Offer(msgspec.Struct):
    """A product for sale."""

    offer_id: str
    ean: str
    reference: str
    prices: tuple[PriceStep, ...]
    modified: datetime
    amount: int = 0
    managed_by_retailer: bool = False
    on_hold: bool = False
    deleted: bool = False
    title: str = ""
    countries: tuple[str, ...] = ("NL", "BE")
    condition: dict[str, str | bool] = msgspec.field(default_factory=lambda: {"category": "NEW"})
    fulfilment: msgspec.Raw = msgspec.Raw(b'{"method":"FBR","schedule":"BOL_DELIVERY_PROMISE"}')
    economic_operator: str = ""
    open_units: int = 0
    """In open orders."""
    sold_since_update: int = 0
    """Ordered after the seller last set the stock."""

    @property
    def method(self) -> Method:
        return "FBB" if b'"FBB"' in bytes(self.fulfilment) else "FBR"

    @property
    def corrected_stock(self) -> int:
        """What buyers can still order, as bol.com reckons it."""
        taken = self.sold_since_update if self.managed_by_retailer else self.open_units
        return max(0, self.amount - taken)

    @property
    def for_sale(self) -> bool:
        return not self.on_hold and self.corrected_stock > 0
