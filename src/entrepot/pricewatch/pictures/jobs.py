"""Pictures are fetched by themselves, some minutes after a page named them."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_
from entrepot.pricewatch.fetching.service import Fetcher
from entrepot.pricewatch.pictures.service import fetch_wanted
from entrepot.pricewatch.pictures.tasks import FetchPictures

EVERY = timedelta(minutes=5)


@job("pricewatch.fetch_pictures", label=N_("Fetch pictures of watched products"), queue=Queue.LOW, key=lambda _: "all")
async def fetch_pictures(run: Run, args: FetchPictures) -> object:  # noqa: ARG001 -- the form of every job
    """Fetch what pages name and nobody fetched yet; nothing where the settings say so."""

    async def fetch() -> dict[str, int]:
        if not run.settings.watch_pictures:
            return {}
        async with Fetcher.of(run.database, run.settings) as fetcher:
            return await fetch_wanted(run, fetcher, open_storage(run.settings))

    return await run.step("fetch", fetch)


async def set_up(session: AsyncSession) -> None:
    """Make the schedule."""
    await jobs.set_schedule(session, "pricewatch.fetch_pictures", FetchPictures(), every=EVERY)
