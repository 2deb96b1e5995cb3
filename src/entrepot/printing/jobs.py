"""What printing does by itself."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.printing.automatic import OCCASIONS, react
from entrepot.printing.repository import QueueRepository

KEEP = timedelta(days=30)
AT_ONCE = 1000


@reaction("printing.automatic", topics=list(OCCASIONS))
async def print_by_itself(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Print what sellers want printed when something happens."""
    await react(session, events)


class ForgetPrinted(msgspec.Struct, frozen=True):
    """Remove print jobs that ended weeks ago, with their documents."""


@job("printing.forget", label=N_("Remove old print jobs"), queue=Queue.DEFAULT)
async def forget_printed(run: Run, _args: ForgetPrinted) -> object:
    """Remove in small transactions."""
    removed = 0
    while True:
        async with run.transaction() as session:
            gone = await QueueRepository(session).forget(now() - KEEP, AT_ONCE)
        removed += gone
        if gone < AT_ONCE:
            return {"removed": removed}


async def set_up(session: AsyncSession) -> None:
    """Plan the daily removal."""
    await jobs.set_schedule(session, "printing.forget", ForgetPrinted(), cron="41 3 * * *")
