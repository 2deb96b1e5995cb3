"""Receive, move, adjust, count, arrange."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import (
    BadCapacityError,
    CodeTakenError,
    NotStockedError,
    ReasonMissingError,
    ReservedHereError,
    SharedWarehouseError,
    TooMuchStockError,
    UnknownLocationError,
    UnknownWarehouseError,
    WrongWarehouseError,
)
from entrepot.inventory.service import InventoryService, Receipt
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import add_building, add_bundle, add_product, check_books, numbers, request_for

pytestmark = pytest.mark.anyio


async def test_receives_thousands_at_once(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug, cup = await add_product(session, seller.id), await add_product(session, seller.id)
    places = [building.shelf, building.rack, building.receiving]

    await stock.receive_many(
        [
            Receipt(product_id=(mug, cup)[number % 2].id, location_id=places[number % 3], quantity=1)
            for number in range(3000)
        ]
    )

    assert await numbers(session, mug.id) == (1500, 0, 1000)
    await check_books(session, seller.id)


async def test_refuses_what_has_no_place_on_a_shelf(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building, other = await add_building(session, seller.id), await add_building(session, seller.id, "OTHER")
    mug = await add_product(session, seller.id)
    bundle = await add_bundle(session, seller.id, {mug.id: 2}, "SET")

    with pytest.raises(NotStockedError, match="SET is made of other products"):
        await stock.receive(bundle.id, building.shelf, 1)
    with pytest.raises(UnknownLocationError):
        await stock.receive(mug.id, new_id(), 1)
    await stock.receive(mug.id, building.shelf, 999_999_999)
    with pytest.raises(TooMuchStockError):
        await stock.receive(mug.id, building.rack, 2)
    with pytest.raises(WrongWarehouseError):
        await stock.move(mug.id, building.shelf, other.shelf, 1)
    with pytest.raises(ReasonMissingError):
        await stock.adjust(mug.id, building.shelf, -1, reason=" ")


async def test_reserved_units_move_only_with_their_reservation(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id, "MUG")
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)
    await stock.reserve([request])

    with pytest.raises(ReservedHereError, match=r"4 of the 5 there are reserved for orders\. Take 1 at most"):
        await stock.move(mug.id, building.shelf, building.rack, 3)
    await stock.move(mug.id, building.shelf, building.rack, 3, with_reservations=True)

    rows = await stock.reservations([request.order_line_id])
    assert {row.location_id: row.quantity for row in rows} == {building.shelf: 2, building.rack: 2}
    await check_books(session, seller.id)


async def test_a_location_that_is_closed_for_picking_promises_nothing(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)

    await stock.change_location(building.shelf, name="", walk_order=1, pickable=False)
    assert await numbers(session, mug.id) == (5, 0, 0)
    await stock.change_location(building.shelf, name="", walk_order=1, pickable=True)
    assert await numbers(session, mug.id) == (5, 0, 5)


async def test_what_moves_between_counting_and_approval_is_no_difference(
    session: AsyncSession, seller: SellerRef
) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    count = await stock.open_count(seller.id, building.id)
    await stock.record_count(count, mug.id, building.shelf, 4)
    await stock.receive(mug.id, building.shelf, 10)

    assert await stock.approve_count(count) == []
    assert await numbers(session, mug.id) == (14, 0, 14)


async def test_a_bundle_is_as_available_as_its_scarcest_component(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    cup, saucer = await add_product(session, seller.id, buffer=2), await add_product(session, seller.id)
    service = await add_bundle(session, seller.id, {cup.id: 2, saucer.id: 1}, buffer=1)
    await stock.receive(cup.id, building.shelf, 9)
    await stock.receive(saucer.id, building.shelf, 7)

    found = await stock.availability([service.id, cup.id, new_id()])

    assert (found[service.id].available, found[service.id].sellable) == (4, 2)
    assert (found[cup.id].available, found[cup.id].sellable) == (9, 7)


async def test_arranges_a_building(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)

    assert (await stock.location(await stock.stock_location(building.id))).pickable
    with pytest.raises(CodeTakenError):
        await stock.create_location(building.id, LocationKind.SHELF, "main-a-01")
    with pytest.raises(BadCapacityError):
        await stock.create_location(building.id, LocationKind.BOX, "B", capacity=100_000)
    with pytest.raises(UnknownWarehouseError):
        await stock.staging_location(new_id())
    with pytest.raises(SharedWarehouseError):
        await stock.create_warehouse(None, "HALL", "Hall")


async def test_a_shared_building_serves_every_seller_and_is_arranged_by_none(
    database: Database, seller: SellerRef
) -> None:
    code = f"H{str(seller.id)[-8:]}"
    async with database.transaction(Scope.all_sellers()) as session:
        hall = await InventoryService(session).create_warehouse(None, code, "Hall")
    async with database.transaction(Scope.of(seller.id)) as session:
        stock = InventoryService(session)
        mug = await add_product(session, seller.id)
        await stock.receive(mug.id, await stock.stock_location(hall), 3)
        assert await numbers(session, mug.id) == (3, 0, 3)
        with pytest.raises(SharedWarehouseError):
            await stock.create_location(hall, LocationKind.SHELF, "MINE")
        with pytest.raises(SharedWarehouseError):
            await stock.change_location(await stock.stock_location(hall), name="", walk_order=1, pickable=False)
