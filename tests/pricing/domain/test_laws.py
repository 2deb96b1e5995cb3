"""What holds for every price, whatever comes in."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.pricing.domain.bounds import bounds_of
from entrepot.pricing.domain.deciding import decide
from entrepot.pricing.domain.decision import Decision, Verdict
from entrepot.pricing.domain.facts import CENT, Costs, Known, Market, OfferFacts, Reduction
from entrepot.pricing.domain.margins import commission_at, margin_at, net_of
from entrepot.pricing.domain.rules import Alone, Limits, Phase, Rule, State, Strategy
from entrepot.pricing.why import derivation_of
from tests.pricing.domain.worlds import (
    NOW,
    US,
    any_costs,
    any_facts,
    any_market,
    any_rule,
    any_state,
    costs,
    market,
    money,
    offer,
    rival,
)

FEW = settings(max_examples=40, deadline=None)
DAY = NOW.date()


@settings(max_examples=150, deadline=None)
@given(any_facts, any_market, any_rule, any_state)
def test_no_price_is_below_the_floor_or_above_the_ceiling_and_the_same_inputs_give_the_same(
    facts: OfferFacts, seen: Market, rule: Rule, state: State
) -> None:
    decision = decide(facts, seen, rule, state)

    assert decide(facts, seen, rule, state) == decision
    if decision.price is None:
        assert decision.verdict is Verdict.NONE
        assert decision.problem is not None
    else:
        assert decision.floor is not None
        assert decision.ceiling is not None
        assert decision.floor <= decision.price <= decision.ceiling
        assert decision.price == decision.price.quantize(CENT)
        assert bounds_of(rule.limits, facts.costs, DAY).fits(decision.price)
        assert (decision.verdict is Verdict.KEEP) == (decision.price == facts.price)
    again = msgspec.convert(msgspec.to_builtins(rule), Rule)
    assert decide(facts, seen, again, state) == decision, "a rule that was stored decides alike"
    assert msgspec.convert(msgspec.to_builtins(decision), Decision) == decision
    told = derivation_of(decision, rule)
    assert all("{" not in one.english for one in (*told.steps, *told.changes))


@FEW
@given(any_facts, any_market, any_rule, any_state, st.lists(money("0.01"), min_size=5, max_size=5))
def test_what_we_ask_ourselves_is_never_competed_with(
    facts: OfferFacts, seen: Market, rule: Rule, state: State, prices: list[Decimal]
) -> None:
    moved = tuple(
        msgspec.structs.replace(one, price=price) if one.competitor == US else one
        for one, price in zip(seen.offers, prices, strict=False)
    )

    as_it_is = decide(facts, seen, rule, state)
    other = decide(facts, msgspec.structs.replace(seen, offers=moved), rule, state)

    assert (as_it_is.price, as_it_is.state) == (other.price, other.state)


@FEW
@given(any_costs, money("0", "20"), st.sampled_from(["0", "0.05", "0.2"]), money("0", "100"))
def test_the_solved_price_leaves_the_margin_and_a_cent_less_does_not(
    costs: Costs, least: Decimal, part: str, spent: Decimal
) -> None:
    assert costs.vat is not None
    assert costs.commission is not None
    vat, commission = costs.vat.value, costs.commission
    limits = Limits(floor=f"PRICE({spent}, {least}, {part})", ceiling="100000")
    bounds = bounds_of(limits, costs, DAY)

    def left(price: Decimal) -> Decimal:
        return net_of(price, vat) - commission_at(price, commission, DAY) - spent

    def enough(price: Decimal) -> bool:
        tiny = Decimal("1e-18")
        return left(price) >= least - tiny and left(price) >= net_of(price, vat) * Decimal(part) - tiny

    if bounds.floor is None:
        assert commission.percent == 90
        return
    assert enough(bounds.floor)
    assert bounds.floor <= CENT or not enough(bounds.floor - CENT) or commission.reductions
    for hole in bounds.holes:
        assert enough(hole.below)
        assert enough(hole.above)


@FEW
@given(
    money("5", "200"),
    money("0", "50"),
    money("5", "60"),
    st.sampled_from([Strategy.MATCH, Strategy.UNDERCUT, Strategy.LOWEST]),
)
def test_a_dearer_competitor_never_makes_us_cheaper_and_dearer_goods_neither(
    price: Decimal, dearer: Decimal, purchase: Decimal, strategy: Strategy
) -> None:
    rule = Rule(rule_id="r", strategy=strategy, least_change=Decimal(0))
    facts = offer(None)

    def asked(rival_price: Decimal, cost: Decimal) -> Decimal:
        known = msgspec.structs.replace(facts.costs, purchase_price=Known(cost))
        decision = decide(
            msgspec.structs.replace(facts, costs=known), market(rival("A", str(rival_price), best=True)), rule
        )
        assert decision.price is not None
        return decision.price

    assert asked(price, purchase) <= asked(price + dearer, purchase)
    assert asked(price, purchase) <= asked(price, purchase + dearer)


@FEW
@given(
    st.sampled_from([s for s in Strategy if s is not Strategy.WIN_THEN_RAISE]),
    any_facts,
    any_market,
    any_rule.filter(lambda rule: rule.alone is not Alone.STEP_UP),
)
def test_while_the_market_stands_still_every_price_comes_to_rest(
    strategy: Strategy, facts: OfferFacts, seen: Market, rule: Rule
) -> None:
    rule = msgspec.structs.replace(rule, strategy=strategy)
    asked = [facts.price]
    for _ in range(3000):
        decision = decide(facts, seen, rule)
        if decision.price == facts.price or decision.price is None:
            return
        facts = msgspec.structs.replace(facts, price=decision.price)
        asked.append(decision.price)

    raise AssertionError(asked[-5:])


@FEW
@given(money("20", "60"), money("0.01", "2"))
def test_a_climb_ends_at_the_ceiling_or_when_the_box_is_lost(worth: Decimal, climb: Decimal) -> None:
    rule = Rule(rule_id="r", strategy=Strategy.WIN_THEN_RAISE, raise_by=climb, steps=())
    price, state, seen_phases = offer().price, State(), set[Phase]()
    for minutes in range(60):
        ours = price is not None and price < worth
        moment = NOW + timedelta(minutes=minutes)
        seen = market(rival("A", str(worth), best=not ours), rival(US, str(price), best=ours), read_at=moment)
        decision = decide(offer(str(price), moment=moment), seen, rule, state)
        price, state = decision.price, decision.state
        seen_phases.add(state.phase)
        assert price is not None
        assert decision.floor is not None
        assert price <= max(worth + climb, decision.floor)


def test_reductions_make_a_floor_with_a_hole_in_which_nothing_is_asked() -> None:
    cut = Reduction(maximum_price=Decimal(22), amount=Decimal(2), begins=date(2026, 11, 1), ends=date(2026, 11, 30))
    facts = offer(costs=costs(reductions=(cut,)))
    rule = Rule(rule_id="r", strategy=Strategy.MATCH, keep_reduction=False)

    beside = decide(facts, market(rival("A", "22.40", best=True)), rule)

    assert beside.floor is not None
    assert beside.floor < 22
    assert beside.price == 22
    assert [limit.value for limit in beside.limits] == ["reduction"]
    assert decide(facts, market(rival("A", "22.90")), rule).price == Decimal("22.90")
    kept = decide(facts, market(rival("A", "22.90")), msgspec.structs.replace(rule, keep_reduction=True))
    assert kept.price == 22
    left = [margin_at(Decimal(price), facts.costs, DAY) or 0 for price in ("22", "22.90")]
    assert left[0] > left[1]
