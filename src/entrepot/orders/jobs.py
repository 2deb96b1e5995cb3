"""What happens to orders by itself: importing them, and serving those that wait."""

from collections.abc import Sequence
from contextlib import aclosing
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.accounts import ORDERS
from entrepot.channels.connections import Connections
from entrepot.channels.contract import ImportsOrders
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.jobs.errors import ReplayedError
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.errors import NotFoundError, RefusedError, UnavailableError
from entrepot.kit.outbox import RecordedEvent
from entrepot.kit.text import N_
from entrepot.orders.channel_telling import cancel_lines
from entrepot.orders.domain import ATTENTION_LABELS, Attention
from entrepot.orders.intake import Tally, take_in
from entrepot.orders.invoices.jobs import take_invoices
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.refs import Imported
from entrepot.orders.repository import OrderRepository
from entrepot.orders.service import OrderService
from entrepot.orders.tasks import FetchOrders, ImportDocuments

__all__ = [
    "cancel_lines",
    "fetch_orders",
    "fetch_page",
    "import_batch",
    "import_documents",
    "import_waiting",
    "on_notices",
    "on_products",
    "on_stock",
    "take_invoices",
]

BATCH = 200
"""Orders in one transaction."""
OLDEST = 1000
"""Waiting orders that one change of stock serves."""


class PageDone(msgspec.Struct):
    """What a page brought."""

    documents: int
    new: int
    attention: int
    more: bool


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
        await import_waiting(run, connections, args.account_id, total, "waiting")
    return msgspec.to_builtins(total)


async def import_waiting(run: Run, connections: Connections, account_id: UUID, total: Tally, name: str) -> None:
    """Import what is stored and waits, batch after batch, and add it to *total*."""
    batch = 0
    while True:
        batch += 1
        tally = await run.step(
            f"{name}, batch {batch}", lambda: import_batch(run, connections, account_id), returns=Tally
        )
        if not tally.total:
            return
        total.add(tally)
        await run.progress(
            total.total,
            0,
            N_("{created} new, {changed} changed, {failed} failed"),
            created=total.created,
            changed=total.changed,
            failed=total.failed,
        )


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
            await run.log("error", N_("{order}: {problem}"), order=outcome.channel_order_id, problem=outcome.problem)
        elif outcome.attention and outcome.order_id is not None:
            await run.log(
                "warning",
                N_("{order} needs attention: {reasons}"),
                subject=("order", outcome.order_id),
                order=outcome.channel_order_id,
                reasons=", ".join(ATTENTION_LABELS[Attention(reason)] for reason in outcome.attention),
            )
    return intake.tally


@job("orders.fetch_orders", label=N_("Fetch single orders"), queue=Queue.HIGH)
async def fetch_orders(run: Run, args: FetchOrders) -> object:
    """Fetch single orders that the channel told us about, and import them; the next order run brings what fails here."""
    async with aclosing(Connections.of(run.database, run.box, run.settings)) as connections:
        missed = 0
        for order_id in args.channel_order_ids:
            try:
                await run.step(f"fetch {order_id}", partial(fetch_one, run, connections, args.account_id, order_id))
            except UnavailableError as error:
                missed += 1
                await run.log("warning", error)
            except (NotFoundError, RefusedError, ReplayedError) as error:
                run.check_cancelled()
                missed += 1
                await run.log("warning", error)
        total = Tally()
        await import_waiting(run, connections, args.account_id, total, "noticed")
    return msgspec.to_builtins(total) | {"missed": missed}


async def fetch_one(run: Run, connections: Connections, account_id: UUID, channel_order_id: str) -> int:
    """Fetch one order and store it in the inbox; return how many versions are new: 0 or 1."""
    async with run.transaction() as session:
        channels = ChannelService(session, connections)
        account = await channels.account(account_id)
        account.require_read()
        connector = await channels.order_connector(account_id, why="noticed")
    document = await connector.fetch_order(channel_order_id)
    async with run.transaction() as session:
        stored = await ChannelService(session, connections).store_documents(account, ORDERS, [document])
    return len(stored.new)


@reaction("orders.notices", topics=["channels.order_noticed"])
async def on_notices(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Fetch what channels say has changed: one run for all that came in together."""
    noticed: dict[tuple[UUID, UUID], dict[str, None]] = {}
    for event in events:
        if event.seller_id is not None:
            account_id = UUID(str(event.payload.get("account_id", event.subject_id)))
            noticed.setdefault((event.seller_id, account_id), {})[str(event.payload["channel_order_id"])] = None
    for (seller_id, account_id), orders in noticed.items():
        task = FetchOrders(seller_id=seller_id, account_id=account_id, channel_order_ids=tuple(orders))
        await jobs.enqueue(session, task)


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
        await InvoiceService(session).again_for(seller_id, {name for pair in names for name in pair if name})


@reaction("orders.lost_stock", topics=["inventory.reservation_lost"])
async def on_lost_stock(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    """Let orders wait again whose promised goods were not there."""
    await OrderService(session).lose_reservations(
        {UUID(event.payload["order_line_id"]): event.subject_id for event in events}
    )
