"""What happens to orders by itself: importing them, and serving those that wait."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import ORDERS, Mode
from entrepot.channels.connections import Connections
from entrepot.channels.contract import ImportsOrders
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import job
from entrepot.jobs.run import Run
from entrepot.kit.errors import EntrepotError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.orders.channel_cancelling import cancel_lines
from entrepot.orders.intake import Tally, take_in
from entrepot.orders.refs import Imported
from entrepot.orders.repository import OrderRepository
from entrepot.orders.service import OrderService
from entrepot.orders.tasks import ImportAccount, ImportDocuments

__all__ = ["cancel_lines", "import_account", "import_documents", "on_accounts", "on_products", "on_stock"]

BATCH = 200
"""Orders in one transaction."""
EVERY = timedelta(minutes=5)
OLDEST = 1000
"""Waiting orders that one change of stock serves."""


class PageDone(msgspec.Struct):
    """What a page brought."""

    documents: int
    new: int
    attention: int
    more: bool


@job("orders.import_account", label=N_("Import orders"))
async def import_account(run: Run, args: ImportAccount) -> object:
    """Read page after page from the channel and import what they hold.

    A page is stored together with the cursor behind it, and imported from the store: whatever dies in between, the next
    attempt goes on where the stored things end.
    """
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        total, attention = Tally(), 0
        try:
            number, more = 0, True
            while more:
                number += 1
                page = await run.step(
                    f"page {number}", lambda: fetch_page(run, connections, args.account_id), returns=PageDone
                )
                more, attention = page.more, attention + page.attention
                await _import_waiting(run, connections, args.account_id, total, f"page {number}")
        except EntrepotError as error:
            async with run.transaction() as session:
                await ChannelService(session).record_failure(args.account_id, error)
            raise
        async with run.transaction() as session:
            await ChannelService(session).record_success(
                args.account_id, new=total.created, attention=attention + total.failed + total.attention
            )
    return msgspec.to_builtins(total)


async def fetch_page(run: Run, connections: Connections, account_id: UUID) -> PageDone:
    """Fetch the next page and store its documents with the cursor behind it."""
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        account.require_read()
        connector = await channels.order_connector(account_id, why="import orders")
        cursor = await channels.cursor(account_id, ORDERS)
    page = await connector.fetch_orders(cursor)
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        stored = await channels.store_documents(account, ORDERS, page.items)
        await channels.move_cursor(account, ORDERS, page.next)
    return PageDone(documents=len(page.items), new=len(stored.new), attention=stored.attention, more=page.more)


@job("orders.import_documents", label=N_("Import received orders"))
async def import_documents(run: Run, args: ImportDocuments) -> object:
    """Import what is stored and waits: left by a killed process, or released by a person."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        total = Tally()
        await _import_waiting(run, connections, args.account_id, total, "waiting")
    return msgspec.to_builtins(total)


async def _import_waiting(run: Run, connections: Connections, account_id: UUID, total: Tally, name: str) -> None:
    batch = 0
    while True:
        batch += 1
        tally = await run.step(
            f"{name}, batch {batch}", lambda: import_batch(run, connections, account_id), returns=Tally
        )
        if not tally.total:
            return
        total.add(tally)
        await run.progress(total.total, 0, f"{total.created} new, {total.changed} changed, {total.failed} failed")


async def import_batch(run: Run, connections: Connections, account_id: UUID) -> Tally:
    """Import one batch of stored documents."""
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        connector: ImportsOrders = await channels.order_connector(account_id, why="import orders")
        documents = await channels.pending_documents(account_id, ORDERS, limit=BATCH)
        if not documents:
            return Tally()
        intake = await take_in(session, account, connector, documents)
    for outcome in intake.outcomes:
        if outcome.result is Imported.FAILED:
            await run.log("error", f"{outcome.channel_order_id}: {outcome.problem}")
        elif outcome.attention and outcome.order_id is not None:
            reasons = ", ".join(outcome.attention)
            await run.log(
                "warning", f"{outcome.channel_order_id} needs attention: {reasons}", subject=("order", outcome.order_id)
            )
    return intake.tally


def schedule_key(account_id: UUID) -> str:
    """Return the name of an account's schedule."""
    return f"orders.import:{account_id}"


@reaction(
    "orders.accounts",
    topics=["channels.account_connected", "channels.account_mode_changed", "channels.import_requested"],
)
async def on_accounts(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Import from every account that is not paused, every few minutes, beginning now."""
    for event in events:
        if event.seller_id is None:
            continue
        if event.payload.get("after") == Mode.PAUSED:
            await jobs.remove_schedule(session, schedule_key(event.subject_id))
            continue
        task = ImportAccount(seller_id=event.seller_id, account_id=event.subject_id)
        await jobs.set_schedule(session, schedule_key(event.subject_id), task, every=EVERY)
        await jobs.enqueue(session, task, key=str(event.subject_id))


@reaction("orders.documents", topics=["channels.document_released"])
async def on_documents(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Import what a person released from the inbox."""
    for event in events:
        if event.seller_id is not None:
            account_id = UUID(event.payload["account_id"])
            task = ImportDocuments(seller_id=event.seller_id, account_id=account_id)
            await jobs.enqueue(session, task, key=str(account_id), again=True)


@reaction("orders.stock", topics=["inventory.stock_changed"])
async def on_stock(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Serve the oldest orders that wait for what has come in."""
    arrived = {event.subject_id for event in events if event.payload["available"] > 0}
    sellers = {event.seller_id for event in events if event.subject_id in arrived and event.seller_id is not None}
    if not arrived:
        return
    orders = OrderRepository(session)
    waiting = {product for products in (await orders.waiting_products(sellers)).values() for product in products}
    if not waiting:
        return
    bundles = await CatalogService(session).products(waiting - arrived)
    wanted = (arrived & waiting) | {
        product.id for product in bundles.values() if any(unit in arrived for unit in product.units(1))
    }
    if wanted:
        await OrderService(session).settle(await orders.orders_waiting_for(wanted, OLDEST))


@reaction("orders.products", topics=["catalog.product_created", "catalog.product_changed"])
async def on_products(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Give lines with an unknown SKU the product that has it now."""
    products = await CatalogService(session).products({event.subject_id for event in events})
    by_seller: dict[UUID, list[tuple[str, str]]] = {}
    for product in products.values():
        by_seller.setdefault(product.seller_id, []).append((product.sku, product.gtin or ""))
    orders = OrderRepository(session)
    for seller_id, names in by_seller.items():
        found = await orders.unknown_lines(seller_id, [sku for sku, _ in names], [gtin for _, gtin in names])
        if found:
            await OrderService(session).settle(found)


@reaction("orders.lost_stock", topics=["inventory.reservation_lost"])
async def on_lost_stock(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Let orders wait again whose promised goods were not there."""
    await OrderService(session).lose_reservations(
        {UUID(event.payload["order_line_id"]): event.subject_id for event in events}
    )
