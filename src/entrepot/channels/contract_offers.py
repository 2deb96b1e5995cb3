"""The part of the contract that changes offers: make, change, end, say why one is not for sale, export all of them."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from entrepot.channels.contract import (
    ChannelOffer,
    Connector,
    Count,
    Fulfilment,
    ProcessRef,
    ReportsProcesses,
)
from entrepot.channels.contract_prices import PriceStep


class Condition(StrEnum):
    """What state the goods are in."""

    NEW = "new"
    AS_NEW = "as_new"
    GOOD = "good"
    REASONABLE = "reasonable"
    MODERATE = "moderate"


class DeliveryPromise(msgspec.Struct, frozen=True, kw_only=True):
    """How soon the buyer of an offer has it."""

    fastest_days: Annotated[int, Meta(ge=0, le=60)]
    slowest_days: Annotated[int, Meta(ge=0, le=60)]
    order_before: Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")] = ""
    """The last time of day at which an order still counts for that day; empty: midnight."""


class NewOffer(msgspec.Struct, frozen=True, kw_only=True):
    """Something to put up for sale."""

    gtin: Annotated[str, Meta(min_length=1)]
    sku: Annotated[str, Meta(min_length=1, max_length=100)]
    price: Decimal
    """What the buyer pays for one unit, including tax."""
    quantity: Count = 0
    title: Annotated[str, Meta(max_length=500)] = ""
    """Shown where the channel does not know the product."""
    condition: Condition = Condition.NEW
    on_hold: bool = False
    fulfilment: Fulfilment = Fulfilment.SELLER
    delivery: DeliveryPromise | None = None
    """None: what the account promises by itself."""
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2 codes; none: wherever the channel sells."""


class OfferChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about an offer; None stays as it is."""

    channel_offer_id: Annotated[str, Meta(min_length=1)]
    price: Decimal | None = None
    price_steps: tuple[PriceStep, ...] = ()
    """All the prices for larger quantities that go with a new *price*; those that are not below it mean nothing."""
    quantity: Count | None = None
    sku: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    title: Annotated[str, Meta(max_length=500)] | None = None
    on_hold: bool | None = None
    delivery: DeliveryPromise | None = None


class SaleObstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Why an offer is not for sale."""

    country: str
    """Where; empty: everywhere."""
    category: str
    """The channel's word for what it is about: price, stock, content."""
    code: str
    text: str
    """What the channel says."""
    missing: tuple[str, ...] = ()
    """What of the product's description has to be added."""


@runtime_checkable
class ManagesOffers(Connector, Protocol):
    """Capability ``manage_offers``: each is done, or refused, when the call returns."""

    async def create_offer(self, offer: NewOffer) -> str:
        """Put something up for sale and return the channel's id of the offer.

        Raises:
            RequestRejectedError: the channel does not want it, or has it already.
        """
        ...

    async def read_offer(self, channel_offer_id: str) -> ChannelOffer:
        """Return one offer as it is now.

        Raises:
            ChannelThingMissingError: it is gone.
        """
        ...

    async def change_offer(self, change: OfferChange) -> None:
        """Make an offer so.  Doing it twice changes nothing."""
        ...

    async def delete_offer(self, channel_offer_id: str) -> None:
        """End an offer for good.  One that is gone already is fine."""
        ...

    async def sale_obstacles(self, channel_offer_id: str) -> list[SaleObstacle]:
        """Return why an offer is not for sale; nothing: it is."""
        ...


@runtime_checkable
class ExportsOffers(ReportsProcesses, Protocol):
    """Capability ``export_offers``: every offer in one file, made while we wait."""

    async def request_export(self) -> ProcessRef:
        """Ask for the file; the process's report names it as its :attr:`~ProcessReport.result`."""
        ...

    async def fetch_export(self, export_id: str) -> bytes:
        """Return the file."""
        ...

    def read_export(self, raw: bytes) -> Iterator[ChannelOffer]:
        """Translate the file, offer by offer.  Pure.

        Raises:
            UnreadableDocumentError: a row is not what the channel's documentation describes.
        """
        ...


class HeldStock(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one product that lie in the channel's own warehouse."""

    channel_sku: Annotated[str, Meta(min_length=1)]
    """The channel's number of the goods."""
    gtin: str
    title: str = ""
    sellable: int = 0
    damaged: int = 0


class HeldStockPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel's warehouse holds for us, as of a moment."""

    items: tuple[HeldStock, ...]
    read_at: Annotated[datetime, Meta(tz=True)]


@runtime_checkable
class ReadsHeldStock(Connector, Protocol):
    """Capability ``read_held_stock``: what the channel keeps in its own warehouse and ships for us."""

    async def held_stock(self) -> HeldStockPage:
        """Return everything it holds."""
        ...
