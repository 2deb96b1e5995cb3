"""The chart of a watched product, a year of five listings, among millions of observations, under row-level security.

Five million by default, fifty million with ``LARGE=1`` (a quarter of an hour to fill).  They are written in the order
of time, as they come about, so that the observations of a listing lie far apart.  The limit is the index alone: its
owner fetching every observation of the same listings and year, uncut.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

from entrepot.kit.database import Database
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.pricewatch.history.domain import Span
from entrepot.pricewatch.history.views import history

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="
OBSERVATIONS = int(os.environ.get("BENCH_OBSERVATIONS", "50000000" if os.environ.get("LARGE") else "5000000"))
EACH = 1000
"""Observations of a listing in a year: one a day, and two changes."""
LISTINGS = 5
PRODUCTS = OBSERVATIONS // EACH // LISTINGS
CHARTS = 100
GOAL = 100
MINE = UUID(int=1)

MONTHS = """
    DO $$ BEGIN
    FOR month IN 1..13 LOOP
        EXECUTE format(
            'CREATE TABLE partitions.price_observation_past_%s PARTITION OF price_observation FOR VALUES FROM (%L) TO (%L)',
            month, date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => month) || '+00',
            date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => month - 1) || '+00');
    END LOOP; END $$
"""
FILL = """
    INSERT INTO seller (id, name, slug) VALUES ('00000000-0000-0000-0000-000000000001', 'Bench', 'bench');
    INSERT INTO price_store (id, seller_id, name, currency)
        SELECT md5('store' || n)::uuid, '00000000-0000-0000-0000-000000000001', 'Store ' || n, 'EUR'
        FROM generate_series(0, {listings} - 1) n;
    INSERT INTO watched_product (id, seller_id, title, created_by)
        SELECT md5('product' || n)::uuid, '00000000-0000-0000-0000-000000000001', 'Product ' || n, 'bench'
        FROM generate_series(0, {products} - 1) n;
    INSERT INTO price_listing (id, seller_id, watched_product_id, store_id, url, next_check_at, price, unit_price,
            currency, availability, changed_at, observed_at, checked_at)
        SELECT md5('listing' || n)::uuid, '00000000-0000-0000-0000-000000000001', md5('product' || n / {listings})::uuid,
            md5('store' || n % {listings})::uuid, 'https://shop.example/' || n, now(), 20, 20, 'EUR', 'in_stock', now(),
            now(), now()
        FROM generate_series(0, {products} * {listings} - 1) n;
"""
WRITE = """
    INSERT INTO price_observation
        (id, seller_id, listing_id, observed_at, price, currency, availability, unit_price, reason)
    SELECT md5(l::text || '-' || n)::uuid, $1, md5('listing' || l)::uuid,
        now() - make_interval(secs => (({each} - n) * 31536 + l % 31536)), p.price, 'EUR',
        CASE WHEN (n + l) % 50 < 3 THEN 'out_of_stock' ELSE 'in_stock' END, p.price, 'changed'
    FROM generate_series($2::int, $3::int) n CROSS JOIN generate_series(0, {products} * {listings} - 1) l
    CROSS JOIN LATERAL (SELECT 10 + abs(hashint4(l * 1000 + n / 3)) % 1000 / 100.0 AS price) p
"""
BARE = """
    SELECT listing_id, observed_at, unit_price, availability FROM price_observation
    WHERE listing_id = ANY($1) AND observed_at >= now() - interval '365 days'
"""


async def fill(url: str) -> float:
    """Write everything as the owner; return the seconds it took."""
    owner = await asyncpg.connect(url)
    began = time.perf_counter()
    await owner.execute(MONTHS)
    await owner.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    await owner.execute(FILL.format(products=PRODUCTS, listings=LISTINGS), timeout=600)
    write = WRITE.format(each=EACH, products=PRODUCTS, listings=LISTINGS)
    piece = max(1, 1_000_000 // (PRODUCTS * LISTINGS))
    for first in range(1, EACH + 1, piece):
        await owner.execute(write, MINE, first, min(first + piece - 1, EACH), timeout=1800)
    await owner.execute("VACUUM (ANALYZE) price_observation", timeout=1800)
    await owner.execute("ANALYZE price_listing; ANALYZE watched_product; CHECKPOINT", timeout=600)
    await owner.close()
    return time.perf_counter() - began


async def charts(database: Database, products: list[UUID], span: Span) -> list[float]:
    """Return the milliseconds of each chart, transaction included."""
    times: list[float] = []
    for product in products:
        began = time.perf_counter()
        async with database.transaction(Scope.of(MINE)) as session:
            found = await history(session, product, span)
        times.append((time.perf_counter() - began) * 1000)
        if len(found.lines) != LISTINGS or found.figures is None:
            sys.exit("a chart is not whole")
    return times


async def bare(url: str, products: list[UUID]) -> list[float]:
    """Return the milliseconds of fetching the same observations by the index alone."""
    owner = await asyncpg.connect(url)
    times: list[float] = []
    for product in products:
        rows = await owner.fetch("SELECT id FROM price_listing WHERE watched_product_id = $1", product)
        began = time.perf_counter()
        await owner.fetch(BARE, [row["id"] for row in rows])
        times.append((time.perf_counter() - began) * 1000)
    await owner.close()
    return times


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


async def measure(server: Server, box: SecretBox) -> None:
    """Measure and print."""
    url = server.plain(server.owner)
    took = await fill(url)
    owner = await asyncpg.connect(url)
    known = [row["id"] for row in await owner.fetch("SELECT id FROM watched_product")]
    await owner.close()
    chance = random.Random(7)  # noqa: S311 -- the same products in every run
    chance.shuffle(known)
    picked, others = known[:CHARTS], known[CHARTS : 2 * CHARTS] or known
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=2) as database:
        cold = await charts(database, picked, Span.YEAR)
        times = await charts(database, picked, Span.YEAR)
        short = await charts(database, picked, Span.QUARTER)
    cold_limit = await bare(url, others)
    limit = await bare(url, picked)
    figure = {
        "name": "price_history",
        "value": round(p95(times), 1),
        "unit": f"ms p95, goal <= {GOAL}",
        "limit": round(p95(limit), 1),
        "ratio": round(p95(times) / p95(limit), 2),
        "notes": (
            f"{OBSERVATIONS} observations of {PRODUCTS} products in {LISTINGS} stores, filled in {took:.0f} s; a year:"
            f" p50 {statistics.median(times):.1f} ms, 90 days: p95 {p95(short):.1f} ms; bare index scan of the year's"
            f" {LISTINGS * EACH} rows p50 {statistics.median(limit):.1f} ms; from the disk: p50 {statistics.median(cold):.1f} ms,"
            f" bare {statistics.median(cold_limit):.1f} ms"
        ),
    }
    print(json.dumps(figure))


def main() -> None:
    warnings.simplefilter("ignore")
    box = SecretBox([KEY])
    with tempfile.TemporaryDirectory() as name, embedded_server(Path(name) / "postgres") as url:
        server = server_at(make_url(url.render_as_string(hide_password=False)).set(database="bench"), box)
        migrate(server, box)
        asyncio.run(measure(server, box))


if __name__ == "__main__":
    sys.exit(main())
