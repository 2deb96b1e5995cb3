"""Nightly tidying: what nobody can use or look up any more is removed, a thousand rows at a time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.service import remove_expired
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.jobs.schedules import set_schedule
from entrepot.kit.call_log import forget_calls
from entrepot.kit.clock import now
from entrepot.kit.text import N_

KEEP_CALLS = timedelta(days=90)
BATCH = 1000
MOST = 500
"""Batches of one night: what is left waits for the next."""


class Tidy(msgspec.Struct, frozen=True):
    """Arguments of :func:`tidy`."""


@job("operations.tidy", label=N_("Tidy up"), queue=Queue.LOW)
async def tidy(run: Run, args: Tidy) -> object:  # noqa: ARG001 -- the form of every job
    """Remove expired sessions, links and answers kept for repeats, and old recorded calls."""
    removed = {"expired": 0, "calls": 0}

    async def expired(session: AsyncSession) -> int:
        return await remove_expired(session, now())

    async def calls(session: AsyncSession) -> int:
        return await forget_calls(session, before=now() - KEEP_CALLS, limit=BATCH)

    removed["expired"] = await run.step("expired", _in_transaction(run, expired))
    for _ in range(MOST):
        count = await run.step("calls", _in_transaction(run, calls))
        removed["calls"] += count
        if count < BATCH:
            break
    await run.log(
        "info",
        N_("{expired} expired rows and {calls} calls were removed."),
        expired=removed["expired"],
        calls=removed["calls"],
    )
    return removed


def _in_transaction(run: Run, work: Callable[[AsyncSession], Awaitable[int]]) -> Callable[[], Awaitable[int]]:
    async def step() -> int:
        async with run.transaction() as session:
            return await work(session)

    return step


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedule."""
    await set_schedule(session, "operations.tidy", Tidy(), cron="45 3 * * *", time_zone="Europe/Amsterdam")
