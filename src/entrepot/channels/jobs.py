"""What happens to channel accounts by itself: passing notices on, watching the end of credentials, cleaning up."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract_account import KnowsEnd
from entrepot.channels.errors import CredentialsRejectedError
from entrepot.channels.notices import repository as notices
from entrepot.channels.notices.service import BATCH, NoticeService
from entrepot.channels.service import ChannelService
from entrepot.channels.tasks import CheckCredentials, ForgetNotices, ReadNotices
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.jobs.schedules import set_schedule
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_

DAILY = timedelta(days=1)
KEEP = timedelta(days=30)
FORGET_AT_ONCE = 5000


@job("channels.read_notices", label=N_("Pass on what a channel told us"), queue=Queue.HIGH)
async def read_notices(run: Run, args: ReadNotices) -> object:
    """Tell the slices what notices are about, a thousand at a time, until none waits."""
    total = 0

    async def batch() -> int:
        async with run.transaction() as session:
            account = await ChannelService(session).account(args.account_id)
            return await NoticeService(session, run.box).pass_on(account)

    while True:
        count = await run.step("pass on", batch)
        total += count
        await run.progress(total, total, "")
        if count < BATCH:
            return {"notices": total}


@job("channels.check_credentials", label=N_("Check when credentials end"), queue=Queue.LOW)
async def check_credentials(run: Run, args: CheckCredentials) -> object:
    """Ask the channel when the credentials end, and warn two weeks before."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        async with run.transaction() as session:
            channels = ChannelService(session, connections)
            account = await channels.account(args.account_id)
            if not account.may_read:
                return {"asked": False}
            connector = await channels.connector(args.account_id, why="look when the credentials end")
        if not isinstance(connector, KnowsEnd):
            return {"asked": False}
        try:
            end = await connector.credentials_end()
        except CredentialsRejectedError as error:
            async with run.transaction() as session:
                await ChannelService(session).record_failure(args.account_id, error)
            raise
        async with run.transaction() as session:
            account = await ChannelService(session).note_end(args.account_id, end)
    if account.days_left is not None:
        await run.log(
            "warning", N_("The credentials of {name} end in {days} days."), name=account.name, days=account.days_left
        )
    return {"asked": True, "end": end.isoformat() if end else ""}


@job("channels.forget_notices", label=N_("Remove old notices"), queue=Queue.LOW)
async def forget_notices(run: Run, args: ForgetNotices) -> object:  # noqa: ARG001 -- the form of every job
    """Remove notices that were passed on a month ago, some thousands at a time."""
    removed = 0

    async def remove() -> int:
        async with run.transaction() as session:
            return await notices.forget(session, now() - KEEP, FORGET_AT_ONCE)

    while True:
        count = await run.step("remove", remove)
        removed += count
        await run.progress(removed, removed, "")
        if count < FORGET_AT_ONCE:
            return {"removed": removed}


@reaction(
    "channels.credentials",
    topics=["channels.account_connected", "channels.account_changed", "channels.account_mode_changed"],
)
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Look daily when the credentials of every account end that is not paused; beginning now."""
    for event in events:
        if event.seller_id is None:
            continue
        name = f"channels.credentials:{event.subject_id}"
        if event.payload.get("after") == Mode.PAUSED:
            await jobs.remove_schedule(session, name)
            continue
        task = CheckCredentials(seller_id=event.seller_id, account_id=event.subject_id)
        await set_schedule(session, name, task, every=DAILY)
        await jobs.enqueue(session, task, key=str(event.subject_id), again=True)


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await set_schedule(session, "channels.forget_notices", ForgetNotices(), cron="20 4 * * *")
