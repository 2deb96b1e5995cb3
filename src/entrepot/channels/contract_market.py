"""The part of the contract that looks around: what others ask, how we rank, and what the channel keeps."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Protocol, runtime_checkable

import msgspec
from msgspec import Meta

from entrepot.channels.contract import Connector, Fulfilment


class CompetingOffer(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody, we ourselves included, asks for a product."""

    channel_offer_id: str
    competitor: str
    """The channel's number of who offers it."""
    country: str
    price: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    best: bool = False
    """Has the buy box."""
    fulfilment: Fulfilment = Fulfilment.SELLER
    condition: str = ""
    """The channel's word."""
    deliver_from: date | None = None
    deliver_by: date | None = None


class RankKind(StrEnum):
    """How buyers came across a product."""

    SEARCH = "search"
    BROWSE = "browse"


class ProductRank(msgspec.Struct, frozen=True, kw_only=True):
    """Where a product stood in one list on one day."""

    kind: RankKind
    where: str
    """The search term, or the channel's number of the category."""
    rank: int
    impressions: int
    sponsored: bool = False


class CommissionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel's commission is asked for."""

    gtin: str
    price: Decimal


class CommissionReduction(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which the channel keeps less, if the price is low enough."""

    maximum_price: Decimal
    reduction: Decimal
    begins: date
    ends: date


class Commission(msgspec.Struct, frozen=True, kw_only=True):
    """What the channel keeps of a sale at a price."""

    gtin: str
    price: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    fixed: Decimal
    percentage: Decimal
    total: Decimal
    total_without_reduction: Decimal | None = None
    reductions: tuple[CommissionReduction, ...] = ()


class PriceStar(msgspec.Struct, frozen=True, kw_only=True):
    """Up to which price the channel shows so many stars for a good price."""

    level: int
    maximum_price: Decimal
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class Competitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who offers something on the channel, we ourselves included."""

    number: str
    """The channel's."""
    name: str
    """As buyers see it."""
    rating: Decimal | None = None
    """From 0 to 10; None: the channel does not say."""


@runtime_checkable
class ReadsMarket(Connector, Protocol):
    """Capability ``read_market``."""

    async def competing_offers(self, gtin: str, *, country: str = "") -> list[CompetingOffer]:
        """Return every offer of new goods under *gtin*; an empty *country* means every country the channel sells in."""
        ...

    async def product_ranks(self, gtin: str, day: date, kind: RankKind) -> list[ProductRank]:
        """Return where a product stood on *day*, which is past."""
        ...

    async def commissions(self, queries: Sequence[CommissionQuery]) -> list[Commission]:
        """Return what the channel keeps of each; those it does not know are left out."""
        ...

    async def price_stars(self, gtin: str) -> list[PriceStar]:
        """Return up to which price *gtin* has how many stars, the most stars first; none where the channel shows none."""
        ...

    async def competitor(self, number: str) -> Competitor | None:
        """Return who has a number of the channel's; None: the channel knows nobody."""
        ...
