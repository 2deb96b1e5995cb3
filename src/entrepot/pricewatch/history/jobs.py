"""What the history does by itself: it keeps how good prices are."""

from collections.abc import Sequence
from itertools import batched

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.pricewatch.history.standing import BATCH, refresh, refresh_stale
from entrepot.pricewatch.watching.events import ListingChanged, ListingRemoved, PriceObserved

MOST_BATCHES = 5000


class RefreshStandings(msgspec.Struct, frozen=True):
    """Arguments of :func:`refresh_standings`."""


@reaction("pricewatch.standings", topics=[PriceObserved.topic, ListingChanged.topic, ListingRemoved.topic])
async def on_prices(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Work out anew how the products stand whose prices, or whose pages, changed."""
    for batch in batched(dict.fromkeys(event.subject_id for event in events), BATCH, strict=False):
        await refresh(session, batch)


@job("pricewatch.refresh_standings", label=N_("Compare prices with the last months"), queue=Queue.LOW)
async def refresh_standings(run: Run, args: RefreshStandings) -> object:  # noqa: ARG001 -- the form of every job
    """Work out anew how products stand whose prices did not change: their past moves on."""

    async def some() -> int:
        async with run.transaction() as session:
            return await refresh_stale(session)

    total = 0
    for number in range(MOST_BATCHES):
        done = await run.step(f"batch {number + 1}", some)
        total += done
        if done < BATCH:
            break
    return {"products": total}


async def set_up(session: AsyncSession) -> None:
    """Make the schedule."""
    await jobs.set_schedule(
        session, "pricewatch.refresh_standings", RefreshStandings(), cron="50 3 * * *", time_zone="Europe/Amsterdam"
    )
