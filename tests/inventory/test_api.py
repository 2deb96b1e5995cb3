"""The stock through the API."""

from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.conftest import MakeClient
from tests.inventory.factories import Building, add_building, add_product, request_for

pytestmark = pytest.mark.anyio
API = "/api/v1"


@pytest.fixture
async def building(database: Database, seller: SellerRef) -> Building:
    async with database.transaction(Scope.of(seller.id)) as session:
        built = await add_building(session, seller.id)
        for sku in ("CUP", "MUG", "PLATE"):
            await add_product(session, seller.id, sku, buffer=1)
    return built


async def receive(client: httpx.AsyncClient, quantity: int = 5, **more: str) -> httpx.Response:
    body = {"product": "MUG", "location": "MAIN-A-01", "quantity": quantity} | more
    return await client.post(f"{API}/stock-moves/receive", json=body)


async def test_receives_moves_and_adjusts(client: httpx.AsyncClient, building: Building) -> None:
    received = await receive(client)
    assert received.status_code == 201, received.text
    assert received.json()["numbers"] == {"on_hand": 5, "reserved": 0, "available": 5, "buffer": 1, "sellable": 4}

    moved = await client.post(
        f"{API}/stock-moves/move",
        json={"product": "MUG", "from_location": "MAIN-A-01", "to_location": "main-b-02", "quantity": 2},
    )
    assert {row["location_code"]: row["on_hand"] for row in moved.json()["locations"]} == {
        "MAIN-A-01": 3,
        "MAIN-B-02": 2,
    }

    adjusted = await client.post(
        f"{API}/stock-moves/adjust",
        json={"product": "MUG", "location": "MAIN-A-01", "change": -1, "reason": "damaged"},
    )
    assert adjusted.json()["numbers"]["on_hand"] == 4

    ledger = (await client.get(f"{API}/stock-moves", params={"location_id": str(building.shelf)})).json()
    assert [(row["kind"], row["quantity"], row["actor_name"]) for row in ledger["items"]] == [
        ("adjust", -1, "Tess Tester"),
        ("move", -2, "Tess Tester"),
        ("receive", 5, "Tess Tester"),
    ]


async def test_a_repeated_key_receives_once(client: httpx.AsyncClient, building: Building) -> None:
    body = {"product": "MUG", "location": "MAIN-A-01", "quantity": 5}
    headers = {"Idempotency-Key": str(new_id())}

    for _ in range(2):
        answer = await client.post(f"{API}/stock-moves/receive", json=body, headers=headers)
        assert answer.json()["numbers"]["on_hand"] == 5
    assert building.id


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"product": "NOPE"}, 404, "inventory.unknown_product"),
        ({"location": "NOWHERE"}, 404, "inventory.unknown_location"),
        ({"quantity": -3}, 400, "web.bad_request"),
        ({"quantity": 10**12}, 400, "web.bad_request"),
    ],
)
async def test_says_what_is_wrong(
    client: httpx.AsyncClient, building: Building, change: dict[str, object], status: int, code: str
) -> None:
    body = {"product": "MUG", "location": "MAIN-A-01", "quantity": 5} | change

    answer = await client.post(f"{API}/stock-moves/receive", json=body)

    assert (answer.status_code, answer.json()["type"]) == (status, f"https://entrepot.dev/errors/{code}"), answer.text
    assert building.id


