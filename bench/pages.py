"""Every list and detail page at 100,000 orders and 50,000 products: time in the server, queries, size.

The application runs in this process and is called without a network, signed in with every right.  The limit is the
time of a page of the same frame that shows no data, a form, in the same run.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import httpx
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import event

from bench.world import Instance, instance, report, seller_with_key
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.rights import Right
from entrepot.cli.processes import keep_for_good
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import SYSTEM, Database
from entrepot.kit.scope import Scope as SellerScope
from entrepot.web.app import create_app

ORDERS = int(os.environ.get("ENTREPOT_BENCH_ORDERS", "100000"))
PRODUCTS = int(os.environ.get("ENTREPOT_BENCH_PRODUCTS", "50000"))
TURNS = 20
GOAL_MS, GOAL_QUERIES, GOAL_KB = 100, 12, 150
FORM = "/stock/receive"

FILL = {
    "product": """
        INSERT INTO product (id, seller_id, sku, title, gtin)
        SELECT uuidv7(), $1, 'SKU-' || n, 'Mug number ' || n || ' ' || md5(n::text), '87' || lpad(n::text, 11, '0')
        FROM generate_series(1, $2::int) n
    """,
    "stock_move": """
        INSERT INTO stock_move (seller_id, product_id, location_id, quantity, kind, actor_kind, actor_id, actor_name)
        SELECT $1, id, $2, 100, 'receive', 'system', '', 'Bench' FROM product
    """,
    "sales_order": """
        INSERT INTO sales_order (id, seller_id, number, status, placed_at, ship_by, currency, goods_total,
            shipping_total, total, line_count, unit_count, customer_name, customer_email, customer_phone,
            shipping_address, ship_name, ship_postcode, ship_country, buyer_reference, language, pick_up_point,
            search_text, attention)
        SELECT uuidv7(), $1, 'B-' || n, CASE WHEN n % 100 < 85 THEN 'delivered' WHEN n % 100 < 92 THEN 'shipped'
                WHEN n % 100 < 97 THEN 'reserved' ELSE 'pending' END,
            now() - n * interval '3 min', now() - n * interval '3 min' + interval '2 days', 'EUR', 30, 0, 30, 3, 3,
            'Name ' || n, '', '', '{"last_name": "Smit", "street": "Dam", "house_number": "1",
            "postcode": "1012 JS", "city": "Amsterdam", "country": "NL"}', 'Name ' || n, (1000 + n % 8999) || ' AB',
            'NL', '', '', false, 'b-' || n || ' name ' || md5(n::text) || ' ' || (1000 + n % 8999) || ' ab',
            CASE WHEN n % 500 = 0 THEN '["unknown_sku"]' ELSE '[]' END::jsonb
        FROM generate_series(1, $2::int) n
    """,
    "order_line": """
        INSERT INTO order_line (id, seller_id, order_id, position, product_id, sku, gtin, title, quantity, unit_price,
            fulfilment, reserved)
        SELECT uuidv7(), $1, o.id, place, p.id, p.sku, p.gtin, p.title, 1, 10, 'seller', true
        FROM (SELECT id, row_number() OVER () AS n FROM sales_order) o CROSS JOIN generate_series(1, 3) place
        JOIN (SELECT id, sku, gtin, title, row_number() OVER () AS n FROM product) p
            ON p.n = 1 + (o.n * 3 + place) % $2::int
    """,
    "event": """
        INSERT INTO event (seller_id, topic, subject_kind, subject_id, payload, actor_kind, actor_id, actor_name,
            request_id, recorded_at)
        SELECT $1, 'orders.order_created', 'order', id,
            jsonb_build_object('number', number, 'status', status, 'lines', 3, 'units', 3, 'attention', '[]'::jsonb),
            'system', '', 'Bench', '', placed_at FROM sales_order ORDER BY placed_at
    """,
}
LISTS = (
    "/",
    "/orders",
    "/orders?status=reserved",
    "/orders?status=open",
    "/orders?q=B-7777",
    "/orders?q=SKU-77",
    "/products/",
    "/products/?q=mug+77",
    "/stock",
    "/warehouses",
    "/counts",
    "/fulfilment/ready",
    "/fulfilment/pick",
    "/fulfilment/pack",
    "/fulfilment/shipments",
    "/offers",
    "/channels",
    "/channels/inbox",
    "/carriers",
    "/imports/",
    "/jobs/",
    "/jobs/history",
    "/audit",
    "/users",
    "/sellers",
    "/roles",
    "/api-keys",
)
DETAILS = {
    "/orders/{}": "SELECT id FROM sales_order WHERE status = 'reserved' LIMIT 1",
    "/products/{}": "SELECT id FROM product LIMIT 1",
    "/stock/{}": "SELECT id FROM product LIMIT 1",
    "/warehouses/{}": "SELECT id FROM warehouse LIMIT 1",
    "/locations/{}": "SELECT id FROM location LIMIT 1",
    "/sellers/{}": "SELECT id FROM seller LIMIT 1",
    "/roles/{}": "SELECT id FROM role LIMIT 1",
}


class SignedIn(ASGIMiddleware):
    """Makes every request one of *principal*."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["user"] = self._principal
        await next_app(scope, receive, send)


