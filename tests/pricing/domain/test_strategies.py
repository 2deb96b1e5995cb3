"""What each strategy asks, by example; the laws are in test_laws."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.pricing.domain.deciding import decide, open_at
from entrepot.pricing.domain.decision import Decision, Limit, Problem, Skipped, StepKind, Verdict
from entrepot.pricing.domain.facts import Known, Market, OfferFacts, PriceStar, SoldOut, StorePrice
from entrepot.pricing.domain.rules import (
    Adjustment,
    Alone,
    Follow,
    Phase,
    Rivals,
    Rule,
    SellOut,
    State,
    Strategy,
    Unbeatable,
    Window,
)
from tests.pricing.domain.worlds import NOW, US, market, offer, rival

A = rival("A", "24.00", best=True)
B = rival("B", "23.00")
SOLD_OUT = StorePrice(store_id="s", store="Shop", price=Decimal(20), available=False, read_at=NOW)
CHEAP = rival("C", "9.00", best=True)


def asked(
    facts: OfferFacts | None = None,
    seen: Market | None = None,
    state: State | None = None,
    **rule: Any,  # noqa: ANN401 -- any field of a rule
) -> Decision:
    return decide(
        offer() if facts is None else facts,
        market(A, B) if seen is None else seen,
        Rule(rule_id="r", **rule),
        state or State(),
    )


@pytest.mark.parametrize(
    ("rule", "price"),
    [
        ({"strategy": Strategy.MATCH}, "24.00"),
        ({"strategy": Strategy.UNDERCUT}, "23.88"),
        ({"strategy": Strategy.LOWEST}, "22.88"),
        ({"strategy": Strategy.BUY_BOX}, "24.00"),
        ({"strategy": Strategy.UNDERCUT, "rivals": Rivals(never=frozenset({"A"}))}, "22.88"),
        ({"strategy": Strategy.MATCH, "rivals": Rivals(only=frozenset({"B"}))}, "23.00"),
        ({"strategy": Strategy.MATCH, "rivals": Rivals(adjustments=(Adjustment(amount=Decimal(1)),))}, "25.00"),
        ({"strategy": Strategy.MATCH, "endings": (Decimal("0.95"),)}, "23.95"),
        ({"strategy": Strategy.MATCH, "resting_price": "30", "paused": True}, "30.00"),
        ({"strategy": Strategy.MATCH, "least_change": Decimal(2)}, "25.00"),
        ({"strategy": Strategy.MATCH, "windows": (Window(begins=0, ends=60),)}, "25.00"),
        ({"strategy": Strategy.MATCH, "star": 2}, "23.50"),
    ],
)
def test_a_rule_asks_what_its_strategy_says(rule: dict[str, Any], price: str) -> None:
    stars = (PriceStar(1, Decimal(24)), PriceStar(2, Decimal("23.50")))

    assert asked(offer(stars=stars), **rule).price == Decimal(price)


def test_going_for_the_box_steps_down_until_it_is_won_but_not_for_ever() -> None:
    go: dict[str, Any] = {"strategy": Strategy.BUY_BOX}

    assert asked(offer("24.00"), **go).price == Decimal("23.88")
    assert asked(offer("23.88"), market(A, rival(US, "23.88", best=True)), **go).verdict is Verdict.KEEP
    far = market(rival("A", "32.00", best=True))
    assert asked(offer("24.00"), far, **go).price == Decimal("28.80")


def test_a_climb_remembers_where_the_box_was_lost() -> None:
    climb: dict[str, Any] = {"strategy": Strategy.WIN_THEN_RAISE}
    won = asked(offer("23.88"), market(A, rival(US, "23.88", best=True)), **climb)

    assert (won.price, won.state.phase) == (Decimal("23.93"), Phase.RAISE)
    lost = asked(offer("23.93"), market(A, B), state=won.state, **climb)
    assert (lost.price, lost.state) == (Decimal("23.88"), State(lost_at=Decimal("23.93")))
    assert lost.steps[0].kind is StepKind.LOST


@pytest.mark.parametrize(
    ("rule", "price", "seen"),
    [
        ({"strategy": Strategy.WIN_THEN_RAISE}, "23.88", market(A, rival(US, "23.88", best=True))),
        ({"strategy": Strategy.BUY_BOX}, "25.00", market(A)),
        ({"strategy": Strategy.BUY_BOX}, "24.00", market(A)),
        ({"alone": Alone.STEP_UP}, "25.00", market()),
        ({"strategy": Strategy.FOLLOW_STORE, "alone": Alone.STEP_UP}, "25.00", market(stores=(SOLD_OUT,))),
    ],
)
def test_no_second_step_is_taken_before_somebody_saw_what_the_first_did(
    rule: dict[str, Any], price: str, seen: Market
) -> None:
    first = asked(offer(price), seen, **rule)
    later = NOW + timedelta(hours=1)
    again = asked(offer(str(first.price), moment=later), seen, first.state, **rule)
    stores = tuple(msgspec.structs.replace(one, read_at=later) for one in seen.stores)
    read = msgspec.structs.replace(seen, read_at=later, stores=stores)
    going_on = asked(offer(str(first.price), moment=later), read, again.state, **rule)

    assert first.verdict is Verdict.CHANGE
    assert (again.verdict, again.steps[-1].kind) == (Verdict.KEEP, StepKind.MARKET_SAME)
    assert going_on.verdict is Verdict.CHANGE


def test_what_cannot_be_beaten_is_met_as_was_chosen() -> None:
    seen = market(CHEAP, A)
    floor = asked(seen=seen).floor

    assert asked(seen=seen).price == floor
    assert asked(seen=seen, strategy=Strategy.OSCILLATE).price == asked(seen=seen).ceiling
    assert asked(seen=seen, unbeatable=Unbeatable.KEEP).price == 25
    following = asked(seen=seen, unbeatable=Unbeatable.NEXT)
    assert (following.price, following.wanted) == (Decimal("23.88"), Decimal("23.88"))
    alone = asked(seen=market(CHEAP), unbeatable=Unbeatable.NEXT)
    assert (alone.price, alone.limits) == (floor, (Limit.FLOOR,))
    mistaken = asked(seen=market(CHEAP, A, B), rivals=Rivals(far_below_percent=Decimal(50)))
    assert mistaken.price == Decimal("23.88")
    assert mistaken.rivals[0].skipped is Skipped.FAR_BELOW


def test_being_alone_raises_and_names_who_is_sold_out_but_an_old_market_is_not_believed() -> None:
    gone = market(sold_out=(SoldOut(competitor="A", price=Decimal(24), since=NOW),))

    up = asked(seen=gone)
    assert (up.price, up.steps[0].kind, up.steps[0].name) == (up.ceiling, StepKind.SOLD_OUT, "A")
    assert asked(seen=gone, alone=Alone.STEP_UP).price == Decimal("25.50")
    assert asked(seen=gone, alone=Alone.KEEP).price == 25
    item = msgspec.structs.replace(offer().costs, item_price=Known(Decimal("29.95")))
    assert asked(offer(costs=item), gone, alone=Alone.ITEM_PRICE).price == Decimal("29.95")
    old = asked(seen=market(read_at=NOW - timedelta(days=2)))
    assert (old.price, old.steps[0].kind) == (Decimal(25), StepKind.MARKET_OLD)
    assert asked(seen=Market()).steps[0].kind is StepKind.MARKET_UNKNOWN
    assert asked(offer(None), Market()).problem is Problem.NO_PRICE


def test_a_store_is_followed_by_pack_and_an_empty_shelf_is_no_price() -> None:
    shop = StorePrice(store_id="s1", store="Shop", price=Decimal("12.00"), read_at=NOW)
    rule: dict[str, Any] = {
        "strategy": Strategy.FOLLOW_STORE,
        "follow": Follow(percent=Decimal(10), amount=Decimal("-0.40")),
    }

    assert asked(offer(pack=2), Market(stores=(shop,)), **rule).price == Decimal("26.00")
    empty = asked(seen=Market(stores=(msgspec.structs.replace(shop, available=False),)), **rule)
    assert empty.price == empty.ceiling
    assert asked(seen=Market(), **rule).steps[0].kind is StepKind.NO_STORE


def test_selling_out_goes_from_ceiling_to_floor_with_age_faster_with_plenty() -> None:
    rule: dict[str, Any] = {"strategy": Strategy.SELL_OUT, "sell_out": SellOut(plenty=10, plenty_percent=Decimal(50))}
    young, half, old = (asked(offer(stock_age_days=age), **rule) for age in (10, 60, 200))

    assert (young.price, old.price) == (young.ceiling, old.floor)
    assert half.floor is not None
    assert half.price == Decimal("28.48")
    assert asked(offer(stock_age_days=60, stock=11), **rule).price == half.floor
    assert asked(**rule).steps[0].kind is StepKind.NO_AGE


def test_without_a_known_cost_there_is_no_automatic_price_and_it_says_which() -> None:
    costs = offer().costs
    unknown = asked(offer(costs=msgspec.structs.replace(costs, shipping=None)))

    assert (unknown.price, unknown.problem, unknown.missing[0].name) == (None, Problem.FLOOR_UNKNOWN, "shipping")
    crossed = asked(offer(), limits=msgspec.structs.replace(Rule(rule_id="").limits, ceiling="5"))
    assert crossed.problem is Problem.LIMITS_CROSSED
    assert asked(paused=True).problem is Problem.PAUSED


def test_a_window_over_midnight_belongs_to_the_day_it_begins() -> None:
    night = (Window(days=frozenset({6}), begins=22 * 60, ends=6 * 60),)  # NOW is a Saturday

    assert open_at(night, NOW.replace(hour=23))
    assert open_at(night, NOW.replace(hour=5) + timedelta(days=1))
    assert not open_at(night, NOW.replace(hour=5))
