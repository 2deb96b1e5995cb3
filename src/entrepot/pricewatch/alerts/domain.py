"""When an alert fires: one pure step per observation, from a state to the next.

An alert that fired is spent until something arms it again, so that nobody is told twice of one cause:

- a target price: when the price left the target again, or, if the user asked for it, by a further *again* percent;
- a percentage or an amount: the distance counts anew from the price that was told;
- any change: each change is a cause of its own;
- stock: when it was the other way round meanwhile;
- lowest in N days: when the price rose meanwhile, or fell by a further *again* percent;
- checks that fail: when one worked.

What cannot be bought sets off no price alert and arms none; prices of two currencies are never compared.  An
observation that is not later than the last one of its listing changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec.structs import replace

from entrepot.pricewatch.extracting.contract import Availability

PERCENT = Decimal(100)
ORDERABLE = frozenset({Availability.PRE_ORDER, Availability.BACK_ORDER})
GONE = frozenset({Availability.OUT_OF_STOCK, Availability.DISCONTINUED})


class AlertKind(StrEnum):
    """What an alert waits for."""

    TARGET = "target"
    PERCENT = "percent"
    AMOUNT = "amount"
    ANY = "any"
    BACK_IN_STOCK = "back_in_stock"
    OUT_OF_STOCK = "out_of_stock"
    LOWEST = "lowest"
    FAILING = "failing"


STOCK = frozenset({AlertKind.BACK_IN_STOCK, AlertKind.OUT_OF_STOCK})


class Direction(StrEnum):
    """Which way a price has to go."""

    DOWN = "down"
    UP = "up"
    EITHER = "either"


class Basis(StrEnum):
    """Which price of a product with several listings counts."""

    BEST = "best"
    """The lowest of those that can be bought."""
    EACH = "each"
    """Each listing's by itself."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert waits for, in figures."""

    kind: AlertKind
    direction: Direction = Direction.DOWN
    threshold: Decimal = Decimal(0)
    """The target price, the percentage, or the amount."""
    currency: str = ""
    """Of a target or an amount; prices in others do not count."""
    days: int = 0
    """The window of *lowest*."""
    again: Decimal | None = None
    """Percent by which a price has to go on to be told again while the alert is spent; None: it stays spent."""
    failures: int = 1
    """Failed checks of one listing in a row that are told."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What one check of one listing found."""

    listing_id: UUID
    at: datetime
    price: Decimal | None = None
    """What it costs, stated shipping included; None: no price was found."""
    currency: str = ""
    availability: Availability = Availability.UNKNOWN
    failed: bool = False
    """The check did not work; nothing else is known."""


class Quote(msgspec.Struct, frozen=True):
    """What a listing said last."""

    price: Decimal | None
    currency: str
    availability: Availability


class Past(msgspec.Struct, frozen=True):
    """A price, and until when it was the price."""

    until: datetime
    price: Decimal


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an alert remembers of the listing, or of the product, that it looks at."""

    seen: dict[str, datetime] = {}
    """Listing -> its last observation."""
    armed: bool = True
    currency: str = ""
    last: Decimal | None = None
    """The price now, if it can be bought."""
    fired: Decimal | None = None
    """The price that was told, while the alert is spent."""
    high: Decimal | None = None
    low: Decimal | None = None
    """Highest and lowest price since something was told."""
    past: tuple[Past, ...] = ()
    """Earlier prices that can be the lowest of a window yet, the lowest first."""
    quotes: dict[str, Quote] = {}
    """Listing -> what it said last, where the best of several counts."""
    reversed: bool = False
    """The stock was the other way round since something was told."""
    failures: int = 0


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that goes off."""

    kind: AlertKind
    listing_id: UUID
    at: datetime
    price: Decimal | None
    before: Decimal | None
    """The price it is compared with."""
    currency: str
    availability: Availability
    seen_at: UUID | None = None
    """The listing whose observation set it off, where another one is now the best."""

    @property
    def cause(self) -> str:
        """The same for the same cause, however often it is looked at."""
        return f"{self.seen_at or self.listing_id}:{self.at.isoformat()}"

    @property
    def percent(self) -> Decimal | None:
        """By how many percent the price changed; negative for a fall."""
        if self.price is None or not self.before:
            return None
        return ((self.price - self.before) / self.before * PERCENT).quantize(Decimal("0.1"))


