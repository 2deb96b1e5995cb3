"""Rules on recorded history: what they would have asked, and what would have come of it.  Pure, the same every time.

The recorded competitors do what they did: nobody answers to a price that was never asked.  Wherever a rule asks what was
really asked, who had the buy box is known; elsewhere a stated model says.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from statistics import median_low

import msgspec

from entrepot.pricing.domain.bounds import bounds_of
from entrepot.pricing.domain.box import holder
from entrepot.pricing.domain.competition import is_ours
from entrepot.pricing.domain.deciding import decide
from entrepot.pricing.domain.facts import HUNDRED, ZERO, Costs, Market, MarketOffer, OfferFacts, StorePrice
from entrepot.pricing.domain.history import (
    Assumptions,
    Comparison,
    Day,
    Demand,
    History,
    MarketAt,
    Path,
    Point,
    Totals,
)
from entrepot.pricing.domain.margins import margin_at
from entrepot.pricing.domain.rules import START, Limits, Rule

OURS = "ours"
"""The number of our offer in a market in which it was not recorded."""
HOUR = Decimal(3_600_000_000)
"""In microseconds."""
_ONE_DAY = timedelta(days=1)


def compare(history: History, rules: Sequence[Rule], assume: Assumptions) -> Comparison:
    """Replay what really happened and each of *rules*."""
    replay = _Replay(history, assume, rules[0].limits if rules else Limits())
    usual = _usual(history)
    demand = assume.demand
    actual, scaled = None, False
    if history.prices:
        actual = replay.path(None, demand, usual)
        if demand.scale and history.units_sold and actual.totals.units > 0:
            units = demand.units_per_day * history.units_sold / actual.totals.units
            demand = msgspec.structs.replace(demand, units_per_day=units)
            actual, scaled = replay.path(None, demand, usual), True
    agreed, moments = replay.agreement()
    return Comparison(
        actual=actual,
        rules=tuple(replay.path(rule, demand, usual) for rule in rules),
        units_per_day=demand.units_per_day,
        scaled=scaled,
        agreed=agreed,
        moments=moments,
    )


def _usual(history: History) -> Decimal | None:
    """Return the price at which the demand is what is said: what we usually asked, else what others did."""
    own = [one.price for one in history.prices if one.price > 0]
    if own:
        return median_low(own)
    others = [
        offer.price
        for moment in history.markets
        for offer in moment.offers
        if not is_ours(offer, history.facts) and offer.price > 0
    ]
    return median_low(others) if others else None


class _Series[T]:
    """Values that each hold from a moment on."""

    def __init__(self, values: Sequence[tuple[datetime, T]]) -> None:
        self._moments = [at for at, _ in values]
        self._values = [value for _, value in values]

    def at(self, moment: datetime) -> T | None:
        place = bisect_right(self._moments, moment)
        return self._values[place - 1] if place else None

    @property
    def moments(self) -> list[datetime]:
        return self._moments


class _Replay:
    """One offer's history, cut into stretches in which nothing recorded changes."""

    def __init__(self, history: History, assume: Assumptions, limits: Limits) -> None:
        self._history = history
        self._limits = limits  # what really happened is held against them
        self._assume = assume
        self._facts = msgspec.structs.replace(history.facts, channel_offer_id=history.facts.channel_offer_id or OURS)
        self._markets = _Series([(one.at, one) for one in history.markets])
        self._prices = _Series([(one.at, one.price) for one in history.prices])
        self._costs = _Series([(one.at, one.costs) for one in history.costs])
        stores: dict[str, list[tuple[datetime, StorePrice]]] = {}
        for one in history.stores:
            stores.setdefault(one.price.store_id, []).append((one.at, one.price))
        self._stores = [_Series(stores[store_id]) for store_id in sorted(stores)]
        self._moments = self._cut()
        self._bounds = lru_cache(maxsize=256)(bounds_of)

    def _cut(self) -> list[datetime]:
        history = self._history
        found = {history.begins}
        tick = timedelta(minutes=max(1, self._assume.every_minutes))
        moment = history.begins
        while moment < history.ends:
            found.add(moment)
            moment += tick
        recorded: list[_Series[MarketAt] | _Series[Decimal] | _Series[Costs] | _Series[StorePrice]]
        recorded = [self._markets, self._prices, self._costs, *self._stores]
        for series in recorded:
            found.update(at for at in series.moments if history.begins < at < history.ends)
        midnight = history.begins.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _ONE_DAY
        while midnight < history.ends:
            found.add(midnight)
            midnight += _ONE_DAY
        return [*sorted(found), history.ends]

    def path(self, rule: Rule | None, demand: Demand, usual: Decimal | None) -> Path:
        """Return what *rule* would have done; None: what really happened."""
        book = _Book(demand, usual)
        price = self._prices.at(self._moments[0])
        if price is None and rule is not None:
            price = self._facts.price
        state = START
        incumbent, problem = "", ""
        for moment, following in zip(self._moments, self._moments[1:], strict=False):
            recorded = self._prices.at(moment)
            market = self._markets.at(moment)
            facts = self._at(moment, price)
            if rule is None:
                price = recorded
                floor = self._bounds(self._limits, facts.costs, moment.date()).floor
            else:
                decision = decide(facts, self._market(market, moment, price, recorded, incumbent), rule, state)
                state = decision.state
                if decision.price is not None:
                    price = decision.price
                elif decision.problem is not None:
                    problem = decision.problem.value
                floor = decision.floor
            seen = self._market(market, moment, price, recorded, incumbent)
            best = next((one for one in seen.offers if one.best), None)
            incumbent = best.channel_offer_id if best else ""
            book.stretch(moment, following, facts, price, seen, floor)
        return book.path(problem)

    def _at(self, moment: datetime, price: Decimal | None) -> OfferFacts:
        age = self._facts.stock_age_days
        if age is not None:
            age = max(0, age - (self._facts.moment - moment).days)
        costs: Costs | None = self._costs.at(moment)
        return msgspec.structs.replace(
            self._facts, moment=moment, price=price, stock_age_days=age, costs=costs or self._facts.costs
        )

    def _market(
        self,
        recorded: MarketAt | None,
        moment: datetime,
        price: Decimal | None,
        really: Decimal | None,
        incumbent: str,
    ) -> Market:
        """Return the market as it would be with our offer at *price*."""
        stores = tuple(
            msgspec.structs.replace(found, read_at=moment)
            for series in self._stores
            if (found := series.at(moment)) is not None
        )
        if recorded is None:
            return Market(stores=stores)
        if price is not None and price == really and any(one.best for one in recorded.offers):
            return Market(offers=recorded.offers, read_at=moment, stores=stores)
        offers = [one for one in recorded.offers if not is_ours(one, self._facts)]
        if price is not None:
            offers.append(self._own(recorded, price))
        best = holder(offers, self._assume.box, incumbent)
        return Market(
            offers=tuple(
                one if one.best == (one is best) else msgspec.structs.replace(one, best=one is best) for one in offers
            ),
            read_at=moment,
            stores=stores,
        )

    def _own(self, recorded: MarketAt, price: Decimal) -> MarketOffer:
        """Return our offer at *price*: as it was recorded, else as anybody's."""
        own = self._facts.channel_offer_id
        known = next((one for one in recorded.offers if one.channel_offer_id == own), None)
        known = known or next((one for one in recorded.offers if is_ours(one, self._facts)), None)
        if known is not None:
            return msgspec.structs.replace(known, channel_offer_id=own, price=price)
        mine = next(iter(sorted(self._facts.own.competitors)), "")
        return MarketOffer(channel_offer_id=own, competitor=mine, price=price, currency=self._facts.currency)

    def agreement(self) -> tuple[int, int]:
        """Return in how many recorded moments the model gives the box to who had it, and how many there are."""
        agreed = moments = 0
        for one in self._history.markets:
            best = next((offer for offer in one.offers if offer.best), None)
            if best is None:
                continue
            moments += 1
            agreed += holder(one.offers, self._assume.box) == best
        return agreed, moments


