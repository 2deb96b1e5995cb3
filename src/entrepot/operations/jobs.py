"""Nightly tidying: what nobody can use or look up any more is removed, a thousand rows at a time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.service import remove_expired
from entrepot.channels.inbox import forget_documents
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.jobs.schedules import set_schedule
from entrepot.kit.call_log import forget_calls
from entrepot.kit.clock import now
from entrepot.kit.outbox import forget_events
from entrepot.kit.text import N_

FEWEST_EVENT_DAYS = 31
"""The database forgets no younger events."""

BATCH = 1000
MOST = 500
"""Batches of one night: what is left waits for the next."""

type Remove = Callable[[AsyncSession], Awaitable[int]]


class Tidy(msgspec.Struct, frozen=True):
    """Arguments of :func:`tidy`."""


@job("operations.tidy", label=N_("Tidy up"), queue=Queue.LOW)
async def tidy(run: Run, args: Tidy) -> object:  # noqa: ARG001 -- the form of every job
    """Remove what is expired, and what is older than the settings keep it."""
    settings, present = run.settings, now()

    def ago(days: int) -> datetime:
        return present - timedelta(days=days)

    removed = {
        "expired": await run.step("expired", _in_transaction(run, lambda session: remove_expired(session, now())))
    }
    old: dict[str, Remove] = {
        "calls": lambda session: forget_calls(session, before=ago(settings.keep_calls_days), limit=BATCH),
        "documents": lambda session: forget_documents(session, before=ago(settings.keep_documents_days), limit=BATCH),
    }
    if settings.keep_events_days:
        days = max(settings.keep_events_days, FEWEST_EVENT_DAYS)
        old["events"] = lambda session: forget_events(session, before=ago(days), limit=BATCH)
    for name, remove in old.items():
        removed[name] = 0
        for _ in range(MOST):
            count = await run.step(name, _in_transaction(run, remove))
            removed[name] += count
            if count < BATCH:
                break
    await run.log(
        "info",
        N_("Removed: {expired} expired rows, {calls} calls, {documents} received documents, {events} events."),
        expired=removed["expired"],
        calls=removed["calls"],
        documents=removed["documents"],
        events=removed.get("events", 0),
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
