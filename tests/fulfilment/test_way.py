"""The way of an order: the table of moves, the database that keeps it, and the people who bend it."""

import itertools
import re
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from entrepot.fulfilment.checking.counting import Checking
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import (
    BooksSayOtherwiseError,
    InReviewError,
    NotBoxedError,
    NotCheckedError,
    NotOnTheFloorError,
    PriorityError,
    ReasonMissingError,
    StageMoveError,
)
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.fulfilment.way.stages import ASIDE, GONE, MOVES, OVER, PLACES, WORKED, Stage, fits, may_move, next_stages
from entrepot.fulfilment.way.views import StepRow, counts_by_stage, on_the_floor, steps
from entrepot.orders.service import OrderService
from entrepot.orders.status import MOVES as ORDER_MOVES
from tests.fulfilment.floor import TESS, Floor
from tests.fulfilment.test_way_through import pack, pick_all, release, scan, ship

stages = st.sampled_from(Stage)


def test_every_stage_has_its_moves_and_its_place() -> None:
    assert set(MOVES) == set(Stage)
    assert set(PLACES) == set(ORDER_MOVES)
    assert set(itertools.chain.from_iterable(PLACES.values())) == set(Stage) - ASIDE
    assert all(not MOVES[stage] for stage in OVER)


@given(stages, stages, st.booleans(), st.booleans())
def test_stations_of_a_site_only_take_moves_away(origin: Stage, to: Stage, checks: bool, boxes: bool) -> None:  # noqa: FBT001
    assert not may_move(origin, to, checks=checks, boxes=boxes) or may_move(origin, to)
    assert may_move(origin, to, checks=checks, boxes=boxes, express=True) == (to in MOVES[origin])


@given(stages, st.booleans(), st.booleans())
def test_everyone_in_the_building_can_be_stopped_and_cancelled(stage: Stage, checks: bool, boxes: bool) -> None:  # noqa: FBT001
    stoppable = stage in WORKED or stage in ASIDE
    assert may_move(stage, Stage.CANCELLED, checks=checks, boxes=boxes) == stoppable
    assert stage not in WORKED or {Stage.HOLD, Stage.REVIEW} <= MOVES[stage]
    assert stage not in GONE or not {Stage.HOLD, Stage.REVIEW} & MOVES[stage]


@given(st.booleans(), st.booleans())
def test_every_site_gets_its_orders_out(checks: bool, boxes: bool) -> None:  # noqa: FBT001
    reached = {Stage.WAITING}
    while True:
        found = {
            to for origin in reached for to in MOVES[origin] - ASIDE if may_move(origin, to, checks=checks, boxes=boxes)
        }
        if found <= reached:
            break
        reached |= found
    assert Stage.DELIVERED in reached
    path = next_stages(Stage.PICKED, checks=checks, boxes=boxes)
    assert (Stage.CHECKING in path) == checks
    assert (Stage.PACKING in path) == (not checks)


@given(stages, st.none() | stages)
def test_a_stage_beside_the_way_fits_where_it_comes_back_to(stage: Stage, back_to: Stage | None) -> None:
    for status in PLACES:
        expected = back_to in PLACES[status] if stage in ASIDE else stage in PLACES[status]
        assert fits(stage, back_to, status) == expected


def test_the_database_has_the_same_table_of_moves() -> None:
    step = Path("migrations/versions/2026_11_21_0250_floor.py").read_text()
    table = step[step.index("NOT (OLD.stage, NEW.stage) IN (") : step.index("cannot go from % to % on the floor")]
    found = set(re.findall(r"\('(\w+)', '(\w+)'\)", table))
    assert found == {(str(origin), str(to)) for origin, targets in MOVES.items() for to in targets}


async def stage_of(floor: Floor, order: UUID) -> str:
    rows = await floor.rows("SELECT stage FROM floor_order WHERE order_id = :id", id=order)
    return str(rows[0][0]) if rows else ""


async def steps_of(floor: Floor, order: UUID) -> list[StepRow]:
    async with floor.transaction() as session:
        return await steps(session, order)


async def picked(floor: Floor, *lines: tuple[str, int]) -> UUID:
    order = await floor.order(*lines or (("MUG", 1),))
    released = await release(floor, order)
    await pick_all(floor, released.pick_list_ids[0])
    return order


