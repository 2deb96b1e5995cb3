"""Talks to an ERP outside of any transaction, and remembers what came of it.

Each function opens short transactions of its own before and after; what a run does in a step calls these.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import ErpOrder, ErpShipment, HandOver
from entrepot.erp.service import ErpService
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

type Transact = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction in the seller's scope: ``run.transaction``."""

TOGETHER = 100
"""Orders whose outcomes are remembered at once: a run that dies in between hands over so many again at most."""


class StockReading(msgspec.Struct):
    """What a reading of stock brought."""

    rows: int
    changed: int
    """Rows that say something new."""


async def read_stock(
    transact: Transact, connections: ErpConnections, account_id: UUID, skus: Sequence[str] | None = None
) -> StockReading:
    """Read the ERP's stock of *skus*, or of every article, and remember it."""
    async with transact() as session:
        service = ErpService(session, connections)
        (await service.account(account_id)).require()
        connector = await service.stock_connector(account_id, why="read stock")
    read_at = now()
    async with _remembered(transact, account_id):
        try:
            rows = await connector.read_stock(skus)
        finally:
            await connector.aclose()
    async with transact() as session:
        changed = await ErpService(session).record_stock(account_id, rows, read_at, complete=skus is None, asked=skus)
    return StockReading(len(rows), changed)


async def hand_over(
    transact: Transact, connections: ErpConnections, account_id: UUID, orders: Sequence[ErpOrder]
) -> list[HandOver]:
    """Hand orders over and remember each outcome; what the ERP is known to have is not sent again."""
    async with transact() as session:
        service = ErpService(session, connections)
        (await service.account(account_id)).require()
        connector = await service.order_connector(account_id, why="hand over orders")
        known = await service.handed_over(account_id, [order.reference for order in orders])
    outcomes: dict[str, HandOver] = {
        record.reference: HandOver(reference=record.reference, state=record.state)
        for record in known.values()
        if record.handed_over_at is not None
    }
    waiting = [order for order in orders if order.reference not in outcomes]
    async with _remembered(transact, account_id):
        try:
            for start in range(0, len(waiting), TOGETHER):
                batch = waiting[start : start + TOGETHER]
                done = await connector.hand_over(batch)
                async with transact() as session:
                    await ErpService(session).record_hand_overs(account_id, batch, done, way=connector.way)
                outcomes |= {outcome.reference: outcome for outcome in done}
        finally:
            await connector.aclose()
    return [outcomes[order.reference] for order in orders]


async def read_tracking(
    transact: Transact, connections: ErpConnections, account_id: UUID, references: Sequence[str]
) -> list[ErpShipment]:
    """Read the parcels of these orders."""
    async with transact() as session:
        service = ErpService(session, connections)
        (await service.account(account_id)).require()
        connector = await service.tracking_connector(account_id, why="read tracking")
    async with _remembered(transact, account_id):
        try:
            return await connector.read_tracking(references)
        finally:
            await connector.aclose()


@asynccontextmanager
async def _remembered(transact: Transact, account_id: UUID) -> AsyncGenerator[None]:
    """Make how the talk went the account's health."""
    try:
        yield
    except EntrepotError as error:
        async with transact() as session:
            await ErpService(session).record_failure(account_id, error)
        raise
    async with transact() as session:
        await ErpService(session).record_success(account_id)
