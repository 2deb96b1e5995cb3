"""Rules on recorded history."""

from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.pricing.domain.backtest import compare
from entrepot.pricing.domain.box import BoxModel, holder
from entrepot.pricing.domain.facts import MarketOffer
from entrepot.pricing.domain.history import Assumptions, Demand, MarketAt, PriceAt
from entrepot.pricing.domain.rules import Limits, Rule, Strategy
from tests.pricing.domain.worlds import rival
from tests.pricing.strategy_pictures import BEGINS, DAYS, FOLDER, backtest, drawn, history, rule

DAILY = Assumptions(every_minutes=24 * 60)


@pytest.mark.parametrize("strategy", Strategy)
def test_the_picture_of_a_strategy_is_what_its_backtest_says(strategy: Strategy) -> None:
    """Written by ``python -m tests.pricing.strategy_pictures``."""
    assert (FOLDER / f"{strategy.value}.svg").read_text() == drawn(strategy)

    [path] = backtest(strategy).rules
    assert path.totals.below_hours == 0
    assert path.totals.hours == DAYS * 24
    assert sum(day.totals.hours for day in path.days) == path.totals.hours
    assert path.problem == ""


def test_a_rule_that_asks_what_was_asked_comes_to_what_happened_and_sales_scale_it() -> None:
    offers = (rival("A", "25.00"), rival("us", "24.00", best=True))
    lost = (rival("A", "23.00", best=True), rival("us", "24.00"))
    recorded = msgspec.structs.replace(
        history(),
        markets=(MarketAt(BEGINS, offers), MarketAt(BEGINS + timedelta(days=7), lost)),
        prices=(PriceAt(BEGINS, Decimal(24)),),
        stores=(),
        units_sold=21,
    )
    steady = Rule(rule_id="steady", strategy=Strategy.MATCH, paused=True, resting_price="24", limits=Limits(floor="20"))

    found = compare(recorded, [steady, rule(Strategy.UNDERCUT)], DAILY)

    assert found.actual is not None
    assert found.rules[0].totals == found.actual.totals
    assert round(found.actual.totals.units, 6) == 21
    assert found.actual.totals.box_percent == 50
    assert (found.scaled, found.agreed, found.moments) == (True, 2, 2)
    assert found.rules[1].totals.box_percent == 50
    assert found.rules[1].totals.units > 10
    assert compare(recorded, [steady], DAILY).rules[0] == found.rules[0]
    plain = compare(recorded, [], msgspec.structs.replace(DAILY, demand=Demand(scale=False)))
    assert plain.units_per_day == 1


def test_without_a_floor_the_price_stays_what_it_is() -> None:
    unknown = compare(history(), [Rule(rule_id="r", limits=Limits(floor="map"))], DAILY)

    assert unknown.rules[0].problem == "floor_unknown"
    assert unknown.rules[0].totals.changes == 0
    assert unknown.actual is None
    points = [point.price for point in unknown.rules[0].points]
    assert set(points) == {Decimal("29.95")}


def test_the_box_goes_to_the_cheapest_unless_service_weighs_more() -> None:
    def offer(name: str, price: str, **more: object) -> MarketOffer:
        return rival(name, price, **more)

    model = BoxModel()

    assert holder([offer("A", "10"), offer("B", "10.40", fulfilment="channel")], model) is not None
    best = holder([offer("A", "10"), offer("B", "10.40", fulfilment="channel")], model)
    assert best is not None
    assert best.competitor == "B"
    late = holder([offer("A", "10", delivery_days=3), offer("B", "10.20")], model)
    assert late is not None
    assert late.competitor == "B"
    close = [offer("A", "10.00"), offer("B", "10.005")]
    kept = holder(close, model, incumbent="B-1")
    assert kept is not None
    assert kept.competitor == "B"
    assert holder([], model) is None
