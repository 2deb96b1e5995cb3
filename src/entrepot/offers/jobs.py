"""What happens to offers by itself: reading them from the channel, and telling it the stock."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.erp.service import ErpService
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers import exporting, reading, sampling, sending
from entrepot.offers.prices import jobs as prices
from entrepot.offers.repository import OfferRepository
from entrepot.offers.rules_repository import RulesRepository
from entrepot.offers.service import OfferService
from entrepot.offers.tasks import (
    CompareStock,
    ForgetOffers,
    PublishStock,
    ReadExport,
    ReadHeldStock,
    RefreshOffers,
    SampleOffers,
)

COMPARE_EVERY = timedelta(minutes=5)
"""The safety net: everything is compared, whatever the events said."""
SAMPLE_EVERY = timedelta(hours=1)
HELD_EVERY = timedelta(hours=6)
KEEP = timedelta(days=90)
"""How long pushes and differences are kept."""
MOST_BATCHES = 200
FORGIVE = timedelta(hours=6)
"""A refused offer is tried again after this, even if its number stays the same."""


# Reading


@job("offers.refresh", label=N_("Read offers"))
async def refresh(run: Run, args: RefreshOffers) -> object:
    """Read every offer of the account, page after page, and have stock published where it differs."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await refresh_account(run, connections, args)


async def refresh_account(run: Run, connections: Connections, args: RefreshOffers) -> object:
    """Do as :func:`refresh` over *connections*."""
    total = await reading.read_listing(run, connections, args.account_id)
    async with run.transaction() as session:
        await jobs.enqueue(session, CompareStock(seller_id=args.seller_id), key=str(args.seller_id), again=True)
    return {"count": total.count, "new": total.new, "unmatched": total.unmatched}


@job("offers.read_export", label=N_("Read the file of all offers"), queue=Queue.LOW)
async def read_export(run: Run, args: ReadExport) -> object:
    """Have the channel make a file of all offers, and read it: fewer requests than a list where there are many."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        read = await exporting.read_export(run, connections, args.account_id)
    async with run.transaction() as session:
        await jobs.enqueue(session, CompareStock(seller_id=args.seller_id), key=str(args.seller_id), again=True)
    return {"count": read.count, "new": read.new, "gone": read.gone}


@job("offers.read_held_stock", label=N_("Read the stock with a channel"), queue=Queue.LOW)
async def read_held_stock(run: Run, args: ReadHeldStock) -> object:
    """Read what lies in the channel's own warehouse."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:

        async def read() -> dict[str, int]:
            return await exporting.read_held_stock(run, connections, args.account_id)

        return await run.step("read", read)


# Publishing


@job("offers.publish", label=N_("Publish stock"))
async def publish(run: Run, args: PublishStock) -> object:
    """Tell the channel every number it has wrong."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await publish_account(run, connections, args)


async def publish_account(run: Run, connections: Connections, args: PublishStock) -> object:
    """Do as :func:`publish` over *connections*."""
    return await sending.send_all(run, connections, args.account_id)


@job("offers.compare", label=N_("Compare offers with the stock"))
async def compare(run: Run, args: CompareStock) -> object:
    """Find numbers that no event told of, and sending that was left undone.

    For all accounts of the seller at once, because the stock has to be read for each comparison.
    """

    async def look() -> int:
        async with run.transaction() as session:
            return await OfferService(session).compare(args.seller_id, forgive=FORGIVE)

    return {"accounts": await run.step("compare", look)}


@job("offers.sample", label=N_("Read stock back"), queue=Queue.LOW)
async def sample(run: Run, args: SampleOffers) -> object:
    """Compare what some offers say with what the channel was told."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await sampling.sample_account(run, connections, args.account_id)


@job("offers.forget", label=N_("Remove old pushes"), queue=Queue.LOW)
async def forget(run: Run, args: ForgetOffers) -> object:  # noqa: ARG001 -- the form of every job
    """Remove pushes and differences that are older than anybody looks back, some thousand at a time."""

    async def remove() -> int:
        async with run.transaction() as session:
            return await RulesRepository(session).keep(since=now() - KEEP)

    total = 0
    for number in range(MOST_BATCHES):
        removed = await run.step(f"batch {number + 1}", remove)
        total += removed
        if not removed:
            break
    return {"removed": total}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's own schedule."""
    await jobs.set_schedule(session, "offers.forget", ForgetOffers(), cron="20 4 * * *", time_zone="Europe/Amsterdam")
    await prices.set_up(session)