type Step = tuple[State, Fired | None]
NEW = State()


def step(rule: Rule, state: State, found: Observation, basis: Basis = Basis.EACH) -> Step:
    """Return the state after *found*, and what the alert says."""
    key = str(found.listing_id)
    last = state.seen.get(key)
    if last is not None and found.at <= last:
        return state, None
    state = replace(state, seen=state.seen | {key: found.at})
    if rule.kind is AlertKind.FAILING:
        return _failing(rule, state, found)
    if found.failed:
        return state, None
    decide = _stock if rule.kind in STOCK else _price
    if basis is Basis.EACH:
        return decide(rule, state, found)
    state, fired = decide(rule, *_best(rule, state, found))
    return state, replace(fired, seen_at=found.listing_id) if fired else None


def forget(state: State, listings: set[str]) -> State:
    """Return the state without quotes of listings that do not count any more."""
    if state.quotes.keys() <= listings:
        return state
    return replace(state, quotes={key: quote for key, quote in state.quotes.items() if key in listings})


def remember(state: State, known: Sequence[Observation]) -> State:
    """Return the state with quotes of listings that it has none of: they are checked again."""
    quotes = {str(one.listing_id): Quote(one.price, one.currency, one.availability) for one in known}
    if quotes.keys() <= state.quotes.keys():
        return state
    return replace(state, quotes=quotes | state.quotes)


def buyable(price: Decimal | None, availability: Availability) -> bool:
    """Tell whether a price can be paid; a store that says nothing of its stock is believed to have it."""
    return price is not None and price > 0 and availability not in GONE


def _best(rule: Rule, state: State, found: Observation) -> tuple[State, Observation]:
    """Return what the product's listings say together."""
    quotes = state.quotes | {str(found.listing_id): Quote(found.price, found.currency, found.availability)}
    state = replace(state, quotes=quotes)
    prices = {key: quote for key, quote in quotes.items() if buyable(quote.price, quote.availability)}
    currencies = {quote.currency for quote in prices.values()}
    currency = rule.currency or (state.currency if state.currency in currencies else found.currency)
    ranked = sorted(
        (quote.price, key) for key, quote in prices.items() if quote.price is not None and quote.currency == currency
    )
    # Stores that say nothing of their stock hide nothing of those that do.
    said = {quote.availability for quote in quotes.values()} - {Availability.UNKNOWN}
    if Availability.IN_STOCK in said:
        availability = Availability.IN_STOCK
    elif ORDERABLE & said:
        availability = min(ORDERABLE & said)
    elif said and not ranked:
        availability = Availability.OUT_OF_STOCK
    else:
        availability = Availability.UNKNOWN
    price, listing = ranked[0] if ranked else (None, str(found.listing_id))
    return state, Observation(
        listing_id=UUID(listing), at=found.at, price=price, currency=currency, availability=availability
    )


def _failing(rule: Rule, state: State, found: Observation) -> Step:
    if not found.failed:
        return replace(state, armed=True, failures=0), None
    failures = state.failures + 1
    if not state.armed or failures < rule.failures:
        return replace(state, failures=failures), None
    return replace(state, armed=False, failures=failures), _fired(rule, found, None)


def _stock(rule: Rule, state: State, found: Observation) -> Step:
    if found.availability is Availability.UNKNOWN:
        return state, None
    there, gone = found.availability is Availability.IN_STOCK, found.availability in GONE
    back = rule.kind is AlertKind.BACK_IN_STOCK
    before, state = state.last, replace(state, last=found.price)
    if not there if back else there:
        return replace(state, reversed=True), None
    if not state.reversed or not (there if back else gone):
        return state, None
    return replace(state, reversed=False), _fired(rule, found, before)


