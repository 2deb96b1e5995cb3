"""What is known when a price is decided: the offer, what it costs, and who else sells it.  Pure."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


class Known(msgspec.Struct, frozen=True):
    """A number with where it came from: nothing is used for a price that cannot be shown on its why card."""

    value: Decimal
    source: str = ""
    """In words a person knows: "supplier Acme", "bol", "group Kitchen"."""
    read_at: datetime | None = None


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which the channel keeps less of a sale, if the price is low enough."""

    maximum_price: Decimal
    amount: Decimal
    begins: date
    ends: date
    """Its last day."""


class Commission(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel keeps of a sale, without VAT: a fixed amount and a part of the price that the buyer pays."""

    fixed: Decimal = ZERO
    percent: Decimal = ZERO
    reductions: tuple[Reduction, ...] = ()
    source: str = ""
    read_at: datetime | None = None


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit costs and what bounds its price.  ``None`` is unknown, which is not nothing: 0 must be said.

    Costs are without VAT; prices (``item_price``, ``map``) are what the buyer pays.
    """

    purchase_price: Known | None = None
    landed_cost: Known | None = None
    supplier_price: Known | None = None
    """The last price that was seen at a watched supplier."""
    shipping: Known | None = None
    packaging: Known | None = None
    vat: Known | None = None
    """In percent."""
    commission: Commission | None = None
    item_price: Known | None = None
    """The product's own selling price in the catalogue."""
    map: Known | None = None
    """The lowest price that the brand lets people advertise."""
    least_margin: Known | None = None
    """What a sale must leave at least; in money."""
    least_margin_percent: Known | None = None


class PriceStar(msgspec.Struct, frozen=True):
    """Up to which price the channel shows a star for a good price."""

    level: int
    maximum_price: Decimal
    read_at: datetime | None = None


class Own(msgspec.Struct, frozen=True):
    """Everything of ours on the channel.  It is never competed with."""

    competitors: frozenset[str] = frozenset()
    """The channel's numbers of our accounts as sellers."""
    offers: frozenset[str] = frozenset()
    """The channel's numbers of our offers."""


class OfferFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One offer of ours at one moment."""

    offer_id: str
    channel_offer_id: str = ""
    account_id: str = ""
    sku: str = ""
    gtin: str = ""
    brand: str = ""
    category: str = ""
    groups: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    """Selections (lists, saved filters, queries) that the offer is in, by id."""
    price: Decimal | None = None
    """What is published now."""
    currency: str = "EUR"
    costs: Costs = Costs()
    own: Own = Own()
    stars: tuple[PriceStar, ...] = ()
    pack: int = 1
    """Pieces in what we sell; a competitor's pack is reckoned to as many."""
    stock: int = 0
    stock_age_days: int | None = None
    """How long the oldest unit has been here."""
    vacation: bool = False
    """The seller, or the account, is away."""
    moment: datetime
    """When it is decided, aware."""


class MarketOffer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody, we ourselves included, asks for a product on the channel."""

    channel_offer_id: str
    competitor: str
    name: str = ""
    """Of the competitor, for people; empty: not known."""
    price: Decimal
    currency: str = "EUR"
    shipping: Decimal = ZERO
    """What the buyer pays on top."""
    best: bool = False
    """Has the buy box."""
    fulfilment: str = "seller"
    condition: str = ""
    rating: Decimal | None = None
    delivery_days: int | None = None
    pack: int = 1


class StorePrice(msgspec.Struct, frozen=True, kw_only=True):
    """What a watched web shop asks."""

    store_id: str
    store: str
    price: Decimal
    """With stated shipping."""
    currency: str = "EUR"
    pack: int = 1
    available: bool = True
    read_at: datetime | None = None


class SoldOut(msgspec.Struct, frozen=True, kw_only=True):
    """A competitor who offered the product lately and does not now."""

    competitor: str
    price: Decimal
    since: datetime


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What others ask.  ``read_at`` None: nobody has looked, which is not the same as nobody selling."""

    offers: tuple[MarketOffer, ...] = ()
    read_at: datetime | None = None
    stores: tuple[StorePrice, ...] = ()
    sold_out: tuple[SoldOut, ...] = ()
    source: str = ""
