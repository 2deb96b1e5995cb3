"""Many at once, with real commits: nothing is promised twice, nothing waits in a circle."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.service import ProductRef
from entrepot.inventory.service import InventoryService, Receipt, ReservationOutcome, ReservationRequest
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.inventory.factories import (
    Building,
    add_building,
    add_bundle,
    add_product,
    check_books,
    numbers,
    request_for,
)

pytestmark = pytest.mark.anyio
BUYERS = 32


@dataclass
class Shop:
    """A seller's stock in the real database."""

    database: Database
    seller: SellerRef
    building: Building
    lines: list[UUID] = field(default_factory=list[UUID])

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[AsyncSession]:
        async with self.database.transaction(Scope.of(self.seller.id)) as session:
            yield session

    async def product(self, *stock: tuple[UUID, int]) -> ProductRef:
        async with self.open() as session:
            product = await add_product(session, self.seller.id)
            await InventoryService(session).receive_many(
                [
                    Receipt(product_id=product.id, location_id=location, quantity=quantity)
                    for location, quantity in stock
                ]
            )
        return product

    async def bundle(self, *components: tuple[ProductRef, int]) -> ProductRef:
        async with self.open() as session:
            return await add_bundle(session, self.seller.id, {product.id: quantity for product, quantity in components})

    async def buy(self, *requests: ReservationRequest) -> list[ReservationOutcome]:
        async with self.open() as session:
            return await InventoryService(session).reserve(requests)

    async def cancel(self, line: UUID) -> None:
        async with self.open() as session:
            await InventoryService(session).release([line])

    async def numbers(self, product: ProductRef) -> tuple[int, int, int]:
        async with self.open() as session:
            return await numbers(session, product.id)

    async def check(self) -> None:
        async with self.open() as session:
            await check_books(session, self.seller.id)


@pytest.fixture
async def shop(database: Database, seller: SellerRef) -> Shop:
    async with database.transaction(Scope.of(seller.id)) as session:
        building = await add_building(session, seller.id)
    return Shop(database, seller, building)


async def all_at_once[T](*work: Coroutine[object, object, T]) -> list[T]:
    """Run everything at once; a dead end (a deadlock would be one) fails the test."""
    async with asyncio.timeout(60):
        return list(await asyncio.gather(*work))


def won(outcomes: Sequence[list[ReservationOutcome]]) -> int:
    return sum(outcome.reserved for found in outcomes for outcome in found)


async def test_32_buyers_for_the_last_unit(shop: Shop) -> None:
    mug = await shop.product((shop.building.shelf, 1))

    outcomes = await all_at_once(*(shop.buy(request_for(mug)) for _ in range(BUYERS)))

    assert won(outcomes) == 1
    assert await shop.numbers(mug) == (1, 1, 0)
    await shop.check()


async def test_32_buyers_for_bundles_that_share_a_component(shop: Shop) -> None:
    shared, left, right = [await shop.product((shop.building.shelf, units)) for units in (5, 100, 100)]
    first, second = await shop.bundle((shared, 1), (left, 2)), await shop.bundle((right, 1), (shared, 1))

    outcomes = await all_at_once(*(shop.buy(request_for(first if number % 2 else second)) for number in range(BUYERS)))

    assert won(outcomes) == 5
    assert await shop.numbers(shared) == (5, 5, 0)
    await shop.check()


async def test_32_buyers_across_two_locations(shop: Shop) -> None:
    mug = await shop.product((shop.building.shelf, 3), (shop.building.rack, 4))

    outcomes = await all_at_once(*(shop.buy(request_for(mug, 2)) for _ in range(BUYERS)))

    assert won(outcomes) == 3
    assert await shop.numbers(mug) == (7, 6, 1)
    await shop.check()


async def test_one_line_imported_twice_at_once_is_reserved_once(shop: Shop) -> None:
    mug = await shop.product((shop.building.shelf, 50), (shop.building.rack, 50))
    request = request_for(mug, 3)

    outcomes = await all_at_once(*(shop.buy(request) for _ in range(BUYERS)))

    assert won(outcomes) == BUYERS  # each is told that the line has its goods
    assert await shop.numbers(mug) == (100, 3, 97)


