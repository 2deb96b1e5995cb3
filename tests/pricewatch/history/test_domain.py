"""What prices did, in figures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.pricewatch.history.domain import Line, Point, Trend, Verdict, best, figures, sold_out

START = datetime(2026, 8, 1, tzinfo=UTC)
END = START + timedelta(days=90)


def line(*prices: tuple[int, str | None], listing: int = 1) -> Line:
    """Return a listing's prices by day."""
    points = [(START + timedelta(days=day), None if price is None else Decimal(price)) for day, price in prices]
    return Line(
        listing_id=UUID(int=listing),
        points=tuple(Point(at=at, price=price, low=price, high=price) for at, price in points),
    )


def test_the_best_price_is_that_of_whoever_sells_it_cheapest() -> None:
    lines = [line((0, "10"), (10, None), (20, "8")), line((5, "9"), (15, None), listing=2)]

    steps = best(lines, START)

    assert [(step.at.day + 31 * (step.at.month - 8) - 1, step.price) for step in steps] == [
        (0, 10),
        (5, 9),
        (15, None),
        (20, 8),
    ]
    assert sold_out(steps, END) == [(START + timedelta(days=15), START + timedelta(days=20))]
    found = figures(lines, START, END)
    assert found is not None
    assert (found.now, found.low, found.high, found.percentile) == (8, 8, 10, 0)
    assert found.trend is Trend.FALLING
    assert (found.score, found.verdict) == (90, Verdict.GREAT)
    assert found.sold_out == Decimal("5.6")
    assert found.average == Decimal("8.2353")  # (5 x 10 + 10 x 9 + 70 x 8) / 85 days


def test_what_was_never_sold_or_not_long_enough_has_no_score() -> None:
    assert figures([line((0, None))], START, END) is None
    young = figures([line((88, "10"), (89, "9"))], START, END)
    assert young is not None
    assert (young.score, young.percentile) == (None, 0)
    steady = figures([line((0, "10"))], START, END)
    assert steady is not None
    assert (steady.score, steady.trend, steady.verdict) == (50, Trend.STEADY, Verdict.FAIR)
    gone = figures([line((0, "10"), (50, None))], START, END)
    assert gone is not None
    assert (gone.now, gone.score, gone.low) == (None, None, 10)


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 89), st.one_of(st.none(), st.integers(1, 50))), max_size=12), max_size=3)
)
def test_figures_stay_within_what_was_seen(days: list[list[tuple[int, int | None]]]) -> None:
    lines = [
        line(*[(day, None if price is None else str(price)) for day, price in sorted(dict(one).items())], listing=at)
        for at, one in enumerate(days)
    ]
    prices = [price for one in days for price in dict(one).values() if price is not None]
    found = figures(lines, START, END)
    if found is None:
        assert not prices
        return
    assert min(prices) == found.low <= found.average <= found.high <= max(prices)
    assert found.now is None or found.low <= found.now <= found.high
    assert found.percentile is None or 0 <= found.percentile <= 100
    assert found.score is None or 0 <= found.score <= 100
    steps = best(lines, START)
    assert all(one.at < other.at and one.price != other.price for one, other in pairwise(steps))