async def use(floor: Floor, settings: SiteSettings) -> None:
    async with floor.transaction() as session:
        await FulfilmentService(session).way.set_settings(floor.seller_id, settings)


@pytest.mark.anyio
async def test_the_way_is_written_down_by_itself(floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await floor.order(("MUG", 2))
    assert await stage_of(floor, order) == ""
    released = await release(floor, order)
    assert await stage_of(floor, order) == "waiting"
    async with floor.transaction() as session:
        await FulfilmentService(session).picking.claim(released.pick_list_ids[0])
        place = await FulfilmentService(session).way.place(order)
        assert place is not None
        assert (place.stage, place.holder_name, place.warehouse_id) == ("picking", "Tess Tester", floor.warehouse)
    await scan(floor, released.pick_list_ids[0], "MUG")
    await scan(floor, released.pick_list_ids[0], "MUG")
    parcel = await pack(floor, order)
    await floor.desk().make(parcel.id)
    await ship(floor, parcel.id)
    found = await steps_of(floor, order)
    assert [step.stage for step in found] == ["waiting", "picking", "picked", "packed", "dispatched"]
    assert {step.actor_name for step in found} == {"Tess Tester"}
    assert all(step.took_ms >= 0 and not step.forced for step in found)
    assert found[1].station == "pick"


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["follow_order", "write_floor_step", "free_totes", "free_containers"])
async def test_what_follows_an_order_hangs_on_no_other_table(floor: Floor, name: str) -> None:
    """These triggers work as the owner of the tables, so nobody may feed them rows of their own making."""
    async with floor.transaction() as session:
        await session.execute(text("CREATE TEMP TABLE bait (id uuid, seller_id uuid, status text) ON COMMIT DROP"))
        with pytest.raises(DBAPIError, match="permission denied for function"):
            await session.execute(
                text(f"CREATE TRIGGER bait AFTER INSERT ON bait FOR EACH ROW EXECUTE FUNCTION {name}()")
            )
        await session.rollback()


