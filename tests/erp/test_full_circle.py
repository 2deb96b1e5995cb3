"""From the pages to a JTL-Wawi and back: connect, hand over, read, and what happens when it is away."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_network
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.erp import views
from entrepot.erp.accounts import ErpHealth
from entrepot.erp.connections import ErpConnections
from entrepot.erp.contract import ErpOrder, ErpShipment, HandOver
from entrepot.erp.errors import ErpAwayError, ErpPausedError
from entrepot.erp.reading import Transact, read_stock
from entrepot.erp.service import ErpService
from entrepot.kit.call_log import recent_calls
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.conftest import MakeClient
from tests.connectors.jtl.orders import line, order
from tests.connectors.jtl.world import World, open_world

pytestmark = pytest.mark.anyio

SECRET = "sandbox-jtl"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an operator who trusts this machine."""
    return Settings(
        data_dir=tmp_path_factory.mktemp("var"),
        outside_allow=[ip_network("127.0.0.0/8")],
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings
    )


@pytest.fixture
async def world(cluster: str) -> AsyncGenerator[World]:
    async with open_world(cluster) as opened:
        yield opened


@pytest.fixture
async def connections(database: Database, box: SecretBox, settings: Settings) -> AsyncGenerator[ErpConnections]:
    opened = ErpConnections.of(database, box, settings)
    yield opened
    await opened.aclose()


@pytest.fixture
def transact(database: Database, seller: SellerRef) -> Transact:
    def open_one() -> AbstractAsyncContextManager[AsyncSession]:
        return database.transaction(Scope.of(seller.id))

    return open_one


async def hand_over(
    transact: Transact, connections: ErpConnections, account_id: UUID, orders: Sequence[ErpOrder]
) -> list[HandOver]:
    """Do what the order run does."""
    async with transact() as session:
        connector = await ErpService(session, connections).order_connector(account_id, why="hand over orders")
    try:
        outcomes = await connector.hand_over(orders)
    except EntrepotError as error:
        async with transact() as session:
            await ErpService(session).record_failure(account_id, error)
        raise
    async with transact() as session:
        await ErpService(session).record_hand_overs(account_id, orders, outcomes, way=connector.way)
        await ErpService(session).record_success(account_id)
    return outcomes


async def read_tracking(
    transact: Transact, connections: ErpConnections, account_id: UUID, references: Sequence[str]
) -> list[ErpShipment]:
    async with transact() as session:
        connector = await ErpService(session, connections).tracking_connector(account_id, why="read tracking")
    return await connector.read_tracking(references)


async def connect(client: httpx.AsyncClient, world: World, **values: str) -> UUID:
    done = await client.post("/erp/new/jtl", data={"name": "Wawi", "database_url": world.url(), **values})
    assert done.status_code == 303, done.text
    return UUID(done.headers["location"].rpartition("/")[2])


async def test_connects_through_the_page(client: httpx.AsyncClient, world: World, transact: Transact) -> None:
    tried = await client.post("/erp/new/jtl/test", data={"database_url": world.url()})
    assert "It works" in tried.text
    wrong = await client.post("/erp/new/jtl", data={"name": "Wawi", "database_url": world.url("nobody")})
    assert wrong.status_code == 422
    assert "does not accept the credentials" in wrong.text
    assert SECRET not in wrong.text

    account_id = await connect(client, world)
    taken = await client.post("/erp/new/jtl", data={"name": "Wawi", "database_url": world.url()})
    assert taken.status_code == 422
    assert "Choose another name" in taken.text

    page = await client.get(f"/erp/{account_id}")
    assert "Außenlager" in page.text
    assert "dbo.tArtikel" in page.text
    form = await client.get(f"/erp/{account_id}/edit")
    assert SECRET not in page.text + form.text
    assert "It works" in (await client.post(f"/erp/{account_id}/test")).text
    kept = await client.post(f"/erp/{account_id}/edit", data={"name": "Wawi 2"})
    assert kept.status_code == 303, kept.text
    async with transact() as session:
        account = await ErpService(session).account(account_id)
        assert (account.name, account.health) == ("Wawi 2", ErpHealth.HEALTHY)