async def test_pages_through_the_stock(client: httpx.AsyncClient, building: Building) -> None:
    assert building.id
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = (await client.get(f"{API}/stock", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [row["sku"] for row in page["items"]]
        cursor = page["next"]

    assert (seen, cursor) == (["CUP", "MUG", "PLATE"], None)
    assert (await client.get(f"{API}/stock", params={"cursor": "x"})).status_code == 422


async def test_filters_the_stock(client: httpx.AsyncClient, building: Building) -> None:
    await receive(client, 1)

    async def skus(**params: str) -> list[str]:
        answer = await client.get(f"{API}/stock", params=params)
        return [row["sku"] for row in answer.json()["items"]]

    assert await skus(show="low") == ["MUG"]
    assert await skus(show="zero") == ["CUP", "PLATE"]
    assert await skus(show="in_stock", warehouse_id=str(building.id)) == ["MUG"]
    assert await skus(q="lat") == ["PLATE"]
    assert await skus(q="%") == []


async def test_says_what_there_was(client: httpx.AsyncClient, building: Building) -> None:
    await receive(client)
    past = (await client.get(f"{API}/stock-moves")).json()["items"][0]["occurred_at"]
    await receive(client)

    async def stock_at(as_of: str, **params: str) -> httpx.Response:
        return await client.get(f"{API}/stock/past", params={"as_of": as_of, **params})

    assert [row["on_hand"] for row in (await stock_at(past)).json()["items"]] == [5]
    inside = await stock_at(past, location_id=str(building.shelf), warehouse_id=str(building.id))
    assert [row["location_code"] for row in inside.json()["items"]] == ["MAIN-A-01"]
    assert (await stock_at(past, location_id=str(building.rack))).json()["items"] == []
    assert (await stock_at("2020-01-01T00:00")).json()["items"] == []
    assert (await stock_at("last friday")).status_code == 422
    assert (await stock_at("2999-01-01")).status_code == 422


async def test_sets_up_a_box_with_its_slots(client: httpx.AsyncClient) -> None:
    made = await client.post(f"{API}/warehouses", json={"code": "lab", "name": "Lab"})
    assert made.status_code == 201, made.text
    warehouse = made.json()
    box = await client.post(
        f"{API}/locations", json={"warehouse_id": warehouse["id"], "kind": "box", "code": "b1", "capacity": 12}
    )
    assert (box.json()["code"], box.json()["children"]) == ("B1", 12)

    codes: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{API}/warehouses/{warehouse['id']}/locations", params=params)).json()
        codes += [row["code"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert codes == ["B1", *[f"B1-{n:02d}" for n in range(1, 13)], "QUARANTINE", "RECEIVING", "STAGING", "STOCK"]
    again = await client.post(f"{API}/warehouses", json={"code": "LAB"})
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "The code “LAB” is already in use. Choose another one.",
    )


async def test_counts(client: httpx.AsyncClient, building: Building, database: Database, seller: SellerRef) -> None:
    await receive(client, 5)
    product_id = (await client.get(f"{API}/stock", params={"q": "MUG"})).json()["items"][0]["product_id"]
    async with database.transaction(Scope.of(seller.id)) as session:
        stock = InventoryService(session)
        mug = await stock.scan_product(seller.id, "MUG")
        early, late = request_for(mug, 2), request_for(mug, 2)
        await stock.reserve([early])
        await stock.reserve([late])
    opened = await client.post(f"{API}/counts", json={"warehouse_id": str(building.id), "product_ids": [product_id]})
    assert opened.status_code == 201, opened.text
    count = f"{API}/counts/{opened.json()['count']['id']}"

    early_approval = await client.post(f"{count}/approve")
    assert (early_approval.status_code, early_approval.json()["open"]) == (422, 1)
    await client.post(f"{count}/lines", json={"product": "MUG", "location": "MAIN-A-01", "counted": 3})
    approved = (await client.post(f"{count}/approve")).json()

    assert [UUID(lost["order_line_id"]) for lost in approved["lost_reservations"]] == [late.order_line_id]
    assert approved["count"]["status"] == "approved"
    assert (await client.post(f"{count}/cancel")).status_code == 409
    assert [row["status"] for row in (await client.get(f"{API}/counts")).json()["items"]] == ["approved"]


async def test_needs_the_rights(make_client: MakeClient, seller: SellerRef) -> None:
    reader = await make_client(seller, frozenset({Right.INVENTORY_READ}))

    assert (await reader.get(f"{API}/stock")).status_code == 200
    for path in ("stock-moves/receive", "stock-moves/move", "stock-moves/adjust", "warehouses", "locations", "counts"):
        assert (await reader.post(f"{API}/{path}", json={})).status_code == 403
