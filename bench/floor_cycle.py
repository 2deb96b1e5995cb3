"""Claim, pick, pack, label, ship and deliver orders of 5 lines over HTTP, 8 people in parallel, fsync on.

The carrier is the sandbox in a process of its own.  The limit is the very rows that one cycle writes, inserted by bare
asyncpg into tables without index, constraint or row-level security, in as many durable transactions as the cycle has
requests, 8 in parallel.
"""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
from sqlalchemy import text

from bench.order_api import ADDRESS, LINES, PARALLEL, order, prepare
from bench.world import Instance, free_port, instance, report
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import PostalAddress, TracksParcels
from entrepot.fulfilment.registry import carrier_spec
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.clock import now
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.scope import Scope
from entrepot.sandbox.options import WorldOptions

LOOPBACK = [ip_network("127.0.0.0/8")]
ORDERS = int(os.environ.get("ENTREPOT_BENCH_ORDERS", "160"))
PER_LIST = 1
REQUESTS = 5 + LINES
"""Release, claim, a pick per line, pack, label and ship; the label stores twice, delivery once."""
WRITES = REQUESTS + 2
TABLES = {
    "pick_list": "id IN (SELECT pick_list_id FROM pick_list_order WHERE order_id = $1)",
    "pick_list_order": "order_id = $1",
    "pick_line": "order_id = $1",
    "pick_scan": "pick_line_id IN (SELECT id FROM pick_line WHERE order_id = $1)",
    "stock_move": "reference_id = $1",
    "parcel": "order_id = $1",
    "parcel_line": "parcel_id IN (SELECT id FROM parcel WHERE order_id = $1)",
    "shipment": "order_id = $1",
    "label_attempt": "shipment_id IN (SELECT id FROM shipment WHERE order_id = $1)",
    "document": "subject_id IN (SELECT id FROM shipment WHERE order_id = $1)",
    "tracking_event": "shipment_id IN (SELECT id FROM shipment WHERE order_id = $1)",
    "event": "subject_id = $1 AND topic LIKE 'fulfilment.%'",
}


@contextmanager
def carrier() -> Generator[str]:
    """Run the sandbox, and yield its address."""
    port = free_port()
    command = [sys.executable, "-m", "entrepot.sandbox", "--port", str(port), "--smtp-port", "0", "--orders", "1"]
    with subprocess.Popen([*command, "--carrier-speed", "0"], stdout=subprocess.PIPE) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                try:
                    httpx.get(f"{address}/sandbox/api/state", timeout=1)
                    break
                except httpx.HTTPError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()


async def connect(hub: Instance, express: str) -> UUID:
    """Connect the carrier for the seller there is; return the seller."""
    async with hub.database() as database:
        async with database.transaction(Scope.all_sellers()) as session:
            seller_id: UUID = (await session.execute(text("SELECT id FROM seller"))).scalar_one()
        lines = CarrierLines.of(database, hub.box, hub.settings.model_copy(update={"outside_allow": LOOPBACK}))
        async with database.transaction(Scope.of(seller_id)) as session:
            spec = carrier_spec("sandbox_express")
            keys = {"api_url": express, "api_key": WorldOptions().carrier_key}
            carriers = Carriers(session, lines)
            await carriers.connect(seller_id, spec, parse_credentials(spec, keys), name="Express")
            await carriers.set_sender(seller_id, msgspec.convert(ADDRESS, PostalAddress))
        await lines.aclose()
    return seller_id


async def make_orders(address: str, auth: httpx.BasicAuth, count: int) -> list[str]:
    """Enter orders, and return their ids."""
    waiting = list(range(count))
    made: list[str] = []

    async def enter() -> None:
        async with httpx.AsyncClient(base_url=address, auth=auth, timeout=60) as client:
            while waiting:
                dice = random.Random(waiting.pop())  # noqa: S311 -- no secret
                made.append((await client.post("/api/v1/orders", json=order(dice))).raise_for_status().json()["id"])

    await asyncio.gather(*(enter() for _ in range(PARALLEL)))
    return made


