"""The simulated JTL-Wawi: what its importer refuses, its page, and its server as a process starts it."""

import asyncio
from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from entrepot.connectors.jtl.order_xml import XmlOptions, order_xml
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.dice import Dice
from entrepot.sandbox.jtl.reading import Unreadable, read_orders
from entrepot.sandbox.jtl.routes import jtl_routes
from entrepot.sandbox.jtl.schema import CLERK, DATABASE, PASSWORD
from entrepot.sandbox.jtl.server import running_wawi
from entrepot.sandbox.jtl.wawi import Article
from tests.connectors.jtl.orders import line, order
from tests.connectors.jtl.world import World, open_world
from tests.sandbox.conftest import MakeWorld

pytestmark = pytest.mark.anyio

GOOD = order_xml(order(), XmlOptions())


@pytest.fixture
async def jtl(cluster: str) -> AsyncGenerator[World]:
    async with open_world(cluster) as opened:
        yield opened


@pytest.fixture
async def client(jtl: World, make_world: MakeWorld) -> AsyncGenerator[httpx.AsyncClient]:
    app = create_sandbox(make_world(orders=0, speed=0), jtl_routes(jtl.wawi, jtl.gate))
    transport: Any = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as opened:
        yield opened


def test_reads_a_good_order() -> None:
    (found,) = read_orders(GOOD)

    assert (found.reference, found.shipping_method, found.total) == ("BOL-A2K8290LP8", "DHL Paket", Decimal("24.94"))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"ISO-8859-1", b"UTF-8", "ISO-8859-1"),
        (b"<tBestellungen>", b"<!DOCTYPE x><tBestellungen>", "Document types"),
        (b"</tBestellung>", b"", "not well-formed"),
        (b"tBestellungen>", b"orders>", "no tBestellung"),
        (b"<cExterneBestellNr>BOL-A2K8290LP8</cExterneBestellNr>", b"<cExterneBestellNr/>", "no cExterneBestellNr"),
        (b"EUR", b"EURO", "no currency"),
        (b"<dErstellt>2026-11-20", b"<dErstellt>20.11.2026", "no date"),
        (b"<cOrt>Berlin</cOrt>", b"<cOrt/>", "cOrt of tkunde"),
        (b"twarenkorbpos", b"position", "no position"),
        (b"<fMwSt>19.00", b"<fMwSt>3.19", "no tax rate"),
        (b"<fPreisEinzelNetto>16.79832", b"<fPreisEinzelNetto>19.99", "do not fit"),
        (b"<fPreis>19.99", b"<fPreis>x", "a number is none"),
        (b"<fAnzahl>1.00", b"<fAnzahl>0.00", "unknown"),
        (b"<cPosTyp>standard", b"<cPosTyp>other", "unknown"),
    ],
)
def test_refuses_a_bad_order(old: bytes, new: bytes, reason: str) -> None:
    document = GOOD.replace(old, new)
    assert document != GOOD

    with pytest.raises(Unreadable, match=reason):
        read_orders(document)


async def test_the_worker_refuses_and_goes_on(jtl: World) -> None:
    connector = jtl.connector()
    jtl.wawi.refuse = 1
    await connector.hand_over([order("A"), order("B")])
    await jtl.owner.execute(
        'INSERT INTO dbo."tXMLBestellImport" ("cText", "nPlattform", "nRechnung") VALUES (\'nonsense\', 5, 0), (NULL, 5, 0)'
    )

    await jtl.wawi.work()

    states = {one.reference: (one.state, one.reason) for one in await jtl.wawi.orders()}
    assert states["A"][0] == "refused"
    assert states["B"][0] == "sent"
    assert (await jtl.wawi.counts())["waiting"] == 0
    assert len(await connector.read_tracking(["A", "B"])) == 1


async def test_goods_leave_the_shelf(jtl: World) -> None:
    connector = jtl.connector()
    await connector.hand_over([order("A", line(quantity=7))])
    await jtl.wawi.work()

    stock = {one.warehouse: int(one.on_hand) for one in await connector.read_stock(["SKU-1"])}

    assert stock == {"1": 23, "2": 10}


async def test_its_page_and_its_controls(jtl: World, client: httpx.AsyncClient) -> None:
    assert 'href="/jtl"' in (await client.get("/")).text
    await jtl.connector().hand_over([order("A")])
    assert (await client.post("/sandbox/api/jtl/work")).json()["done"] == 2
    page = await client.get("/jtl")
    assert "JJD0002" in page.text
    assert "Take the server away" in page.text

    assert (await client.post("/sandbox/api/jtl/faults", json={"slow": 0.01, "refuse": 2})).json()["refuse"] == 2
    for command, form in (
        ("away", {}),
        ("asleep", {}),
        ("slow", {"value": "0"}),
        ("refuse", {"value": "0"}),
        ("send", {}),
        ("stock", {"sku": "SKU-2", "warehouse": "1", "value": "3"}),
        ("stock", {"sku": "none", "warehouse": "1", "value": "3"}),
        ("nonsense", {}),
    ):
        done = await client.post("/jtl/do", data={"command": command, **form})
        assert done.status_code == 303
    state = (await client.get("/sandbox/api/jtl/")).json()
    assert (state["away"], state["asleep"]) == (True, True)
    await jtl.wawi.work()
    assert (await client.post("/sandbox/api/jtl/faults", json={"away": False, "asleep": False})).json()["away"] is False
    assert (await client.post("/sandbox/api/jtl/stock", json={"sku": "SKU-1", "quantity": 9})).status_code == 200
    assert (await client.post("/sandbox/api/jtl/stock", json={"sku": "none", "quantity": 9})).status_code == 404
    assert (await client.post("/sandbox/api/jtl/send")).json() == {"sent": 0}


async def test_a_server_of_its_own_asks_for_a_password_and_remembers(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "jtl"

    async def connect(port: int, password: str) -> int:
        where: dict[str, Any] = {"host": "127.0.0.1", "port": port, "database": DATABASE}
        opened = await asyncpg.connect(user=CLERK, password=password, **where)
        try:
            count: int = await opened.fetchval('SELECT count(*) FROM dbo."tArtikel"')
        finally:
            await opened.close()
        return count

    for articles in ([Article("SKU-1", "", 3)], []):  # the second start finds the first one's articles
        async with (
            asyncio.timeout(60),
            running_wawi(folder, WorldClock(), Dice(7), articles, host="127.0.0.1", port=0) as (_, gate),
        ):
            assert await connect(gate.port, PASSWORD) == 1
            with pytest.raises(asyncpg.InvalidPasswordError):
                await connect(gate.port, "wrong")
