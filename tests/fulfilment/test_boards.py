"""Boards: every order at one place, the right station named, nothing stale, and only what one may see."""

import asyncio
import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.fulfilment.boards.board import Boards
from entrepot.fulfilment.boards.days import Days, read_days
from entrepot.fulfilment.boards.domain import (
    ENOUGH,
    STAGES,
    Effort,
    Load,
    Station,
    bottleneck,
    done_by,
    station_of,
    usual_pace,
)
from entrepot.fulfilment.boards.errors import BadDaysError
from entrepot.fulfilment.boards.presence import be_present, presence_of
from entrepot.fulfilment.boards.sharing import Shared
from entrepot.fulfilment.boards.views import done_by_hour, flows
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.fulfilment.way.stages import ASIDE, MOVES, OVER, Stage, may_move
from entrepot.fulfilment.way.views import counts_by_stage
from entrepot.kit.database import Actor
from entrepot.orders.service import OrderService
from tests.conftest import MakeClient
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import pack, pick_all, release

pytestmark = pytest.mark.anyio
ANN = Actor("user", "ann", "Ann Other")


@given(st.sampled_from(Stage), st.booleans())
def test_an_order_is_at_one_station_or_beside_the_way(stage: Stage, checked_next: bool) -> None:  # noqa: FBT001
    station = station_of(stage, checked_next=checked_next)
    assert (station is None) == (stage in ASIDE | OVER)
    assert station is None or stage in STAGES[station]


@given(st.booleans(), st.booleans(), st.integers())
def test_every_station_on_the_way_is_done_once(checks: bool, boxes: bool, seed: int) -> None:  # noqa: FBT001
    """However it walks forward, an order counts at most once at each station, and always at picking and dispatch."""
    forward = [Stage.WAITING, Stage.PICKING, Stage.PICKED, Stage.CHECKING, Stage.PACKING, Stage.BOXING, Stage.PACKED]
    rank = {stage: number for number, stage in enumerate([*forward, Stage.DISPATCHED, Stage.DELIVERED])}
    chance, path = Random(seed), [Stage.WAITING]
    while path[-1] is not Stage.DELIVERED:
        here = path[-1]
        path.append(
            chance.choice(
                [
                    to
                    for to in sorted(MOVES[here])
                    if rank.get(to, -1) > rank[here]
                    and may_move(here, to, checks=checks, boxes=boxes)
                    and not (here is Stage.WAITING and to is Stage.DISPATCHED)
                ]
            )
        )
    done = Counter(station for pair in itertools.pairwise(path) for station in done_by(*pair))
    assert set(done.values()) == {1}
    assert {Station.PICKING, Station.PACKING, Station.DISPATCH, Station.DELIVERY} <= set(done)
    assert not checks or Station.CHECKING in done
    assert not boxes or Station.BOXING in done


loads = st.builds(
    Load,
    station=st.sampled_from(Station),
    waiting=st.integers(0, 50),
    oldest_s=st.floats(0, 1e5),
    usual_s=st.none() | st.floats(1, 1e4),
    came=st.integers(0, 50),
    left=st.integers(0, 50),
)


@given(st.lists(loads, max_size=6))
def test_the_bottleneck_has_a_queue_and_none_grows_faster(given_loads: list[Load]) -> None:
    found = bottleneck(given_loads)
    growing = [load.came - load.left for load in given_loads if load.waiting and load.came - load.left >= 3]
    if found is None:
        assert not growing
        return
    assert found.waiting > 0
    assert str(found.waiting) in found.sentence
    assert found.grows == bool(growing)
    assert not growing or found.came - found.left == max(growing)


@given(
    st.floats(1, 100), st.floats(0, 20), st.lists(st.tuples(st.integers(1, 40), st.integers(0, 200)), min_size=ENOUGH)
)
def test_the_usual_pace_explains_work_that_follows_one(
    line_s: float, walk_s: float, done: list[tuple[int, int]]
) -> None:
    efforts = [Effort(lines, walk, line_s * lines + walk_s * walk) for lines, walk in done]
    pace = usual_pace(efforts)
    assert pace is not None
    assert pace.line_s >= 0
    assert pace.walk_s >= 0
    total = sum(one.seconds for one in efforts)
    expected = sum(pace.expected_s(one.lines, one.walk) for one in efforts)
    assert expected == pytest.approx(total, rel=0.5)
    assert usual_pace(efforts[: ENOUGH - 1]) is None


