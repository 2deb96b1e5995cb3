"""Several orders at once: totes, batches and the put wall, single pieces, zones, lots taken instead of others."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.fulfilment.carts.errors import (
    AllInTotesError,
    NoSingleError,
    NotAToteError,
    NothingToSortError,
    NotOnTheWallError,
    OtherLotError,
    QuarantinedLotError,
    SwapReasonError,
    ToteInUseError,
    WrongToteError,
)
from entrepot.fulfilment.carts.gathering import share
from entrepot.fulfilment.domain import LineState, PickMode, ShortReason, SwapReason
from entrepot.fulfilment.errors import PickedTooMuchError, ToteFirstError, ToteMissingError
from entrepot.fulfilment.refs import PickLineRef
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import ExpiredLotError, WrongLotError
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.inventory.domain import LocationKind
from entrepot.inventory.errors import LotPromisedError
from entrepot.inventory.refs import Receipt
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.database import Actor
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import TESS, Floor
from tests.fulfilment.test_way_through import lines_of, pack, pick_all, scan
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio

BOB = Actor("user", "bob", "Bob")


async def on_floor[T](floor: Floor, do: Callable[[FulfilmentService], Awaitable[T]], who: Actor = TESS) -> T:
    async with floor.transaction(who) as session:
        return await do(FulfilmentService(session))


async def a_list(floor: Floor, mode: PickMode, *orders: UUID) -> UUID:
    released = await on_floor(floor, lambda it: it.releasing.release(orders, mode=mode))
    return released.pick_list_ids[0]


async def bind(floor: Floor, list_id: UUID, code: str) -> str:
    return (await on_floor(floor, lambda it: it.totes.bind(list_id, code))).number


async def sort(floor: Floor, list_id: UUID, code: str, client_id: str = "") -> int:
    return (await on_floor(floor, lambda it: it.sorting.sort(list_id, code, client_id=client_id))).into.position


def line(quantity: int, picked: int) -> PickLineRef:
    return PickLineRef(
        id=new_id(),
        seller_id=new_id(),
        pick_list_id=new_id(),
        order_id=new_id(),
        order_line_id=new_id(),
        product_id=new_id(),
        sku="MUG",
        gtin="",
        title="",
        location_id=new_id(),
        location_code="A-01",
        walk_order=1,
        lot="",
        quantity=quantity,
        picked=picked,
        short=0,
        put_back=0,
        reason="",
        state=LineState.OPEN,
        scanned_at=None,
        scanned_by="",
        located_at=None,
        lot_scanned="",
        in_hand=0,
        sorted=0,
        order_number="1",
        position=1,
        tote="",
    )


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 8)), max_size=8), st.integers(1, 40))
def test_sharing_units_out_loses_none_and_fills_the_first_first(sizes: list[tuple[int, int]], units: int) -> None:
    lines = [line(size, min(picked, size - 1)) for size, picked in sizes]
    takes = share(lines, units, "c")
    assert sum(one.quantity for one in takes) == min(units, sum(one.left for one in lines))
    assert all(1 <= one.quantity <= one.line.left for one in takes)
    assert all(one.quantity == one.line.left for one in takes[:-1])
    assert [one.client_id for one in takes[:1]] == ["c"] * bool(takes)
    assert len({one.client_id for one in takes}) == len(takes)


async def test_each_order_of_a_cart_has_its_tote(floor: Floor) -> None:
    await floor.stock(MUG=20)
    orders = [await floor.order(("MUG", count)) for count in (2, 1)]
    list_id = await a_list(floor, PickMode.CART, *orders)
    first = await bind(floor, list_id, "t-07")
    assert await bind(floor, list_id, "T-07") == first  # Enter came twice
    for wrong in ("A-01", "mug", " "):
        with pytest.raises(NotAToteError):
            await bind(floor, list_id, wrong)
    await bind(floor, list_id, "T-08")
    with pytest.raises(AllInTotesError, match="T-09"):
        await bind(floor, list_id, "T-09")
    other = await a_list(floor, PickMode.CART, await floor.order(("MUG", 1)))
    with pytest.raises(ToteInUseError, match=f"T-07 holds order {first}"):
        await bind(floor, other, "T-07")
    lines = await lines_of(floor, list_id)
    assert [(one.tote, one.left) for one in lines] == [("T-07", 2), ("T-08", 1)]
    assert (await scan(floor, list_id, "T-07")).hit == "tote"
    with pytest.raises(WrongToteError, match="T-08"):
        await scan(floor, list_id, "T-08")
    await pick_all(floor, list_id)
    await pack(floor, orders[0])  # its tote is empty now
    assert await bind(floor, other, "T-07") != first


async def test_where_totes_must_be_scanned_nothing_counts_before(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 2))
    list_id = await a_list(floor, PickMode.CART, order)
    await on_floor(floor, lambda it: it.way.set_settings(floor.seller_id, SiteSettings(scan_tote=True)))
    with pytest.raises(ToteMissingError):
        await scan(floor, list_id, "MUG")
    await bind(floor, list_id, "T-1")
    assert (await scan(floor, list_id, "MUG", "a")).picked == 0
    assert (await scan(floor, list_id, "MUG", "a")).repeated
    await scan(floor, list_id, "MUG", "b")
    with pytest.raises(ToteFirstError, match="T-1"):
        await scan(floor, list_id, "MUG", "c")
    line_id = (await lines_of(floor, list_id))[0].id
    with pytest.raises(ToteFirstError):
        await on_floor(floor, lambda it: it.gathering.pick(line_id))
    assert (await scan(floor, list_id, "t-1", "d")).picked == 2
    assert await floor.status(order) == "picked"


async def test_a_batch_is_summed_per_place_then_sorted(floor: Floor) -> None:
    await floor.stock(MUG={"A": 3, "B": 2}, CUP={"B": 9})
    orders = [await floor.order(("MUG", 2)), await floor.order(("MUG", 1), ("CUP", 1)), await floor.order(("MUG", 1))]
    list_id = await a_list(floor, PickMode.BATCH, *orders)
    mugs = next(one for one in await lines_of(floor, list_id) if one.location_code == "A-01")
    for absurd in (-1, 0, 100_000):
        with pytest.raises(PickedTooMuchError):
            await on_floor(floor, lambda it, n=absurd: it.gathering.pick(mugs.id, n))
    # Three mugs should lie in A; there are two, and the third comes from B.
    said = await on_floor(floor, lambda it: it.gathering.short(mugs.id, ShortReason.TOO_FEW, found_units=2))
    assert (said.facts["missing"], said.facts["replaced"]) == (1, 1)
    assert len(await floor.rows("SELECT id FROM stock_count")) == 1
    while rest := [one for one in await lines_of(floor, list_id) if one.left]:
        picked = await on_floor(floor, lambda it, id_=rest[0].id: it.gathering.pick(id_, client_id=str(id_)))
        assert picked.picked == sum(
            one.left for one in rest if (one.sku, one.location_code) == (rest[0].sku, rest[0].location_code)
        )
        again = await on_floor(floor, lambda it, id_=rest[0].id: it.gathering.pick(id_, client_id=str(id_)))
        assert again.repeated
    assert [await floor.status(order) for order in orders] == ["picked"] * 3
    assert [await sort(floor, list_id, "MUG", client) for client in ("1", "1", "2", "3", "4")] == [1, 1, 1, 2, 3]
    with pytest.raises(NothingToSortError, match="MUG"):
        await sort(floor, list_id, "MUG")
    for stray in ("JUG", "A-01"):
        with pytest.raises(NotOnTheWallError):
            await sort(floor, list_id, stray)
    wall = await on_floor(floor, lambda it: it.sorting.wall(list_id))
    assert [one.complete for one in wall] == [True, False, True]
    assert [(one.sku, one.quantity, one.picked) for one in wall[1].missing] == [("CUP", 1, True)]
    wrong = wall[0].last
    assert wrong is not None
    out = await on_floor(floor, lambda it: it.sorting.unsort(list_id, wrong))
    assert (out.into.position, out.into.sorted, out.into.complete) == (1, 1, False)
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_single_pieces_go_to_the_most_urgent_order(floor: Floor) -> None:
    await floor.stock(MUG=9)
    orders = [await floor.order(("MUG", 1)) for _ in range(2)] + [await floor.order(("MUG", 2))]
    await floor.rows("UPDATE sales_order SET ship_by = now() WHERE id = :id RETURNING id", id=orders[1])
    seller = (floor.seller_id,)
    found = await on_floor(floor, lambda it: it.picking.claim_next(seller, PickMode.SINGLES))
    assert found is not None
    assert {one.order_id for one in await lines_of(floor, found.id)} == set(orders[:2])
    with pytest.raises(NoSingleError, match="MUG"):
        await on_floor(floor, lambda it: it.sorting.single(seller, "MUG"))
    await pick_all(floor, found.id)
    came = [
        (await on_floor(floor, lambda it, c=client: it.sorting.single(seller, "MUG", client_id=c))).order_id
        for client in ("x", "x", "y")
    ]
    assert came == [orders[1], orders[1], orders[0]]
    async with floor.transaction() as session:
        await OrderService(session).hold([orders[1]], "wait")
    with pytest.raises(NoSingleError, match="MUG"):  # its order waits no more; the other one is not for this scan
        await on_floor(floor, lambda it: it.sorting.single(seller, "MUG", client_id="x"))


async def test_a_list_is_split_by_zone_and_joined(floor: Floor) -> None:
    async with floor.transaction() as session:
        inventory = InventoryService(session)
        for name in ("NORTH", "SOUTH"):
            zone = await inventory.create_location(floor.warehouse, LocationKind.ZONE, name)
            floor.shelves[name] = await inventory.create_location(
                floor.warehouse, LocationKind.SHELF, f"{name}-1", parent_id=zone
            )
    await floor.stock(MUG={"NORTH": 5}, CUP={"SOUTH": 5}, JUG={"A": 5})
    orders = [await floor.order(("MUG", 1), ("CUP", 2)), await floor.order(("CUP", 1), ("JUG", 1))]
    released = await on_floor(floor, lambda it: it.releasing.release(orders, mode=PickMode.ZONE))
    assert [number.rpartition("-")[2] for number in released.numbers[1:]] == ["NORTH", "SOUTH"]
    rest, north, south = released.pick_list_ids
    seller = (floor.seller_id,)
    mine = await on_floor(floor, lambda it: it.picking.claim_next(seller, zone="SOUTH"))
    assert mine is not None
    assert (mine.id, mine.zone) == (south, "SOUTH")
    number = str((await floor.rows("SELECT number FROM sales_order WHERE id = :id", id=orders[0]))[0][0])
    other = await on_floor(floor, lambda it: it.picking.claim_code(seller, number), BOB)
    assert other.id == north  # the part that nobody has
    await pick_all(floor, south)
    assert [await floor.status(order) for order in orders] == ["picking", "picking"]
    await pick_all(floor, north)
    assert [await floor.status(order) for order in orders] == ["picked", "picking"]
    await pick_all(floor, rest)
    assert [await floor.status(order) for order in orders] == ["picked", "picked"]
    assert [await sort(floor, north, code) for code in ("CUP", "CUP", "CUP", "JUG")] == [1, 1, 2, 2]


async def lots(floor: Floor, **units: int) -> None:
    """``L1=5``: five mugs of lot L1 on shelf A; each expires a year after the one before."""
    await floor.stock(MUG={})
    mug, shelf = floor.products["MUG"], floor.shelves["A"]
    receipts = [
        Receipt(product_id=mug, location_id=shelf, quantity=count, lot=lot, expires_on=date(2031 + year, 1, 31))
        for year, (lot, count) in enumerate(units.items())
    ]
    async with floor.transaction() as session:
        await InventoryService(session).receive_many(receipts)


async def test_another_lot_is_taken_with_a_reason(floor: Floor) -> None:
    await lots(floor, L1=5, L2=2, L3=2)
    order = await floor.order(("MUG", 3))
    list_id = await a_list(floor, PickMode.SINGLE, order)
    old = (await lines_of(floor, list_id))[0]
    assert old.lot == "L1"
    with pytest.raises(OtherLotError, match="lot L2 of MUG; the list says lot L1"):
        await scan(floor, list_id, "l2")
    with pytest.raises(SwapReasonError):
        await on_floor(floor, lambda it: it.swapping.swap(old.id, "L2", "because"))
    with pytest.raises(WrongLotError):
        await on_floor(floor, lambda it: it.swapping.swap(old.id, "L9", SwapReason.IN_FRONT))
    for _ in range(2):  # Enter came twice
        await on_floor(floor, lambda it: it.swapping.swap(old.id, "l2", SwapReason.NOT_FOUND, client_id="s"))
    assert [(one.lot, one.quantity) for one in await lines_of(floor, list_id)] == [("L1", 1), ("L2", 2)]
    promised = await floor.rows("SELECT lot, quantity FROM reservation ORDER BY lot")
    assert promised == [("L1", 1), ("L2", 2)]
    kept = await floor.rows("SELECT from_lot, to_lot, quantity, reason, actor_name FROM lot_swap")
    assert kept == [("L1", "L2", 2, "lot_not_found", TESS.name)]
    assert len(await floor.rows("SELECT id FROM stock_count")) == 1  # somebody looks for L1
    with pytest.raises(LotPromisedError):
        await on_floor(floor, lambda it: it.swapping.swap(old.id, "L2", SwapReason.IN_FRONT))
    await pick_all(floor, list_id)
    assert await floor.status(order) == "picked"
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_no_reason_lets_a_bad_lot_pass(floor: Floor) -> None:
    await lots(floor, L1=5, L2=2, L3=2)
    list_id = await a_list(floor, PickMode.SINGLE, await floor.order(("MUG", 3)))
    old = (await lines_of(floor, list_id))[0]
    async with floor.transaction() as session:
        inventory = InventoryService(session)
        ids = {lot.code: lot.id for lot in await inventory.lots_of([floor.products["MUG"]])}
        await inventory.quarantine(ids["L2"], "smells")
    await floor.rows("UPDATE lot SET expires_on = '2020-01-31' WHERE code = 'L3' RETURNING id")
    for lot, error in (("L2", QuarantinedLotError), ("L3", ExpiredLotError)):
        with pytest.raises(error, match=lot):
            await scan(floor, list_id, lot)
        with pytest.raises(error):
            await on_floor(floor, lambda it, said=lot: it.swapping.swap(old.id, said, SwapReason.CUSTOMER))
    assert now().date() > date(2020, 1, 31)


async def test_a_short_pick_takes_another_lot_of_the_same_shelf(floor: Floor) -> None:
    await lots(floor, L1=2, L2=2)
    order = await floor.order(("MUG", 2))
    list_id = await a_list(floor, PickMode.SINGLE, order)
    old = (await lines_of(floor, list_id))[0]
    await on_floor(floor, lambda it: it.gathering.short(old.id, ShortReason.DAMAGED))
    assert [(one.lot, one.left) for one in await lines_of(floor, list_id)] == [("L1", 0), ("L2", 2)]
    await pick_all(floor, list_id)
    assert await floor.status(order) == "picked"


async def test_supervisors_start_lists_for_somebody(floor: Floor) -> None:
    await floor.stock(MUG=9)
    orders = [await floor.order(("MUG", 2)) for _ in range(3)]
    begun, free = [await a_list(floor, PickMode.SINGLE, order) for order in orders[:2]]
    line_id = (await lines_of(floor, begun))[0].id
    await on_floor(floor, lambda it: it.picking.pick(line_id, 1), BOB)
    ann = new_id()
    started = await on_floor(floor, lambda it: it.starting.start([free, begun], ann, "Ann"))
    assert [one.name for one in started.left_out] == ["Bob"]
    more = await on_floor(floor, lambda it: it.starting.start_orders([orders[2]], ann, "Ann", per_list=5))
    assert len(started.numbers) == len(more.numbers) == 1
    whose = "SELECT assigned_name FROM pick_list WHERE assigned_to = :id"
    assert await floor.rows(whose, id=str(ann)) == [("Ann",)] * 2
    where = "SELECT holder_name, moved_by_name, stage FROM floor_order WHERE order_id = :id"
    assert await floor.rows(where, id=orders[1]) == [("Ann", TESS.name, "picking")]
    seller, dan = (floor.seller_id,), new_id()
    assert await on_floor(floor, lambda it: it.starting.start_next(seller, ann, "Ann")) == free  # she showed her badge
    assert await on_floor(floor, lambda it: it.starting.start_next(seller, dan, "Dan")) is None
    await floor.order(("MUG", 1))
    got = await on_floor(floor, lambda it: it.starting.start_next(seller, dan, "Dan"))
    assert await floor.rows("SELECT assigned_name FROM pick_list WHERE id = :id", id=got) == [("Dan",)]


async def test_a_cancelled_order_keeps_its_tote_until_its_goods_are_back(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order = await floor.order(("MUG", 2))
    list_id = await a_list(floor, PickMode.CART, order)
    await bind(floor, list_id, "T-1")
    await scan(floor, list_id, "MUG")
    async with floor.transaction() as session:
        await OrderService(session).cancel([order], put_back=True)
        await FulfilmentService(session).picking.drop_order(order)
    in_use = "SELECT code FROM tote_use WHERE freed_at IS NULL"
    assert await floor.rows(in_use) == [("T-1",)]
    line_id = (await lines_of(floor, list_id))[0].id
    await on_floor(floor, lambda it: it.correcting.put_back(line_id))
    assert await floor.rows(in_use) == []
