"""Retention: what fetches brought is forgotten, at night and a thousand rows at a time."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_
from entrepot.pricewatch.fetching.repository import forget_hosts
from entrepot.pricewatch.snapshots.repository import cleared, forget_fetches, forget_snapshots, waste
from entrepot.pricewatch.snapshots.tasks import ForgetPages

BATCH = 1000
MOST = 500
"""Batches of one night: what is left waits for the next."""
IDLE = timedelta(days=7)
"""A host that nobody asked for so long is as good as new."""


@job("pricewatch.forget_pages", label=N_("Forget old product pages"), queue=Queue.LOW, key=lambda _: "all")
async def forget_pages(run: Run, args: ForgetPages) -> object:  # noqa: ARG001 -- the form of every job
    """Remove evidence and pages older than the settings keep them, and content that no row leads to any more."""
    settings, present = run.settings, now()
    fetches_before = present - timedelta(days=settings.keep_fetches_days)
    pages_before = present - timedelta(days=settings.keep_pages_days)
    removed = {
        "fetches": await _all(
            run, "fetches", lambda session: forget_fetches(session, before=fetches_before, limit=BATCH)
        ),
        "pages": await _all(run, "pages", lambda session: forget_snapshots(session, before=pages_before, limit=BATCH)),
        "content": await _repeat(run, "content", lambda: clear_waste(run)),
        "hosts": await _all(run, "hosts", lambda session: forget_hosts(session, idle=IDLE)),
    }
    await run.log(
        "info",
        N_("Removed: {fetches} fetches, {pages} kept pages, the content of {content}."),
        fetches=removed["fetches"],
        pages=removed["pages"],
        content=removed["content"],
    )
    return removed


async def clear_waste(run: Run) -> int:
    """Remove content that no row leads to; return how many.  A file that is gone already is fine."""
    storage = open_storage(run.settings)
    async with run.transaction() as session:
        keys = await waste(session, limit=BATCH)
    for key in keys:
        await storage.remove(key)
    async with run.transaction() as session:
        await cleared(session, keys)
    return len(keys)


async def _all(run: Run, name: str, remove: Callable[[AsyncSession], Awaitable[int]]) -> int:
    async def once() -> int:
        async with run.transaction() as session:
            return await remove(session)

    return await _repeat(run, name, once)


async def _repeat(run: Run, name: str, once: Callable[[], Awaitable[int]]) -> int:
    removed = 0
    for _ in range(MOST):
        count = await run.step(name, once)
        removed += count
        if count < BATCH:
            break
    return removed


async def set_up(session: AsyncSession) -> None:
    """Make the schedule."""
    await jobs.set_schedule(
        session, "pricewatch.forget_pages", ForgetPages(), cron="20 3 * * *", time_zone="Europe/Amsterdam"
    )
