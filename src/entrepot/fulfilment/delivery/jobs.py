"""What the counter does by itself."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.counter import Counter
from entrepot.fulfilment.tasks import RemindOfUncollected
from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.text import N_

REMIND_AT = "15 7 * * *"
ZONE = "Europe/Amsterdam"


@job("fulfilment.remind_of_uncollected", label=N_("Remind of what nobody collects"), queue=Queue.LOW)
async def remind(run: Run, args: RemindOfUncollected) -> object:  # noqa: ARG001 -- the form of every job
    """Tell once of each order that waits at the counter for too long."""
    async with run.transaction() as session:
        return {"reminded": await Counter(session).remind()}


async def set_up(session: AsyncSession) -> None:
    """Make the schedule that every instance has."""
    await jobs.set_schedule(session, "fulfilment.remind", RemindOfUncollected(), cron=REMIND_AT, time_zone=ZONE)
