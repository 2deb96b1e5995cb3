"""Calls are counted in the database, so that all processes together keep to the limit."""

import asyncio
import time

import pytest

from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.rate_budget import BudgetSpentError, RateBudget, seconds_until

pytestmark = pytest.mark.anyio


async def test_a_burst_passes_and_the_rest_is_paced(database: Database) -> None:
    budgets = [RateBudget(database), RateBudget(database)]  # as two processes
    key = str(new_id())
    began = time.monotonic()

    await asyncio.gather(*(budgets[n % 2].take(key, rate=20, burst=5) for n in range(15)))

    # 5 at once, 10 more at 20 a second
    assert time.monotonic() - began >= 0.45


async def test_a_long_wait_is_refused_and_books_nothing(database: Database) -> None:
    budget = RateBudget(database)
    key = str(new_id())
    await budget.take(key, rate=1, per=60, burst=1)

    for _ in range(3):
        with pytest.raises(BudgetSpentError) as caught:
            await budget.take(key, rate=1, per=60, burst=1, longest=10)
        assert 50 <= caught.value.retry_after <= 60


async def test_believes_the_other_side(database: Database) -> None:
    budget = RateBudget(database)
    key = str(new_id())
    await budget.take(key, rate=100, burst=100)

    await budget.learn(key, remaining=0, reset=40)

    with pytest.raises(BudgetSpentError) as caught:
        await budget.take(key, rate=100, burst=100, longest=5)
    assert 35 <= caught.value.retry_after <= 41


async def test_opens_again_after_the_reset(database: Database) -> None:
    budget = RateBudget(database)
    key = str(new_id())
    await budget.take(key, rate=100, burst=100)
    await budget.learn(key, remaining=0, reset=1)
    began = time.monotonic()

    await budget.take(key, rate=100, burst=100)

    assert 0.8 <= time.monotonic() - began <= 3


async def test_keeps_to_the_window_that_the_other_side_tells(database: Database) -> None:
    budgets = [RateBudget(database), RateBudget(database)]  # as two processes
    key = str(new_id())
    await budgets[0].take(key, rate=100, burst=100)
    began = time.monotonic()
    await budgets[0].learn(key, remaining=4, reset=1)

    await asyncio.gather(*(budgets[n % 2].take(key, rate=100, burst=100) for n in range(4)))
    within = time.monotonic() - began
    await budgets[1].take(key, rate=100, burst=100)

    assert within < 0.8
    assert time.monotonic() - began >= 0.9


async def test_a_window_that_lasts_is_not_waited_for(database: Database) -> None:
    budget = RateBudget(database)
    key = str(new_id())
    await budget.take(key, rate=100, burst=100)
    await budget.learn(key, remaining=1, reset=180)
    await budget.take(key, rate=100, burst=100)

    with pytest.raises(BudgetSpentError) as caught:
        await budget.take(key, rate=100, burst=100)
    assert 170 <= caught.value.retry_after <= 180


async def test_keys_do_not_share(database: Database) -> None:
    budget = RateBudget(database)
    await budget.take("a" + str(new_id()), rate=1, per=60, burst=1)
    await budget.take("b" + str(new_id()), rate=1, per=60, burst=1, longest=0)


def test_a_reset_is_in_seconds_or_a_moment() -> None:
    assert seconds_until(3) == 3
    assert seconds_until(1539261914) == 0
    assert 98 <= seconds_until(int(time.time()) + 100) <= 101
