"""The pages of the stock, as a browser gets them."""

import re
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.inventory.service import InventoryService, Receipt
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.conftest import MakeClient
from tests.inventory.factories import Building, add_building, add_product, numbers, request_for
from tests.statements import sent

pytestmark = pytest.mark.anyio


@pytest.fixture
async def building(database: Database, seller: SellerRef) -> Building:
    async with database.transaction(Scope.of(seller.id)) as session:
        built = await add_building(session, seller.id)
        stock = InventoryService(session)
        await stock.create_warehouse(seller.id, "SECOND", "Second")
        mug = await add_product(session, seller.id, "MUG", buffer=1)
        await add_product(session, seller.id, "CUP")
        await stock.receive(mug.id, built.shelf, 5)
        await stock.reserve([request_for(mug, 2)])
    return built


async def product_id(client: httpx.AsyncClient) -> UUID:
    answer = await client.get("/api/v1/stock", params={"q": "MUG"})
    return UUID(answer.json()["items"][0]["product_id"])


@pytest.mark.parametrize(
    "path",
    [
        "/stock",
        "/stock?show=low&q=mug",
        "/stock?show=zero",
        "/stock?q=nothing",
        "/stock/receive",
        "/stock/move",
        "/stock/adjust",
        "/stock/past",
        "/stock/past?at=2020-01-01T10:00",
        "/stock/past?at=2999-01-01T10:00",
        "/warehouses",
        "/warehouses/new",
        "/counts",
        "/counts/new",
    ],
)
async def test_opens(client: httpx.AsyncClient, building: Building, path: str, database: Database) -> None:
    assert building.id
    with sent(database) as queries:
        answer = await client.get(path)

    assert answer.status_code == 200, answer.text[:2000]
    assert len(queries) <= 8, queries
    assert len(answer.content) < 150_000


async def test_a_product_shows_where_who_and_why(client: httpx.AsyncClient, building: Building) -> None:
    id_ = await product_id(client)

    page = (await client.get(f"/stock/{id_}")).text

    for words in ("MAIN-A-01", "Received", "Promised to orders", f"/locations/{building.shelf}", "/orders/"):
        assert words in page
    assert "3 units" not in page
    past = await client.get(f"/stock/{id_}", params={"at": "2020-01-01T10:00"})
    assert "0 units" in past.text
    assert "is not a moment in the past" in (await client.get(f"/stock/{id_}", params={"at": "soon"})).text


async def test_scans_step_by_step(client: httpx.AsyncClient, building: Building, database: Database) -> None:
    """Each scan ends with Enter and sends the form; it comes back with the next field in focus."""
    form = {"warehouse_id": str(building.id), "location": "MAIN-B-02"}
    step = await client.post("/stock/receive", data=form)
    assert step.status_code == 200
    assert re.search(r'name="product"[^>]*autofocus', step.text)
    form["product"] = "MUG"
    step = await client.post("/stock/receive", data=form)
    assert re.search(r'name="quantity"[^>]*autofocus', step.text)
    form["quantity"] = "7"
    done = await client.post("/stock/receive", data=form)

    assert done.status_code == 303
    again = await client.get(done.headers["location"])
    assert "Received: 7 of MUG, MAIN-B-02." in again.text
    assert 'value="MAIN-B-02"' in again.text
    seller_id = UUID((await client.get("/api/v1/stock")).json()["items"][0]["seller_id"])
    async with database.transaction(Scope.of(seller_id)) as session:
        assert await numbers(session, await product_id(client)) == (12, 2, 10)


