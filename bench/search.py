"""Substring and misspelt searches with filters among a million products, under row-level security.

The limit is pg_trgm itself: the same terms, table and filters, asked by its owner without the service around it.
A misspelt term is given to pg_trgm's own ``%>`` there.
"""

import asyncio
import gzip
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
import warnings
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

from entrepot.catalog import views
from entrepot.catalog.views import Filters
from entrepot.kit.database import Database
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="
PRODUCTS = int(os.environ.get("BENCH_PRODUCTS", "1000000"))
QUERIES = 300
GOAL = 50
MINE, OTHER = UUID(int=1), UUID(int=2)

FILL = """
    INSERT INTO product (id, seller_id, sku, title, gtin, tags, active)
    SELECT uuidv7(), CASE WHEN n % 10 = 0 THEN $3::uuid ELSE $2::uuid END,
        upper(substr(md5(n::text), 1, 3)) || '-' || n,
        initcap(concat_ws(' ', w[1 + h1 % s], w[1 + h2 % s], w[1 + h3 % s], w[1 + (h1 + h2) % s])),
        CASE WHEN n % 3 > 0 THEN '87' || lpad(n::text, 11, '0') END,
        CASE WHEN n % 20 = 0 THEN '["sale"]' WHEN n % 7 = 0 THEN '["new"]' ELSE '[]' END::jsonb, n % 12 <> 0
    FROM (
        SELECT n, $1::text[] AS w, cardinality($1::text[]) AS s, abs(hashint4(n)) / 7 AS h1,
            abs(hashint4(n + 10000000)) / 7 AS h2, abs(hashint4(n + 20000000)) / 7 AS h3
        FROM generate_series(1, $4) AS n
    ) AS source
"""


def words() -> list[str]:
    """Return the words of the titles in the demonstration data."""
    (path,) = [file for file in (files("entrepot") / "sandbox" / "data").iterdir() if file.name.endswith(".csv.gz")]
    with path.open("rb") as packed:
        text = gzip.decompress(packed.read()).decode(errors="replace").lower()
    return sorted(set(re.findall(r"[a-z]{3,}", text)))


async def fill(url: str, vocabulary: list[str]) -> None:
    """Make the products, as the owner; the large indexes are built afterwards, which is faster."""
    owner = await asyncpg.connect(url)
    indexes = await owner.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'product' AND indexdef LIKE '%gin%'"
    )
    for index in indexes:
        await owner.execute(f"DROP INDEX {index['indexname']}")
    await owner.execute(FILL, vocabulary, MINE, OTHER, PRODUCTS, timeout=1800)
    await owner.execute("SET maintenance_work_mem = '512MB'")
    for index in indexes:
        await owner.execute(index["indexdef"], timeout=1800)
    await owner.execute("VACUUM ANALYZE product", timeout=1800)
    await owner.execute("VACUUM ANALYZE product_word", timeout=600)
    await owner.close()


def queries(vocabulary: list[str]) -> list[tuple[str, str, Filters]]:
    """Return (kind, text, filters): parts of words, of SKUs and GTINs, several words, and misspelt ones."""
    chance = random.Random(7)  # noqa: S311 -- the same queries in every run
    long = [word for word in vocabulary if len(word) > 5]  # noqa: PLR2004 -- long enough to be misspelt
    made: list[tuple[str, str, Filters]] = []
    for number in range(QUERIES):
        one, two = chance.choice(long), chance.choice(long)
        place = chance.randrange(1, len(one) - 1)
        kind, text = [
            ("substring", one[1:5]),
            ("substring", f"{one[:4]} {two[:5]}"),
            ("substring", f"-{chance.randrange(PRODUCTS)}"),
            ("substring", f"87{chance.randrange(PRODUCTS):011d}"[:10]),
            ("typo", one[:place] + one[place + 1 :]),
            ("typo", f"{one[:place]}{one[place + 1]}{one[place]}{one[place + 2 :]} {two}"),
        ][number % 6]
        filters = [
            Filters(text=text, active=True),
            Filters(text=text, active=True, tag="sale"),
            Filters(text=text, has_gtin=True),
            Filters(text=text),
        ][chance.randrange(4)]
        made.append((kind, text, filters))
    return made


async def ours(database: Database, asked: list[tuple[str, str, Filters]]) -> tuple[list[float], int]:
    """Return the milliseconds of each search, transaction included, and how many found something."""
    times: list[float] = []
    found = 0
    for _, _, filters in asked:
        began = time.perf_counter()
        async with database.transaction(Scope.of(MINE)) as session:
            page = await views.list_products(session, filters, limit=50)
        times.append((time.perf_counter() - began) * 1000)
        found += bool(page.rows)
    return times, found


async def bare(url: str, asked: list[tuple[str, str, Filters]]) -> list[float]:
    """Return the milliseconds of each search with pg_trgm alone."""
    owner = await asyncpg.connect(url)
    times: list[float] = []
    for kind, text, filters in asked:
        condition = " AND ".join(
            f"search_text %> '{term}'" if kind == "typo" else f"search_text LIKE '%{term}%'"
            for term in text.lower().split()
        )
        if filters.active:
            condition += " AND active"
        if filters.tag:
            condition += f" AND tags @> '[\"{filters.tag}\"]'"
        if filters.has_gtin:
            condition += " AND gtin IS NOT NULL"
        began = time.perf_counter()
        await owner.fetch(f"SELECT id, sku, title FROM product WHERE seller_id = '{MINE}' AND {condition} LIMIT 51")
        times.append((time.perf_counter() - began) * 1000)
    await owner.close()
    return times


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


async def measure(server: Server, box: SecretBox) -> None:
    """Measure and print."""
    vocabulary = words()
    url = server.plain(server.owner)
    await fill(url, vocabulary)
    asked = queries(vocabulary)
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=2) as database:
        await ours(database, asked[:50])
        times, found = await ours(database, asked)
    limit = await bare(url, asked)
    typos = [spent for spent, (kind, _, _) in zip(times, asked, strict=True) if kind == "typo"]
    figure = {
        "name": "search",
        "value": round(p99(times), 1),
        "unit": f"ms p99, goal <= {GOAL}",
        "limit": round(p99(limit), 1),
        "ratio": round(p99(times) / p99(limit), 2),
        "notes": (
            f"{PRODUCTS} products, {len(asked)} searches, {found} with results; p50 {statistics.median(times):.1f} ms,"
            f" typos p99 {p99(typos):.1f} ms; bare pg_trgm p50 {statistics.median(limit):.1f} ms"
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