# Reactions


def compare_schedule(seller_id: UUID) -> str:
    """Return the name of the schedule that compares a seller's offers."""
    return f"offers.compare:{seller_id}"


def held_schedule(account_id: UUID) -> str:
    """Return the name of the schedule that reads what the channel of an account holds."""
    return f"offers.read_held_stock:{account_id}"


@reaction("offers.held_accounts", topics=["channels.account_connected", "channels.account_mode_changed"])
async def on_held_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Read what channels with warehouses of their own hold, now and a few times a day."""
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    for account_id in dict.fromkeys(event.subject_id for event in events):
        account = accounts.get(account_id)
        spec = connectors().get(account.channel) if account is not None else None
        if account is None or spec is None or Capability.READ_HELD_STOCK not in spec.capabilities:
            continue
        if account.mode is Mode.PAUSED:
            await jobs.remove_schedule(session, held_schedule(account.id))
            continue
        task = ReadHeldStock(seller_id=account.seller_id, account_id=account.id)
        await jobs.set_schedule(session, held_schedule(account.id), task, every=HELD_EVERY)
        await jobs.enqueue(session, task, key=str(account.id))


def sample_schedule(account_id: UUID) -> str:
    """Return the name of the schedule that reads some offers of an account back."""
    return f"offers.sample:{account_id}"


@reaction("offers.accounts", topics=["channels.account_connected", "channels.account_mode_changed"])
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Compare all offers with the stock now and every few minutes, and read some back every hour.

    The inventory runs read the whole list.
    """
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    for account_id in dict.fromkeys(event.subject_id for event in events):
        account = accounts.get(account_id)
        if account is None or not _has_offers(account.channel):
            continue
        if account.mode is Mode.PAUSED:
            await jobs.remove_schedule(session, sample_schedule(account.id))
            continue
        comparison = CompareStock(account.seller_id)
        await jobs.set_schedule(session, compare_schedule(account.seller_id), comparison, every=COMPARE_EVERY)
        look = SampleOffers(account.seller_id, account.id)
        await jobs.set_schedule(session, sample_schedule(account.id), look, every=SAMPLE_EVERY)
        await jobs.enqueue(session, comparison, key=str(account.seller_id), again=True)


@reaction("offers.erps", topics=["erp.stock_read", "erp.joined", "erp.separated", "erp.account_changed"])
async def on_erps(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Decide anew about the offers of accounts that take, or took, their stock from an ERP."""
    touched = {UUID(event.payload["channel_account_id"]) for event in events if "channel_account_id" in event.payload}
    erps = {event.subject_id for event in events}
    joins = await ErpService(session).joins()
    touched |= {join.channel_account_id for join in joins if join.erp_account_id in erps and join.take_stock}
    for account in await ChannelService(session).accounts():
        if account.id in touched:
            await OfferService(session).stock_changed(account.seller_id, account_ids=[account.id])


@reaction("offers.warehouses", topics=["channels.account_changed"])
async def on_warehouses(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Decide anew about the offers of an account: the building that counts may be another one."""
    touched = {event.subject_id for event in events}
    for account in await ChannelService(session).accounts():
        if account.id in touched:
            await OfferService(session).stock_changed(account.seller_id, account_ids=[account.id])


@reaction("offers.stock", topics=["inventory.stock_changed"])
async def on_stock(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Decide about offers of what changed, and of bundles with it; the publishing jobs send it."""
    await _stock_changed(session, events)


@reaction("offers.products", topics=["catalog.product_created", "catalog.product_changed"])
async def on_products(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Find offers of new SKUs and GTINs; buffers, components and archived products change numbers."""
    products = await CatalogService(session).products({event.subject_id for event in events})
    await OfferService(session).match_products(list(products.values()))
    await _stock_changed(session, events)


async def _stock_changed(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    products: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for event in events:
        if event.seller_id is not None:
            products[event.seller_id].add(event.subject_id)
    for seller_id in sorted(products):
        await OfferService(session).stock_changed(seller_id, product_ids=products[seller_id])


def _has_offers(channel: str) -> bool:
    spec = connectors().get(channel)
    return spec is not None and Capability.READ_OFFERS in spec.capabilities


@reaction("offers.runs", topics=["jobs.run_failed", "jobs.run_cancelled"])
async def on_runs_ended(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Let others send what runs were sending that could not finish: their worker died once too often."""
    await OfferRepository(session).give_up_for([event.subject_id for event in events])
