"""Fills a new demo: people, a warehouse, the products of a real gift shop, their stock, a connected marketplace."""

import os
import socket
import time
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import uvloop
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.service.setup import create_seller, create_user
from entrepot.catalog.fields import read_fields
from entrepot.catalog.writing import Draft, ProductWriter
from entrepot.channels.accounts import Mode
from entrepot.channels.connections import Connections
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.cli.demo import FILLED, OWNER
from entrepot.cli.demo_prices import fill_prices
from entrepot.erp.connections import ErpConnections
from entrepot.erp.registry import erp_spec
from entrepot.erp.service import ErpService
from entrepot.fulfilment.carriage.rules import Rules
from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.contract import PostalAddress
from entrepot.fulfilment.registry import carrier_spec
from entrepot.inventory.refs import Receipt
from entrepot.inventory.service import InventoryService, LocationKind
from entrepot.jobs.discovery import discover
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.database import Database
from entrepot.kit.postgres import running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.sandbox.dhl import service as dhl
from entrepot.sandbox.options import DEFAULT_ACCOUNTS, TEMU_ACCOUNTS, WorldOptions
from entrepot.sandbox.retail.export import bundles, catalogue_rows, units_sold
from entrepot.sandbox.sendcloud import service as sendcloud
from entrepot.sandbox.world import SPARE_UNITS

SLOTS = 60
"""Numbered slots in each box."""
SCARCE = 25
"""Every so many products there is too little, so that orders wait for stock."""
PATIENCE = 20
SENDER = PostalAddress(
    company="Gift shop", street="Oudegracht", house_number="120", postcode="3511 AW", city="Utrecht", country="NL"
)


def fill() -> None:
    """Fill the demo whose settings are in the environment; say what there is."""
    settings = Settings()
    box = SecretBox(settings.keys)
    sandbox = os.environ["ENTREPOT_DEMO_SANDBOX"]
    _wait_for(sandbox)
    discover()
    started = time.monotonic()
    with running_server(settings, box, stop=False) as server:

        async def run() -> int:
            url = server.asyncpg(server.application)
            async with Database(url, box.derive("scope"), pool=5) as database:
                seller_id = await _people(database, os.environ["ENTREPOT_DEMO_PASSWORD"])
                count = await _goods(database, seller_id)
                account_id = await _channel(database, box, settings, seller_id, sandbox)
                await _temu(database, box, settings, seller_id, sandbox)
                await _carrier(database, box, settings, seller_id, sandbox)
                if jtl := os.environ.get("ENTREPOT_DEMO_JTL"):
                    await _erp(database, box, settings, seller_id, jtl)
                if os.environ.get("ENTREPOT_DEMO_PRICES"):
                    await fill_prices(database, box, settings, seller_id, account_id, sandbox)
            return count

        count = uvloop.run(run())
    (settings.data_dir / FILLED).touch()
    print(f"  Filled with {count} products in {time.monotonic() - started:.1f} s.", flush=True)


async def _people(database: Database, password: str) -> UUID:
    async with database.transaction(Scope.all_sellers()) as session:
        seller = await create_seller(session, "Gift shop", country="NL")
        other = await create_seller(session, "Red Kettles", country="DE")
        await create_user(session, OWNER, name="Olivia Owner", password=password)
        await create_user(session, "picker@demo.example", name="Piet Picker", role="picker", password=password)
        await create_user(
            session, "kettles@demo.example", name="Kurt Kessel", role="manager", seller_id=other.id, password=password
        )
    return seller.id


