"""Pure decisions: whether an answer is believed, what it changes, and when a page is asked again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from entrepot.kit.money import round_money
from entrepot.pricewatch.extracting.contract import Availability, Extraction, Field, Kind, Recipe, Selector

AWAY = frozenset({Availability.OUT_OF_STOCK, Availability.DISCONTINUED})
"""A page that says so need not name a price."""
FAILURES = 3
"""Checks in a row that brought nothing before a person is asked."""
GONE = 3
"""Answers “no such page” in a row before a listing counts as discontinued."""
WILD = 5
"""A price that is so many times higher or lower is a lost comma until a second fetch says the same."""
AGAIN = timedelta(minutes=5)
"""When a doubtful answer is looked at again."""
FIRST_RETRY = timedelta(minutes=10)
LONGEST_BACK_OFF = timedelta(days=1)
MOST = Decimal(10) ** 9
"""No price is as high; it is two numbers in a row."""
SMALLEST = Decimal("0.0001")
LARGEST_PACK = 100_000
JITTER = 0.1
"""Share of the interval by which checks are spread."""


class Window(msgspec.Struct, frozen=True):
    """Weekdays (0 is Monday) and hours in which a page is checked."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    begin: str = "00:00"
    end: str = "24:00"
    time_zone: str = "Europe/Amsterdam"


