"""Pick faces: what is listed to be brought, and bringing it."""

from datetime import date, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory import views
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import BadPickFaceError, BringTooMuchError, NotEnoughHereError, ReplenishmentGoneError
from entrepot.inventory.filling import Face, Source, fill
from entrepot.inventory.service import InventoryService
from entrepot.inventory.tasks import MakeReplenishment
from entrepot.jobs.inline import run_inline
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.inventory.factories import Building, add_building, add_product, check_books, numbers, request_for
from tests.inventory.test_put_away import state_of

pytestmark = pytest.mark.anyio
SELLER, HALL, GOODS = new_id(), new_id(), [new_id(), new_id()]


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6), st.integers(0, 6), st.integers(0, 8)), max_size=5),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9), st.none() | st.integers(0, 3)), max_size=6),
)
def test_fills_up_to_the_maximum_and_takes_no_more_than_there_is(
    faces: list[tuple[int, int, int, int]], sources: list[tuple[int, int, int | None]]
) -> None:
    wanted = [
        Face(SELLER, HALL, GOODS[product], new_id(), minimum, minimum + more, units)
        for product, minimum, more, units in faces
    ]
    stock = [
        Source(
            GOODS[product],
            HALL,
            new_id(),
            "",
            free,
            number,
            f"B{number}",
            None if day is None else date(2027, 1, 1) + timedelta(day),
        )
        for number, (product, free, day) in enumerate(sources)
    ]
    before = {source.location_id: source.free for source in stock}

    ways = fill(wanted, stock)

    for source in stock:
        taken = sum(way.quantity for way in ways if way.source is source)
        assert taken == before[source.location_id] - source.free
        assert source.free >= 0
    for face in wanted:
        brought = sum(way.quantity for way in ways if way.face is face)
        assert all(way.quantity > 0 and way.source.product_id == face.product_id for way in ways if way.face is face)
        if face.units >= face.minimum:
            assert brought == 0
        elif any(source.free for source in stock if source.product_id == face.product_id):
            assert face.units + brought == face.maximum


async def bulk_building(session: AsyncSession, seller: SellerRef) -> Building:
    """A building with a pick face for 2 to 6 mugs on its first shelf, and 10 mugs in bulk."""
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    bulk = await stock.create_location(building.id, LocationKind.RACK, "BULK")
    mug = await add_product(session, seller.id, "MUG")
    await add_product(session, seller.id, "CUP")
    await stock.receive(mug.id, bulk, 10)
    await stock.receive(mug.id, building.shelf, 1)
    await stock.set_pick_face(mug.id, building.shelf, 2, 6)
    return building


async def test_lists_what_is_missing_and_brings_it_once(session: AsyncSession, seller: SellerRef) -> None:
    building = await bulk_building(session, seller)
    stock = InventoryService(session)
    mug = (await views.stock_list(session, query="MUG"))[0]
    with pytest.raises(BadPickFaceError):
        await stock.set_pick_face(mug.product_id, building.shelf, 5, 2)

    assert await stock.make_replenishment(seller.id) == 1
    assert await stock.make_replenishment(seller.id) == 1  # the same again, not twice
    (way,) = await views.replenishments(session)
    assert (way.from_location, way.to_location, way.quantity) == ("BULK", "MAIN-A-01", 5)
    with pytest.raises(BringTooMuchError):
        await stock.bring(way.id, 6)
    with pytest.raises(ReplenishmentGoneError):
        await stock.bring(new_id(), 1)
    assert await stock.bring(way.id, 4)
    assert not await stock.bring(way.id, 4)
    assert await views.replenishments(session) == []
    assert [done.moved for done in await views.replenishments(session, status="done")] == [4]
    assert await stock.make_replenishment(seller.id) == 0  # five are at least two
    assert await numbers(session, mug.product_id) == (11, 0, 11)
    await check_books(session, seller.id)


