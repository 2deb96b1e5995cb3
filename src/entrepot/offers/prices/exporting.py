"""Prices as a table that the import takes back."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.service import ChannelService
from entrepot.kit.csv_writing import BOM, Cell, csv_text
from entrepot.offers.prices.browsing import Filters, price_lines

type Opener = Callable[[], AbstractAsyncContextManager[AsyncSession]]

HEADER = (
    "offer",
    "account",
    "channel_offer_id",
    "sku",
    "gtin",
    "title",
    "price",
    "currency",
    "by_hand",
    "source",
    "published",
    "published_at",
    "state",
    "problem",
)
BATCH = 2_000
FIRST = UUID(int=0)


async def export_rows(open_session: Opener, filters: Filters) -> AsyncGenerator[list[list[Cell]]]:
    """Yield rows in batches, the oldest offers first; ``price`` is what it should cost, else what it costs."""
    async with open_session() as session:
        names = {account.id: account.name for account in await ChannelService(session).accounts()}
    after = FIRST
    while True:
        async with open_session() as session:
            lines = await price_lines(session, filters, after=after, limit=BATCH)
        if not lines:
            return
        after = lines[-1].offer_id
        yield [
            [
                line.offer_id,
                names.get(line.account_id, ""),
                line.channel_offer_id,
                line.sku,
                line.gtin,
                line.title,
                line.price,
                line.currency,
                line.locked,
                line.source,
                line.published,
                line.published_at,
                str(line.state),
                line.problem,
            ]
            for line in lines
        ]


async def export_csv(open_session: Opener, filters: Filters) -> AsyncGenerator[bytes]:
    """Yield the file in pieces."""
    yield (BOM + csv_text([HEADER])).encode()
    async for batch in export_rows(open_session, filters):
        yield csv_text(batch).encode()