@pytest.mark.parametrize(
    ("verb", "form", "sentence"),
    [
        ("receive", {"product": "NOPE"}, "No product has the SKU or barcode “NOPE”"),
        ("receive", {"location": "NOWHERE"}, "No location has the code or barcode “NOWHERE”"),
        ("receive", {"quantity": "-1"}, "-1 is not a quantity of"),
        ("receive", {"quantity": "many"}, "many is not a quantity of"),
        ("receive", {"location": "STAGING"}, "exists in several warehouses"),
        ("move", {"origin": "MAIN-A-01", "target": "MAIN-B-02", "quantity": "4"}, "2 of the 5 there are reserved"),
        ("move", {"origin": "MAIN-A-01", "target": "MAIN-B-02", "quantity": "6"}, "5 are there"),
        ("move", {"origin": "MAIN-A-01", "target": "MAIN-A-01", "quantity": "1"}, "already lie in MAIN-A-01"),
        ("adjust", {"change": "-4", "reason": "lost"}, "a count names the orders that lose their goods"),
        ("adjust", {"change": "0", "reason": "lost"}, "changes nothing or too much"),
    ],
)
async def test_says_what_is_wrong(
    client: httpx.AsyncClient, building: Building, verb: str, form: dict[str, str], sentence: str
) -> None:
    assert building.id
    complete = {"product": "MUG", "location": "MAIN-A-01", "quantity": "1"} | form

    answer = await client.post(f"/stock/{verb}", data=complete)

    assert answer.status_code == 422
    assert sentence in answer.text


async def test_sets_up_a_warehouse_and_a_box(client: httpx.AsyncClient) -> None:
    wrong = await client.post("/warehouses", data={"code": "a b", "name": "", "time_zone": "Europe/Berlin"})
    assert (wrong.status_code, "cannot be a code" in wrong.text) == (422, True)
    made = await client.post("/warehouses", data={"code": "lab", "name": "Lab", "time_zone": "Europe/Berlin"})
    assert made.status_code == 303, made.text
    warehouse = made.headers["location"]
    assert "QUARANTINE" in (await client.get(warehouse)).text

    box = await client.post(f"{warehouse}/locations", data={"kind": "box", "code": "B-1", "capacity": "24"})
    page = (await client.get(box.headers["location"])).text
    assert page.count('class="slot"') == 24
    assert "0 of 24 in use" in page
    wrong = await client.post(f"{warehouse}/locations", data={"kind": "shelf", "code": "S-1", "capacity": "24"})
    assert "only boxes have them" in wrong.text
    slot = re.search(r'class="slot" href="(/locations/[^"]+)"', page)
    assert slot
    changed = await client.post(slot[1], data={"name": "Left", "walk_order": "3"})
    assert changed.status_code == 303
    assert "Not for picking" in (await client.get(slot[1])).text


async def test_counts_blind_then_approves(client: httpx.AsyncClient, building: Building) -> None:
    opened = await client.post("/counts", data={"warehouse_id": str(building.id), "location": "MAIN-A-01"})
    assert opened.status_code == 303, opened.text
    count = opened.headers["location"]
    assert "Books" not in (await client.get(count)).text

    wrong = await client.post(f"{count}/lines", data={"location": "MAIN-B-02", "product": "MUG", "quantity": "3"})
    assert "is not part of the count" in wrong.text
    noted = await client.post(f"{count}/lines", data={"location": "MAIN-A-01", "product": "MUG", "quantity": "1"})
    assert noted.status_code == 303
    assert "Books" in (await client.get(count)).text
    approved = await client.post(f"{count}/approve")
    assert "These orders lost their goods" in approved.text

    other = await client.post("/counts", data={"warehouse_id": str(building.id), "location": "MAIN-B-02"})
    assert "No product is recorded in MAIN-B-02" in other.text
    second = await client.post("/counts", data={"warehouse_id": str(building.id), "products": "MUG"})
    assert (await client.post(f"{second.headers['location']}/cancel")).status_code == 303


async def test_needs_the_rights(make_client: MakeClient, seller: SellerRef) -> None:
    nobody = await make_client(seller, frozenset[Right]())

    for path in ("/stock", "/stock/receive", "/warehouses", "/counts"):
        assert (await nobody.get(path)).status_code == 403


async def test_a_location_with_very_much_shows_a_part(
    database: Database, seller: SellerRef, client: httpx.AsyncClient, building: Building
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        products = [await add_product(session, seller.id, f"PIECE-{number:03}") for number in range(120)]
        await InventoryService(session).receive_many(
            [Receipt(product_id=product.id, location_id=building.shelf, quantity=1) for product in products]
        )

    page = (await client.get(f"/locations/{building.shelf}")).text

    assert "PIECE-098" in page  # the mug is the first of the hundred, the last moves show PIECE-100 and up
    assert "PIECE-099" not in page
    assert "There is more than these 100." in page
