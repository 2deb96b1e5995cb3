"""Real orders as bol.com documents: decode, validate, dedupe, store with lines and events, reserve stock.

The limit is COPY of the very rows that came of it (orders, lines, reservations, events, documents) into bare tables: no
index, no constraint, no trigger, no row-level security.
"""

import asyncio
import csv
import json
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url, text

from entrepot.channels import repository as channel_repository
from entrepot.channels.accounts import ORDERS, AccountRef, Health, Mode
from entrepot.channels.contract import RawDocument
from entrepot.channels.line import Line
from entrepot.channels.service import ChannelService
from entrepot.connectors.bol.connector import Bol
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.inventory.service import InventoryService, Receipt
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.tables import register_tables
from entrepot.orders.intake import Tally, take_in

DATA = Path(__file__).parents[1] / ".." / "shared" / "data" / "online_retail" / "online_retail_2010-12.csv"
KEY = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmU="
BATCH = 200
COUNTRIES = {"United Kingdom": "GB", "France": "FR", "Germany": "DE", "Netherlands": "NL", "Belgium": "BE"}
NO_GOODS = {"POST", "DOT", "C2", "M", "D", "S", "BANK CHARGES", "AMAZONFEE"}


@dataclass(slots=True)
class World:
    """A server of our own with its ordinary, durable settings, one seller, one account, every product in stock."""

    server: Server
    database: Database
    box: SecretBox
    account: AccountRef
    skus: list[str]

    @property
    def scope(self) -> Scope:
        return Scope.of(self.account.seller_id)


