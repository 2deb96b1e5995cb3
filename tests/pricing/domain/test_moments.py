"""Moments at which a decision changes by the clock alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from entrepot.pricing.domain.facts import Commission, Reduction
from entrepot.pricing.domain.moments import next_moment
from entrepot.pricing.domain.rules import Rule, Window

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""A Saturday; in Amsterdam it is 13:00."""
DAYS = Window(days=frozenset({1, 2, 3, 4, 5}), begins=8 * 60, ends=22 * 60)
NIGHTS = Window(begins=22 * 60, ends=6 * 60)


@pytest.mark.parametrize(
    ("windows", "reduction", "pause", "expected"),
    [
        ((), None, None, None),
        ((DAYS,), None, None, datetime(2026, 11, 23, 7, tzinfo=UTC)),
        ((NIGHTS,), None, None, datetime(2026, 11, 21, 21, tzinfo=UTC)),
        ((DAYS,), None, NOON + timedelta(hours=3), NOON + timedelta(hours=3)),
        ((), (date(2026, 11, 1), date(2026, 11, 21)), None, datetime(2026, 11, 21, 23, tzinfo=UTC)),
        ((), (date(2026, 11, 23), date(2026, 11, 30)), None, datetime(2026, 11, 22, 23, tzinfo=UTC)),
        ((), (date(2026, 11, 1), date(2026, 11, 20)), None, None),
    ],
)
def test_the_next_moment_is_the_first_of_all(
    windows: tuple[Window, ...],
    reduction: tuple[date, date] | None,
    pause: datetime | None,
    expected: datetime | None,
) -> None:
    commission = None
    if reduction is not None:
        begins, ends = reduction
        cut = Reduction(maximum_price=Decimal(20), amount=Decimal(1), begins=begins, ends=ends)
        commission = Commission(reductions=(cut,))
    rule = Rule(rule_id="r", windows=windows, paused=pause is not None)

    assert next_moment(rule, commission, pause, NOON) == expected


def test_hours_end_with_the_night_that_began_the_day_before() -> None:
    rule = msgspec.structs.replace(Rule(rule_id="r"), windows=(NIGHTS,))

    assert next_moment(rule, None, None, NOON - timedelta(hours=8)) == datetime(2026, 11, 21, 5, tzinfo=UTC)