def _price(rule: Rule, state: State, found: Observation) -> Step:
    if not buyable(found.price, found.availability) or found.price is None:
        if state.last is None:
            return state, None
        return replace(state, last=None, past=_pushed(state, found.at)), None
    if rule.currency and found.currency != rule.currency:
        return state, None
    if state.currency != found.currency:
        # Nothing of before can be compared with this.
        state = State(seen=state.seen, quotes=state.quotes, currency=found.currency)
    decide = _BY_KIND.get(rule.kind, _distance)
    return decide(rule, state, found, found.price)


def _target(rule: Rule, state: State, found: Observation, price: Decimal) -> Step:
    up = rule.direction is Direction.UP
    before, state = state.last, replace(state, last=price)
    if price < rule.threshold if up else price > rule.threshold:
        return replace(state, armed=True, fired=None), None
    if not state.armed and not _further(rule, state.fired, price, up=up):
        return state, None
    return replace(state, armed=False, fired=price), _fired(rule, found, before)


def _further(rule: Rule, fired: Decimal | None, price: Decimal, *, up: bool) -> bool:
    """Tell whether a price went on far enough to be told again."""
    if rule.again is None or fired is None:
        return False
    gone = price - fired if up else fired - price
    return gone > 0 and gone * PERCENT >= fired * rule.again


def _any(rule: Rule, state: State, found: Observation, price: Decimal) -> Step:
    # What it cost when it could last be bought: a sold-out week does not hide a change.
    before, state = state.high, replace(state, last=price, high=price)
    wanted = before is not None and (
        (price < before and rule.direction is not Direction.UP)
        or (price > before and rule.direction is not Direction.DOWN)
    )
    return state, _fired(rule, found, before) if wanted else None


def _distance(rule: Rule, state: State, found: Observation, price: Decimal) -> Step:
    high = price if state.high is None else max(state.high, price)
    low = price if state.low is None else min(state.low, price)
    state = replace(state, last=price, high=high, low=low)

    def far(gone: Decimal, origin: Decimal) -> bool:
        limit = origin * rule.threshold / PERCENT if rule.kind is AlertKind.PERCENT else rule.threshold
        return gone > 0 and gone >= limit

    told = replace(state, high=price, low=price)
    if rule.direction is not Direction.UP and far(high - price, high):
        return told, _fired(rule, found, high)
    if rule.direction is not Direction.DOWN and far(price - low, low):
        return told, _fired(rule, found, low)
    return state, None


def _lowest(rule: Rule, state: State, found: Observation, price: Decimal) -> Step:
    begin = found.at - timedelta(days=rule.days)
    past = tuple(one for one in _pushed(state, found.at) if one.until > begin)
    floor = past[0].price if past else None
    before = state.last
    state = replace(state, last=price, past=past)
    if before is not None and price > before:
        state = replace(state, armed=True, fired=None)
    if floor is None or price >= floor:
        return state, None
    if not state.armed and not _further(rule, state.fired, price, up=False):
        return state, None
    return replace(state, armed=False, fired=price), _fired(rule, found, before if before is not None else floor)


def _pushed(state: State, until: datetime) -> tuple[Past, ...]:
    """Return the earlier prices with the present one among them, as it ends; those it outlives and undercuts go."""
    if state.last is None:
        return state.past
    last = state.last
    return (*(one for one in state.past if one.price < last), Past(until, last))


def _fired(rule: Rule, found: Observation, before: Decimal | None) -> Fired:
    return Fired(
        kind=rule.kind,
        listing_id=found.listing_id,
        at=found.at,
        price=found.price,
        before=before,
        currency=found.currency,
        availability=found.availability,
    )


_BY_KIND = {AlertKind.TARGET: _target, AlertKind.LOWEST: _lowest, AlertKind.ANY: _any}
