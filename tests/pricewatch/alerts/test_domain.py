"""When alerts fire: never twice of one cause, and none is missed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.pricewatch.alerts.domain import (
    NEW,
    AlertKind,
    Basis,
    Direction,
    Fired,
    Observation,
    Rule,
    State,
    buyable,
    forget,
    step,
)
from entrepot.pricewatch.extracting.contract import Availability

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
LISTINGS = [UUID(int=1), UUID(int=2)]
IN, OUT, UNKNOWN = Availability.IN_STOCK, Availability.OUT_OF_STOCK, Availability.UNKNOWN
KINDS = [kind for kind in AlertKind if kind is not AlertKind.FAILING]


def seen(
    hour: float, price: str | None, *, stock: Availability = IN, currency: str = "EUR", listing: int = 0
) -> Observation:
    return Observation(
        listing_id=LISTINGS[listing],
        at=START + timedelta(hours=hour),
        price=None if price is None else Decimal(price),
        currency=currency,
        availability=stock,
    )


def walk(rule: Rule, found: list[Observation], basis: Basis = Basis.EACH) -> list[Fired | None]:
    state, answers = NEW, list[Fired | None]()
    for one in found:
        state, fired = step(rule, state, one, basis)
        answers.append(fired)
    return answers


def when(rule: Rule, *prices: str) -> list[int]:
    """Return at which of some prices, one an hour, the alert fires."""
    answers = walk(rule, [seen(hour, price) for hour, price in enumerate(prices)])
    return [at for at, fired in enumerate(answers) if fired]


prices = st.integers(min_value=1, max_value=12).map(lambda euros: Decimal(euros * 10))
observations = st.lists(
    st.builds(
        Observation,
        listing_id=st.sampled_from(LISTINGS),
        at=st.just(START),
        price=st.one_of(st.none(), prices),
        currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
        availability=st.sampled_from(list(Availability)),
    ),
    max_size=25,
).map(
    lambda found: [
        Observation(
            listing_id=one.listing_id,
            at=START + timedelta(hours=at),
            price=one.price,
            currency=one.currency if one.price is not None else "",
            availability=one.availability,
        )
        for at, one in enumerate(found)
    ]
)
rules = st.builds(
    Rule,
    kind=st.sampled_from(KINDS),
    direction=st.sampled_from(list(Direction)),
    threshold=st.sampled_from([Decimal(20), Decimal(50), Decimal(70)]),
    currency=st.just("EUR"),
    days=st.just(1),
    again=st.sampled_from([None, Decimal(10)]),
)


@settings(max_examples=50)
@given(rules, observations, st.sampled_from(list(Basis)), st.data())
def test_replayed_and_late_observations_change_nothing(
    rule: Rule, found: list[Observation], basis: Basis, data: st.DataObject
) -> None:
    state, fired = NEW, list[str]()
    for at, one in enumerate(found):
        state, alert = step(rule, state, one, basis)
        fired += [alert.cause] if alert else []
        again = found[data.draw(st.integers(0, at))]
        assert step(rule, state, again, basis) == (state, None)
    assert len(fired) == len(set(fired))


@settings(max_examples=50)
@given(rules, observations, st.sampled_from(list(Basis)))
def test_what_cannot_be_bought_and_other_currencies_set_nothing_off(
    rule: Rule, found: list[Observation], basis: Basis
) -> None:
    stock = rule.kind in {AlertKind.BACK_IN_STOCK, AlertKind.OUT_OF_STOCK}
    for one, fired in zip(found, walk(rule, found, basis), strict=True):
        if fired is None or stock:
            continue
        assert fired.currency == "EUR"
        assert fired.price is not None
        assert fired.price > 0
        if basis is Basis.EACH:
            assert buyable(one.price, one.availability)
            assert one.currency == "EUR"


@settings(max_examples=50)
@given(st.lists(prices, max_size=25), st.sampled_from([Direction.DOWN, Direction.UP]))
def test_a_target_fires_once_each_time_it_is_reached(found: list[Decimal], direction: Direction) -> None:
    rule = Rule(kind=AlertKind.TARGET, direction=direction, threshold=Decimal(60), currency="EUR")
    answers = walk(rule, [seen(at, str(price)) for at, price in enumerate(found)])
    reached = [price <= 60 if direction is Direction.DOWN else price >= 60 for price in found]

    assert [fired is not None for fired in answers] == [
        now and not before for before, now in pairwise([False, *reached])
    ]


@settings(max_examples=50)
@given(st.lists(prices, max_size=25), st.sampled_from(list(Direction)), st.sampled_from(["percent", "amount"]))
def test_no_distance_is_missed_and_none_told_twice(found: list[Decimal], direction: Direction, kind: str) -> None:
    rule = Rule(kind=AlertKind(kind), direction=direction, threshold=Decimal(30), currency="EUR")

    def far(before: Decimal, now: Decimal) -> bool:
        limit = before * 30 / 100 if kind == "percent" else Decimal(30)
        fell, rose = before - now >= limit, now - before >= limit
        return (fell and direction is not Direction.UP) or (rose and direction is not Direction.DOWN)

    answers = walk(rule, [seen(at, str(price)) for at, price in enumerate(found)])
    since = list[Decimal]()
    for price, fired in zip(found, answers, strict=True):
        assert (fired is not None) == any(far(before, price) for before in since)
        since = [price] if fired else [*since, price]


@settings(max_examples=50)
@given(st.lists(prices, max_size=25), st.integers(1, 10))
def test_the_lowest_is_lower_than_everything_in_its_window(found: list[Decimal], days: int) -> None:
    rule = Rule(kind=AlertKind.LOWEST, days=days, again=Decimal(0))  # 0: each new low is told
    answers = walk(rule, [seen(24 * at, str(price)) for at, price in enumerate(found)])
    for at, (price, fired) in enumerate(zip(found, answers, strict=True)):
        window = found[max(0, at - days) : at]  # the price of the day on which the window begins was still good in it
        assert (fired is not None) == (bool(window) and price < min(window))


@settings(max_examples=40)
@given(st.lists(st.sampled_from(list(Availability)), max_size=25))
def test_stock_is_told_at_each_turn(found: list[Availability]) -> None:
    sightings = [seen(at, "10", stock=one) for at, one in enumerate(found)]
    known = [one for one in found if one is not UNKNOWN]

    back = [fired for fired in walk(Rule(kind=AlertKind.BACK_IN_STOCK), sightings) if fired]
    gone = [fired for fired in walk(Rule(kind=AlertKind.OUT_OF_STOCK), sightings) if fired]

    assert len(back) == sum(before is not IN and now is IN for before, now in pairwise(known))
    ends = [one for one in known if one in {IN, OUT, Availability.DISCONTINUED}]
    assert len(gone) == sum(before is IN and now is not IN for before, now in pairwise(ends))


@settings(max_examples=40)
@given(st.lists(st.tuples(prices, st.integers(0, 1)), max_size=25))
def test_the_best_of_two_listings_is_what_counts(found: list[tuple[Decimal, int]]) -> None:
    rule = Rule(kind=AlertKind.ANY, direction=Direction.EITHER)
    answers = walk(
        rule, [seen(at, str(price), listing=listing) for at, (price, listing) in enumerate(found)], Basis.BEST
    )
    shown = dict[int, Decimal]()
    best = list[Decimal]()
    for price, listing in found:
        shown[listing] = price
        best.append(min(shown.values()))
    changes = [False, *(before != now for before, now in pairwise(best))] if best else []
    assert [fired is not None for fired in answers] == changes


@pytest.mark.parametrize(
    ("rule", "found", "expected"),
    [
        (Rule(kind=AlertKind.TARGET, threshold=Decimal(10), currency="EUR"), ["9", "8", "11", "10"], [0, 3]),
        (
            Rule(kind=AlertKind.TARGET, threshold=Decimal(10), currency="EUR", again=Decimal(10)),
            ["10", "9.5", "9", "8.9", "8"],
            [0, 2, 4],
        ),
        (Rule(kind=AlertKind.PERCENT, threshold=Decimal(10)), ["100", "95", "90", "85", "81", "120", "107"], [2, 4, 6]),
        (Rule(kind=AlertKind.ANY, direction=Direction.UP), ["1", "2", "2", "1", "3"], [1, 4]),
        (Rule(kind=AlertKind.LOWEST, days=30), ["10", "9", "8", "9", "7"], [1, 4]),
    ],
)
def test_examples(rule: Rule, found: list[str], expected: list[int]) -> None:
    assert when(rule, *found) == expected


def test_a_sold_out_week_hides_no_change_and_a_new_currency_is_none() -> None:
    rule = Rule(kind=AlertKind.ANY, direction=Direction.EITHER)
    answers = walk(
        rule,
        [
            seen(0, "10"),
            seen(1, "1", stock=OUT),
            seen(2, None, stock=OUT, currency=""),
            seen(3, "12"),
            seen(4, "13", currency="USD"),
            seen(5, "14", currency="USD"),
        ],
    )
    assert [at for at, fired in enumerate(answers) if fired] == [3, 5]
    told = answers[3]
    assert told is not None
    assert (told.before, told.price, told.percent) == (Decimal(10), Decimal(12), Decimal("20.0"))


def test_failing_is_told_once_until_it_worked() -> None:
    rule = Rule(kind=AlertKind.FAILING, failures=2)
    found = [
        Observation(listing_id=LISTINGS[0], at=START + timedelta(hours=at), failed=failed)
        for at, failed in enumerate([True, True, True, False, True, True])
    ]
    assert [at for at, fired in enumerate(walk(rule, found)) if fired] == [1, 5]


def test_failures_say_nothing_of_prices_and_removed_listings_are_forgotten() -> None:
    rule = Rule(kind=AlertKind.ANY)
    state, _ = step(rule, NEW, seen(0, "10"), Basis.BEST)
    state, _ = step(rule, state, seen(1, "8", listing=1), Basis.BEST)
    after, fired = step(rule, state, Observation(listing_id=LISTINGS[0], at=START + timedelta(hours=2), failed=True))

    assert fired is None
    assert after.quotes == state.quotes
    assert forget(state, {str(LISTINGS[0])}).quotes.keys() == {str(LISTINGS[0])}
    assert forget(state, {str(one) for one in LISTINGS}) is state
    assert State() == NEW
