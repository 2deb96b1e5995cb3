"""Fifty people pick with scanners, one piece every three seconds each: how long a scan takes to be answered over HTTP.

A scan names the product, and counts one piece: goods go from the shelf to the station in stock's ledger, the line and
the event log.  The limit is the same pace of single rows, the very note of a scan, inserted by bare asyncpg into a table
without index, constraint or row-level security, each in a durable transaction.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterable

import asyncpg
import httpx

from bench.floor_cycle import make_orders
from bench.order_api import prepare
from bench.world import Instance, Line, instance, report

SCANNERS = 50
PAUSE = 3.0
"""Seconds from one scan to the next, on average."""
SECONDS = float(os.environ.get("ENTREPOT_BENCH_SECONDS", "24"))
ORDERS = 3
"""For each: more than they scan."""

type Scan = Callable[[], Awaitable[None]]


async def at_a_walk(scans: Iterable[Scan], seed: int, seconds: float) -> list[float]:
    """Make one scan after the other at a person's pace; return how long each took."""
    dice, taken = random.Random(seed), list[float]()  # noqa: S311 -- no secret
    deadline = time.perf_counter() + seconds
    await asyncio.sleep(dice.uniform(0, PAUSE))
    for scan in scans:
        start = time.perf_counter()
        if start > deadline:
            break
        await scan()
        taken.append(time.perf_counter() - start)
        await asyncio.sleep(dice.uniform(0.5, 1.5) * PAUSE)
    return taken


async def floor(address: str, auth: httpx.BasicAuth, orders: list[str], seconds: float) -> list[float]:
    """Let everybody scan their lists; return how long each scan took."""
    ready = asyncio.Barrier(SCANNERS)

    async def person(seed: int, mine: list[str]) -> list[float]:
        async with Line(f"{address}/api/v1", auth) as line:
            found = [await line.post("/pick-lists/claims", {"code": order}) for order in mine]
            await ready.wait()  # all have begun: taking a list is not measured

            def one(list_id: str, sku: str, client_id: str) -> Scan:
                async def scan() -> None:
                    said = await line.post(f"/pick-lists/{list_id}/scans", {"code": sku, "client_id": client_id})
                    if said["picked"] != 1:
                        sys.exit(f"a scan was answered {said}")

                return scan

            scans = [
                one(work["pick_list"]["id"], row["sku"], f"{row['id']}-{piece}")
                for work in found
                for row in work["lines"]
                for piece in range(row["quantity"])
            ]
            return await at_a_walk(scans, seed, seconds)

    share = len(orders) // SCANNERS
    people = [person(seed, orders[seed * share : (seed + 1) * share]) for seed in range(SCANNERS)]
    return sorted(taken for one in await asyncio.gather(*people) for taken in one)


async def bare(hub: Instance, seconds: float) -> list[float]:
    """Do so with bare rows."""
    pool = await asyncpg.create_pool(hub.server.plain(hub.server.owner), min_size=10, max_size=10)
    await pool.execute("CREATE TABLE bare_scan AS SELECT * FROM pick_scan WITH NO DATA")
    row = tuple(await pool.fetchrow("SELECT * FROM pick_scan LIMIT 1"))
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))

    async def scan() -> None:
        await pool.execute(f"INSERT INTO bare_scan VALUES ({marks})", *row)

    people = [at_a_walk([scan] * 1000, seed, seconds) for seed in range(SCANNERS)]
    taken = sorted(one for person in await asyncio.gather(*people) for one in person)
    await pool.close()
    return taken


def milliseconds(taken: list[float], share: float) -> float:
    """Return what *share* of them stayed below."""
    return round(taken[int((len(taken) - 1) * share)] * 1000, 1)


def main() -> None:
    with instance() as hub:
        auth = asyncio.run(prepare(hub))
        with hub.web() as address:
            asyncio.run(floor(address, auth, asyncio.run(make_orders(address, auth, SCANNERS)), PAUSE * 2))  # warm
            asyncio.run(hub.settle())
            orders = asyncio.run(make_orders(address, auth, SCANNERS * ORDERS))
            taken = asyncio.run(floor(address, auth, orders, SECONDS))
        limit = asyncio.run(bare(hub, SECONDS / 2))
    report(
        "floor_scan",
        milliseconds(taken, 0.99),
        "ms p99",
        limit=milliseconds(limit, 0.99),
        notes=f"{SCANNERS} scanners, {len(taken)} scans, p50 {milliseconds(taken, 0.5)} ms,"
        f" {len(taken) / SECONDS:.0f} scans/s",
    )


if __name__ == "__main__":
    main()
