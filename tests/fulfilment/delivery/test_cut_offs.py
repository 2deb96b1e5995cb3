"""Laws of cut-off times: on the wall clock of the site, also when it is set."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.delivery.cut_offs import (
    Calendar,
    CutOff,
    Urgency,
    deadline,
    last_collection,
    moment_of,
    next_collection,
    times_for,
    urgency,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DHL, OTHER = UUID(int=1), UUID(int=2)
MONDAY = date(2026, 11, 23)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
weeks = st.dictionaries(st.integers(0, 6), clocks, min_size=1)


@pytest.mark.parametrize(
    ("day", "at", "wanted"),
    [
        (date(2026, 3, 29), time(16, 30), "2026-03-29T14:30:00+00:00"),  # summer time since this night
        (date(2026, 3, 28), time(16, 30), "2026-03-28T15:30:00+00:00"),
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:00:00+00:00"),  # there is no such time: when the clock was set
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30:00+00:00"),  # twice: the first
        (date(2026, 10, 25), time(16, 30), "2026-10-25T15:30:00+00:00"),
    ],
)
def test_the_clock_on_the_wall_is_set(day: date, at: time, wanted: str) -> None:
    assert moment_of(day, at, AMSTERDAM).isoformat() == wanted


@given(weeks, moments, st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=5))
def test_the_next_collection_is_ahead_on_an_open_day(
    times: dict[int, time], after: datetime, holidays: frozenset[date]
) -> None:
    calendar = Calendar(holidays=holidays)
    found = next_collection(times, calendar, after)
    if found is None:
        return
    assert found >= after
    local = found.astimezone(AMSTERDAM)
    assert local.weekday() in times
    assert local.date() not in holidays
    assert next_collection(times, calendar, found) == found
    assert last_collection(times, calendar, found, after) == found


@given(weeks, moments, st.none() | st.timedeltas(timedelta(), timedelta(days=10)))
def test_a_deadline_keeps_the_promise(times: dict[int, time], placed: datetime, promise: timedelta | None) -> None:
    promised = None if promise is None else placed + promise
    until = deadline(times, Calendar(), placed_at=placed, promised=promised)
    assert until is not None
    assert until >= placed
    if promised is not None:
        assert until <= promised


def test_days_off_move_the_deadline_and_the_promise_decides() -> None:
    times = dict.fromkeys(range(5), time(17))
    ordered = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 18:00 in Amsterdam
    free = Calendar(holidays=frozenset({date(2026, 11, 24)}))
    assert deadline(times, Calendar(), placed_at=ordered, promised=None) == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert deadline(times, free, placed_at=ordered, promised=None) == datetime(2026, 11, 25, 16, tzinfo=UTC)
    promised = datetime(2026, 11, 26, 22, tzinfo=UTC)
    assert deadline(times, free, placed_at=ordered, promised=promised) == datetime(2026, 11, 26, 16, tzinfo=UTC)
    short = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert deadline(times, free, placed_at=ordered, promised=short) == short
    assert deadline({}, free, placed_at=ordered, promised=None) is None


def test_the_most_exact_row_counts_and_an_unknown_carrier_is_the_earliest() -> None:
    rows = [
        CutOff(weekday=0, at=time(18)),
        CutOff(carrier_account_id=DHL, weekday=0, at=time(17)),
        CutOff(carrier_account_id=DHL, service="express", weekday=0, at=time(15)),
        CutOff(carrier_account_id=DHL, service="express", warehouse_id=OTHER, weekday=0, at=time(14)),
    ]
    assert times_for(rows) == {0: time(18)}
    assert times_for(rows, account_id=OTHER) == {0: time(18)}
    assert times_for(rows, account_id=DHL, service="parcel") == {0: time(17)}
    assert times_for(rows, account_id=DHL, service="express") == {0: time(15)}
    assert times_for(rows, account_id=DHL, service="express", warehouse_id=OTHER) == {0: time(14)}
    assert times_for(rows[1:3]) == {0: time(15)}


@pytest.mark.parametrize(
    ("minutes", "wanted"), [(-1, Urgency.LATE), (0, Urgency.SOON), (59, Urgency.SOON), (60, Urgency.FINE)]
)
def test_time_left_has_a_colour(minutes: int, wanted: Urgency) -> None:
    present = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert urgency(present + timedelta(minutes=minutes), present) is wanted
    assert urgency(None, present) is Urgency.NONE


def test_a_promise_for_ever_is_a_day_that_clocks_can_show() -> None:
    forever = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    placed = datetime(2026, 11, 23, tzinfo=UTC)
    found = deadline({0: time(16)}, Calendar(), placed_at=placed, promised=forever)
    assert found is not None
    assert found.astimezone(ZoneInfo("Pacific/Auckland")).year == 9999