async def fill(hub: Instance, seller: SellerRef, shelf: UUID) -> list[str]:
    """Make the rows as the owner, and return the addresses of details."""
    owner = await asyncpg.connect(hub.server.plain(hub.server.owner))
    second = {"stock_move": shelf, "product": PRODUCTS, "sales_order": ORDERS, "order_line": PRODUCTS}
    for table, sql in FILL.items():
        more = [second[table]] if table in second else []
        await owner.execute(sql, seller.id, *more, timeout=600)
    await owner.execute("VACUUM ANALYZE", timeout=600)
    found = [address.format(await owner.fetchval(sql)) for address, sql in DETAILS.items()]
    await owner.close()
    return found


@asynccontextmanager
async def opened(hub: Instance, database: Database, seller: SellerRef) -> AsyncGenerator[httpx.AsyncClient]:
    """Open the application, signed in."""
    everything = frozenset(Right)
    who = Principal(
        actor=SYSTEM, rights=everything, sellers=(seller,), seller=seller, everywhere=True, instance_rights=everything
    )
    app = create_app(hub.box, hub.settings, database=database, lifespan=[], middleware=[SignedIn(who)])
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", headers={"accept": "text/html"}
    ) as client:
        keep_for_good()  # as the web process does once it is assembled
        yield client


async def visit(client: httpx.AsyncClient, database: Database, address: str) -> tuple[list[float], int, int]:
    """Return the milliseconds of each turn, the queries of one, and the bytes of one."""
    queries = 0

    def count(*_: object) -> None:
        nonlocal queries
        queries += 1

    times: list[float] = []
    response = await client.get(address)
    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    await client.get(address)  # not timed: who is listened to takes another way to the database
    event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    for _ in range(TURNS):
        start = time.perf_counter()
        response = await client.get(address)
        times.append((time.perf_counter() - start) * 1000)
        if not response.is_success:
            sys.exit(f"{address} answered {response.status_code}: {response.text[:300]}")
    return times, queries, len(response.content)


def p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def summary(pages: Mapping[str, tuple[list[float], int, int]]) -> str:
    """Return what is over a goal, or the most of each."""
    over = [
        f"{address} {p95(times):.0f} ms, {queries} queries, {size / 1000:.0f} kB"
        for address, (times, queries, size) in pages.items()
        if p95(times) > GOAL_MS or queries > GOAL_QUERIES or size > GOAL_KB * 1000
    ]
    most = f"at most {max(queries for _, queries, _ in pages.values())} queries, "
    largest = f"{max(size for _, _, size in pages.values()) / 1000:.0f} kB"
    return f"{len(pages)} pages; {most}{largest}; over a goal: {'; '.join(over) or 'none'}"


async def measure(hub: Instance) -> tuple[list[float], dict[str, tuple[list[float], int, int]]]:
    """Return the times of the form, and the figures of every page."""
    async with hub.database() as database:
        seller, _ = await seller_with_key(database)
        async with database.transaction(SellerScope.of(seller.id)) as session:
            inventory = InventoryService(session)
            shelf = await inventory.stock_location(await inventory.create_warehouse(seller.id, "MAIN", "Main"))
        details = await fill(hub, seller, shelf)
        async with opened(hub, database, seller) as client:
            floor, _, _ = await visit(client, database, FORM)
            pages = {address: await visit(client, database, address) for address in (*LISTS, *details)}
            return floor, pages


def main() -> None:
    with instance() as hub:
        floor, pages = asyncio.run(measure(hub))
    for address, (times, queries, size) in sorted(pages.items(), key=lambda page: -p95(page[1][0])):
        print(f"{address:44} {p95(times):7.1f} ms {queries:3} queries {size / 1000:6.1f} kB", file=sys.stderr)
    worst = max(p95(times) for times, _, _ in pages.values())
    report(
        "pages", round(worst, 1), "ms", limit=round(p95(floor), 1), notes=f"p95 of the slowest page; {summary(pages)}"
    )


if __name__ == "__main__":
    main()
