"""Order runs and inventory runs by themselves: one schedule of each per channel account."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.erp.connections import ErpConnections
from entrepot.flows.book import StepBook
from entrepot.flows.domain import Flow
from entrepot.flows.inventory_run import InventoryFlow
from entrepot.flows.order_run import OrderFlow
from entrepot.flows.repository import StepRepository
from entrepot.flows.tasks import InventoryRun, NextOrderRun, OrderRun
from entrepot.jobs import service as jobs
from entrepot.jobs import views
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, Retry, job
from entrepot.jobs.run import Run
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_

ORDERS_EVERY = timedelta(minutes=5)
INVENTORY_EVERY = timedelta(hours=6)
"""What changes in between is sent as it changes; a run compares everything."""
SOON = Retry(unavailable=3, bug=3, first=timedelta(seconds=10), longest=timedelta(minutes=1))
"""A run that cannot go on gives up soon: the next one begins anew, and until then nothing else of the account would."""


LOOK_EVERY = 1.0
"""Seconds between two looks whether the order run that is in the way has ended."""
LOOKS = 1800


def order_key(args: OrderRun) -> str:
    """Return what no two order runs share at a time."""
    return str(args.account_id)


def next_key(args: NextOrderRun) -> str:
    """Return what no two that wait for an order run share."""
    return str(args.account_id)


def inventory_key(args: InventoryRun) -> str:
    """Return what no two inventory runs share at a time."""
    return str(args.account_id)


@job("flows.order_run", label=N_("Order run"), retry=SOON, key=order_key)
async def order_run(run: Run, args: OrderRun) -> object:
    """Let orders flow in and tracking flow out, in five steps."""
    async with run.transaction() as session:
        (await ChannelService(session).account(args.account_id)).require_read()
    book = StepBook(run, Flow.ORDER, args.mode, args.account_id)
    async with (
        aclosing(Connections.of(run.database, run.box, run.settings)) as connections,
        aclosing(ErpConnections.of(run.database, run.box, run.settings)) as erps,
    ):
        return await OrderFlow(run, args.account_id, args.mode, book, connections, erps).steps()


@job("flows.next_order_run", label=N_("Wait for the order run, then run again"), queue=Queue.HIGH, key=next_key)
async def next_order_run(run: Run, args: NextOrderRun) -> object:
    """Start an order run when the one that is at it has ended: what was asked for meanwhile may have come too late for it."""
    for _ in range(LOOKS):
        run.check_cancelled()
        async with run.transaction() as session:
            if await _start(session, OrderRun(seller_id=args.seller_id, account_id=args.account_id)):
                return {"started": True}
        await run.sleep(LOOK_EVERY)
    return {"started": False}


async def start_order_run(session: AsyncSession, task: OrderRun) -> bool:
    """Start a run, or another behind the one that is at it: that may be past the step that would find what is new.

    Returns:
        Whether it begins now.
    """
    if await _start(session, task):
        return True
    await jobs.enqueue(session, NextOrderRun(seller_id=task.seller_id, account_id=task.account_id))
    return False


async def _start(session: AsyncSession, task: OrderRun) -> bool:
    """Start a run; False if one is at it."""
    run_id = await jobs.enqueue(session, task)
    return (await views.states_of(session, [run_id])).get(run_id) == "queued"


@job("flows.inventory_run", label=N_("Inventory run"), retry=SOON, key=inventory_key)
async def inventory_run(run: Run, args: InventoryRun) -> object:
    """Let stock flow to the channel, in four steps."""
    async with run.transaction() as session:
        (await ChannelService(session).account(args.account_id)).require_read()
    book = StepBook(run, Flow.INVENTORY, args.mode, args.account_id)
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await InventoryFlow(run, args.account_id, args.mode, book, connections).steps()


def order_schedule(account_id: UUID) -> str:
    """Return the name of the schedule of an account's order runs."""
    return f"flows.orders:{account_id}"


def inventory_schedule(account_id: UUID) -> str:
    """Return the name of the schedule of an account's inventory runs."""
    return f"flows.inventory:{account_id}"


@reaction("flows.accounts", topics=["channels.account_connected", "channels.account_mode_changed"])
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Run for every account that is not paused, beginning now."""
    for event in events:
        if event.seller_id is None:
            continue
        orders, inventory = order_schedule(event.subject_id), inventory_schedule(event.subject_id)
        if event.payload.get("after") == Mode.PAUSED:
            await jobs.remove_schedule(session, orders)
            await jobs.remove_schedule(session, inventory)
            continue
        order_task = OrderRun(seller_id=event.seller_id, account_id=event.subject_id)
        inventory_task = InventoryRun(seller_id=event.seller_id, account_id=event.subject_id)
        await jobs.set_schedule(session, orders, order_task, every=ORDERS_EVERY)
        await jobs.set_schedule(session, inventory, inventory_task, every=INVENTORY_EVERY)
        await jobs.enqueue(session, order_task)
        await jobs.enqueue(session, inventory_task)


@reaction("flows.requests", topics=["channels.import_requested"])
async def on_requests(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Run now for a person who does not want to wait."""
    for event in events:
        if event.seller_id is None:
            continue
        await start_order_run(session, OrderRun(seller_id=event.seller_id, account_id=event.subject_id))


@reaction("flows.ended", topics=["jobs.run_failed", "jobs.run_cancelled"])
async def on_ended(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Close the steps of runs that could not do it themselves: their worker died once too often."""
    await StepRepository(session).close([event.subject_id for event in events])
