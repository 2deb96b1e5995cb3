"""The contract between the product and the connectors of ERPs.

A connector is a class that implements one protocol per capability, and an :class:`~entrepot.erp.spec.ErpSpec` that says
which.  Connectors translate; they decide nothing, store nothing and retry nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta
from pydantic import BaseModel, ConfigDict

type Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
type Text = Annotated[str, Meta(min_length=1)]

MOST_MONEY = Decimal(10) ** 9
"""An amount beyond this is a mistake."""
MOST_RATE = 100


class ErpAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where goods or invoices go.  Empty text where nothing is known."""

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
    def street_line(self) -> str:
        """Street and house number as they stand on a parcel."""
        return " ".join(part for part in (self.street, self.house_number, self.house_number_extension) if part)


class ErpOrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one article within an order."""

    line_id: str
    """Ours; comes back with nothing, but names the line in problems and logs."""
    sku: str
    """The article number in the ERP."""
    title: str
    quantity: Annotated[int, Meta(gt=0, le=1_000_000)]
    unit_price: Decimal
    """What the buyer pays for one unit, including tax, in the order's currency."""
    tax_rate: Decimal | None = None
    """In percent: 19 for 19 %.  None: not known, the account's usual rate counts."""
    discount: Decimal = Decimal(0)
    """What is taken off the whole line, including tax."""

    def __post_init__(self) -> None:
        """Refuse amounts that cannot be: msgspec checks no limits of decimals."""
        for name, amount in (("unit_price", self.unit_price), ("discount", self.discount)):
            if not (amount.is_finite() and 0 <= amount <= MOST_MONEY):
                msg = f"{name} of line {self.line_id} is {amount}"
                raise ValueError(msg)
        if self.tax_rate is not None and not (self.tax_rate.is_finite() and 0 <= self.tax_rate <= MOST_RATE):
            msg = f"tax_rate of line {self.line_id} is {self.tax_rate}"
            raise ValueError(msg)

    @property
    def total(self) -> Decimal:
        """What the buyer pays for the line."""
        return self.unit_price * self.quantity - self.discount


class ErpOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to be handed over."""

    reference: Text
    """Our order number: unique for the seller, and what the ERP finds the order by."""
    channel: str
    """Key of the sales channel: ``bol``."""
    channel_order_id: str
    placed_at: Annotated[datetime, Meta(tz=True)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    """ISO 4217 alphabetic code."""
    language: str = ""
    """The buyer's, as a BCP 47 tag."""
    ship_to: ErpAddress
    bill_to: ErpAddress | None = None
    """None: the same as *ship_to*."""
    lines: Annotated[tuple[ErpOrderLine, ...], Meta(min_length=1)]
    shipping_price: Decimal = Decimal(0)
    """What the buyer pays for sending, including tax."""
    payment_method: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        """Refuse an amount that cannot be."""
        if not (self.shipping_price.is_finite() and 0 <= self.shipping_price <= MOST_MONEY):
            msg = f"shipping_price of order {self.reference} is {self.shipping_price}"
            raise ValueError(msg)

    @property
    def total(self) -> Decimal:
        """What the buyer pays."""
        return sum((line.total for line in self.lines), self.shipping_price)


class HandOverState(StrEnum):
    """What became of an order that was handed over."""

    ACCEPTED = "accepted"
    """The ERP took it, or it lies where the ERP fetches it."""
    PRESENT = "present"
    """The ERP had it already: handed over by an earlier attempt."""
    REFUSED = "refused"
    """It cannot be taken as it is; the problem says why.  Trying again changes nothing until somebody acts."""


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one order."""

    reference: str
    state: HandOverState
    problem: str = ""
    """Why it was refused, as a sentence."""

    @property
    def done(self) -> bool:
        """The ERP has it."""
        return self.state is not HandOverState.REFUSED


class ErpWarehouse(msgspec.Struct, frozen=True, kw_only=True):
    """A place of stock as the ERP knows it."""

    warehouse: Text
    """The ERP's key of it."""
    name: str


