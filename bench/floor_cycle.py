"""Claim, pick, pack, dispatch and deliver orders of 5 lines over HTTP, 8 people in parallel, fsync on.

A cycle is five requests: claim by the order's barcode (which releases it), the five scanned lines in one request as a
phone sends what it gathered, pack, hand to the own driver, delivered with a name.  The notes say what it is with a
request for each scan.  The limit is the very rows that one cycle writes, inserted by bare asyncpg into tables without
index, constraint or row-level security, in as many durable transactions as the cycle has requests, 8 in parallel.
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

from bench.order_api import LINES, PARALLEL, order, prepare
from bench.world import Instance, Line, instance, report
from entrepot.kit.scope import Scope

ORDERS = int(os.environ.get("ENTREPOT_BENCH_ORDERS", "320"))
WRITES = 5
TABLES = {
    "pick_list": "id IN (SELECT pick_list_id FROM pick_list_order WHERE order_id = $1)",
    "pick_list_order": "order_id = $1",
    "pick_line": "order_id = $1",
    "pick_scan": "pick_line_id IN (SELECT id FROM pick_line WHERE order_id = $1)",
    "stock_move": "reference_id = $1",
    "parcel": "order_id = $1",
    "parcel_line": "parcel_id IN (SELECT id FROM parcel WHERE order_id = $1)",
    "shipment": "order_id = $1",
    "floor_order": "order_id = $1",
    "floor_step": "order_id = $1",
    "event": "subject_id = $1 AND topic LIKE 'fulfilment.%'",
}


async def make_orders(address: str, auth: httpx.BasicAuth, count: int) -> list[str]:
    """Enter orders, and return their ids."""
    waiting = list(range(count))
    made: list[str] = []

    async def enter() -> None:
        async with Line(address, auth) as line:
            while waiting:
                dice = random.Random(waiting.pop())  # noqa: S311 -- no secret
                made.append((await line.post("/api/v1/orders", order(dice)))["id"])

    await asyncio.gather(*(enter() for _ in range(PARALLEL)))
    return made


async def cycle(address: str, auth: httpx.BasicAuth, orders: list[str], *, each_scan: bool = False) -> list[float]:
    """Bring all *orders* to their buyers; return how long each took.  *each_scan*: a request for every line."""
    taken: list[float] = []
    waiting = list(orders)

    async def person() -> None:
        async with Line(f"{address}/api/v1", auth) as line:

            async def post(path: str, **body: Any) -> Any:  # noqa: ANN401 -- JSON
                return await line.post(path, body or None)

            while waiting:
                start = time.perf_counter()
                order_id = waiting.pop()
                found = await post("/pick-lists/claims", code=order_id)
                scans = [(line["id"], line["quantity"]) for line in found["lines"]]
                if each_scan:
                    for line_id, quantity in scans:
                        await post(f"/pick-lines/{line_id}/picks", quantity=quantity, client_id=line_id)
                else:
                    picks = [{"line_id": id_, "quantity": units, "client_id": id_} for id_, units in scans]
                    await post(f"/pick-lists/{found['pick_list']['id']}/picks", picks=picks)
                await post(f"/orders/{order_id}/parcels", weight_g=900, client_id=order_id)
                await post(f"/orders/{order_id}/dispatch", how="driver")
                await post(f"/orders/{order_id}/deliver", received_by="B. Jansen")
                taken.append(time.perf_counter() - start)

    await asyncio.gather(*(person() for _ in range(PARALLEL)))
    return taken


async def all_delivered(hub: Instance) -> None:
    """Check that nothing was left lying about."""
    async with hub.database() as database, database.transaction(Scope.all_sellers()) as session:
        left = await session.execute(text("SELECT count(*) FROM sales_order WHERE status <> 'delivered'"))
        promised = await session.execute(text("SELECT count(*) FROM reservation"))
        if left.scalar_one() or promised.scalar_one():
            sys.exit("some orders were not delivered")


async def bare(hub: Instance, seconds: float) -> float:
    """Return cycles per second as bare rows."""
    pool = await asyncpg.create_pool(hub.server.plain(hub.server.owner), min_size=PARALLEL, max_size=PARALLEL)
    order_id = await pool.fetchval("SELECT id FROM sales_order LIMIT 1")
    statements: list[tuple[str, tuple[Any, ...]]] = []
    for table, condition in TABLES.items():
        rows = await pool.fetch(f"SELECT * FROM {table} WHERE {condition}", order_id)
        if not rows:
            continue
        await pool.execute(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WITH NO DATA")
        marks = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
        statements += [(f"INSERT INTO bare_{table} VALUES ({marks})", tuple(row)) for row in rows]
    shares = [statements[number::WRITES] for number in range(WRITES)]
    done, deadline = 0, time.perf_counter() + seconds

    async def writer() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < deadline:
                for share in shares:
                    async with connection.transaction():
                        for statement, row in share:
                            await connection.execute(statement, *row)
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
            asyncio.run(cycle(address, auth, asyncio.run(make_orders(address, auth, ORDERS // 4))))
            asyncio.run(hub.settle())
            orders = asyncio.run(make_orders(address, auth, ORDERS))
            start = time.perf_counter()
            taken = sorted(asyncio.run(cycle(address, auth, orders)))
            rate = ORDERS / (time.perf_counter() - start)
            orders = asyncio.run(make_orders(address, auth, ORDERS // 4))
            start = time.perf_counter()
            asyncio.run(cycle(address, auth, orders, each_scan=True))
            single = len(orders) / (time.perf_counter() - start)
            asyncio.run(all_delivered(hub))
        limit = asyncio.run(bare(hub, 4))
        report(
            "floor_cycle",
            round(rate, 1),
            "orders/s",
            limit=round(limit, 1),
            notes=f"{LINES} lines, {PARALLEL} in parallel, {WRITES} requests each; {single:.1f}/s with a request per scan,"
            f" p50 {taken[len(taken) // 2] * 1000:.0f} ms, p99 {taken[len(taken) * 99 // 100] * 1000:.0f} ms",
        )


if __name__ == "__main__":
    main()