class Pin(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person fixed for one page: where a field stands on it, or its value."""

    field: Field
    kind: str = ""
    expression: str = ""
    attribute: str = ""
    value: str = ""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a listing before an answer is judged."""

    price: Decimal | None = None
    currency: str = ""
    availability: str = "unknown"
    shipping: Decimal | None = None
    unit_price: Decimal | None = None
    price_where: str = ""
    pack: int = 1
    observed_at: datetime | None = None
    doubt: Mapping[str, Any] | None = None
    largest_jump: int = 40


class Verdict(StrEnum):
    """What becomes of an answer."""

    FIRST = "first"
    CHANGED = "changed"
    SAME = "same"
    UNDECIDED = "undecided"
    """The page names no price, and does not say that the goods are not to be had."""
    DOUBTFUL = "doubtful"
    """Too far from what is known; a second fetch must say the same."""
    CURRENCY = "currency"
    """In another currency than before: a person decides."""


BELIEVED = frozenset({Verdict.FIRST, Verdict.CHANGED, Verdict.SAME})


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, whether it is believed, and the values it leads to."""

    verdict: Verdict
    price: Decimal | None = None
    currency: str = ""
    availability: str = "unknown"
    shipping: Decimal | None = None
    unit_price: Decimal | None = None
    where: str = ""

    @property
    def believed(self) -> bool:
        return self.verdict in BELIEVED


def recipe_for(recipe: Recipe, pins: Sequence[Pin]) -> Recipe:
    """Return the store's recipe with what is fixed for one page before it."""
    own = tuple(Selector(pin.field, Kind(pin.kind), pin.expression, pin.attribute) for pin in pins if pin.kind)
    return msgspec.structs.replace(recipe, selectors=own + recipe.selectors) if own else recipe


def pinned(extraction: Extraction, pins: Sequence[Pin]) -> Extraction:
    """Return *extraction* with the values that a person fixed."""
    values: dict[str, Any] = {}
    for pin in pins:
        if pin.value and pin.field in {Field.AVAILABILITY, Field.CURRENCY}:
            values[pin.field.value] = Availability(pin.value) if pin.field is Field.AVAILABILITY else pin.value
    return msgspec.structs.replace(extraction, **values) if values else extraction


def unit_price(price: Decimal | None, shipping: Decimal | None, pack: int) -> Decimal | None:
    """Return what one unit costs with stated shipping, to a hundredth of a cent, and never nothing."""
    if price is None:
        return None
    return max(SMALLEST, ((price + (shipping or 0)) / pack).quantize(SMALLEST))


def judge(found: Extraction, known: Known) -> Judgement:
    """Decide whether to believe what a page says now.

    A price in another currency is never taken over silently.  One that is very far from the last, or far from it and read
    from another place of the page, is taken over once two fetches in a row said it.
    """
    where = next((f"{item.strategy} {item.where}" for item in found.findings if item.field is Field.PRICE), "")
    price = round_money(found.price, found.currency) if found.price is not None and found.currency else found.price
    if found.availability in AWAY and not _is_credible(price, found.currency, where, known):
        price = None  # what nobody can buy has no price; what the shop writes there is often none
    shipping = found.shipping if found.shipping is not None and 0 <= found.shipping < MOST else None
    answer = Judgement(
        verdict=Verdict.SAME,
        price=price,
        currency=found.currency if price is not None else known.currency,
        availability=str(found.availability),
        shipping=shipping,
        unit_price=unit_price(price, shipping, known.pack),
        where=where,
    )

    def verdict(kind: Verdict) -> Judgement:
        return msgspec.structs.replace(answer, verdict=kind)

    if price is None:
        if found.availability not in AWAY:
            return verdict(Verdict.UNDECIDED)
    elif not 0 < price < MOST or not found.currency:
        return verdict(Verdict.UNDECIDED)
    elif known.currency and found.currency != known.currency:
        return verdict(Verdict.CURRENCY)
    elif _is_far(price, where, known) and not _said_before(answer, known):
        return verdict(Verdict.DOUBTFUL)
    if known.observed_at is None:
        return verdict(Verdict.FIRST)
    return verdict(Verdict.CHANGED if _differs(answer, known) else Verdict.SAME)


def _is_credible(price: Decimal | None, currency: str, where: str, known: Known) -> bool:
    """Whether the price of what is not to be had may be noted beside that."""
    fits = price is not None and bool(currency) and 0 < price < MOST and known.currency in {"", currency}
    return fits and price is not None and not _is_far(price, where, known)


def _is_far(price: Decimal, where: str, known: Known) -> bool:
    if known.price is None:
        return False
    jump = abs(price - known.price) * 100 > known.largest_jump * known.price
    wild = price >= known.price * WILD or known.price >= price * WILD
    return wild or (jump and where != known.price_where)


def _said_before(answer: Judgement, known: Known) -> bool:
    doubt = known.doubt or {}
    return doubt.get("price") == str(answer.price) and doubt.get("currency") == answer.currency


def _differs(answer: Judgement, known: Known) -> bool:
    """Whether anything that people look at is another than before; a sold-out page without a price keeps the last."""
    if answer.availability != known.availability:
        return True
    if answer.price is None:
        return False
    return (answer.price, answer.unit_price, answer.shipping) != (known.price, known.unit_price, known.shipping)


def daily_due(observed_at: datetime | None, present: datetime) -> bool:
    """Whether the day has no observation yet."""
    return observed_at is None or observed_at.astimezone(UTC).date() < present.astimezone(UTC).date()


def next_check(
    present: datetime,
    minutes: int,
    *,
    spread: float = 0.0,
    failures: int = 0,
    doubtful: bool = False,
    retry_after: int | None = None,
    window: Window | None = None,
) -> datetime:
    """Return when a page is asked again.

    Args:
        present: now.
        minutes: the interval.
        spread: from -1 to 1, by chance: checks of many pages do not meet.
        failures: checks in a row that brought nothing; the first retry comes soon, later ones ever later.
        doubtful: an answer waits for a second one.
        retry_after: seconds that the store asked for.
        window: when it may be checked at all.
    """
    usual = timedelta(minutes=minutes) * (1 + JITTER * spread)
    if retry_after is not None:
        wait = timedelta(seconds=max(1, retry_after))
    elif doubtful:
        wait = min(AGAIN, usual)
    elif failures:
        wait = min(FIRST_RETRY * 2 ** min(failures - 1, 12), max(usual, LONGEST_BACK_OFF)) * (1 + JITTER * spread)
    else:
        wait = usual
    return within(present + wait, window)


def within(moment: datetime, window: Window | None) -> datetime:
    """Return *moment*, or the first later one that lies in *window*.

    Hours that end earlier than they begin go over midnight, and belong to the day on which they begin.
    """
    if window is None or not window.days:
        return moment
    local = moment.astimezone(ZoneInfo(window.time_zone))
    begin, end = _clock(window.begin), _clock(window.end)
    last = end if end > begin else end + timedelta(days=1)
    for ahead in range(-1, 8):  # the night before may not be over
        day = (local + timedelta(days=ahead)).date()
        if day.weekday() not in window.days:
            continue
        midnight = datetime.combine(day, time(), local.tzinfo)
        opens, closes = midnight + begin, midnight + last
        if local < closes:
            return max(local, opens).astimezone(UTC)
    return moment


def _clock(written: str) -> timedelta:
    hours, _, minutes = written.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes or 0))
