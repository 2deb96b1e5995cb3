"""What is known of a product's market on one channel account."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from entrepot.channels.contract_market import CompetingOffer


class SeenOffer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One offer, whoever's, as it was seen."""

    channel_offer_id: str
    competitor: str
    country: str = ""
    price: Decimal
    currency: str
    best: bool = False
    """Has the buy box."""
    fulfilment: str = "seller"
    condition: str = ""
    deliver_by: date | None = None

    @property
    def says(self) -> tuple[object, ...]:
        """What counts as a change: everything but the day of delivery, which moves by itself."""
        return (
            self.channel_offer_id,
            self.country,
            self.competitor,
            self.price,
            self.currency,
            self.best,
            self.fulfilment,
            self.condition,
        )


class KnownCompetitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who a competitor is, as the channel said last."""

    account_id: UUID
    number: str
    name: str = ""
    """Empty: the channel knows nobody of this number."""
    rating: Decimal | None = None
    """From 0 to 10; None: the channel does not say."""
    read_at: datetime


class GoneOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A competitor who offered the product lately, and does not now."""

    competitor: str
    price: Decimal
    currency: str
    since: datetime


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """The market of a GTIN as it was read last."""

    account_id: UUID
    gtin: str
    country: str
    offers: tuple[SeenOffer, ...] = ()
    gone: tuple[GoneOffer, ...] = ()
    """The latest first."""
    read_at: datetime | None = None
    """When it was last read with success."""
    changed_at: datetime | None = None
    problem: str = ""
    """Why it could not be read the last time."""


class MarketMoment(msgspec.Struct, frozen=True, kw_only=True):
    """What the market of a GTIN was from a moment on."""

    account_id: UUID
    gtin: str
    country: str
    observed_at: datetime
    offers: tuple[SeenOffer, ...]


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a competitor had nothing to sell."""

    competitor: str
    begins: datetime
    ends: datetime | None
    """None: still."""
    price: Decimal
    """The last one before."""
    currency: str


class MarketRead(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one GTIN, or why it was not."""

    gtin: str
    offers: tuple[SeenOffer, ...] = ()
    problem: str = ""


def seen(offer: CompetingOffer) -> SeenOffer:
    """Return an offer as it is kept."""
    return SeenOffer(
        channel_offer_id=offer.channel_offer_id,
        competitor=offer.competitor,
        country=offer.country,
        price=offer.price,
        currency=offer.currency,
        best=offer.best,
        fulfilment=offer.fulfilment.value,
        condition=offer.condition,
        deliver_by=offer.deliver_by,
    )


def absences(moments: list[MarketMoment]) -> list[Absence]:
    """Return when each competitor had nothing to sell, the latest first; *moments* of one GTIN, the oldest first."""
    there: dict[str, SeenOffer] = {}
    open_since: dict[str, Absence] = {}
    found: list[Absence] = []
    for moment in moments:
        now_there: dict[str, SeenOffer] = {}
        for offer in moment.offers:
            known = now_there.get(offer.competitor)
            if known is None or offer.price < known.price:
                now_there[offer.competitor] = offer
        for competitor in sorted(now_there.keys() & open_since.keys()):
            ended = open_since.pop(competitor)
            found.append(msgspec.structs.replace(ended, ends=moment.observed_at))
        for competitor in sorted(there.keys() - now_there.keys()):
            last = there[competitor]
            open_since[competitor] = Absence(
                competitor=competitor,
                begins=moment.observed_at,
                ends=None,
                price=last.price,
                currency=last.currency,
            )
        there = now_there
    return sorted((*found, *open_since.values()), key=lambda one: (one.begins, one.competitor), reverse=True)
