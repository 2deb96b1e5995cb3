"""What happens to competing offers by itself."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.reading import read_markets
from entrepot.pricewatch.competing.repository import CompetingRepository
from entrepot.pricewatch.competing.service import CompetingService
from entrepot.pricewatch.competing.tasks import CareForCompeting, ReadCompeting

MONTHS_AHEAD = 3


@job("pricewatch.read_competing", label=N_("Read competing offers"))
async def read_competing(run: Run, args: ReadCompeting) -> object:
    """Read what others ask for some GTINs."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        total = await read_markets(run, connections, args.account_id, args.gtins, args.country)
    if total.left:
        await run.log(
            "warning", N_("{count} products were not read: the channel was away too long."), count=len(total.left)
        )
    return {"read": total.read, "changed": len(total.changed), "problems": total.problems, "left": len(total.left)}


@job("pricewatch.care_for_competing", label=N_("Make room for competing offers"), queue=Queue.LOW)
async def care_for_competing(run: Run, args: CareForCompeting) -> object:  # noqa: ARG001 -- the form of every job
    """Make the months to come, and drop those that nobody looks back to."""

    async def care() -> dict[str, int]:
        async with run.transaction() as session:
            rows = CompetingRepository(session)
            made = await rows.make_partitions(MONTHS_AHEAD)
            dropped = await rows.drop_partitions(timedelta(days=run.settings.keep_competing_days))
        return {"made": made, "dropped": dropped}

    return await run.step("care", care)


async def set_up(session: AsyncSession) -> None:
    """Make the slice's own schedule."""
    await jobs.set_schedule(session, "pricewatch.care_for_competing", CareForCompeting(), cron="20 3 * * *")


@reaction("pricewatch.competing_notices", topics=["channels.competing_noticed"])
async def on_notices(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Read the market of what a channel says has changed, if anybody is interested in it."""
    wanted: defaultdict[UUID, set[str]] = defaultdict(set)
    for event in events:
        wanted[event.subject_id].add(str(event.payload["gtin"]))
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    for account_id in sorted(wanted.keys() & accounts.keys()):
        if accounts[account_id].may_read:
            await CompetingService(session).ask_again(accounts[account_id], wanted[account_id])
