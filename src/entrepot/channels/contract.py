"""The contract between the product and its connectors.

A connector is a class with one protocol per capability; a :class:`~entrepot.channels.spec.ConnectorSpec` says which.
Connectors translate; they decide nothing, store nothing and retry nothing.

Reading is split in two.  *Fetching* talks to the channel and returns raw documents, which are stored before anyone
looks into them; *reading* a document is pure.  So one broken order stops nothing, and can be read again after a fix.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta
from pydantic import BaseModel, ConfigDict

from entrepot.channels.contract_prices import PriceStep

type Cursor = str
"""Where to go on reading.  Opaque to everyone but the connector that issued it; stored between runs."""

type ProcessRef = str
"""The channel's name for something it is still working on."""

type Count = Annotated[int, Meta(ge=0, le=1_000_000)]

MOST_MONEY = Decimal(10) ** 9
"""An amount on one line beyond this is a mistake."""


class Fulfilment(StrEnum):
    """Who sends the goods."""

    SELLER = "seller"
    CHANNEL = "channel"


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where goods or invoices go.  Empty text where the channel says nothing."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    street: str = ""
    house_number: str = ""
    house_number_extension: str = ""
    extra: str = ""
    """What helps to find the door: floor, building, name of a pick-up point."""
    postcode: str = ""
    city: str = ""
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    """ISO 3166-1 alpha-2 code."""
    email: str = ""
    phone: str = ""
    vat_number: str = ""

    @property
    def name(self) -> str:
        """The person, else the company."""
        return f"{self.first_name} {self.last_name}".strip() or self.company


class ChannelOrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a channel order."""

    channel_line_id: Annotated[str, Meta(min_length=1)]
    sku: str | None
    """The seller's SKU as the channel knows it; None if the listing carries none."""
    gtin: str | None = None
    channel_offer_id: str | None = None
    title: str
    quantity: Annotated[int, Meta(gt=0, le=1_000_000)]
    """Units ordered, the cancelled ones included."""
    quantity_shipped: Count = 0
    quantity_cancelled: Count = 0
    unit_price: Decimal
    """What the buyer pays for one unit, including tax, in the order's currency."""
    discount: Decimal = Decimal(0)
    """What is taken off the whole line."""
    commission: Decimal | None = None
    """What the channel keeps of the whole line."""
    fulfilment: Fulfilment = Fulfilment.SELLER
    cancellation_requested: bool = False
    """The buyer asked to cancel; we have not agreed yet."""
    deliver_by: date | None = None
    """The last day on which the buyer should have it."""
    expires_on: date | None = None
    """The day on which the channel cancels the line if it was not shipped."""

    def __post_init__(self) -> None:
        """Refuse amounts that cannot be: msgspec checks no limits of decimals."""
        for name, amount in (("unit_price", self.unit_price), ("discount", self.discount)):
            if not (amount.is_finite() and 0 <= amount <= MOST_MONEY):
                msg = f"{name} of line {self.channel_line_id} is {amount}"
                raise ValueError(msg)
        if self.commission is not None and not (self.commission.is_finite() and abs(self.commission) <= MOST_MONEY):
            msg = f"commission of line {self.channel_line_id} is {self.commission}"
            raise ValueError(msg)


class ChannelOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order in the product's words, as the channel reports it."""

    channel_order_id: Annotated[str, Meta(min_length=1)]
    placed_at: Annotated[datetime, Meta(tz=True)]
    changed_at: Annotated[datetime, Meta(tz=True)] | None = None
    """When the channel last changed it; tells which of two versions is newer."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    """ISO 4217 alphabetic code."""
    ship_to: PostalAddress
    bill_to: PostalAddress | None = None
    buyer_reference: str = ""
    """The buyer's own order number."""
    language: str = ""
    """The buyer's, as a BCP 47 tag."""
    pick_up_point: bool = False
    ship_by: Annotated[datetime, Meta(tz=True)] | None = None
    """The last moment to hand it to a carrier, where the channel says one."""
    lines: Annotated[tuple[ChannelOrderLine, ...], Meta(min_length=1)]

    @property
    def deliver_by(self) -> date | None:
        """The earliest day that any line must be delivered by."""
        return min((line.deliver_by for line in self.lines if line.deliver_by is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDocument:
    """What the channel sent about one thing, unread."""

    document_id: str
    """The channel's id of the thing: an order number.  The same for every version of it."""
    fingerprint: str
    """Equal for equal versions: a document that comes twice with one fingerprint is stored once."""
    raw: bytes
    problem: str = ""
    """Why this one could not be fetched, as a sentence; *raw* is then whatever came.  Stored as needing attention."""


class ShippedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one order line in a shipment."""

    channel_line_id: str
    quantity: Annotated[int, Meta(gt=0)]


class ShipmentNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Tells the channel that goods left."""

    channel_order_id: str
    reference: Annotated[str, Meta(min_length=1, max_length=90)]
    """Ours, unique per shipment: finds the shipment again when we do not know whether a notice arrived."""
    lines: Annotated[tuple[ShippedLine, ...], Meta(min_length=1, max_length=10_000)]
    """A channel that takes fewer at once is told in parts, by its connector."""
    carrier: str
    """Our code of the carrier, or the ERP's name of it."""
    carrier_code: str = ""
    """The channel's own code, by the carrier mapping; always given to a connector that lists carriers."""
    tracking: str = ""
    channel_label: str = ""
    """The label that was bought through the channel, as the channel calls it: it knows carrier and tracking then."""


class FoundShipment(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment the channel already knows."""

    channel_shipment_id: str
    reference: str


class ChannelCarrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier that the channel accepts in a shipment notice."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    name: str
    known_as: tuple[str, ...] = ()
    """Our codes and usual names of it, in lower case: mapped without asking anyone."""


class CancelReason(StrEnum):
    """Why we do not deliver a line."""

    OUT_OF_STOCK = "out_of_stock"
    BUYER_ASKED = "buyer_asked"
    DAMAGED = "damaged"
    WRONG_PRICE = "wrong_price"
    TOO_LATE = "too_late"
    ORDERED_TWICE = "ordered_twice"
    SHIPPING_TOO_DEAR = "shipping_too_dear"
    NO_GUARANTEE = "no_guarantee"
    """We cannot give the guarantee that the channel asks for."""
    KEPT_BY_SELLER = "kept_by_seller"
    """It is not for sale after all."""
    TECHNICAL = "technical"
    NOT_FOUND = "not_found"
    """It is on the books, but not on the shelf."""
    OTHER = "other"


class ProcessState(StrEnum):
    """How far the channel is with something we asked for."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    """The channel gave up without a verdict; look whether it happened, then ask again."""
    GONE = "gone"
    """The channel no longer knows it: stop asking, look at the thing itself."""


class ProcessReport(msgspec.Struct, frozen=True, kw_only=True):
    """The channel's answer about one process."""

    ref: ProcessRef
    state: ProcessState
    message: str = ""
    """What the channel says went wrong."""
    result: str = ""
    """The channel's id of what came of it: a file, a label."""


class ChannelOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One of our offers, as the channel knows it."""

    channel_offer_id: str
    sku: str | None = None
    gtin: str | None = None
    title: str = ""
    price: Decimal | None = None
    price_steps: tuple[PriceStep, ...] | None = ()
    """For larger quantities; None: it was not said whether there are any."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    quantity: int = 0
    """What we last told the channel."""
    fulfilment: Fulfilment = Fulfilment.SELLER
    on_hold: bool = False
    for_sale: bool | None = None


class StockUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """How many units of an offer a channel may sell."""

    channel_offer_id: str
    quantity: Count


class StockOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one :class:`StockUpdate`."""

    channel_offer_id: str
    applied: bool
    problem: str = ""
    """Why not, as a sentence."""


@dataclass(frozen=True, slots=True)
class Page[T]:
    """Part of a result, and where to go on."""

    items: tuple[T, ...]
    next: Cursor
    """Where the next reading begins.  Store it with the items; it is also where the next run begins."""
    more: bool
    """There is more to read right now.  False: come back later."""


class Capability(StrEnum):
    """Something a connector may be able to do."""

    IMPORT_ORDERS = "import_orders"
    CONFIRM_SHIPMENTS = "confirm_shipments"
    CANCEL_LINES = "cancel_lines"
    READ_OFFERS = "read_offers"
    PUBLISH_STOCK = "publish_stock"
    MANAGE_OFFERS = "manage_offers"
    EXPORT_OFFERS = "export_offers"
    READ_HELD_STOCK = "read_held_stock"
    READ_RETURNS = "read_returns"
    HANDLE_RETURNS = "handle_returns"
    READ_MARKET = "read_market"
    LIST_CARRIERS = "list_carriers"
    RECEIVE_NOTICES = "receive_notices"


class Connector(Protocol):
    """What every connector can do."""

    async def check(self) -> str:
        """Prove that the credentials work, and return a name for the account as the channel knows it."""
        ...


@runtime_checkable
class ImportsOrders(Connector, Protocol):
    """Capability ``import_orders``."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return orders placed or changed after *cursor*; from the beginning if it is None.

        An order may come again, and pages may come in any order: the caller stores by fingerprint.
        """
        ...

    async def fetch_order(self, document_id: str) -> RawDocument:
        """Return one order as it is now."""
        ...

    def read_order(self, raw: bytes) -> ChannelOrder:
        """Translate one stored document.  Pure.

        Raises:
            UnreadableDocumentError: it is not what the channel's documentation describes.
        """
        ...


@runtime_checkable
class ReportsProcesses(Connector, Protocol):
    """Part of every capability whose requests are carried out later."""

    async def process_states(self, refs: Sequence[ProcessRef]) -> list[ProcessReport]:
        """Return one report per ref, in their order."""
        ...


@runtime_checkable
class ConfirmsShipments(ReportsProcesses, Protocol):
    """Capability ``confirm_shipments``."""

    async def find_shipment(self, channel_order_id: str, reference: str, *, tracking: str = "") -> FoundShipment | None:
        """Return the shipment we reported under *reference*, or None: asked before a notice is sent a second time.

        A channel that keeps no references finds it by its *tracking* code.
        """
        ...

    async def confirm_shipment(self, notice: ShipmentNotice) -> ProcessRef:
        """Report a shipment, and return what to ask about its outcome."""
        ...


@runtime_checkable
class CancelsLines(ReportsProcesses, Protocol):
    """Capability ``cancel_lines``."""

    async def cancel_line(self, channel_line_id: str, reason: CancelReason) -> ProcessRef:
        """Cancel what is open of one line, or agree to the buyer's cancellation."""
        ...


@runtime_checkable
class ReadsOffers(Connector, Protocol):
    """Capability ``read_offers``."""

    async def fetch_offers(self, cursor: Cursor | None) -> Page[ChannelOffer]:
        """Return our offers, from the beginning if *cursor* is None."""
        ...


@runtime_checkable
class PublishesStock(Connector, Protocol):
    """Capability ``publish_stock``."""

    async def publish_stock(self, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        """Make the channel offer exactly these quantities.  Sending the same twice changes nothing.

        Returns:
            One outcome per update, in their order.  An offer that the channel refuses does not stop the others.
        """
        ...


@runtime_checkable
class ListsCarriers(Connector, Protocol):
    """Capability ``list_carriers``."""

    async def carriers(self) -> list[ChannelCarrier]:
        """Return every carrier a shipment notice may name; their codes differ."""
        ...


PROTOCOLS: dict[Capability, type] = {
    Capability.IMPORT_ORDERS: ImportsOrders,
    Capability.CONFIRM_SHIPMENTS: ConfirmsShipments,
    Capability.CANCEL_LINES: CancelsLines,
    Capability.READ_OFFERS: ReadsOffers,
    Capability.PUBLISH_STOCK: PublishesStock,
    Capability.LIST_CARRIERS: ListsCarriers,
}


class Credentials(BaseModel):
    """What the seller enters to connect an account, stored encrypted; ``{"advanced": True}`` folds a field away."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