async def test_what_is_promised_stays(session: AsyncSession, seller: SellerRef) -> None:
    building = await bulk_building(session, seller)
    stock = InventoryService(session)
    mug = await stock.scan_product(seller.id, "MUG")
    await stock.make_replenishment(seller.id)
    (way,) = await views.replenishments(session)
    await stock.adjust(mug.id, way.from_location_id, -6, reason="lost")
    with pytest.raises(NotEnoughHereError):
        await stock.bring(way.id, 5)
    await stock.reserve([request_for(mug, 3, warehouse_id=building.id)])
    await stock.make_replenishment(seller.id)
    assert [row.quantity for row in await views.replenishments(session)] == [1]


async def test_brings_by_scanning(
    client: httpx.AsyncClient, database: Database, box: SecretBox, settings: Settings, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await bulk_building(session, seller)
    made = await run_inline(database, box, settings, MakeReplenishment())
    assert isinstance(made, dict)
    page = (await client.get("/replenish")).text
    assert "BULK" in page
    known = state_of(page)

    async def scan(code: str, words: str) -> str:
        nonlocal known
        answer = await client.post("/replenish/scan", data={**known, "code": code}, headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.text
        assert words in answer.text, answer.text
        known = state_of(answer.text)
        return answer.text

    await scan("MAIN-B-02", "That is MAIN-B-02; you need BULK")
    await scan("BULK", "Right place. Take 5.")
    await scan("CUP", "That is CUP; you need MUG from BULK")
    await scan("MUG", "Bring it to MAIN-A-01")
    await scan("CUP", "CUP is a product. Scan the label of MAIN-A-01")
    await scan("BULK", "That is BULK; you need MAIN-A-01")
    known["quantity"] = "60"
    await scan("MAIN-A-01", "more than the 5")
    known["quantity"] = "5"
    before = dict(known)
    await scan("MAIN-A-01", "5 of MUG now in MAIN-A-01.")
    assert "Every pick face is filled" in (await client.get("/replenish")).text
    known = before
    await scan("MAIN-A-01", "no longer on the list")  # Enter came twice


async def test_pick_faces_on_pages_and_through_the_api(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await bulk_building(session, seller)
    form = {"product": "CUP", "location": "MAIN-B-02", "minimum": "3", "maximum": "9"}
    assert (await client.post("/pick-faces", data=form)).status_code == 303
    wrong = await client.post("/pick-faces", data=form | {"minimum": "x"})
    assert (wrong.status_code, "makes no sense" in wrong.text) == (422, True)
    assert "MAIN-B-02" in (await client.get("/pick-faces")).text
    body = {"product": "CUP", "location": "MAIN-B-02", "minimum": 2, "maximum": 4}
    face = (await client.put("/api/v1/pick-faces", json=body)).json()["items"][0]
    assert (face["minimum"], face["maximum"], face["units"]) == (2, 4, 0)
    page = (await client.get("/api/v1/pick-faces", params={"limit": 1})).json()
    assert page["next"]
    assert (await client.delete(f"/api/v1/pick-faces/{face['id']}")).status_code == 204
    assert (await client.delete(f"/api/v1/pick-faces/{face['id']}")).status_code == 404
    assert (await client.post("/api/v1/replenishment")).json() == {"ways": 1}
    way = (await client.get("/api/v1/replenishment")).json()["items"][0]
    for moved in (True, False):
        done = await client.post(f"/api/v1/replenishment/{way['id']}/done", json={"quantity": 5})
        assert done.json() == {"moved": moved}
    assert (await client.post("/replenish/make")).status_code == 303
    skipped = await client.post("/replenish/skip", data={"way": way["id"]}, headers={"hx-request": "true"})
    assert "Every pick face is filled" in skipped.text
    faces = (await client.get("/api/v1/pick-faces")).json()["items"]
    assert (await client.post("/pick-faces/remove", data={"ids": [face["id"] for face in faces]})).status_code == 303
    assert "No pick faces yet" in (await client.get("/pick-faces")).text