class _Book:
    """Adds stretches of time up."""

    def __init__(self, demand: Demand, usual: Decimal | None) -> None:
        self._demand = demand
        self._usual = usual
        self._points: list[Point] = []
        self._days: dict[date, Totals] = {}
        self._factors: dict[Decimal, Decimal] = {}
        self._last: Decimal | None = None

    def stretch(
        self,
        begins: datetime,
        ends: datetime,
        facts: OfferFacts,
        price: Decimal | None,
        market: Market,
        floor: Decimal | None,
    ) -> None:
        others = [one for one in market.offers if not is_ours(one, facts)]
        box = any(one.best and is_ours(one, facts) for one in market.offers)
        lowest = min((one.price + one.shipping for one in others), default=None)
        point = Point(begins, price, lowest, box, floor)
        if not self._points or msgspec.structs.astuple(self._points[-1])[1:] != msgspec.structs.astuple(point)[1:]:
            self._points.append(point)
        if price is None:
            return
        hours = Decimal((ends - begins) // timedelta(microseconds=1)) / HOUR
        units = self._units(price, hours, len(others), box=box, read=market.read_at is not None)
        margin = margin_at(price, facts.costs, begins.date())
        changed = self._last is not None and price != self._last
        self._last = price
        day = begins.astimezone(UTC).date()
        self._days[day] = self._days.get(day, Totals()) + Totals(
            hours=hours,
            box_hours=hours if box else ZERO,
            floor_hours=hours if price == floor else ZERO,
            below_hours=hours if floor is not None and price < floor else ZERO,
            price_hours=price * hours,
            units=units,
            revenue=units * price,
            margin=units * margin if margin is not None else ZERO,
            unknown_units=units if margin is None else ZERO,
            changes=int(changed),
        )

    def _units(self, price: Decimal, hours: Decimal, others: int, *, box: bool, read: bool) -> Decimal:
        """Return how many are sold: the buy box takes its part, the rest is shared evenly."""
        if not read or not others:
            part = Decimal(1)
        else:
            rest = (HUNDRED - self._demand.box_percent) / HUNDRED / others
            part = self._demand.box_percent / HUNDRED if box else rest
        return self._demand.units_per_day * hours / 24 * part * self._factor(price)

    def _factor(self, price: Decimal) -> Decimal:
        """Return how much more or less is bought at *price* than at the usual one."""
        if not self._usual or price <= 0:
            return Decimal(1)
        if price not in self._factors:
            self._factors[price] = round((price / self._usual) ** -self._demand.elasticity, 12)
        return self._factors[price]

    def path(self, problem: str) -> Path:
        total = Totals()
        for day in self._days.values():
            total += day
        return Path(
            points=tuple(self._points),
            totals=total,
            days=tuple(Day(day, self._days[day]) for day in sorted(self._days)),
            problem=problem,
        )
