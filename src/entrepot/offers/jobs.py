"""What happens to offers by itself: reading them from the channel, and telling it the stock."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract import Capability, Cursor, PublishesStock, ReadsOffers, StockOutcome, StockUpdate
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import job
from entrepot.jobs.run import Run
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.offers.events import OfferPublished, OfferRefused
from entrepot.offers.repository import Claimed, OfferRepository
from entrepot.offers.service import OfferService
from entrepot.offers.tasks import CompareStock, PublishStock, RefreshOffers

REFRESH_EVERY = timedelta(days=1)
COMPARE_EVERY = timedelta(minutes=5)
"""The safety net: everything is compared, whatever the events said."""
BATCH = 50
"""Offers told to a channel in one step."""
FORGIVE = timedelta(hours=6)
"""A refused offer is tried again after this, even if its number stays the same."""


class PageRead(msgspec.Struct):
    """What a page of offers brought."""

    next: Cursor
    more: bool
    count: int = 0
    new: int = 0
    unmatched: int = 0


class Sent(msgspec.Struct):
    """What became of a batch."""

    published: int = 0
    refused: int = 0
    held: str = ""
    """Why nothing was sent: the mode of the account."""

    @property
    def total(self) -> int:
        return self.published + self.refused


# Reading


@job("offers.refresh", label=N_("Read offers"))
async def refresh(run: Run, args: RefreshOffers) -> object:
    """Read every offer of the account, page after page, and have stock published where it differs."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await refresh_account(run, connections, args)


async def refresh_account(run: Run, connections: Connections, args: RefreshOffers) -> object:
    """Do as :func:`refresh` over *connections*."""
    total = PageRead(next="", more=True)
    number = 0
    while total.more:
        number += 1
        following = partial(read_page, run, connections, args.account_id, total.next or None)
        page = await run.step(f"page {number}", following, returns=PageRead)
        total = PageRead(
            next=page.next,
            more=page.more,
            count=total.count + page.count,
            new=total.new + page.new,
            unmatched=total.unmatched + page.unmatched,
        )
        await run.progress(total.count, 0, f"{total.count} offers, {total.new} new, {total.unmatched} without product")
    async with run.transaction() as session:
        await jobs.enqueue(session, CompareStock(seller_id=args.seller_id), key=str(args.seller_id), again=True)
    return {"count": total.count, "new": total.new, "unmatched": total.unmatched}


async def read_page(run: Run, connections: Connections, account_id: UUID, cursor: Cursor | None) -> PageRead:
    """Fetch one page and store it."""
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        account.require_read()
        connector = await ChannelService(session, connections).connector(account_id, why="read offers")
    if not isinstance(connector, ReadsOffers):
        raise CannotDoThatError(channel=account.channel, capability=Capability.READ_OFFERS)
    read_at: datetime = now()
    try:
        page = await connector.fetch_offers(cursor)
    except EntrepotError as error:
        await _record_failure(run, account_id, error)
        raise
    async with run.transaction() as session:
        stored = await OfferService(session).store_page(account, page.items, read_at)
    return PageRead(next=page.next, more=page.more, count=stored.count, new=stored.new, unmatched=stored.unmatched)


# Publishing