async def test_orders_that_cross_never_wait_in_a_circle(shop: Shop) -> None:
    """Half of them want A then B, half B then A, and goods come in meanwhile.  Nobody retries."""
    first, second = [await shop.product((shop.building.shelf, 500), (shop.building.rack, 500)) for _ in range(2)]

    async def receive(product: ProductRef) -> list[ReservationOutcome]:
        async with shop.open() as session:
            await InventoryService(session).receive_many(
                [
                    Receipt(product_id=item.id, location_id=location, quantity=1)
                    for item in (product, first, second)
                    for location in (shop.building.rack, shop.building.receiving)
                ]
            )
        return []

    def pair(number: int) -> list[ReservationRequest]:
        products = [first, second] if number % 2 else [second, first]
        return [request_for(product, 1) for product in products]

    outcomes = await all_at_once(
        *(shop.buy(*pair(number)) for number in range(100)), *(receive(second) for _ in range(20))
    )

    assert won(outcomes) == 200
    await shop.check()


async def test_edited_lines_that_cross_never_wait_in_a_circle(shop: Shop) -> None:
    first, second = [await shop.product((shop.building.shelf, 500), (shop.building.rack, 500)) for _ in range(2)]
    lines = [new_id() for _ in range(BUYERS)]

    async def edit(number: int) -> list[ReservationOutcome]:
        product = (first, second)[number % 2]
        async with shop.open() as session:
            return await InventoryService(session).reserve(
                [request_for(product, 2, order_line_id=lines[number % BUYERS])], replace=True
            )

    for start in (0, 1):
        await all_at_once(*(edit(number + start * BUYERS) for number in range(BUYERS)))
        await all_at_once(*(edit(number + 1) for number in range(BUYERS)))

    assert sum([(await shop.numbers(product))[1] for product in (first, second)]) == 2 * BUYERS
    await shop.check()


async def test_whoever_holds_a_product_reserves_it_and_the_others_stand_in_line(shop: Shop) -> None:
    """One of them waits for the holder; the others wait for their turn, and none of them for the holder's next word."""
    mug = await shop.product((shop.building.shelf, 10))
    waits = text(
        "SELECT wait_event FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " ORDER BY wait_event"
    )
    async with asyncio.timeout(60), asyncio.TaskGroup() as group, shop.open() as session:
        await InventoryService(session).hold([mug.id])
        buyers = [group.create_task(shop.buy(request_for(mug, 1))) for _ in range(3)]
        while (await session.execute(waits)).scalars().all() != ["advisory", "advisory", "transactionid"]:
            await asyncio.sleep(0.02)
        mine = await InventoryService(session).reserve([request_for(mug, 1)])

    assert won([mine, *(buyer.result() for buyer in buyers)]) == 4
    await shop.check()


wishes = st.lists(st.tuples(st.sampled_from(["mug", "cup", "set", "pair"]), st.integers(1, 4)), min_size=4, max_size=24)


@settings(max_examples=12)
@given(
    stock=st.tuples(*[st.integers(0, 12)] * 4),
    wanted=wishes,
    cancelled=st.sets(st.integers(0, 23), max_size=8),
)
async def test_never_oversold_whoever_buys_and_cancels(
    shop: Shop, stock: tuple[int, int, int, int], wanted: list[tuple[str, int]], cancelled: set[int]
) -> None:
    """Two products in two locations, two bundles of both; buyers and cancellations all at once."""
    places = (shop.building.shelf, shop.building.rack)
    mug, cup = [
        await shop.product(*((place, units) for place, units in zip(places, half, strict=True) if units))
        for half in (stock[:2], stock[2:])
    ]
    goods = {
        "mug": mug,
        "cup": cup,
        "set": await shop.bundle((mug, 2), (cup, 1)),
        "pair": await shop.bundle((cup, 2), (mug, 1)),
    }
    requests = [request_for(goods[name], quantity) for name, quantity in wanted]

    async def buy_and_perhaps_cancel(number: int, request: ReservationRequest) -> ReservationRequest | None:
        (outcome,) = await shop.buy(request)
        if not outcome.reserved:
            return None
        if number in cancelled:
            await shop.cancel(request.order_line_id)
            return None
        return request

    kept = await all_at_once(*(buy_and_perhaps_cancel(*numbered) for numbered in enumerate(requests)))

    for product, units in ((mug, sum(stock[:2])), (cup, sum(stock[2:]))):
        promised = sum(request.product.units(request.quantity).get(product.id, 0) for request in kept if request)
        assert await shop.numbers(product) == (units, promised, units - promised)
    await shop.check()