async def cycle(address: str, auth: httpx.BasicAuth, orders: list[str]) -> list[float]:
    """Bring all *orders* out of the building; return how long each took."""
    taken: list[float] = []
    waiting = list(orders)

    async def person() -> None:
        async with httpx.AsyncClient(base_url=f"{address}/api/v1", auth=auth, timeout=60) as client:

            async def post(path: str, **body: Any) -> Any:  # noqa: ANN401 -- JSON
                answer = await client.post(path, json=body or None)
                if answer.is_error:
                    sys.exit(f"{path} was answered {answer.status_code}: {answer.text[:300]}")
                return answer.json()

            while waiting:
                start = time.perf_counter()
                order_id = waiting.pop()
                released = await post("/pick-lists", order_ids=[order_id], per_list=PER_LIST)
                found = await post(f"/pick-lists/{released['pick_list_ids'][0]}/claim")
                for line in found["lines"]:
                    await post(f"/pick-lines/{line['id']}/picks", quantity=line["quantity"], client_id=line["id"])
                parcel = await post(f"/orders/{order_id}/parcels", weight_g=900, client_id=order_id)
                await post(f"/parcels/{parcel['id']}/label", service="")
                await post(f"/parcels/{parcel['id']}/ship")
                taken.append(time.perf_counter() - start)

    await asyncio.gather(*(person() for _ in range(PARALLEL)))
    return taken


async def deliver(hub: Instance, seller_id: UUID, express: str) -> None:
    """Let every parcel arrive, and take in what the carrier reports, 8 in parallel."""
    async with hub.database(pool=PARALLEL + 2) as database:
        lines = CarrierLines.of(database, hub.box, hub.settings.model_copy(update={"outside_allow": LOOPBACK}))
        async with database.transaction(Scope.of(seller_id)) as session:
            account = (await Carriers(session).accounts(seller_id))[0]
            connector = await Carriers(session, lines).connector(account.id, why="bench")
            await session.execute(text("UPDATE shipment SET next_look_at = now()"))
            due = await ParcelRepository(session).to_track(account.id, now(), 100_000)
        if not isinstance(connector, TracksParcels):
            sys.exit("the carrier does not track")
        tracks = connector
        async with httpx.AsyncClient(base_url=f"{express}/sandbox/api", timeout=60) as client:

            async def follow() -> None:
                while due:
                    shipment = due.pop()
                    (await client.post(f"/parcels/{shipment.tracking_code}/deliver")).raise_for_status()
                    events = await tracks.track(shipment.tracking_code)
                    async with database.transaction(Scope.of(seller_id)) as session:
                        await FulfilmentService(session).shipping.track(shipment.id, events)

            await asyncio.gather(*(follow() for _ in range(PARALLEL)))
        await lines.aclose()
        async with database.transaction(Scope.of(seller_id)) as session:
            left = await session.execute(text("SELECT count(*) FROM sales_order WHERE status <> 'delivered'"))
            if left.scalar_one():
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
    with instance() as hub, carrier() as express:
        auth = asyncio.run(prepare(hub))
        seller_id = asyncio.run(connect(hub, express))
        with hub.web() as address:
            asyncio.run(cycle(address, auth, asyncio.run(make_orders(address, auth, PARALLEL))))
            orders = asyncio.run(make_orders(address, auth, ORDERS))
            start = time.perf_counter()
            taken = sorted(asyncio.run(cycle(address, auth, orders)))
            out = time.perf_counter() - start
            asyncio.run(deliver(hub, seller_id, express))
            rate = ORDERS / (time.perf_counter() - start)
        limit = asyncio.run(bare(hub, 4))
        report(
            "floor_cycle",
            round(rate, 1),
            "orders/s",
            limit=round(limit, 1),
            notes=f"{LINES} lines, {PARALLEL} in parallel, {REQUESTS} requests each; out of the building {ORDERS / out:.1f}/s,"
            f" p50 {taken[len(taken) // 2] * 1000:.0f} ms, p99 {taken[len(taken) * 99 // 100] * 1000:.0f} ms",
        )


if __name__ == "__main__":
    main()