@job("offers.publish", label=N_("Publish stock"))
async def publish(run: Run, args: PublishStock) -> object:
    """Tell the channel every number it has wrong."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        return await publish_account(run, connections, args)


async def publish_account(run: Run, connections: Connections, args: PublishStock) -> object:
    """Do as :func:`publish` over *connections*."""
    total, number = Sent(), 0
    while True:
        number += 1
        sent = await run.step(f"batch {number}", lambda: send_batch(run, connections, args.account_id), returns=Sent)
        total = Sent(total.published + sent.published, total.refused + sent.refused, sent.held)
        if not sent.total:
            return total
        await run.progress(total.total, 0, f"{total.published} published, {total.refused} refused")


@job("offers.compare", label=N_("Compare offers with the stock"))
async def compare(run: Run, args: CompareStock) -> object:
    """Find numbers that no event told of, and sending that was left undone.

    For all accounts of the seller at once, because the stock has to be read for each comparison.
    """

    async def look() -> int:
        async with run.transaction() as session:
            return await OfferService(session).compare(args.seller_id, forgive=FORGIVE)

    return {"accounts": await run.step("compare", look)}


async def send_batch(run: Run, connections: Connections, account_id: UUID) -> Sent:
    """Mark some offers as being sent, send them, and store what became of each.

    The mark is committed before the call.  Whatever ends this run between the call and its outcome, the offers stay due
    and are sent again: telling a channel the same number twice changes nothing.
    """
    async with run.transaction() as session:
        account = await ChannelService(session).account(account_id)
        if not account.may_write:
            return Sent(held=str(account.mode))
        claimed = await OfferRepository(session).claim(account_id, run.id, limit=BATCH)
        if not claimed:
            return Sent()
        connector = await ChannelService(session, connections).connector(account_id, why="publish stock")
    if not isinstance(connector, PublishesStock):
        raise CannotDoThatError(channel=account.channel, capability=Capability.PUBLISH_STOCK)
    updates = [StockUpdate(channel_offer_id=offer.channel_offer_id, quantity=offer.quantity) for offer in claimed]
    try:
        outcomes = await connector.publish_stock(updates)
    except EntrepotError as error:
        async with run.transaction() as session:
            await OfferRepository(session).give_up(account_id, run.id)
        await _record_failure(run, account_id, error)
        raise
    async with run.transaction() as session:
        await _settle(session, run, account, list(zip(claimed, outcomes, strict=True)))
    refused = [outcome for outcome in outcomes if not outcome.applied]
    for offer, outcome in zip(claimed, outcomes, strict=True):
        if not outcome.applied:
            await run.log("error", f"{offer.channel_offer_id}: {outcome.problem}", subject=("offer", offer.id))
    return Sent(published=len(outcomes) - len(refused), refused=len(refused))


async def _settle(
    session: AsyncSession, run: Run, account: AccountRef, results: Sequence[tuple[Claimed, StockOutcome]]
) -> None:
    rows = [
        {
            "id": offer.id,
            "quantity": offer.quantity,
            "applied": outcome.applied,
            "problem": outcome.problem or "?",
            "derivation": {**offer.derivation, "mode": str(account.mode)},
        }
        for offer, outcome in results
    ]
    await OfferRepository(session).settle(run.id, rows)
    await outbox.record(
        session,
        *(
            OfferPublished(
                seller_id=account.seller_id,
                subject_id=offer.id,
                quantity=offer.quantity,
                before=offer.before,
                derivation={**offer.derivation, "mode": str(account.mode)},
            )
            if outcome.applied
            else OfferRefused(
                seller_id=account.seller_id, subject_id=offer.id, quantity=offer.quantity, problem=outcome.problem
            )
            for offer, outcome in results
        ),
    )


async def _record_failure(run: Run, account_id: UUID, error: EntrepotError) -> None:
    async with run.transaction() as session:
        await ChannelService(session).record_failure(account_id, error)


# Reactions


def refresh_schedule(account_id: UUID) -> str:
    """Return the name of the schedule that reads an account."""
    return f"offers.refresh:{account_id}"


def compare_schedule(seller_id: UUID) -> str:
    """Return the name of the schedule that compares a seller's offers."""
    return f"offers.compare:{seller_id}"


@reaction("offers.accounts", topics=["channels.account_connected", "channels.account_mode_changed"])
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Read the offers of a new account now and every day; compare all with the stock now and every few minutes."""
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    for account_id in dict.fromkeys(event.subject_id for event in events):
        account = accounts.get(account_id)
        if account is None or not _has_offers(account.channel):
            continue
        if account.mode is Mode.PAUSED:
            await jobs.remove_schedule(session, refresh_schedule(account.id))
            continue
        read, comparison = RefreshOffers(account.seller_id, account.id), CompareStock(account.seller_id)
        await jobs.set_schedule(session, refresh_schedule(account.id), read, every=REFRESH_EVERY)
        await jobs.set_schedule(session, compare_schedule(account.seller_id), comparison, every=COMPARE_EVERY)
        if any(event.subject_id == account_id and event.topic == "channels.account_connected" for event in events):
            await jobs.enqueue(session, read, key=str(account.id))
        await jobs.enqueue(session, comparison, key=str(account.seller_id), again=True)


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
