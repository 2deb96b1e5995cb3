"""Orders for programs."""

from typing import Any

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.orders.factories import World, make_world

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("world")]

ADDRESS = {
    "last_name": "Smit",
    "street": "Dam",
    "house_number": "1",
    "postcode": "1012 JS",
    "city": "Amsterdam",
    "country": "NL",
}


@pytest.fixture
async def world(database: Database, seller: SellerRef) -> World:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 1)])


async def enter(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field
    body = {"ship_to": ADDRESS, "lines": [{"sku": "MUG-BLUE", "quantity": 2, "unit_price": "9.95"}]} | changes
    response = await client.post("/api/v1/orders", json=body)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def test_enter_read_change_cancel(client: httpx.AsyncClient) -> None:
    created = await enter(client)
    assert created["status"] == "reserved"
    url = f"/api/v1/orders/{created['id']}"
    order = (await client.get(url)).json()
    assert (order["total"], order["lines"][0]["reserved"]) == ("19.9000", True)

    line = f"{url}/lines/{order['lines'][0]['id']}"
    changed = (await client.patch(line, json={"quantity": 3, "version": order["version"]})).json()
    assert (changed["lines"][0]["quantity"], changed["status"]) == (3, "reserved")
    stale = await client.patch(line, json={"quantity": 4, "version": order["version"]})
    assert (stale.status_code, stale.json()["type"].rpartition("/")[2]) == (409, "orders.changed_meanwhile")
    assert (await client.patch(line, json={"quantity": -1})).status_code == 400
    too_many = (await client.patch(line, json={"quantity": 11})).json()
    assert (too_many["status"], too_many["lines"][0]["reserved"]) == ("pending", False)
    gone = (await client.patch(line, json={"quantity": 0})).json()
    assert gone["status"] == "cancelled"


async def test_hold_note_tags_and_address(client: httpx.AsyncClient) -> None:
    url = f"/api/v1/orders/{(await enter(client))['id']}"
    assert (await client.post(f"{url}/hold", json={"reason": "ask first"})).json()["hold_reason"] == "ask first"
    assert (await client.post(f"{url}/let-go")).json()["hold_reason"] is None
    assert (await client.post(f"{url}/notes", json={"text": "hello"})).status_code == 201
    patched = await client.patch(
        url, json={"tags": ["b", "a"], "ship_to": {**ADDRESS, "city": "Gent", "country": "BE"}}
    )
    assert (patched.json()["tags"], patched.json()["shipping_address"]["city"]) == (["a", "b"], "Gent")
    wrong = await client.patch(url, json={"ship_to": {"city": "Gent"}})
    assert wrong.status_code == 422
    assert {item["field"] for item in wrong.json()["errors"]} >= {"street", "country"}


async def test_an_unknown_sku_is_kept(client: httpx.AsyncClient) -> None:
    created = await enter(client, lines=[{"sku": "NOPE", "quantity": 1}])
    assert (created["status"], created["attention"]) == ("pending", ["unknown_sku"])


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": []},
        {"lines": [{"sku": "MUG-BLUE", "quantity": 0}]},
        {"lines": [{"sku": "", "quantity": 1}]},
        {"lines": [{"sku": "MUG-BLUE", "quantity": 1, "unit_price": "-1"}]},
        {"currency": "euro"},
        {"currency": "ZZZ"},
        {"placed_at": "yesterday"},
    ],
)
async def test_bad_input_is_refused(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    body = {"ship_to": ADDRESS, "lines": [{"sku": "MUG-BLUE", "quantity": 1}]} | changes
    response = await client.post("/api/v1/orders", json=body)
    assert response.status_code in {400, 422}
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_a_number_is_used_once(client: httpx.AsyncClient) -> None:
    await enter(client, number="WEB-1")
    again = await client.post(
        "/api/v1/orders", json={"ship_to": ADDRESS, "lines": [{"sku": "MUG-BLUE", "quantity": 1}], "number": "WEB-1"}
    )
    assert again.status_code == 409


async def test_list_pages_and_filters(client: httpx.AsyncClient) -> None:
    ids = {(await enter(client))["id"] for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = (
            await client.get("/api/v1/orders", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert set(seen) == ids
    assert len(seen) == 5
    assert (await client.get("/api/v1/orders", params={"status": "shipped"})).json()["items"] == []
    assert (
        len((await client.get("/api/v1/orders", params={"changed_since": "2020-01-01T00:00:00Z"})).json()["items"]) == 5
    )
    assert (await client.get("/api/v1/orders", params={"cursor": "nonsense"})).status_code == 422
    assert (await client.get("/api/v1/orders", params={"limit": 201})).status_code == 400