class ErpStock(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one article lies in one warehouse of the ERP."""

    sku: Text
    warehouse: Text
    on_hand: Decimal
    """As the ERP says; may be a fraction, may be negative."""
    buffer: int = 0
    """What the ERP keeps back of it."""
    available: Count
    """Whole units that may be sold: ``max(0, floor(on hand) - buffer)``."""


class ErpShippedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one article in a shipment."""

    sku: str
    quantity: Annotated[int, Meta(gt=0)]


class ErpShipment(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that the ERP sent."""

    reference: str
    """Of the order: what it was handed over under."""
    delivery_note: Text
    """The ERP's number of the delivery note; one note may have several parcels."""
    carrier: str = ""
    """As the ERP calls it; the mapping to a channel's code is not the connector's business."""
    tracking: str = ""
    shipped_at: Annotated[datetime, Meta(tz=True)] | None = None
    """None: packed, not sent yet."""
    lines: tuple[ErpShippedLine, ...] = ()
    """Empty: the ERP does not say; then the note counts for the whole order."""


class ErpCapability(StrEnum):
    """Something an ERP's connector may be able to do."""

    HAND_OVER_ORDERS = "hand_over_orders"
    READ_STOCK = "read_stock"
    READ_TRACKING = "read_tracking"


class ErpCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at when an account was tried."""

    subject: str
    """What was looked at: a table, a folder."""
    ok: bool
    problem: str = ""
    """What is missing and what to do, as a sentence."""


class ErpReport(msgspec.Struct, frozen=True, kw_only=True):
    """What trying an account found."""

    known_as: str
    """What the ERP calls itself: server, database, version."""
    checks: tuple[ErpCheck, ...] = ()
    warehouses: tuple[ErpWarehouse, ...] = ()


class ErpConnector(Protocol):
    """What every connector of an ERP can do."""

    async def check(self) -> ErpReport:
        """Prove that the credentials work, and look whether everything needed is there.

        Raises:
            ErpCredentialsRejectedError: the ERP refuses them.
            ErpAwayError: it does not answer.
        """
        ...

    async def aclose(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class HandsOverOrders(ErpConnector, Protocol):
    """Capability ``hand_over_orders``."""

    @property
    def way(self) -> str:
        """How orders reach the ERP, in a word that is recorded with each: ``insert``, ``file``."""
        ...

    async def hand_over(self, orders: Sequence[ErpOrder]) -> list[HandOver]:
        """Hand orders over; the same reference twice makes one order.

        Returns:
            One outcome per order, in their order.  An order that is refused does not stop the others.

        Raises:
            ErpAwayError: the ERP does not answer; some of the orders may have reached it, so all are handed over again.
        """
        ...


@runtime_checkable
class ReadsStock(ErpConnector, Protocol):
    """Capability ``read_stock``."""

    async def warehouses(self) -> list[ErpWarehouse]:
        """Return the places that have stock."""
        ...

    async def read_stock(self, skus: Sequence[str] | None = None) -> list[ErpStock]:
        """Return one row per article and warehouse, of *skus* or of every article.

        An article the ERP does not know has no row; one that is out of stock has a row with nothing available.
        """
        ...


@runtime_checkable
class ReadsTracking(ErpConnector, Protocol):
    """Capability ``read_tracking``."""

    async def read_tracking(self, references: Sequence[str]) -> list[ErpShipment]:
        """Return the parcels of these orders, also those without a tracking code.  Unknown references have none."""
        ...


PROTOCOLS: dict[ErpCapability, type] = {
    ErpCapability.HAND_OVER_ORDERS: HandsOverOrders,
    ErpCapability.READ_STOCK: ReadsStock,
    ErpCapability.READ_TRACKING: ReadsTracking,
}


class ErpCredentials(BaseModel):
    """What the seller enters to connect an account.  The form is generated from it; it is stored encrypted.

    A field with ``json_schema_extra={"advanced": True}`` is shown folded away, one with ``"needed"`` as one to fill in
    although another may stand for it; a ``Literal`` becomes a choice, with the
    words of ``json_schema_extra={"choices": {value: words}}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
