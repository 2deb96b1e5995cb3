"""Laws of the choice of a carrier."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.carriage.choice import Rule, Situation, choose, conditions, days_left, judge, judge_all, moved
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id

SELLER = new_id()
CHANNELS = [new_id(), new_id()]
COUNTRIES = ["NL", "DE", "BE"]


def a_range(most: int) -> st.SearchStrategy[tuple[int | None, int | None]]:
    ends = st.none() | st.integers(0, most)
    return st.tuples(ends, ends).map(
        lambda pair: pair if None in pair else (min(pair), max(pair))  # type: ignore[type-var]  # neither is None
    )


# Made once: made anew for each rule, they took most of the time.
SEVERAL, ACTIVE = st.integers(1, 6), st.booleans()
DESTINATIONS = st.lists(st.sampled_from(COUNTRIES), max_size=2, unique=True)
CHANNEL = st.none() | st.sampled_from(CHANNELS)
GRAMS, DAYS, VALUES = a_range(40_000), a_range(10), a_range(500)


@st.composite
def rules(draw: st.DrawFn) -> list[Rule]:
    made: list[Rule] = []
    for position in range(1, draw(SEVERAL) + 1):
        least_g, most_g = draw(GRAMS)
        least_days, most_days = draw(DAYS)
        least_value, most_value = draw(VALUES)
        made.append(
            Rule(
                id=new_id(),
                seller_id=SELLER,
                position=position,
                active=draw(ACTIVE),
                countries=tuple(draw(DESTINATIONS)),
                least_g=least_g,
                most_g=most_g,
                least_value=None if least_value is None else Decimal(least_value),
                most_value=None if most_value is None else Decimal(most_value),
                channel_account_id=draw(CHANNEL),
                least_days=least_days,
                most_days=most_days,
                carrier_account_id=new_id(),
                service="standard",
            )
        )
    return made


SITUATIONS = st.builds(
    Situation,
    country=st.sampled_from([*COUNTRIES, "", "FR"]),
    weight_g=st.integers(1, 40_000),
    value=st.integers(0, 500).map(Decimal),
    channel_account_id=CHANNEL,
    days_left=st.none() | st.integers(0, 10),
)


@given(rules(), SITUATIONS)
def test_the_choice_is_the_first_active_rule_that_fits(made: list[Rule], situation: Situation) -> None:
    chosen = choose(reversed(made), situation)
    fitting = [rule for rule in made if rule.active and judge(rule, situation).fits]
    assert (chosen.rule if chosen else None) == (fitting[0] if fitting else None)
    assert [verdict.rule for verdict in judge_all(made, situation)] == [rule for rule in made if rule.active]


@given(rules(), SITUATIONS)
def test_every_miss_and_every_condition_can_be_said(made: list[Rule], situation: Situation) -> None:
    for verdict in judge_all(made, situation):
        said = [reason.message.format(**reason.facts) for reason in (*verdict.misses, *conditions(verdict.rule, "bol"))]
        assert said
        assert not any("None" in sentence for sentence in said)


@given(rules(), st.integers(-3, 20), st.data())
def test_moving_keeps_every_rule(made: list[Rule], to: int, data: st.DataObject) -> None:
    rule = data.draw(st.sampled_from(made))
    order = moved(made, rule.id, to)
    assert sorted(order) == sorted(one.id for one in made)
    assert order.index(rule.id) == max(0, min(to - 1, len(made) - 1))
    assert [one for one in order if one != rule.id] == [one.id for one in made if one.id != rule.id]


@given(st.integers(-100, 100))
def test_days_left_are_whole_and_never_negative(hours: int) -> None:
    moment = now()
    left = days_left(moment + timedelta(hours=hours), moment)
    assert left is not None
    assert left >= 0
    assert (left == 0) == ((moment + timedelta(hours=hours)).date() <= moment.date())
    assert days_left(None, moment) is None