async def _goods(database: Database, seller_id: UUID) -> int:
    rows = catalogue_rows()
    sold = units_sold()
    async with database.transaction(Scope.of(seller_id)) as session:
        drafts = [
            Draft(
                values=read_fields(
                    {
                        "sku": row["sku"],
                        "gtin": row["gtin"],
                        "title": row["title"],
                        "sales_price": row["price"],
                        "purchase_price": row["cost"],
                        "weight_g": row["weight"],
                    }
                ).values
            )
            for row in rows
        ]
        sets = [
            Draft(
                values=read_fields(
                    {
                        "sku": bundle.product.sku,
                        "gtin": bundle.product.ean,
                        "title": bundle.product.title,
                        "kind": "bundle",
                    }
                ).values,
                components={part.sku: part.quantity for part in bundle.components},
            )
            for bundle in bundles()
        ]
        writer = ProductWriter(session)
        simple = [draft for draft in drafts if draft.values["sku"] not in {one.values["sku"] for one in sets}]
        saved = await writer.save(seller_id, simple)
        await writer.save(seller_id, sets)
        products = [(str(draft.values["sku"]), one.product_id) for draft, one in zip(simple, saved, strict=True)]
        slots = await _warehouse(session, seller_id, -(-len(products) // SLOTS))
        receipts = [
            Receipt(product_id=product_id, location_id=slot, quantity=_quantity(number, sold.get(sku, 0)))
            for number, ((sku, product_id), slot) in enumerate(zip(products, slots, strict=False))
            if product_id is not None
        ]
        await InventoryService(session).receive_many(receipts, reason="Opening stock")
    return len(products) + len(sets)


def _quantity(number: int, sold: int) -> int:
    return max(1, sold // 3) if number % SCARCE == SCARCE - 1 else sold + SPARE_UNITS


async def _warehouse(session: AsyncSession, seller_id: UUID, boxes: int) -> list[UUID]:
    inventory = InventoryService(session)
    warehouse = await inventory.create_warehouse(seller_id, "UTR", "Utrecht")
    slots: list[UUID] = []
    rack: UUID | None = None
    for number in range(boxes):
        if number % 10 == 0:
            code = f"R{number // 10 + 1}"
            rack = await inventory.create_location(warehouse, LocationKind.RACK, code)
        name = f"{number // 10 + 1}{chr(ord('A') + number % 10)}"
        await inventory.create_location(warehouse, LocationKind.BOX, name, parent_id=rack, capacity=SLOTS)
        codes = [f"{name}-{slot:02}" for slot in range(1, SLOTS + 1)]
        slots.extend([(await inventory.scan_location(code, warehouse_id=warehouse)).id for code in codes])
    return slots


async def _channel(database: Database, box: SecretBox, settings: Settings, seller_id: UUID, sandbox: str) -> UUID:
    account = DEFAULT_ACCOUNTS[0]
    spec = connector_spec("bol")
    credentials = parse_credentials(
        spec,
        {
            "client_id": account.client_id,
            "client_secret": account.client_secret,
            "api_url": sandbox,
            "token_url": f"{sandbox}/token",
        },
    )
    connections = Connections.of(database, box, settings)
    try:
        async with database.transaction(Scope.of(seller_id)) as session:
            channels = ChannelService(session, connections)
            connected = await channels.connect(seller_id, spec, credentials, name="bol (sandbox)")
            await channels.switch(connected.id, Mode.LIVE)
    finally:
        await connections.aclose()
    return connected.id


async def _temu(database: Database, box: SecretBox, settings: Settings, seller_id: UUID, sandbox: str) -> None:
    """Connect the simulated Temu, and enter the address for its notices there, as a person would."""
    account = TEMU_ACCOUNTS[0]
    spec = connector_spec("temu")
    credentials = parse_credentials(
        spec,
        {
            "app_key": account.client_id,
            "app_secret": account.client_secret,
            "access_token": account.token,
            "region": "eu",
            "gateway": f"{sandbox}/openapi/router",
        },
    )
    connections = Connections.of(database, box, settings)
    try:
        async with database.transaction(Scope.of(seller_id)) as session:
            channels = ChannelService(session, connections)
            connected = await channels.connect(seller_id, spec, credentials, name="Temu (sandbox)")
            await channels.switch(connected.id, Mode.LIVE)
            notices = NoticeService(session, box, connections)
            door = await notices.subscribe(connected.id, settings.address)
            address = notices.address(settings.address, connected, door)
    finally:
        await connections.aclose()
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.post(f"{sandbox}/sandbox/api/temu", json={"hook": address})


async def _carrier(database: Database, box: SecretBox, settings: Settings, seller_id: UUID, sandbox: str) -> None:
    """Connect three carriers; what goes where is said by rules, so that each has something to do."""
    keys = {
        "sandbox_express": {"api_url": sandbox, "api_key": WorldOptions().carrier_key},
        "dhl": {
            "api_url": sandbox + dhl.HOME,
            "api_key": dhl.API_KEY,
            "username": dhl.USERNAME,
            "password": dhl.PASSWORD,
            "ekp": dhl.EKP,
        },
        "sendcloud": {
            "api_url": sandbox + sendcloud.BASE,
            "public_key": sendcloud.PUBLIC_KEY,
            "secret_key": sendcloud.SECRET_KEY,
        },
    }
    rules: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("dhl", "V01PAK", {"countries": "DE"}),
        ("sendcloud", "postnl:standard", {"countries": "BE", "most_kg": "23"}),
        ("sandbox_express", "standard", {}),
    )
    lines = CarrierLines.of(database, box, settings)
    try:
        async with database.transaction(Scope.of(seller_id)) as session:
            carriers = Carriers(session, lines)
            accounts = {
                key: await carriers.connect(seller_id, spec, parse_credentials(spec, values), name=spec.name)
                for key, values in keys.items()
                for spec in (carrier_spec(key),)
            }
            await carriers.set_sender(seller_id, SENDER)
            for key, service, conditions in rules:
                await Rules(session).save(seller_id, conditions | {"carrier": f"{accounts[key].id}:{service}"})
    finally:
        await lines.aclose()


async def _erp(database: Database, box: SecretBox, settings: Settings, seller_id: UUID, address: str) -> None:
    """Connect the simulated JTL-Wawi, and let Temu work with it: bol's orders are shipped here."""
    spec = erp_spec("jtl")
    credentials = parse_credentials(spec, {"database_url": address})
    connections = ErpConnections.of(database, box, settings)
    try:
        async with database.transaction(Scope.of(seller_id)) as session:
            erps = ErpService(session, connections)
            erp = await erps.connect(seller_id, spec, credentials, name="JTL (sandbox)")
            for account in await ChannelService(session).accounts(seller_id=seller_id):
                if account.channel == "temu":
                    await erps.join(account.id, erp.id)
    finally:
        await connections.aclose()


def _wait_for(address: str) -> None:
    parts = urlsplit(address)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 80), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit(f"The sandbox did not start at {address}.") from None
            time.sleep(0.1)
        else:
            return
