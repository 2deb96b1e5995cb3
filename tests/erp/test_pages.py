"""The pages of ERP accounts, with a JTL-Wawi that exists only in this test's database server."""

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.erp.conftest import add_channel_account, add_erp_account

pytestmark = pytest.mark.anyio


async def test_an_empty_list_leads_to_connecting(client: httpx.AsyncClient) -> None:
    page = await client.get("/erp")
    assert page.status_code == 200
    assert "No ERP connected" in page.text
    assert "JTL-Wawi" in (await client.get("/erp/new")).text
    form = await client.get("/erp/new/jtl")
    assert form.status_code == 200
    for words in ("How orders reach JTL", "Password", "Advanced", "Usual tax rate"):
        assert words in form.text


async def test_what_is_missing_is_named(client: httpx.AsyncClient) -> None:
    refused = await client.post("/erp/new/jtl", data={"name": "", "host": "wawi.example.org/../x", "way": "fax"})
    assert refused.status_code == 422
    assert "Give the name or address of a server, and nothing else." in refused.text
    assert "Choose one of these." in refused.text


async def test_shows_an_account(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        erp = await add_erp_account(session, seller.id, "1", "2")
        channel = await add_channel_account(session, seller.id)

    page = await client.get(f"/erp/{erp}")
    assert page.status_code == 200, page.text
    assert f"bol {channel}" in page.text
    assert "Warehouse 1" in page.text

    done = await client.post(f"/erp/{erp}/joins/{channel}", data={"hand_over": "true"})
    assert done.status_code == 303
    assert "checked" in (await client.get(f"/erp/{erp}")).text
    listed = await client.get("/erp")
    assert "eazybusiness" in listed.text
    assert (await client.post(f"/erp/{erp}/joins/{channel}", data={})).status_code == 303
    assert (await client.post(f"/erp/{erp}/warehouses", data={"warehouse": ["2"]})).status_code == 303
    assert (await client.post(f"/erp/{erp}/warehouses", data={"warehouse": ["7"]})).status_code == 422
    assert (await client.post(f"/erp/{erp}/switch", data={"active": "false"})).status_code == 303
    assert "Switch on" in (await client.get(f"/erp/{erp}")).text
    assert (await client.get(f"/erp/{erp}/stock")).status_code == 200


async def test_the_api_says_the_same(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        erp = await add_erp_account(session, seller.id, "1", "2")
        channel = await add_channel_account(session, seller.id)

    assert [one["key"] for one in (await client.get("/api/v1/erp/connectors")).json()["items"]] == ["jtl"]
    accounts = (await client.get("/api/v1/erp/accounts")).json()
    assert [one["id"] for one in accounts["items"]] == [str(erp)]
    assert "credentials" not in accounts["items"][0]
    joined = await client.put(f"/api/v1/erp/joins/{channel}", json={"erp_account_id": str(erp), "hand_over": False})
    assert joined.json()["take_stock"] is True
    assert len((await client.get("/api/v1/erp/joins")).json()["items"]) == 1
    assert (await client.delete(f"/api/v1/erp/joins/{channel}")).status_code == 204
    changed = await client.patch(f"/api/v1/erp/accounts/{erp}", json={"warehouses": ["1"], "name": "Wawi"})
    assert changed.json()["warehouses"] == ["1"], changed.text
    assert changed.json()["name"] == "Wawi"
    assert (await client.get(f"/api/v1/erp/accounts/{erp}/stock")).json() == {"items": [], "next": None}
    assert (await client.get(f"/api/v1/erp/accounts/{erp}/hand-overs?state=refused")).json()["items"] == []
    unknown = await client.put(f"/api/v1/erp/joins/{erp}", json={"erp_account_id": str(erp)})
    assert unknown.status_code == 404
    assert "partner_not_found" in unknown.text