async def test_says_what_is_missing_and_stores_nothing(
    client: httpx.AsyncClient, world: World, transact: Transact
) -> None:
    await world.owner.execute('ALTER TABLE dbo."tArtikel" RENAME "nPuffer" TO "nReserve"')

    refused = await client.post("/erp/new/jtl", data={"name": "Wawi", "database_url": world.url()})

    assert refused.status_code == 422
    assert "dbo.tArtikel lacks nPuffer" in refused.text
    async with transact() as session:
        assert await ErpService(session).accounts() == []


async def test_an_operator_who_allows_nothing_keeps_sellers_outside(
    make_client: MakeClient, world: World, seller: SellerRef, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "outside_allow", [])

    refused = await (await make_client(seller)).post("/erp/new/jtl", data={"name": "W", "database_url": world.url()})

    assert refused.status_code == 422
    assert "ENTREPOT_OUTSIDE_ALLOW" in refused.text


async def test_orders_stock_and_parcels(
    client: httpx.AsyncClient, world: World, transact: Transact, connections: ErpConnections
) -> None:
    account_id = await connect(client, world)
    orders = [order("A"), order("B", line("nowhere")), order("C")]

    outcomes = await hand_over(transact, connections, account_id, orders)
    assert [one.state for one in outcomes] == ["accepted", "refused", "accepted"]
    await world.wawi.work()
    again = await hand_over(transact, connections, account_id, orders)
    assert [one.state for one in again] == ["present", "refused", "present"]
    await world.wawi.work()
    assert "duplicate" not in await world.wawi.counts(), "handed over twice"
    shipments = await read_tracking(transact, connections, account_id, ["A", "B", "C"])
    assert {one.reference for one in shipments} == {"A", "C"}

    reading = await read_stock(transact, connections, account_id)
    assert (reading.rows, reading.changed) == (8, 8)
    assert (await read_stock(transact, connections, account_id)).changed == 0
    assert await world.wawi.set_stock("SKU-2", 1, 7)
    assert (await read_stock(transact, connections, account_id, ["SKU-2", "gone"])).changed == 1
    async with transact() as session:
        assert await views.stock(session, account_id, ["SKU-2", "gone"]) == {"SKU-2": 7}
    page = await client.get(f"/erp/{account_id}")
    assert "no article “nowhere”" in page.text
    listed = (await client.get(f"/api/v1/erp/accounts/{account_id}/hand-overs?state=refused")).json()["items"]
    assert [one["reference"] for one in listed] == ["B"]
    assert len((await client.get(f"/api/v1/erp/accounts/{account_id}/stock?limit=3")).json()["items"]) == 3

    await connections.aclose()
    async with transact() as session:
        calls = await recent_calls(session, account_id=account_id, limit=200)
    assert any("tXMLBestellImport" in call.url for call in calls)
    assert not any(SECRET in f"{call}" for call in calls)


async def test_pages_of_stock_go_on_where_the_last_ended(
    client: httpx.AsyncClient, world: World, transact: Transact, connections: ErpConnections
) -> None:
    account_id = await connect(client, world)
    await read_stock(transact, connections, account_id)

    seen: list[str] = []
    cursor = ""
    while True:
        page = (
            await client.get(f"/api/v1/erp/accounts/{account_id}/stock", params={"cursor": cursor, "limit": 3})
        ).json()
        seen += [f"{one['sku']} {one['warehouse']}" for one in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]

    assert len(seen) == len(set(seen)) == 8


async def test_away_is_remembered_and_over_when_it_is_back(
    client: httpx.AsyncClient, world: World, transact: Transact, connections: ErpConnections
) -> None:
    account_id = await connect(client, world)
    await world.gate.set_away(away=True)

    with pytest.raises(ErpAwayError):
        await hand_over(transact, connections, account_id, [order("A")])
    async with transact() as session:
        failing = await ErpService(session).account(account_id)
    assert failing.health is ErpHealth.FAILING
    assert "cannot be reached" in failing.last_error
    assert "cannot be reached" in (await client.post(f"/erp/{account_id}/test")).text

    await world.gate.set_away(away=False)
    assert (await hand_over(transact, connections, account_id, [order("A")]))[0].done
    async with transact() as session:
        assert (await ErpService(session).account(account_id)).health is ErpHealth.HEALTHY
        await ErpService(session).switch(account_id, active=False)
    with pytest.raises(ErpPausedError):
        await read_stock(transact, connections, account_id)
