"""An inventory run of one account with 100,000 listings, after 2 % of the products changed: steps 3 and 4.

Step 3 decides, as the run does, and step 4 sends to a channel that takes everything at once, in the batches of the run.
Reported are the seconds of deciding; the notes say how long sending took and the peak memory of this process.  The limit
is the bare work in the same run: one join of the same rows as the tables' owner (no row-level security), that compares
each offer's number with the stock and counts what differs.
"""

import asyncio
import json
import resource
import time
from collections.abc import Sequence
from typing import cast
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from bench import stock_delta
from bench.world import Instance, instance
from entrepot.channels.accounts import AccountRef
from entrepot.channels.connections import Connections
from entrepot.channels.contract import StockOutcome, StockUpdate
from entrepot.jobs.inline import InlineEngine
from entrepot.jobs.run import Run, Tools
from entrepot.kit.database import SYSTEM
from entrepot.kit.ids import new_id
from entrepot.offers import inventory_steps

LISTINGS = stock_delta.OFFERS
BUDGET_S = 3
BUDGET_MB = 400


class Sink:
    """Stands for a channel: accepts every number at once."""

    async def check(self) -> str:
        return "sink"

    async def publish_stock(self, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        return [StockOutcome(channel_offer_id=update.channel_offer_id, applied=True) for update in updates]


class ToSink:
    """Opens the sink, whatever account is asked for."""

    def open(self, session: AsyncSession, account: AccountRef, sealed: bytes, *, why: str = "") -> Sink:  # noqa: ARG002
        return Sink()


def memory() -> float:
    """Return the most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


async def measure(hub: Instance) -> None:
    owner = await asyncpg.connect(hub.server.plain(hub.server.owner))
    seller_id = new_id()
    stock_delta.ACCOUNTS = 1
    await stock_delta.fill(owner, seller_id)
    account_id: UUID = await owner.fetchval("SELECT id FROM channel_account WHERE seller_id = $1", seller_id)
    before = memory()
    async with hub.database() as database:
        run = Run(
            id=new_id(),
            job="bench",
            seller_id=seller_id,
            attempt=1,
            actor=SYSTEM,
            tools=Tools(database, hub.box, hub.settings),
            engine=InlineEngine(),
        )
        connections = cast("Connections", ToSink())
        await inventory_steps.read_stock(run, connections, account_id)  # as the run before it did
        await owner.execute(
            "UPDATE stock_total SET available = available - 1, on_hand = on_hand - 1 WHERE product_id IN"
            " (SELECT id FROM product WHERE substr(sku, 5)::int % $1 = 1)",
            stock_delta.CHANGED,
        )
        await owner.execute("VACUUM ANALYZE stock_total")
        start = time.perf_counter()
        await owner.fetchval(stock_delta.BARE, seller_id)
        limit = time.perf_counter() - start
        start = time.perf_counter()
        found = await inventory_steps.read_stock(run, connections, account_id)
        decided = time.perf_counter() - start
        start = time.perf_counter()
        sent = await inventory_steps.push_changes(run, connections, account_id)
        pushed = time.perf_counter() - start
    await owner.close()
    print(
        json.dumps(
            {
                "name": "inventory_run",
                "value": round(decided, 3),
                "unit": "s",
                "limit": round(limit, 3),
                "ratio": round(decided / limit, 2),
                "notes": f"{LISTINGS:,} listings, {found.changed:,} changed, {sent.published:,} sent in {pushed:.2f} s;"
                f" peak memory {memory():.0f} MB, {before:.0f} MB of it before the run;"
                f" budget {BUDGET_S} s and {BUDGET_MB} MB",
            }
        )
    )


def main() -> None:
    with instance() as hub:
        asyncio.run(measure(hub))


if __name__ == "__main__":
    main()
