"""However long the pauses and wherever a sweep is cut short, no change is missed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entrepot.connectors.bol.cursor import HISTORY, LONGEST_INTERVAL, Place, begin, local_day

START = datetime(2026, 11, 20, 12, tzinfo=UTC)

pauses = st.lists(
    st.tuples(
        st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4)),
        st.integers(min_value=0, max_value=3),  # pages with orders before the empty one
        st.booleans(),  # cut short before it is done
    ),
    min_size=1,
    max_size=12,
)


def listed(place: Place, at: datetime) -> tuple[datetime, datetime]:
    """Return the period whose changes a place lists, read at *at*."""
    if place.kind == "day":
        assert place.day is not None
        midnight = datetime(place.day.year, place.day.month, place.day.day, tzinfo=UTC) - timedelta(hours=1)
        return midnight, min(at, midnight + timedelta(days=1))
    return at - timedelta(minutes=int(place.query(at)["change-interval-minute"])), at


@given(pauses)
def test_every_moment_is_listed(steps: list[tuple[timedelta, int, bool]]) -> None:
    at, cursor = START, begin(None, START).after(full=False).written()
    covered: list[tuple[datetime, datetime]] = []
    for pause, pages, cut in steps:
        at += pause
        place = begin(cursor, at)
        for _ in range(pages):
            place = place.after(full=True)
        if cut:
            cursor = place.written()
            continue
        while place.kind != "rest":
            covered.append(listed(place, at))
            place = place.after(full=False)
        cursor = place.written()
        reached = START  # what is open then was listed at first
        for begins, ends in sorted(period for period in covered if period[0] < period[1]):
            assert begins <= reached, f"nothing listed between {reached} and {begins}"
            reached = max(reached, ends)
        assert reached >= place.began


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_asks_only_what_bol_answers(pause: timedelta) -> None:
    at = START + pause
    place = begin(begin(None, START).after(full=False).written(), at)

    while place.kind != "rest":
        query = place.query(at)
        if "change-interval-minute" in query:
            assert 1 <= int(query["change-interval-minute"]) <= LONGEST_INTERVAL
        else:
            assert place.day is not None
            assert (at - HISTORY).date() <= place.day <= local_day(at)
        place = place.after(full=False)


def test_begins_with_what_is_open_and_after_nonsense_too() -> None:
    assert begin(None, START).query(START) == {"page": 1, "fulfilment-method": "ALL", "status": "OPEN"}
    assert begin("nonsense", START) == begin(None, START)


def test_a_clock_set_back_does_no_harm() -> None:
    cursor = begin(None, START).after(full=False).written()

    before = START - timedelta(hours=1)
    assert begin(cursor, before).query(before)["change-interval-minute"] == 1


def test_several_pages_are_listed_twice_and_one_once() -> None:
    place = begin(None, START)

    assert place.after(full=True).after(full=False).kind == "rest"
    again = place.after(full=True).after(full=True).after(full=False)
    assert (again.page, again.again) == (1, True)
    assert again.after(full=True).after(full=True).after(full=False).kind == "rest"
