"""What happens to watched prices by itself."""

from contextlib import AsyncExitStack
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.call_log import CallLog
from entrepot.kit.http import OutsideHttp
from entrepot.kit.sql import text
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.second import Readers
from entrepot.pricewatch.extracting_ai.service import ModelReader
from entrepot.pricewatch.fetching.service import Fetcher
from entrepot.pricewatch.watching.checking import Checking
from entrepot.pricewatch.watching.tasks import CheckDue, MakePartitions

CHECK_EVERY = timedelta(minutes=1)
MONTHS_AHEAD = 3


@job("pricewatch.check_due", label=N_("Check watched prices"), key=lambda _: "due")
async def check_due(run: Run, args: CheckDue) -> object:  # noqa: ARG001 -- the form of every job
    """Check every listing whose time has come, of all sellers, a batch after the other."""
    storage = open_storage(run.settings)

    async def check() -> dict[str, int]:
        async with AsyncExitStack() as opened:
            fetcher = await opened.enter_async_context(Fetcher.of(run.database, run.settings))
            model = None
            if ModelReader.reads_pages(run.settings):
                outside = OutsideHttp(CallLog(run.database), run.settings.outside_allow)
                model = await opened.enter_async_context(outside)
            readers = await opened.enter_async_context(Readers())
            counted = await Checking(run, fetcher, storage, model, readers).all_due()
        return {"checked": counted.checked, "changed": counted.changed, "failed": counted.failed}

    return await run.step("check", check)


@job("pricewatch.make_partitions", label=N_("Make room for coming prices"), queue=Queue.LOW)
async def make_partitions(run: Run, args: MakePartitions) -> object:  # noqa: ARG001 -- the form of every job
    """Make the partitions of the months to come."""

    async def make() -> int:
        async with run.transaction() as session:
            found = await session.execute(
                text("SELECT make_month_partitions('price_observation', :months)"), {"months": MONTHS_AHEAD}
            )
            return int(found.scalar_one())

    return {"made": await run.step("make", make)}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's own schedules."""
    await jobs.set_schedule(session, "pricewatch.check_due", CheckDue(), every=CHECK_EVERY)
    await jobs.set_schedule(session, "pricewatch.make_partitions", MakePartitions(), cron="10 3 * * *")
