"""Reads an ERP's stock outside of any transaction, and remembers what it said."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.connections import ErpConnections
from entrepot.erp.service import ErpService
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

type Transact = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction in the seller's scope: ``run.transaction``."""


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
            changed = await ErpService(session).record_stock(
                account_id, rows, read_at, complete=skus is None, asked=skus
            )
    return StockReading(len(rows), changed)


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