@pytest.mark.anyio
async def test_nobody_comes_past_the_table(floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await picked(floor)
    for sql, named in (
        ("UPDATE floor_order SET stage = 'delivered' WHERE order_id = :id", "cannot go from picked to delivered"),
        ("UPDATE floor_order SET stage = 'waiting', forced = true WHERE order_id = :id", "by nobody or without"),
        ("DELETE FROM floor_step WHERE order_id = :id", "permission denied"),
        ("UPDATE floor_step SET reason = 'x' WHERE order_id = :id", "permission denied"),
    ):
        with pytest.raises(DBAPIError, match=named):
            async with floor.transaction() as session:
                await session.execute(text(sql), {"id": order})
    assert await stage_of(floor, order) == "picked"


@pytest.mark.anyio
async def test_review_stops_an_order_until_somebody_resolves_it(floor: Floor) -> None:
    await floor.stock(MUG=5)
    order = await floor.order(("MUG", 2))
    list_id = (await release(floor, order)).pick_list_ids[0]
    await scan(floor, list_id, "MUG")
    with pytest.raises(ReasonMissingError):
        async with floor.transaction() as session:
            await FulfilmentService(session).way.send_back(order, "  ")
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(order, "wrong colour", station="pick")
    with pytest.raises(InReviewError, match="wrong colour"):
        await scan(floor, list_id, "MUG")
    async with floor.transaction() as session:
        with pytest.raises(StageMoveError):
            await FulfilmentService(session).way.resolve(order, to=Stage.PACKED)
        assert (await FulfilmentService(session).way.send_back(order, "again")).reason == "wrong colour"
    async with floor.transaction() as session:
        assert (await FulfilmentService(session).way.resolve(order, "it is right")).stage is Stage.PICKING
    await scan(floor, list_id, "MUG")
    assert await stage_of(floor, order) == "picked"
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(order, "torn")
    with pytest.raises(InReviewError):
        await pack(floor, order)
    async with floor.transaction() as session:
        await OrderService(session).hold([order], "buyer calls")
        assert (await FulfilmentService(session).way.resolve(order)).stage is Stage.HOLD
        await OrderService(session).let_go([order])
    assert await stage_of(floor, order) == "picked"
    parcel = await pack(floor, order)
    await floor.desk().make(parcel.id)
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(order, "address?")
    with pytest.raises(InReviewError):
        await ship(floor, parcel.id)


@pytest.mark.anyio
async def test_hold_and_cancel_follow_from_everywhere(floor: Floor) -> None:
    await floor.stock(MUG=9)
    fresh = await floor.order(("MUG", 1))
    async with floor.transaction() as session:
        await OrderService(session).hold([fresh], "wait")
    assert await stage_of(floor, fresh) == "hold"
    with pytest.raises(StageMoveError):  # hold is no station that one can go to
        async with floor.transaction() as session:
            await FulfilmentService(session).way.enter(fresh, Stage.HOLD)
    async with floor.transaction() as session:
        await OrderService(session).let_go([fresh])
    assert await stage_of(floor, fresh) == "waiting"
    order = await picked(floor)
    async with floor.transaction() as session:
        await OrderService(session).hold([order], "wait")
        await OrderService(session).cancel([order], put_back=True)
    assert [step.stage for step in await steps_of(floor, order)][-2:] == ["hold", "cancelled"]


@pytest.mark.anyio
async def test_a_site_that_checks_and_boxes_skips_neither(floor: Floor) -> None:
    await floor.stock(MUG=9)
    await use(floor, SiteSettings(checks=True, boxes=True))
    order = await picked(floor)
    with pytest.raises(NotCheckedError):
        await pack(floor, order)
    with pytest.raises(DBAPIError, match="skip a station"):
        async with floor.transaction() as session:
            await session.execute(text("UPDATE floor_order SET stage = 'packing' WHERE order_id = :id"), {"id": order})
    async with floor.transaction() as session:
        way = FulfilmentService(session).way
        with pytest.raises(StageMoveError):
            await way.enter(order, Stage.PACKING)
        assert (await way.enter(order, Stage.CHECKING)).holder_name == TESS.name
        with pytest.raises(NotCheckedError):
            await way.enter(order, Stage.PACKING)
        checking = Checking(session)
        for line in (await checking.begin(order)).lines:
            await checking.set_counted(order, line.id, line.expected)
        await checking.finish(order)
    with pytest.raises(NotBoxedError):
        await pack(floor, order)
    async with floor.transaction() as session:
        await FulfilmentService(session).way.enter(order, Stage.BOXING)
    await pack(floor, order)
    assert await stage_of(floor, order) == "packed"


@pytest.mark.anyio
async def test_a_forced_step_keeps_its_reason_and_moves_no_goods(floor: Floor) -> None:
    await floor.stock(MUG=9)
    await use(floor, SiteSettings(checks=True))
    order = await picked(floor)
    async with floor.transaction() as session:
        way = FulfilmentService(session).way
        with pytest.raises(ReasonMissingError):
            await way.force(order, Stage.PACKING, "")
        with pytest.raises(BooksSayOtherwiseError):
            await way.force(order, Stage.DISPATCHED, "gone")
        await way.force(order, Stage.PACKING, "checker is ill")
    last = (await steps_of(floor, order))[-1]
    assert (last.origin, last.stage, last.reason, last.forced) == ("picked", "packing", "checker is ill", True)
    await pack(floor, order)
    assert not (await steps_of(floor, order))[-1].forced


@pytest.mark.anyio
async def test_the_board_shows_the_most_urgent_first(floor: Floor) -> None:
    await floor.stock(MUG=9)
    first, second = await picked(floor), await picked(floor)
    async with floor.transaction() as session:
        way = FulfilmentService(session).way
        assert await way.prioritise([second], 5) == 1
        with pytest.raises(PriorityError):
            await way.prioritise([second], 10)
        with pytest.raises(NotOnTheFloorError):
            await way.enter(await OrderServiceOrder.make(floor), Stage.PACKING)
        assert [row.order_id for row in await on_the_floor(session)] == [second, first]
        assert (await counts_by_stage(session))["picked"] == 2


class OrderServiceOrder:
    """An order that nobody released."""

    @staticmethod
    async def make(floor: Floor) -> UUID:
        return await floor.order(("MUG", 1))
