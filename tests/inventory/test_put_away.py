"""Put-away: what is suggested, and the way there, scan by scan."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import NoRoomError, NotForStorageError
from entrepot.inventory.service import InventoryService
from entrepot.inventory.storing import FREE, SAME, Spot, suggest
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import Building, add_building, add_product, check_books, numbers

pytestmark = pytest.mark.anyio


def spot(walk: int, same: int, other: int, rest: int, limits: tuple[int | None, int | None]) -> Spot:
    most, maximum = limits
    units = same + other + rest
    return Spot(new_id(), f"C{walk}", walk, units, same, other, units > 0, most, maximum)


limit = st.none() | st.integers(1, 12)
spots = st.lists(
    st.builds(
        spot,
        st.integers(0, 9),
        st.integers(0, 5),
        st.integers(0, 5),
        st.integers(0, 5),
        st.tuples(limit, limit),
    ),
    max_size=8,
)


@given(spots, st.integers(1, 8))
def test_suggests_only_places_that_fit(found: list[Spot], quantity: int) -> None:
    by_id = {spot.location_id: spot for spot in found}

    places = suggest(found, quantity)

    assert len({place.location_id for place in places}) == len(places)
    for place in places:
        spot = by_id[place.location_id]
        assert spot.room is None or spot.room >= quantity
        assert not spot.taken or spot.same or spot.other_lots or spot.maximum is not None
    ranks = [[SAME, FREE].index(place.why) for place in places if place.why in {SAME, FREE}]
    assert ranks == sorted(ranks)


async def test_suggests_the_same_slot_then_the_first_free_one(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    await stock.create_location(building.id, LocationKind.BOX, "BOX", capacity=3, max_units=10, walk_order=1)
    slots = [await stock.scan_location(f"BOX-0{number}", warehouse_id=building.id) for number in (1, 2, 3)]
    mug, cup = await add_product(session, seller.id, "MUG"), await add_product(session, seller.id, "CUP")
    await stock.receive(mug.id, slots[1].id, 4)
    await stock.receive(cup.id, slots[0].id, 1)
    await stock.receive(mug.id, building.receiving, 20)

    def codes(found: list[object]) -> list[str]:
        return [str(getattr(one, "code", "")) for one in found]

    assert codes([*await stock.places_for(mug.id, building.id, 6)])[:2] == ["BOX-02", "BOX-03"]
    assert codes([*await stock.places_for(mug.id, building.id, 7)])[0] == "BOX-03"
    assert codes([*await stock.places_for(mug.id, building.id, 11)])[0] == "MAIN-A-01"  # it fits into no slot
    with pytest.raises(NoRoomError, match="7 of MUG do not fit into BOX-02: 6 more"):
        await stock.put_away(mug.id, building.receiving, slots[1].id, 7)
    with pytest.raises(NotForStorageError):
        await stock.put_away(mug.id, building.receiving, building.staging, 1)
    way = new_id()
    assert await stock.put_away(mug.id, building.receiving, slots[1].id, 6, transfer_id=way)
    assert not await stock.put_away(mug.id, building.receiving, slots[1].id, 6, transfer_id=way)
    assert await numbers(session, mug.id) == (24, 0, 10)
    await check_books(session, seller.id)


@pytest.fixture
async def building(database: Database, seller: SellerRef) -> Building:
    async with database.transaction(Scope.of(seller.id)) as session:
        built = await add_building(session, seller.id)
        stock = InventoryService(session)
        mug = await add_product(session, seller.id, "MUG")
        await add_product(session, seller.id, "CUP")
        await stock.receive(mug.id, built.receiving, 5)
    return built


def state_of(page: str) -> dict[str, str]:
    """Return what the task carries along."""
    part = page.split('id="work-state"', 1)[1].split("</section>", 1)[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", part):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "_csrf_token":
            found.setdefault(name[1], value[1] if value else "")
    return found


async def scan(client: httpx.AsyncClient, code: str, known: dict[str, str]) -> tuple[str, dict[str, str]]:
    answer = await client.post("/stock/put-away", data={**known, "code": code}, headers={"hx-request": "true"})
    assert answer.status_code == 200, answer.text
    assert "<html" not in answer.text
    return answer.text, state_of(answer.text)


async def test_puts_away_by_scanning(client: httpx.AsyncClient, building: Building, database: Database) -> None:
    assert building.id
    page = (await client.get("/stock/put-away")).text
    assert "Waits to be put away" in page
    known = state_of(page)
    for code, words in (
        ("NOPE", "“NOPE” is neither a product nor a location"),
        ("CUP", "No CUP waits in a receiving location"),
        ("MAIN-B-02", "MAIN-B-02 is a location. Scan the product"),
    ):
        found, known = await scan(client, code, known)
        assert words in found
        assert 'data-scan-result="error"' in found
    found, known = await scan(client, "MUG", known)
    assert "MAIN-A-01" in found
    assert known["quantity"] == "5"
    found, again = await scan(client, "MUG", known)
    assert "in your hands already" in found
    assert again["token"] == known["token"]
    for quantity in ("0", "-1", "many", "9"):
        found, _ = await scan(client, "MAIN-A-01", {**known, "quantity": quantity})
        assert 'data-scan-result="error"' in found
    found, _ = await scan(client, "STAGING", known)
    assert "not a place where MUG can stay" in found
    late = str(now().date() - timedelta(2))
    found, _ = await scan(client, "MAIN-A-01", {**known, "new_lot": "L1", "expires_on": late})
    assert "Lot L1 of MUG expired on" in found
    good = {**known, "quantity": "3", "new_lot": "L1", "expires_on": str(now().date() + timedelta(60))}
    found, after = await scan(client, "MAIN-A-01", good)
    assert "3 of MUG now in MAIN-A-01." in found
    assert not after.get("product")
    found, _ = await scan(client, "MAIN-A-01", good)  # the scanner sent Enter twice
    assert "not moved twice" in found
    found, _ = await scan(client, "MUG", after)
    rest = state_of(found)
    found, _ = await scan(client, "MAIN-A-01", rest)
    assert "MUG is kept by lot" in found
    row = (await client.get("/api/v1/stock", params={"q": "MUG"})).json()["items"][0]
    async with database.transaction(Scope.of(UUID(row["seller_id"]))) as session:
        assert await numbers(session, UUID(row["product_id"])) == (5, 0, 3)
        await check_books(session, UUID(row["seller_id"]))


async def test_takes_from_any_place_and_through_the_api(client: httpx.AsyncClient, building: Building) -> None:
    # Other tests make warehouses that everybody uses, and each has a RECEIVING.
    way = {"warehouse_id": str(building.id), "from_location": "RECEIVING", "to_location": "MAIN-A-01"}
    body = {**way, "product": "MUG", "quantity": 5}
    answer = await client.post("/api/v1/stock-moves/put-away", json=body)
    assert answer.status_code == 201, answer.text
    assert [row["location_code"] for row in answer.json()["locations"]] == ["MAIN-A-01"]
    product = answer.json()["product_id"]
    places = await client.get(
        f"/api/v1/stock/{product}/places", params={"warehouse_id": str(building.id), "quantity": 1}
    )
    assert places.json()["items"][0]["why"] == SAME
    found, known = await scan(client, "MAIN-A-01", {"warehouse": "", "origin": ""})
    assert "Take from MAIN-A-01" in found
    found, known = await scan(client, "MUG", known)
    found, known = await scan(client, "MAIN-B-02", {**known, "quantity": "2"})
    assert "2 of MUG now in MAIN-B-02" in found
    put_down = await client.post("/stock/put-away/start", data=known, headers={"hx-request": "true"})
    assert "Scan a product" in put_down.text


async def test_reads_lot_and_expiry_from_the_label(
    client: httpx.AsyncClient, building: Building, database: Database, seller: SellerRef
) -> None:
    assert building.id
    async with database.transaction(Scope.of(seller.id)) as session:
        await session.execute(
            text("UPDATE product SET gtin = '4006381333931' WHERE sku = 'MUG' AND seller_id = :id"), {"id": seller.id}
        )
    label = "(01)04006381333931(17)310531(10)B-7"
    found, known = await scan(client, label, {"warehouse": "", "origin": ""})
    assert (known["product"], known["new_lot"], known["expires_on"]) == ("MUG", "B-7", "2031-05-31")
    found, _ = await scan(client, "MAIN-A-01", known)
    assert "5 of MUG now in MAIN-A-01." in found
    received = await client.post("/stock/receive", data={"location": "MAIN-A-01", "product": label, "quantity": "2"})
    assert received.status_code == 303, received.text
    lot = (await client.get("/api/v1/lots")).json()["items"][0]
    assert (lot["code"], lot["expires_on"], lot["on_hand"]) == ("B-7", "2031-05-31", 7)
