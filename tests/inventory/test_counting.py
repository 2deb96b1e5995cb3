"""Counts: requested, assigned, counted blind, counted again, approved, reported."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory import views
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import NothingToCountError, QuantityError, RecountNeededError
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from tests.inventory.factories import Building, add_building, add_product, check_books, numbers, request_for

pytestmark = pytest.mark.anyio
ANN, BEN = (Actor("user", "00000000-0000-0000-0000-00000000000a", name) for name in ("Ann", "Ben"))


async def test_what_differs_is_counted_twice(database: Database, seller: SellerRef) -> None:
    scope = Scope.of(seller.id)
    async with database.transaction(scope, actor=ANN) as session:
        stock = InventoryService(session)
        building = await add_building(session, seller.id)
        mug, cup = await add_product(session, seller.id, "MUG"), await add_product(session, seller.id, "CUP")
        await session.execute(text("UPDATE product SET purchase_price = 2.5 WHERE id = :id"), {"id": mug.id})
        for product in (mug, cup):
            await stock.receive(product.id, building.shelf, 5)
        count = await stock.open_count(seller.id, building.id, recount=True)
        await stock.record_count(count, mug.id, building.shelf, 3)
        assert all(line.expected is None for line in await views.count_lines(session, count))  # blind
        await stock.record_count(count, cup.id, building.shelf, 5)
        await stock.record_count(count, mug.id, building.shelf, 3)  # Enter came twice: no second count
        with pytest.raises(RecountNeededError, match="1 lines of “Main building” differ"):
            await stock.approve_count(count)
        (view,) = await views.counts(session, count_id=count)
        assert (view.to_recount, view.differences) == (1, 1)
        assert all(line.expected is None for line in await views.count_lines(session, count))
    async with database.transaction(scope, actor=BEN) as session:
        stock = InventoryService(session)
        await stock.record_count(count, mug.id, building.shelf, 4)
        line = next(line for line in await views.count_lines(session, count) if line.sku == "MUG")
        assert (line.expected, line.counted, line.first_counted, line.first_counted_by) == (5, 4, 3, "Ann")
        await stock.approve_count(count)
        assert await numbers(session, mug.id) == (4, 0, 4)
        since = now() - timedelta(days=1)
        totals = {total.currency: total for total in await views.count_report(session, since=since)}
        assert (totals["EUR"].value_missing, totals["EUR"].units_missing, totals["EUR"].differences) == (2.5, 1, 1)
        (difference,) = await views.count_differences(session, since=since)
        assert (difference.sku, difference.value, difference.closed_by) == ("MUG", -2.5, "Ben")
        await check_books(session, seller.id)


async def test_a_short_pick_asks_for_one_count(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id, "MUG")
    await stock.receive(mug.id, building.shelf, 5)
    for _ in range(2):
        request = request_for(mug, 2)
        await stock.reserve([request])
        (row,) = await stock.reservations([request.order_line_id])
        await stock.miss(row.id, 1, reason="not there")

    (count,) = await views.counts(session)

    assert (count.cause, count.title, count.lines) == ("short_pick", "MUG · MAIN-A-01", 1)
    await stock.record_count(count.id, mug.id, building.shelf, 3)
    await stock.approve_count(count.id)
    await check_books(session, seller.id)


async def test_stocktake_by_zone_and_cycle_counts(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    with pytest.raises(NothingToCountError):
        await stock.open_stocktake(seller.id, building.id)
    with pytest.raises(NothingToCountError):
        await stock.open_cycle_count(seller.id, building.id)
    zone = await stock.create_location(building.id, LocationKind.ZONE, "Z1")
    shelf = await stock.create_location(building.id, LocationKind.SHELF, "Z1-1", parent_id=zone)
    mug = await add_product(session, seller.id, "MUG")
    for place in (shelf, building.rack, building.staging):
        await stock.receive(mug.id, place, 1)

    sheets = await stock.open_stocktake(seller.id, building.id)

    found = [(await views.counts(session, count_id=id_))[0] for id_ in sheets]
    assert sorted(str(count.location_code) for count in found) == ["MAIN-B-02", "Z1"]
    assert len({count.stocktake_id for count in found}) == 1
    await stock.record_count(sheets[0], mug.id, building.rack, 1)
    with pytest.raises(QuantityError):
        await stock.open_cycle_count(seller.id, building.id, 0)
    cycle = await stock.open_cycle_count(seller.id, building.id, 1)
    (line,) = await views.count_lines(session, cycle)
    assert line.location_code == "Z1-1"  # never counted; the other one just was


@pytest.fixture
async def building(database: Database, seller: SellerRef) -> Building:
    async with database.transaction(Scope.of(seller.id)) as session:
        built = await add_building(session, seller.id)
        stock = InventoryService(session)
        mug = await add_product(session, seller.id, "MUG")
        for lot in ("L1", "L2"):
            await stock.receive(mug.id, built.shelf, 3, lot=lot)
    return built


async def test_on_pages(client: httpx.AsyncClient, building: Building) -> None:
    form = {"warehouse_id": str(building.id), "kind": "stocktake", "recount": "true"}
    opened = await client.post("/counts", data=form)
    assert opened.status_code == 303, opened.text
    count = opened.headers["location"]
    line = {"location": "MAIN-A-01", "product": "MUG", "quantity": "3"}
    asked = await client.post(f"{count}/lines", data=line)
    assert (asked.status_code, "Several lots of MUG lie in MAIN-A-01: L1, L2" in asked.text) == (422, True)
    for lot, quantity in (("L1", "3"), ("L2", "2")):
        noted = await client.post(f"{count}/lines", data=line | {"lot": lot, "quantity": quantity})
        assert noted.status_code == 303, noted.text
    page = (await client.get(count)).text
    assert "Count again" in page
    assert "Difference" not in page
    refused = await client.post(f"{count}/approve")
    assert "Have them counted again first" in refused.text
    await client.post(f"{count}/lines", data=line | {"lot": "L2", "quantity": "1"})
    assert "Difference" in (await client.get(count)).text
    assert (await client.post(f"{count}/approve")).status_code in {200, 201}
    report = (await client.get("/counts/report")).text
    assert "50.0 %" in report or "50 %" in report
    table = await client.get("/counts/report.csv")
    assert "MUG" in table.text
    assert table.headers["content-type"].startswith("text/csv")
    cycle = await client.post("/counts", data={"warehouse_id": str(building.id), "kind": "cycle", "places": "5"})
    assert cycle.status_code == 303
    wrong = await client.post("/counts", data={"warehouse_id": str(building.id), "kind": "cycle", "places": "x"})
    assert wrong.status_code == 422
    assert "Cycle count" in (await client.get("/counts", params={"show": "active"})).text
    assert (await client.get("/counts", params={"show": "mine"})).status_code == 200


async def test_assigns_and_reports_through_the_api(client: httpx.AsyncClient, building: Building) -> None:
    api = "/api/v1/counts"
    made = await client.post(f"{api}/stocktake", json={"warehouse_id": str(building.id)})
    count = made.json()["items"][0]["id"]
    user = "00000000-0000-0000-0000-00000000000a"
    given = await client.post(f"{api}/{count}/assign", json={"user_id": user, "name": "Ann"})
    assert given.json()["count"]["assigned_name"] == "Ann"
    assert (await client.post(f"/counts/{count}/assign", data={"user_id": ""})).status_code == 303
    shown = (await client.get(f"{api}/{count}")).json()
    assert shown["count"]["assigned_to"] is None
    cycle = await client.post(f"{api}/cycle", json={"warehouse_id": str(building.id), "places": 1})
    assert len(cycle.json()["lines"]) == 1
    report = await client.get(f"{api}/report")
    assert report.json() == {"totals": [], "differences": []}
    assert UUID(count)
