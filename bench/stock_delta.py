"""Decide what to push: 100,000 offers on each of 10 accounts, after 2 % of the products changed.

The limit is the bare work in the same run: one join of the same rows as the tables' owner (no row-level security), that
compares each offer's number with the stock and counts what differs.  It decides nothing, stores nothing and explains
nothing.
"""

import asyncio
import json
import os
import time
from uuid import UUID

import asyncpg
import msgspec

from bench.world import Instance, instance
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.offers.deciding import Deciding
from entrepot.offers.domain import Rules, Stock, Units, publishable

OFFERS = int(os.environ.get("ENTREPOT_BENCH_OFFERS", "100000"))
"""On each account."""
ACCOUNTS = 10
CHANGED = 50
"""One product in so many changes."""
BUNDLES = 20
"""One product in so many is a bundle of two others."""
WHY = json.dumps(
    msgspec.to_builtins(
        publishable(
            Stock(sku="SKU-100000", own=Units(on_hand=20, available=18)),
            Rules(buffer=1),
            mode="live",
        )[1]
    )
)
"""Something as long as a real derivation."""
BARE = """
    SELECT count(*) FROM offer o
    JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
    LEFT JOIN stock_total t ON t.seller_id = o.seller_id AND t.product_id = o.product_id
    WHERE o.seller_id = $1 AND o.wanted_quantity IS DISTINCT FROM greatest(0, coalesce(t.available, 0) - p.buffer)
"""


async def fill(owner: asyncpg.Connection, seller_id: UUID) -> None:
    """Write a seller with products, stock, accounts and an offer of every product on every account."""
    products = [new_id() for _ in range(OFFERS)]
    accounts = [new_id() for _ in range(ACCOUNTS)]
    await owner.execute("SET session_replication_role = replica")  # no foreign keys: this is not what is measured
    await owner.execute("ALTER TABLE stock_total DISABLE TRIGGER USER")  # stock without a ledger
    await owner.execute("INSERT INTO seller (id, name, slug) VALUES ($1, 'Bench', $2)", seller_id, str(seller_id))
    await owner.execute(
        "INSERT INTO product (id, seller_id, sku, title, kind, buffer)"
        " SELECT id, $1, 'SKU-' || n, 'Mug', CASE WHEN n % $3 = 0 THEN 'bundle' ELSE 'simple' END, n % 3"
        " FROM unnest($2::uuid[]) WITH ORDINALITY AS t(id, n)",
        seller_id,
        products,
        BUNDLES,
    )
    await owner.executemany(
        "INSERT INTO bundle_component (seller_id, bundle_id, component_id, quantity) VALUES ($1, $2, $3, $4)",
        [
            (seller_id, products[number], products[number - back], back)
            for number in range(BUNDLES - 1, OFFERS, BUNDLES)
            for back in (1, 2)
        ],
    )
    await owner.execute(
        "INSERT INTO stock_total (seller_id, product_id, on_hand, reserved, available)"
        " SELECT $1, id, 20 + n % 50, n % 5, 20 + n % 50 - n % 5 FROM unnest($2::uuid[]) WITH ORDINALITY AS t(id, n)"
        " WHERE n % $3 <> 0",
        seller_id,
        products,
        BUNDLES,
    )
    for number, account_id in enumerate(accounts):
        await owner.execute(
            "INSERT INTO channel_account (id, seller_id, channel, name, prefix, mode, credentials, known_as, health,"
            " last_error, last_error_code, last_new, last_attention)"
            " VALUES ($1, $2, 'bol', $3, '', 'live', '', '', 'healthy', '', '', 0, 0)",
            account_id,
            seller_id,
            f"Account {number}",
        )
        await owner.execute(
            """
            INSERT INTO offer (id, seller_id, account_id, channel_offer_id, sku, gtin, title, fulfilment, on_hold,
                channel_quantity, last_seen_at, product_id, matched_by, wanted_quantity, published_quantity, derivation)
            SELECT n.id, $1, $2, md5(n.id::text), p.sku, '', 'Mug', 'seller', false, 0, now(), p.id, 'sku',
                q.n, q.n, CAST($3 AS jsonb)
            FROM unnest($4::uuid[], $5::uuid[]) AS n(id, product_id) JOIN product p ON p.id = n.product_id
            LEFT JOIN stock_total t ON t.product_id = p.id LEFT JOIN (
                SELECT c.bundle_id, min(greatest(0, t.available - p.buffer) / c.quantity) AS makes
                FROM bundle_component c JOIN product p ON p.id = c.component_id
                JOIN stock_total t ON t.product_id = p.id GROUP BY 1
            ) b ON b.bundle_id = p.id
            CROSS JOIN LATERAL (SELECT greatest(0, coalesce(b.makes, t.available, 0) - p.buffer) AS n) q
            WHERE p.seller_id = $1
            """,
            seller_id,
            account_id,
            WHY,
            [new_id() for _ in products],
            products,
        )
    await owner.execute("SET session_replication_role = DEFAULT")
    await owner.execute("VACUUM ANALYZE offer, product, stock_total, bundle_component")


async def decide(database: Database, seller_id: UUID) -> float:
    """Decide about every offer of every account, as the job does; return the seconds."""
    start = time.perf_counter()
    async with database.transaction(Scope.of(seller_id)) as session:
        await Deciding(session).decide(seller_id)
    return time.perf_counter() - start


async def measure(hub: Instance) -> None:
    owner = await asyncpg.connect(hub.server.plain(hub.server.owner))
    seller_id = new_id()
    await fill(owner, seller_id)
    async with hub.database() as database:
        quiet = await decide(database, seller_id)
        await owner.execute(
            "UPDATE stock_total SET available = available - 1, on_hand = on_hand - 1 WHERE product_id IN"
            " (SELECT id FROM product WHERE substr(sku, 5)::int % $1 = 1)",
            CHANGED,
        )
        await owner.execute("VACUUM ANALYZE stock_total")
        start = time.perf_counter()
        await owner.fetchval(BARE, seller_id)
        limit = time.perf_counter() - start
        value = await decide(database, seller_id)
    due = await owner.fetchval("SELECT count(*) FROM offer WHERE state = 'to_push'")
    await owner.close()
    print(
        json.dumps(
            {
                "name": "stock_delta",
                "value": round(value, 3),
                "unit": "s",
                "limit": round(limit, 3),
                "ratio": round(value / limit, 2),
                "notes": f"{OFFERS:,} offers x {ACCOUNTS} accounts, {due:,} to push, each with its derivation;"
                f" {quiet:.2f} s when nothing changed; budget 3 s",
            }
        )
    )


def main() -> None:
    with instance() as hub:
        asyncio.run(measure(hub))


if __name__ == "__main__":
    main()
