"""Decisions: kinds of errors, waits, ticks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.jobs.domain import Failure, failure_of, next_tick, timing_problem, wait_before_retry
from entrepot.jobs.errors import CancelledRunError, RateLimitedError, ReplayedError, RunTimeoutError
from entrepot.jobs.execution import replayed
from entrepot.jobs.registry import Retry
from entrepot.kit.database import DatabaseAwayError
from entrepot.kit.sentence import sentence

AMSTERDAM = "Europe/Amsterdam"


def ticks(cron: str, after: datetime, count: int, zone: str = AMSTERDAM) -> list[str]:
    found: list[str] = []
    for _ in range(count):
        after = next_tick(cron=cron, interval_seconds=None, time_zone=zone, planned=after, present=after)
        found.append(f"{after.astimezone(ZoneInfo(zone)):%d %H:%M%z}")
    return found


def test_a_time_that_does_not_exist_runs_when_the_gap_ends() -> None:
    assert ticks("30 2 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == ["29 03:00+0200", "30 02:30+0200"]


def test_a_time_that_exists_twice_runs_once() -> None:
    assert ticks("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), 2) == ["25 02:30+0200", "26 02:30+0100"]


def test_an_hourly_expression_ignores_the_change_of_the_clock() -> None:
    assert ticks("0 * * * *", datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 3) == [
        "25 02:00+0200", "25 02:00+0100", "25 03:00+0100",
    ]  # fmt: skip
    assert ticks("0 * * * *", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), 2) == ["29 03:00+0200", "29 04:00+0200"]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 -- made aware at once


@given(
    MOMENTS,
    st.sampled_from(["*/15 6-22 * * *", "30 2 * * *", "*/7 * * * *", "0 0 1 * *", "5 4 * * 1-5"]),
    st.sampled_from(["UTC", AMSTERDAM, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
)
def test_a_tick_is_always_later(present: datetime, cron: str, zone: str) -> None:
    tick = next_tick(cron=cron, interval_seconds=None, time_zone=zone, planned=present, present=present)

    assert present < tick <= present + timedelta(days=32)


@given(MOMENTS, st.integers(1, 100_000), st.integers(0, 10_000_000))
def test_missed_intervals_are_not_made_up_for_and_do_not_drift(planned: datetime, step: int, late: int) -> None:
    present = planned + timedelta(seconds=late)

    tick = next_tick(cron=None, interval_seconds=step, time_zone="UTC", planned=planned, present=present)

    assert present < tick <= present + timedelta(seconds=step)
    assert (tick - planned) % timedelta(seconds=step) == timedelta()


@pytest.mark.parametrize(
    ("cron", "seconds", "zone", "problem"),
    [
        ("* * * * *", None, "UTC", ""),
        (None, 60, "UTC", ""),
        (None, None, "UTC", "cron"),
        ("* * * * *", 60, "UTC", "cron"),
        ("61 * * * *", None, "UTC", "cron"),
        ("nonsense", None, "UTC", "cron"),
        ("0 0 30 2 *", None, "UTC", "cron"),
        (None, 0, "UTC", "interval"),
        (None, 60, "Mars/Olympus", "time_zone"),
    ],
)
def test_timing_that_makes_no_sense(cron: str | None, seconds: int | None, zone: str, problem: str) -> None:
    assert timing_problem(cron, seconds, zone) == problem


def test_kinds_of_errors() -> None:
    assert failure_of(DatabaseAwayError()).kind == "unavailable"
    assert (failure_of(RateLimitedError(seconds=7)).kind, failure_of(RateLimitedError(seconds=7)).wait) == (
        "rate_limited",
        7,
    )
    assert failure_of(RunTimeoutError(seconds=1)).kind == "refused"
    assert failure_of(CancelledRunError()).kind == "cancelled"
    assert failure_of(KeyError("x")) == Failure("bug", "jobs.bug", "KeyError: 'x'")
    again = ReplayedError(kind="rate_limited", code="a.b", sentence="Wait.", wait=3)
    assert failure_of(again) == Failure("rate_limited", "a.b", "Wait.", 3)


def test_waits_grow_and_end() -> None:
    retry = Retry(unavailable=5, first=timedelta(seconds=10), factor=3, longest=timedelta(seconds=100))
    away = Failure("unavailable", "a.b", "")

    assert [wait_before_retry(away, attempt, retry) for attempt in range(1, 6)] == [
        timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=90), timedelta(seconds=100), None,
    ]  # fmt: skip
    assert wait_before_retry(Failure("refused", "a.b", ""), 1, retry) is None
    assert wait_before_retry(Failure("rate_limited", "a.b", "", 42), 1, retry) == timedelta(seconds=42)


def test_a_failure_met_again_says_its_whole_sentence() -> None:
    first = RateLimitedError(seconds=30)
    kept = msgspec.convert(msgspec.to_builtins(failure_of(first)), Failure)

    again = replayed(kept)

    assert again.detail == first.detail
    assert sentence(again, {}) == sentence(first, {})
    assert failure_of(again) == failure_of(first)
