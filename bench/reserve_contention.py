"""32 sessions reserve one hot product at once; then one session reserves thousands of lines at once.

The limit of the first is a bare ``UPDATE .. WHERE reserved < on_hand`` on one row, by as many sessions in the same
run: no ledger, no row-level security, no event, not even a reservation.  The limit of the second is inserting the same
reservations into a bare table.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import make_url, text

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.inventory.service import InventoryService, Receipt, ReservationRequest
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox

SESSIONS = 32
SECONDS = float(os.environ.get("ENTREPOT_BENCH_SECONDS", "6"))
LINES = 5000
KEY = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmU="


@asynccontextmanager
async def world() -> AsyncGenerator[tuple[Server, Database]]:
    """Run a server of our own with its ordinary, durable settings."""
    box = SecretBox([KEY])
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder) / "postgres") as url:
        server = server_at(make_url(str(url.render_as_string(hide_password=False))).set(database="bench"), box)
        await asyncio.to_thread(migrate, server, box)
        async with Database(server.asyncpg(server.application), box.derive("scope"), pool=SESSIONS) as database:
            yield server, database


async def add_products(database: Database, seller_id: UUID, many: int) -> list[ProductRef]:
    ids = [new_id() for _ in range(many)]
    async with database.transaction(Scope.of(seller_id)) as session:
        await session.execute(
            text(
                "INSERT INTO product (id, seller_id, sku, title)"
                " SELECT id, :seller, 'SKU-' || id, 'Mug' FROM unnest(CAST(:ids AS uuid[])) AS t(id)"
            ),
            {"seller": seller_id, "ids": ids},
        )
        found = await CatalogService(session).products(ids)
    return [found[id_] for id_ in ids]


async def add_bundle(database: Database, seller_id: UUID, components: list[ProductRef]) -> ProductRef:
    bundle_id = new_id()
    async with database.transaction(Scope.of(seller_id)) as session:
        await session.execute(
            text("INSERT INTO product (id, seller_id, sku, title, kind) VALUES (:id, :seller, 'SET', 'Set', 'bundle')"),
            {"id": bundle_id, "seller": seller_id},
        )
        for component in components:
            await session.execute(
                text(
                    "INSERT INTO bundle_component (seller_id, bundle_id, component_id, quantity) VALUES (:s, :b, :c, 2)"
                ),
                {"s": seller_id, "b": bundle_id, "c": component.id},
            )
        return (await CatalogService(session).products([bundle_id]))[bundle_id]


def request_for(product: ProductRef, quantity: int) -> ReservationRequest:
    return ReservationRequest(
        order_id=new_id(), order_line_id=new_id(), seller_id=product.seller_id, product=product, quantity=quantity
    )


async def contend(database: Database, hot: ProductRef, bundle: ProductRef, seconds: float) -> tuple[float, list[float]]:
    """Return reservations per second and the time each took."""
    deadline = time.perf_counter() + seconds
    taken: list[float] = []

    async def buyer(dice: random.Random) -> None:
        while (start := time.perf_counter()) < deadline:
            product = bundle if dice.random() < 0.1 else hot  # noqa: PLR2004 -- one in ten
            async with database.transaction(Scope.of(hot.seller_id)) as session:
                await InventoryService(session).reserve([request_for(product, dice.randint(1, 5))])
            taken.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(buyer(random.Random(seed)) for seed in range(SESSIONS)))  # noqa: S311 -- no secret
    return len(taken) / (time.perf_counter() - start), taken


async def bare_update(server: Server, seconds: float) -> float:
    """Return updates per second of one row in a table without anything."""
    pool = await asyncpg.create_pool(server.plain(server.owner), min_size=SESSIONS, max_size=SESSIONS)
    await pool.execute("CREATE TABLE bare (id int PRIMARY KEY, on_hand int, reserved int)")
    await pool.execute("INSERT INTO bare VALUES (1, 2000000000, 0)")
    deadline = time.perf_counter() + seconds
    done = 0

    async def buyer() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < deadline:
                async with connection.transaction():
                    await connection.execute(
                        "UPDATE bare SET reserved = reserved + 1 WHERE id = 1 AND reserved < on_hand"
                    )
                done += 1

    start = time.perf_counter()
    await asyncio.gather(*(buyer() for _ in range(SESSIONS)))
    spent = time.perf_counter() - start
    await pool.close()
    return done / spent


async def oversold(server: Server) -> int:
    """Return the units promised beyond what there is, and books that do not add up."""
    connection = await asyncpg.connect(server.plain(server.owner))
    wrong: int = await connection.fetchval(
        """
        SELECT coalesce(sum(greatest(0, s.reserved - s.on_hand)), 0) + count(*) FILTER (WHERE s.reserved <> r.reserved)
        FROM stock_level s LEFT JOIN LATERAL (
            SELECT coalesce(sum(quantity), 0) AS reserved FROM reservation r
            WHERE r.product_id = s.product_id AND r.location_id = s.location_id
        ) r ON true
        """
    )
    await connection.close()
    return wrong


async def reserve_bulk(
    database: Database, server: Server, products: list[ProductRef], location: UUID
) -> tuple[float, float]:
    """Return lines per second of one call, and of inserting the same rows into a bare table."""
    seller_id = products[0].seller_id
    async with database.transaction(Scope.of(seller_id)) as session:
        await InventoryService(session).receive_many(
            [Receipt(product_id=product.id, location_id=location, quantity=1000) for product in products]
        )
    dice = random.Random(1)  # noqa: S311 -- no secret
    best = 0.0
    for _ in range(3):
        requests = [request_for(dice.choice(products), dice.randint(1, 3)) for _ in range(LINES)]
        start = time.perf_counter()
        async with database.transaction(Scope.of(seller_id)) as session:
            await InventoryService(session).reserve(requests)
        best = max(best, LINES / (time.perf_counter() - start))
    connection = await asyncpg.connect(server.plain(server.owner))
    await connection.execute("CREATE TABLE IF NOT EXISTS bare_reservation (LIKE reservation)")
    rows = await connection.fetch("SELECT * FROM reservation WHERE seller_id = $1 LIMIT $2", seller_id, LINES)
    limit = 0.0
    for _ in range(3):
        start = time.perf_counter()
        await connection.copy_records_to_table("bare_reservation", records=[tuple(row) for row in rows])
        limit = max(limit, len(rows) / (time.perf_counter() - start))
    await connection.close()
    return best, limit


async def main() -> None:
    async with world() as (server, database):
        seller_id = new_id()
        async with database.transaction(Scope.of(seller_id)) as session:
            await session.execute(
                text("INSERT INTO seller (id, name, slug) VALUES (:id, 'Bench', :slug)"),
                {"id": seller_id, "slug": str(seller_id)},
            )
            stock = InventoryService(session)
            shelf = await stock.stock_location(await stock.create_warehouse(seller_id, "MAIN", "Main"))
        hot, other, *rest = await add_products(database, seller_id, 2002)
        bundle = await add_bundle(database, seller_id, [hot, other])
        async with database.transaction(Scope.of(seller_id)) as session:
            await InventoryService(session).receive(hot.id, shelf, 500_000_000)
            await InventoryService(session).receive(other.id, shelf, 500_000_000)

        limit = await bare_update(server, SECONDS / 3)
        value, taken = await contend(database, hot, bundle, SECONDS)
        taken.sort()
        wrong = await oversold(server)
        notes = (
            f"{SESSIONS} sessions, one hot product, 1 in 10 a bundle; oversold {wrong};"
            f" p50 {taken[len(taken) // 2] * 1000:.0f} ms, p99 {taken[len(taken) * 99 // 100] * 1000:.0f} ms"
        )
        report("reserve_contention", value, "reservations/s", limit, notes)
        value, limit = await reserve_bulk(database, server, rest, shelf)
        report("reserve_bulk", value, "lines/s", limit, f"{LINES} lines of {len(rest)} products in one transaction")
        if wrong:
            sys.exit(1)


def report(name: str, value: float, unit: str, limit: float, notes: str) -> None:
    line = {"name": name, "value": round(value), "unit": unit, "limit": round(limit), "ratio": round(limit / value, 2)}
    print(json.dumps({**line, "notes": notes}), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(main())