def real_orders() -> list[dict[str, Any]]:
    """Return the data set's invoices in bol.com's form."""
    if not DATA.exists():
        sys.exit(f"{DATA.resolve()} is missing: the data sets stand beside the checkout, in ../shared/data")
    invoices: dict[str, list[dict[str, str]]] = {}
    with DATA.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            sold = int(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0
            if sold and not row["InvoiceNo"].startswith("C") and row["StockCode"] not in NO_GOODS:
                invoices.setdefault(row["InvoiceNo"], []).append(row)
    return [_document(number, rows) for number, rows in invoices.items()]


def _document(number: str, rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    when = datetime.strptime(rows[0]["InvoiceDate"], "%m/%d/%y %H:%M").replace(tzinfo=UTC)
    customer = rows[0]["CustomerID"] or "guest"
    address = {
        "salutation": "UNKNOWN",
        "firstName": "Customer",
        "surname": f"Number {customer}",
        "streetName": "Damstraat",
        "houseNumber": str(int(number) % 300 + 1),
        "zipCode": f"{1000 + int(number) % 8999} AB",
        "city": "Amsterdam",
        "countryCode": COUNTRIES.get(rows[0]["Country"], "NL"),
        "email": f"{customer}@verkopen.test.example",
        "language": "nl",
    }
    items = [
        {
            "orderItemId": f"{number}{position:04d}",
            "cancellationRequest": False,
            "fulfilment": {"method": "FBR", "distributionParty": "RETAILER", "latestDeliveryDate": "2010-12-20"},
            "offer": {"offerId": f"6ff736b5-cdd0-4150-8c67-{int(number):012d}", "reference": row["StockCode"].upper()},
            "product": {"ean": "", "title": " ".join(row["Description"].split())},
            "quantity": int(row["Quantity"]),
            "quantityShipped": 0,
            "quantityCancelled": 0,
            "unitPrice": float(row["UnitPrice"]),
            "totalPrice": round(float(row["UnitPrice"]) * int(row["Quantity"]), 2),
            "commission": 0.51,
            "additionalServices": [],
            "latestChangedDateTime": when.isoformat(),
        }
        for position, row in enumerate(rows, 1)
    ]
    return {
        "orderId": number,
        "pickupPoint": False,
        "orderPlacedDateTime": when.isoformat(),
        "shipmentDetails": address,
        "billingDetails": address,
        "orderItems": items,
    }


def documents(orders: Sequence[dict[str, Any]], times: int, first: int = 0) -> list[RawDocument]:
    """Return the orders *times* over, under numbers of their own, as the bytes that arrive."""
    found: list[RawDocument] = []
    for turn in range(first, first + times):
        for order in orders:
            number = f"{order['orderId']}{turn:03d}"
            raw = json.dumps({**order, "orderId": number}).encode()
            found.append(RawDocument(document_id=number, fingerprint="1", raw=raw))
    return found


@asynccontextmanager
async def world(skus: Sequence[str], *, stock: int = 1_000_000, pool: int = 10) -> AsyncGenerator[World]:
    """Build the world."""
    box = SecretBox([KEY])
    with tempfile.TemporaryDirectory() as folder, embedded_server(Path(folder) / "postgres") as url:
        server = server_at(make_url(url.render_as_string(hide_password=False)).set(database="bench"), box)
        await asyncio.to_thread(migrate, server, box)
        async with Database(server.asyncpg(server.application), box.derive("scope"), pool=pool) as database:
            seller_id = new_id()
            async with database.transaction(Scope.of(seller_id)) as session:
                await session.execute(
                    text("INSERT INTO seller (id, name, slug) VALUES (:id, 'Bench', :slug)"),
                    {"id": seller_id, "slug": str(seller_id)},
                )
                inventory = InventoryService(session)
                warehouse = await inventory.create_warehouse(seller_id, "MAIN", "Main")
                location = await inventory.stock_location(warehouse)
                ids = [new_id() for _ in skus]
                await session.execute(
                    text(
                        "INSERT INTO product (id, seller_id, sku, title) SELECT id, :seller, sku, 'Product ' || sku"
                        " FROM unnest(CAST(:ids AS uuid[]), CAST(:skus AS text[])) AS t(id, sku)"
                    ),
                    {"seller": seller_id, "ids": ids, "skus": list(skus)},
                )
                await inventory.receive_many(
                    [Receipt(product_id=id_, location_id=location, quantity=stock) for id_ in ids]
                )
                account = AccountRef(
                    id=new_id(),
                    seller_id=seller_id,
                    channel="bol",
                    name="Bench",
                    prefix="B-",
                    mode=Mode.IMPORT_ONLY,
                    health=Health.HEALTHY,
                    warehouse_id=None,
                    known_as="",
                    connected_at=now(),
                )
                values = {name: getattr(account, name) for name in AccountRef.__slots__}
                await channel_repository.add_account(session, {**values, "credentials": b""})
            yield World(server, database, box, account, list(skus))


def reader() -> Bol:
    """Return the connector; it only reads."""
    return Bol(BolCredentials(client_id="bench", client_secret="bench"), Line(http=None))  # type: ignore[arg-type]  # noqa: S106


async def import_all(here: World, raw: Sequence[RawDocument]) -> tuple[float, Tally]:
    """Store and import, a batch per transaction; return seconds and what became of the orders."""
    connector, total = reader(), Tally()
    start = time.perf_counter()
    for first in range(0, len(raw), BATCH):
        async with here.database.transaction(here.scope) as session:
            stored = await ChannelService(session).store_documents(here.account, ORDERS, raw[first : first + BATCH])
            total.add((await take_in(session, here.account, connector, stored.new)).tally)
    return time.perf_counter() - start, total


TABLES = ("inbox_document", "sales_order", "order_line", "reservation", "event")


async def copy_limit(here: World) -> tuple[float, int]:
    """Return the seconds that COPY takes for the rows now there, into bare tables, and their number."""
    connection = await asyncpg.connect(here.server.plain(here.server.owner))
    best, count = 0.0, 0
    rows: dict[str, tuple[list[str], list[Any]]] = {}
    for table in TABLES:
        kept = await connection.fetch(f"SELECT * FROM {table}")
        names = list(kept[0].keys())
        rows[table] = (names, [tuple(row.values()) for row in kept])
        count += len(kept)
    for turn in range(3):
        for table in TABLES:
            await connection.execute(f"CREATE TABLE bare_{table}_{turn} AS SELECT * FROM {table} WITH NO DATA")
        start = time.perf_counter()
        async with connection.transaction():
            for table, (names, records) in rows.items():
                await connection.copy_records_to_table(f"bare_{table}_{turn}", records=records, columns=names)
        spent = time.perf_counter() - start
        best = spent if not best else min(best, spent)
    await connection.close()
    return best, count


async def settle_disk(here: World) -> None:
    """Analyse and write out what is dirty, as an hour of ordinary life would."""
    connection = await asyncpg.connect(here.server.plain(here.server.owner))
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def main() -> None:
    register_tables()
    orders = real_orders()
    skus = sorted({item["offer"]["reference"] for order in orders for item in order["orderItems"]})
    lines = sum(len(order["orderItems"]) for order in orders)
    async with world(skus) as here:
        await import_all(here, documents(orders[:100], 1, first=900))  # plans, code and caches are warm
        await settle_disk(here)
        raw = documents(orders, 1)
        spent, tally = await import_all(here, raw)
        if (tally.created, tally.failed) != (len(raw), 0):
            sys.exit(f"the import went wrong: {tally}")
        again, _ = await import_all(here, raw)
        bare, rows = await copy_limit(here)
        share = len(raw) / (len(raw) + 100)
        report(
            "order_import",
            len(raw) / spent,
            len(raw) / (bare * share),
            f"{len(raw)} real orders, {lines} lines, {rows} rows; seen again: {len(raw) / again:,.0f} orders/s",
        )
        await settle_disk(here)
        many = documents(orders, 10, first=1)
        ten, _ = await import_all(here, many)
        growth = (ten / len(many)) / (spent / len(raw))
        report("order_import_10x", len(many) / ten, len(raw) / (bare * share), f"time per order x {growth:.2f} at 10x")


def report(name: str, value: float, limit: float, notes: str) -> None:
    line = {"name": name, "value": round(value), "unit": "orders/s", "limit": round(limit)}
    print(json.dumps({**line, "ratio": round(limit / value, 2), "notes": notes}), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(main())
