"""Reservations against the real database."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.inventory.announcement import record_changes
from entrepot.inventory.errors import (
    AlreadyPickedError,
    NotPickedError,
    PickTooMuchError,
    QuantityError,
)
from entrepot.inventory.repository import StockRepository
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import (
    add_building,
    add_bundle,
    add_product,
    check_books,
    numbers,
    request_for,
)

pytestmark = pytest.mark.anyio


async def test_reserves_from_the_fewest_locations(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 3)
    await stock.receive(mug.id, building.rack, 8)
    request = request_for(mug, 7)

    (outcome,) = await stock.reserve([request])

    assert (outcome.reserved, outcome.shortage) == (True, 0)
    rows = await stock.reservations([request.order_line_id])
    assert [(row.location_id, row.location_code, row.quantity) for row in rows] == [(building.rack, "MAIN-B-02", 7)]
    assert await numbers(session, mug.id) == (11, 7, 4)
    await check_books(session, seller.id)


async def test_a_line_gets_all_or_nothing_and_the_next_one_is_served(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    requests = [request_for(mug, 4), request_for(mug, 3), request_for(mug, 1)]

    outcomes = await stock.reserve(requests)

    assert [(outcome.reserved, outcome.shortage) for outcome in outcomes] == [(True, 0), (False, 2), (True, 0)]
    assert await numbers(session, mug.id) == (5, 5, 0)


async def test_repeating_changes_nothing(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)

    first = await stock.reserve([request, request])
    second = await stock.reserve([request])

    assert [outcome.reserved for outcome in [*first, *second]] == [True, True, True]
    assert await numbers(session, mug.id) == (5, 4, 1)


async def test_an_edited_line_is_reserved_anew(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)
    await stock.reserve([request])

    (outcome,) = await stock.reserve([request_for(mug, 5, order_line_id=request.order_line_id)], replace=True)

    assert outcome.reserved
    assert await numbers(session, mug.id) == (5, 5, 0)


async def test_a_bundle_takes_all_components_or_none(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    cup, saucer = await add_product(session, seller.id), await add_product(session, seller.id)
    service = await add_bundle(session, seller.id, {cup.id: 6, saucer.id: 2})
    await stock.receive(cup.id, building.shelf, 13)
    await stock.receive(saucer.id, building.rack, 3)

    outcomes = await stock.reserve([request_for(service, 1), request_for(service, 1), request_for(cup, 7)])

    assert [(outcome.reserved, outcome.shortage) for outcome in outcomes] == [(True, 0), (False, 1), (True, 0)]
    assert await numbers(session, cup.id) == (13, 13, 0)
    assert await numbers(session, saucer.id) == (3, 2, 1)
    await check_books(session, seller.id)


async def test_an_empty_bundle_is_short_of_itself(session: AsyncSession, seller: SellerRef) -> None:
    nothing = await add_bundle(session, seller.id, {})

    (outcome,) = await InventoryService(session).reserve([request_for(nothing, 2)])

    assert (outcome.reserved, outcome.shortage) == (False, 2)


async def test_goods_that_may_not_be_picked_are_not_promised(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.receiving, 5)

    (outcome,) = await stock.reserve([request_for(mug, 2)])

    assert (outcome.reserved, outcome.shortage) == (False, 2)
    assert await numbers(session, mug.id) == (5, 0, 0)


async def test_only_the_named_warehouse_serves(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    here, there = await add_building(session, seller.id, "HERE"), await add_building(session, seller.id, "THERE")
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, here.shelf, 5)
    await stock.receive(mug.id, there.shelf, 1)

    outcomes = await stock.reserve([request_for(mug, 2, warehouse_id=there.id), request_for(mug, 6)])

    assert [(outcome.reserved, outcome.shortage) for outcome in outcomes] == [(False, 1), (True, 0)]


@pytest.mark.parametrize("quantity", [0, -1, 10**10])
async def test_refuses_absurd_quantities(session: AsyncSession, seller: SellerRef, quantity: int) -> None:
    mug = await add_product(session, seller.id, "MUG")

    with pytest.raises(QuantityError, match="is not a quantity of MUG"):
        await InventoryService(session).reserve([request_for(mug, quantity)])


async def test_release_gives_back(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)
    await stock.reserve([request])

    assert await stock.release([request.order_line_id]) == {request.order_line_id}
    assert await stock.release([request.order_line_id]) == set()
    assert await numbers(session, mug.id) == (5, 0, 5)
    await check_books(session, seller.id)


async def test_picked_in_parts_then_shipped(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id, "MUG")
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)
    await stock.reserve([request])
    (shelf,) = await stock.reservations([request.order_line_id])

    assert await stock.pick([(shelf, 1)])
    with pytest.raises(NotPickedError, match="3 of MUG still lie in MAIN-A-01"):
        await stock.ship([request.order_line_id])
    left, staged = sorted(await stock.reservations([request.order_line_id]), key=lambda row: row.picked)
    assert await stock.pick([(left, 3)])

    (row,) = await stock.reservations([request.order_line_id])
    assert (row.id, row.picked, row.quantity) == (staged.id, True, 4)
    assert await numbers(session, mug.id) == (5, 4, 1)
    assert await stock.ship([request.order_line_id]) == 4
    assert await stock.ship([request.order_line_id]) == 0
    assert await numbers(session, mug.id) == (1, 0, 1)
    await check_books(session, seller.id)


async def test_refuses_picks_that_cannot_be(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id, "MUG")
    await stock.receive(mug.id, building.shelf, 5)
    request = request_for(mug, 4)
    await stock.reserve([request])
    (row,) = await stock.reservations([request.order_line_id])

    with pytest.raises(PickTooMuchError, match="the order takes 4 from there"):
        await stock.pick([(row, 5)])
    with pytest.raises(QuantityError):
        await stock.pick([(row, 0)])
    assert await stock.pick([(row, 4)])
    (staged,) = await stock.reservations([request.order_line_id])
    with pytest.raises(AlreadyPickedError):
        await stock.pick([(staged, 1)])
    await check_books(session, seller.id)


async def test_released_after_picking_it_waits_to_be_put_back(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 2)
    request = request_for(mug, 2)
    await stock.reserve([request])
    (row,) = await stock.reservations([request.order_line_id])
    assert await stock.pick([(row, 2)])

    await stock.release([request.order_line_id])
    assert await numbers(session, mug.id) == (2, 0, 0)
    await stock.put_back(mug.id, building.staging, building.shelf, 2)

    assert await numbers(session, mug.id) == (2, 0, 2)
    await check_books(session, seller.id)


async def test_tells_each_changed_product_once_with_the_final_numbers(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug = await add_product(session, seller.id)
    await stock.receive(mug.id, building.shelf, 5)
    await stock.reserve([request_for(mug, 4), request_for(mug, 1)])

    await record_changes(session)
    await record_changes(session)

    events = await session.execute(
        text("SELECT subject_id, payload FROM event WHERE topic = 'inventory.stock_changed' AND seller_id = :id"),
        {"id": seller.id},
    )
    assert [tuple(row) for row in events] == [(mug.id, {"on_hand": 5, "reserved": 5, "available": 0})]


async def test_nothing_of_another_seller_can_be_reserved_or_locked(
    database: Database, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    """The function that reserves works as its owner, so it must look itself."""
    mine, other = await make_seller(), await make_seller()
    async with database.transaction(Scope.of(other.id)) as session:
        building = await add_building(session, other.id)
        mug = await add_product(session, other.id)
        await InventoryService(session).receive(mug.id, building.shelf, 5)

    def row(seller: SellerRef) -> dict[str, object]:
        ids = {name: new_id() for name in ("id", "order_id", "order_line_id")}
        place = {"product_id": mug.id, "location_id": building.shelf, "lot": "", "quantity": 1}
        return {**ids, "seller_id": seller.id, **place}

    with pytest.raises(ProgrammingError, match="outside the scope"):
        async with database.transaction(Scope.of(mine.id)) as session:
            await StockRepository(session).reserve_planned([row(other)])
    async with database.transaction(Scope.of(mine.id)) as session:
        for rows in (1, 5):
            assert await StockRepository(session).reserve_planned([row(mine) for _ in range(rows)]) == []
        async with database.transaction(Scope.of(other.id)) as theirs:
            assert len((await theirs.execute(text("SELECT 1 FROM stock_total FOR UPDATE NOWAIT"))).all()) == 1
            assert await numbers(theirs, mug.id) == (5, 0, 5)


async def test_what_changed_since_it_was_read_is_not_carried(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug, cup = await add_product(session, seller.id), await add_product(session, seller.id)
    for product, place, units in ((mug, building.shelf, 3), (mug, building.rack, 2), (cup, building.shelf, 4)):
        await stock.receive(product.id, place, units)
    wishes = [request_for(mug, 5), request_for(cup, 4)]
    await stock.reserve(wishes)
    lines = [wish.order_line_id for wish in wishes]
    rows = await stock.reservations(lines)
    assert await stock.pick([(next(row for row in rows if row.product_id == mug.id), 1)])

    assert not await stock.pick([(row, row.quantity) for row in rows])
    left = [row for row in await stock.reservations(lines) if not row.picked]
    assert sum(row.quantity for row in left) == 8
    assert await stock.pick([(row, 1) for row in left])
    with pytest.raises(NotPickedError, match=f"^2 of {mug.sku} "):
        await stock.ship_lines([(lines[0], mug.id, 5), (lines[1], cup.id, 1)])
    left = [row for row in await stock.reservations(lines) if not row.picked]
    assert await stock.pick([(row, row.quantity) for row in left])

    staged = {(row.product_id, row.quantity, row.picked) for row in await stock.reservations(lines)}
    assert staged == {(mug.id, 5, True), (cup.id, 4, True)}
    assert not await stock.pick([(row, row.quantity) for row in rows])
    await stock.ship_lines([(lines[0], mug.id, 5), (lines[1], cup.id, 1)])
    await stock.ship_lines([])
    assert [row.quantity for row in await stock.reservations(lines)] == [3]
    assert await numbers(session, mug.id) == (0, 0, 0)
    assert await numbers(session, cup.id) == (3, 3, 0)
    await check_books(session, seller.id)


async def test_components_of_a_bundle_leave(session: AsyncSession, seller: SellerRef) -> None:
    stock = InventoryService(session)
    building = await add_building(session, seller.id)
    mug, cup = await add_product(session, seller.id), await add_product(session, seller.id)
    for product in (mug, cup):
        await stock.receive(product.id, building.shelf, 6)
    pack = await add_bundle(session, seller.id, {mug.id: 1, cup.id: 2})
    wish = request_for(pack, 2)
    await stock.reserve([wish])
    assert await stock.pick([(row, row.quantity) for row in await stock.reservations([wish.order_line_id])])

    await stock.ship_lines([(wish.order_line_id, pack.id, 1)])

    left = {row.product_id: row.quantity for row in await stock.reservations([wish.order_line_id])}
    assert left == {mug.id: 1, cup.id: 2}
    await check_books(session, seller.id)


async def test_nothing_of_another_seller_can_be_carried_or_locked(
    database: Database, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    """The function that carries works as its owner, so it must look itself."""
    mine, other = await make_seller(), await make_seller()
    async with database.transaction(Scope.of(other.id)) as session:
        stock = InventoryService(session)
        building = await add_building(session, other.id)
        mug = await add_product(session, other.id)
        await stock.receive(mug.id, building.shelf, 5)
        wish = request_for(mug, 2)
        await stock.reserve([wish])
        rows = await stock.reservations([wish.order_line_id])

    async with database.transaction(Scope.of(mine.id)) as session:
        assert not await InventoryService(session).pick([(rows[0], 2)])
        async with database.transaction(Scope.of(other.id)) as theirs:
            assert len((await theirs.execute(text("SELECT 1 FROM stock_total FOR UPDATE NOWAIT"))).all()) == 1
            assert await numbers(theirs, mug.id) == (5, 2, 3)