def test_the_days_of_a_site_end_at_its_own_midnight() -> None:
    day = Days(date(2026, 10, 25), date(2026, 10, 25), "Europe/Amsterdam")
    assert (day.begins, day.ends) == (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
    assert day.ends - day.begins == timedelta(hours=25)
    assert day.earlier(1).begins == datetime(2026, 10, 17, 22, tzinfo=UTC)
    assert read_days("2026-11-01", "2026-11-03", "UTC") == Days(date(2026, 11, 1), date(2026, 11, 3), "UTC")
    for first, last in [("2026-11-03", "2026-11-01"), ("soon", ""), ("2020-01-01", "2026-01-01"), ("0001-01-01", "")]:
        with pytest.raises(BadDaysError):
            read_days(first, last, "UTC")


async def test_who_asks_while_a_board_is_made_gets_the_next_one() -> None:
    """What began before the question may miss what it was asked for; all who wait share one answer."""
    shared: Shared[int] = Shared()
    begun, go, made = asyncio.Event(), asyncio.Event(), itertools.count(1)

    async def make() -> int:
        number = next(made)
        begun.set()
        await go.wait()
        return number

    first = asyncio.create_task(shared.get("board", make))
    await begun.wait()
    later = [asyncio.create_task(shared.get("board", make)) for _ in range(50)]
    await asyncio.sleep(0)
    go.set()
    assert await first == 1
    assert set(await asyncio.gather(*later)) == {2}


async def counted(session: AsyncSession, boards: Boards) -> int:
    """Check that the stations' figures agree with the tables; return how many orders are in the building."""
    board = await boards.board(session, "Europe/Amsterdam")
    by_stage = await counts_by_stage(session)
    inside = sum(one.waiting + one.working for one in board.stations if one.station is not Station.DELIVERY)
    assert inside + board.hold + board.review == board.on_the_floor == sum(by_stage.values())
    assert (board.hold, board.review) == (by_stage.get("hold", 0), by_stage.get("review", 0))
    for station in Station:
        of_one = await boards.board(session, "Europe/Amsterdam", station=station)
        figures = next(one for one in of_one.stations if one.station is station)
        assert len(of_one.orders) == figures.waiting + figures.working
        assert sum(figures.hours) == figures.done
    return board.on_the_floor


@pytest.mark.parametrize("checks", [False, True])
async def test_every_order_on_the_floor_is_on_one_board(floor: Floor, checks: bool) -> None:  # noqa: FBT001
    await floor.stock(MUG=40)
    boards = Boards()
    async with floor.transaction() as session:
        await FulfilmentService(session).way.set_settings(floor.seller_id, SiteSettings(checks=checks))
    orders = [await floor.order(("MUG", 2)) for _ in range(7)]
    lists = [(await release(floor, order)).pick_list_ids[0] for order in orders[:6]]
    async with floor.transaction() as session:
        assert await counted(session, boards) == 6
        assert (await boards.board(session, "UTC")).ready == 1
    for list_id in lists[:4]:
        await pick_all(floor, list_id)
    async with floor.transaction() as session:
        await FulfilmentService(session).way.send_back(orders[4], "torn label")
        await OrderService(session).hold([orders[5]], "asked to")
        if checks:
            for order in orders[:3]:
                await FulfilmentService(session).way.enter(order, Stage.CHECKING)
            for order in orders[:2]:  # forced steps are nobody's work
                await FulfilmentService(session).way.force(order, Stage.PACKING, "the checker is ill")
        else:
            await FulfilmentService(session).way.enter(orders[0], Stage.PACKING)
        assert await counted(session, boards) == 6
    for order in orders[:2]:
        await pack(floor, order)
    async with floor.transaction() as session:
        await FulfilmentService(session).dispatching.dispatch(orders[0], HandOver.COUNTER)
        assert await counted(session, boards) == 5
        board = await boards.board(session, "UTC")
        done = {one.station: one.done for one in board.stations}
        assert done == {
            Station.PICKING: 4,
            Station.CHECKING: 0,
            Station.PACKING: 2,
            Station.BOXING: 0,
            Station.DISPATCH: 1,
            Station.DELIVERY: done[Station.DELIVERY],
        }
        day = Days(board.made_at.date(), board.made_at.date(), "UTC")
        assert done_by_hour(await flows(session, [day]), "UTC")[Station.PICKING][board.hour] == 4


async def test_a_board_shows_who_works_and_who_looks(floor: Floor, seller: SellerRef, make_client: MakeClient) -> None:
    await floor.stock(MUG=4)
    order = await floor.order(("MUG", 1))
    await pick_all(floor, (await release(floor, order)).pick_list_ids[0])
    async with floor.transaction(ANN) as session:
        await FulfilmentService(session).way.enter(order, Stage.PACKING)
    client = await make_client(seller)
    quiet = await client.post(f"/fulfilment/floor/{order}/presence", data={"station": "pack"})
    assert "Opened by" not in quiet.text
    other = (await client.post(f"/api/v1/orders/{order}/presence", json={"station": "pack"})).json()
    assert other == {"items": []}
    async with floor.transaction(ANN) as session:
        seen = await be_present(session, order, "pack")
    assert [one.station for one in seen] == ["pack"]
    told = "SELECT subject_id FROM event WHERE topic = 'fulfilment.order_opened' AND actor_name = 'Ann Other'"
    assert await floor.rows(told) == [(presence_of(order),)]
    async with floor.transaction(ANN) as session:
        await be_present(session, order, "pack")
    assert len(await floor.rows(told)) == 1  # she was there before
    hears = f"live:order_presence:{presence_of(order)} from:body"
    assert hears in (await client.post(f"/fulfilment/floor/{order}/presence", data={"station": "pack"})).text
    assert "opened" not in (await client.get(f"/orders/{order}")).text.lower()  # no part of its history
    assert "Opened by Ann Other" in (await client.post(f"/fulfilment/floor/{order}/presence")).text
    page = (await client.get("/fulfilment/boards/packing")).text
    assert page.count("Ann Other") >= 2
    await floor.rows("UPDATE floor_presence SET seen_at = now() - interval '1 minute' RETURNING 1")
    board = (await client.get("/api/v1/boards?station=packing")).json()
    assert board["opened"] == []
    assert [one["name"] for one in board["at_work"]] == ["Ann Other"]
    assert (await client.get(f"/api/v1/boards?warehouse={order}")).status_code == 404
    assert (await client.post(f"/fulfilment/floor/{floor.seller_id}/presence")).status_code == 404
    stranger = await make_client(seller, frozenset(Right) - {Right.FULFILMENT_READ})
    assert (await stranger.get("/fulfilment/boards/packing/now")).status_code == 403
