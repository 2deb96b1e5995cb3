"""``POST /api/v1/orders``, 5 lines, 8 in parallel, against the real web process on loopback, fsync on.

The limit is the very rows of such orders (order, lines, reservations, event) inserted by bare asyncpg into tables without
index, constraint or row-level security, one durable transaction each, 8 in parallel, with the same load generator idle.
"""

import asyncio
import os
import random
import sys
import time
from typing import Any

import asyncpg
import httpx
from sqlalchemy import text

from bench.world import Instance, Line, instance, report, seller_with_key
from entrepot.inventory.service import InventoryService, Receipt
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope

PARALLEL = 8
LINES = 5
PRODUCTS = 500
SECONDS = float(os.environ.get("ENTREPOT_BENCH_SECONDS", "8"))
TABLES = ("sales_order", "order_line", "reservation", "event")
ADDRESS = {
    "last_name": "Smit",
    "street": "Dam",
    "house_number": "1",
    "postcode": "1012 JS",
    "city": "Amsterdam",
    "country": "NL",
}


async def prepare(hub: Instance) -> httpx.BasicAuth:
    """Make a seller with goods and a key."""
    async with hub.database() as database:
        seller, auth = await seller_with_key(database)
        async with database.transaction(Scope.of(seller.id)) as session:
            inventory = InventoryService(session)
            shelf = await inventory.stock_location(await inventory.create_warehouse(seller.id, "MAIN", "Main"))
            ids = [new_id() for _ in range(PRODUCTS)]
            await session.execute(
                text(
                    "INSERT INTO product (id, seller_id, sku, title) SELECT id, :seller, 'SKU-' || n, 'Mug ' || n"
                    " FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS t(id, n)"
                ),
                {"seller": seller.id, "ids": ids},
            )
            await inventory.receive_many(
                [Receipt(product_id=id_, location_id=shelf, quantity=1_000_000) for id_ in ids]
            )
    return auth


def order(dice: random.Random) -> dict[str, Any]:
    """Return an order of five products."""
    lines = [
        {"sku": f"SKU-{number}", "quantity": dice.randint(1, 3), "unit_price": "9.95"}
        for number in dice.sample(range(1, PRODUCTS + 1), LINES)
    ]
    return {"ship_to": ADDRESS, "lines": lines}


async def load(address: str, auth: httpx.BasicAuth, seconds: float) -> list[float]:
    """Send orders; return the times."""
    taken: list[float] = []
    deadline = time.perf_counter() + seconds

    async def sender(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 -- no secret
        async with Line(address, auth) as line:
            while (start := time.perf_counter()) < deadline:
                if (await line.post("/api/v1/orders", order(dice)))["status"] != "reserved":
                    sys.exit("an order was not reserved")
                taken.append(time.perf_counter() - start)

    await asyncio.gather(*(sender(seed) for seed in range(PARALLEL)))
    return taken


async def bare(hub: Instance, seconds: float) -> float:
    """Return orders per second as bare rows."""
    pool = await asyncpg.create_pool(hub.server.plain(hub.server.owner), min_size=PARALLEL, max_size=PARALLEL)
    order_id = await pool.fetchval("SELECT id FROM sales_order LIMIT 1")
    statements: list[tuple[str, list[tuple[Any, ...]]]] = []
    for table in TABLES:
        key = {"sales_order": "id", "event": "subject_id"}.get(table, "order_id")
        rows = await pool.fetch(f"SELECT * FROM {table} WHERE {key} = $1", order_id)
        await pool.execute(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WITH NO DATA")
        marks = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
        statements.append((f"INSERT INTO bare_{table} VALUES ({marks})", [tuple(row) for row in rows]))
    done, deadline = 0, time.perf_counter() + seconds

    async def writer() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < deadline:
                async with connection.transaction():
                    for statement, rows in statements:
                        await connection.executemany(statement, rows)
                done += 1

    start = time.perf_counter()
    await asyncio.gather(*(writer() for _ in range(PARALLEL)))
    spent = time.perf_counter() - start
    await pool.close()
    return done / spent


def main() -> None:
    with instance() as hub:
        auth = asyncio.run(prepare(hub))
        with hub.web() as address:
            asyncio.run(load(address, auth, 1))
            asyncio.run(hub.settle())
            start = time.perf_counter()
            taken = sorted(asyncio.run(load(address, auth, SECONDS)))
            rate = len(taken) / (time.perf_counter() - start)
        limit = asyncio.run(bare(hub, SECONDS / 2))
        report(
            "order_api",
            round(rate),
            "orders/s",
            limit=round(limit),
            notes=f"{LINES} lines, {PARALLEL} in parallel; p50 {taken[len(taken) // 2] * 1000:.0f} ms,"
            f" p99 {taken[len(taken) * 99 // 100] * 1000:.0f} ms",
        )


if __name__ == "__main__":
    main()
