"""People who reach for the same thing at the same instant, and shelves that hold less than the books say."""

import asyncio
from uuid import UUID

import pytest

from entrepot.fulfilment.carts.errors import NoSingleError
from entrepot.fulfilment.domain import PickMode, ShortReason
from entrepot.fulfilment.errors import NothingToReleaseError
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.database import Actor
from entrepot.kit.errors import EntrepotError
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import lines_of, pack, pick_all, release
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio


async def test_two_pickers_scan_the_same_unit(floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await floor.order(("MUG", 1))
    released = await release(floor, order)
    line = (await lines_of(floor, released.pick_list_ids[0]))[0]

    async def pick(name: str) -> bool:
        try:
            async with floor.transaction(Actor("user", name, name)) as session:
                await FulfilmentService(session).picking.pick(line.id, 1, client_id=name)
        except EntrepotError:
            return False
        return True

    assert sum(await asyncio.gather(*(pick(name) for name in "abcd"))) == 1
    assert await floor.rows("SELECT count(*) FROM stock_move WHERE kind = 'pick'") == [(2,)]
    assert await floor.status(order) == "picked"


async def test_one_order_is_released_and_packed_once(floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await floor.order(("MUG", 2))

    async def try_release() -> bool:
        try:
            await release(floor, order)
        except NothingToReleaseError:
            return False
        return True

    assert sum(await asyncio.gather(*(try_release() for _ in range(4)))) == 1
    list_id = (await floor.rows("SELECT id FROM pick_list"))[0][0]
    assert isinstance(list_id, UUID)
    await pick_all(floor, list_id)

    async def try_pack() -> bool:
        try:
            await pack(floor, order)
        except EntrepotError:
            return False
        return True

    assert sum(await asyncio.gather(*(try_pack() for _ in range(4)))) == 1


async def test_a_short_pick_takes_from_elsewhere(floor: Floor) -> None:
    await floor.stock(MUG={"A": 3, "B": 3})
    order = await floor.order(("MUG", 2))
    list_id = (await release(floor, order)).pick_list_ids[0]
    line = (await lines_of(floor, list_id))[0]
    async with floor.transaction() as session:
        outcome = await FulfilmentService(session).correcting.short(line.id, ShortReason.TOO_FEW, found_units=1)
    assert outcome.facts == {"missing": 1, "sku": "MUG", "replaced": 1}
    await pick_all(floor, list_id)
    assert await floor.status(order) == "picked"
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_a_short_pick_without_replacement_waits_for_stock(floor: Floor) -> None:
    await floor.stock(MUG=2, CUP=1)
    order = await floor.order(("MUG", 2), ("CUP", 1))
    list_id = (await release(floor, order)).pick_list_ids[0]
    mug = next(line for line in await lines_of(floor, list_id) if line.sku == "MUG")
    async with floor.transaction() as session:
        await FulfilmentService(session).correcting.short(mug.id, ShortReason.NOT_THERE)
    await pick_all(floor, list_id)
    assert await floor.status(order) == "pending"
    async with floor.transaction() as session:
        assert "short_pick" in (await OrderService(session).order(order)).attention
        await check_books(session, floor.seller_id)
    await floor.stock(MUG=2)
    async with floor.transaction() as session:
        await OrderService(session).settle([order])
    again = (await release(floor, order)).pick_list_ids[0]
    assert [line.sku for line in await lines_of(floor, again)] == ["MUG"]
    await pick_all(floor, again)
    assert await floor.status(order) == "picked"


async def test_a_cancelled_order_is_skipped_and_put_back(floor: Floor) -> None:
    await floor.stock(MUG=2, CUP=1)
    order = await floor.order(("MUG", 2), ("CUP", 1))
    list_id = (await release(floor, order)).pick_list_ids[0]
    first = (await lines_of(floor, list_id))[0]
    async with floor.transaction() as session:
        await FulfilmentService(session).picking.pick(first.id)
    async with floor.transaction() as session:
        await OrderService(session).cancel([order], put_back=True)
    async with floor.transaction() as session:
        await FulfilmentService(session).picking.drop_order(order)
    assert await floor.rows("SELECT status FROM pick_list") == [("cancelled",)]
    async with floor.transaction() as session:
        await FulfilmentService(session).correcting.put_back(first.id)
    async with floor.transaction() as session:
        assert (await OrderService(session).order(order)).attention == ()
        await check_books(session, floor.seller_id)


async def test_an_undone_pick_is_picked_again(floor: Floor) -> None:
    await floor.stock(MUG=2, CUP=1)
    order = await floor.order(("MUG", 2), ("CUP", 1))
    list_id = (await release(floor, order)).pick_list_ids[0]
    first = (await lines_of(floor, list_id))[0]
    async with floor.transaction() as session:
        await FulfilmentService(session).picking.pick(first.id)
        await FulfilmentService(session).correcting.undo(first.id)
    await pick_all(floor, list_id)
    assert await floor.status(order) == "picked"
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def singles(floor: Floor, count: int) -> list[UUID]:
    """Orders of one MUG each, picked into one bin."""
    await floor.stock(MUG=count)
    orders = [await floor.order(("MUG", 1)) for _ in range(count)]
    async with floor.transaction() as session:
        found = await FulfilmentService(session).picking.claim_next((floor.seller_id,), PickMode.SINGLES)
    assert found is not None
    await pick_all(floor, found.id)
    return orders


@pytest.mark.parametrize("waiting", [1, 2])
async def test_a_single_piece_scanned_twice_at_the_same_instant_opens_one_order(floor: Floor, waiting: int) -> None:
    await singles(floor, waiting)
    seller = (floor.seller_id,)

    async def again() -> UUID:
        async with floor.transaction() as session:
            return (await FulfilmentService(session).sorting.single(seller, "MUG", client_id="once")).order_id

    async with floor.transaction() as session:
        first = await FulfilmentService(session).sorting.single(seller, "MUG", client_id="once")
        repeats = [asyncio.create_task(again()) for _ in range(2)]
        await asyncio.sleep(0.3)  # they reach the piece while it is being counted
    assert await asyncio.gather(*repeats) == [first.order_id] * 2
    assert await floor.rows("SELECT sum(sorted) FROM pick_line") == [(1,)]
    assert await floor.rows("SELECT count(*) FROM sort_scan") == [(1,)]


async def test_two_packers_never_get_the_same_single_piece(floor: Floor) -> None:
    await singles(floor, 1)
    seller = (floor.seller_id,)

    async def other() -> None:
        async with floor.transaction(Actor("user", "bob", "Bob")) as session:
            await FulfilmentService(session).sorting.single(seller, "MUG", client_id="other")

    async with floor.transaction() as session:
        await FulfilmentService(session).sorting.single(seller, "MUG", client_id="mine")
        scanned = asyncio.create_task(other())
        await asyncio.sleep(0.3)
    with pytest.raises(NoSingleError, match="MUG"):
        await scanned
