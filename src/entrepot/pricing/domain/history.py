"""What a backtest replays, and what comes out of it.  Pure."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from entrepot.pricing.domain.box import BoxModel
from entrepot.pricing.domain.facts import ZERO, Costs, MarketOffer, OfferFacts, StorePrice


class MarketAt(msgspec.Struct, frozen=True):
    """What everybody asked from a moment on, we ourselves included."""

    at: datetime
    offers: tuple[MarketOffer, ...]


class PriceAt(msgspec.Struct, frozen=True):
    """What we asked from a moment on."""

    at: datetime
    price: Decimal


class StoreAt(msgspec.Struct, frozen=True):
    """What a watched store asked from a moment on."""

    at: datetime
    price: StorePrice


class CostsAt(msgspec.Struct, frozen=True):
    """What a unit cost from a moment on."""

    at: datetime
    costs: Costs


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Everything recorded about one offer over some weeks.  Every series is in order of time."""

    facts: OfferFacts
    """Of the offer; price, costs, moment and age of stock are put in for each moment."""
    begins: datetime
    ends: datetime
    markets: tuple[MarketAt, ...] = ()
    prices: tuple[PriceAt, ...] = ()
    stores: tuple[StoreAt, ...] = ()
    costs: tuple[CostsAt, ...] = ()
    """Empty: those of the offer's facts, all the time."""
    units_sold: int | None = None
    """How many were really sold; None: not known."""


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What buyers are assumed to do.  Stated beside every result."""

    units_per_day: Decimal = Decimal(1)
    """Bought of the product a day at its usual price, from whomever; not used where sales are known and scale it."""
    elasticity: Decimal = Decimal("1.5")
    """A price 1 % higher sells so many percent less."""
    box_percent: Decimal = Decimal(85)
    """Of the buyers take the offer with the buy box; the others are shared out evenly."""
    scale: bool = True
    """Choose the units a day so that what was really sold comes out for what was really asked."""


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a backtest assumes."""

    demand: Demand = Demand()
    box: BoxModel = BoxModel()
    every_minutes: int = 60
    """How often a rule decides, besides whenever somebody changes a price."""


class Point(msgspec.Struct, frozen=True):
    """How it stood from a moment on."""

    at: datetime
    price: Decimal | None
    rival: Decimal | None
    """The lowest price of the others."""
    box: bool
    """The buy box is ours."""
    floor: Decimal | None = None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """What it came to.  Hours and units are fractions; amounts are in the offer's currency."""

    hours: Decimal = ZERO
    """In which we had a price."""
    box_hours: Decimal = ZERO
    floor_hours: Decimal = ZERO
    """At the floor."""
    below_hours: Decimal = ZERO
    """Below the floor: what really happened can be; a rule never is."""
    price_hours: Decimal = ZERO
    """Price times hours, for the average."""
    units: Decimal = ZERO
    revenue: Decimal = ZERO
    margin: Decimal = ZERO
    unknown_units: Decimal = ZERO
    """Sold while a cost was unknown: not in the margin."""
    changes: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})

    @property
    def box_percent(self) -> Decimal:
        """Part of the time with a price in which the buy box was ours."""
        return 100 * self.box_hours / self.hours if self.hours else ZERO

    @property
    def average(self) -> Decimal:
        """The price on average over time."""
        return self.price_hours / self.hours if self.hours else ZERO


class Day(msgspec.Struct, frozen=True):
    """One day's part of the totals."""

    day: date
    totals: Totals


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """One way it went, or would have gone."""

    points: tuple[Point, ...]
    totals: Totals
    days: tuple[Day, ...]
    problem: str = ""
    """Why a rule had no price the last time it had none."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One offer: what really happened, and what each rule would have done."""

    actual: Path | None
    """None: it is not recorded what was asked."""
    rules: tuple[Path, ...]
    units_per_day: Decimal
    """That were used, after scaling."""
    scaled: bool
    agreed: int
    """Recorded moments in which the model gives the box to who really had it."""
    moments: int
    """Recorded moments in which somebody had it."""
