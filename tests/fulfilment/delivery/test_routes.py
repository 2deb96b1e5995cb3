"""Routes of our own drivers, from the plan to the report."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from entrepot.fulfilment.delivery.driving import Driving
from entrepot.fulfilment.delivery.errors import (
    DeliveryFormError,
    FailReasonError,
    ForeignParcelError,
    NotDrivableError,
    NotLoadedError,
    NotUndeliveredError,
    NotYourRouteError,
    OnAnotherRouteError,
    StopSettledError,
    UnknownParcelError,
)
from entrepot.fulfilment.delivery.repository import RouteRepository
from entrepot.fulfilment.delivery.routing import FailReason, RouteStatus, StopStatus
from entrepot.fulfilment.delivery.views import brought_back, proofs_of, routes, stops_of, tries_of
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import CameBackError, ReceiverMissingError
from entrepot.kit.clock import now
from entrepot.kit.database import Actor
from entrepot.orders.service import OrderService
from tests.fulfilment.floor import Floor
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio

DAN = Actor("user", "dan", "Dan Driver")
EVE = Actor("user", "eve", "Eve Else")


async def packed(floor: Floor, *lines: tuple[str, int]) -> tuple[UUID, str]:
    """Return a packed order and its parcel's number."""
    order = await floor.order(*lines)
    async with floor.transaction() as session:
        parcel = await FulfilmentService(session).expressing.express(order)
    return order, parcel.number


async def planned(floor: Floor, *orders: UUID) -> UUID:
    async with floor.transaction() as session:
        planning = FulfilmentService(session).planning
        route = await planning.make_route(floor.seller_id, now().date(), ("dan", "Dan Driver"))
        await planning.add(route.id, orders)
    return route.id


async def stop_of(floor: Floor, route: UUID, order: UUID) -> UUID:
    async with floor.transaction() as session:
        return next(stop.id for stop in await stops_of(session, route) if stop.order_id == order)


async def test_a_route_is_loaded_driven_and_finished(floor: Floor) -> None:
    await floor.stock(MUG=9)
    one, first = await packed(floor, ("MUG", 1))
    two, second = await packed(floor, ("MUG", 2))
    three, third = await packed(floor, ("MUG", 1))
    route = await planned(floor, one, two)
    other = await planned(floor, three)
    async with floor.transaction(EVE) as session:
        with pytest.raises(NotYourRouteError, match="Dan Driver"):
            await Driving(session).load(route, first)
    async with floor.transaction(DAN) as session:
        driving = Driving(session)
        with pytest.raises(ForeignParcelError, match=rf"{third}.*route R-1002"):
            await driving.load(route, third)
        with pytest.raises(UnknownParcelError, match="nonsense"):
            await driving.load(route, "nonsense")
        assert (await driving.load(route, first.lower(), client_id="a")).loaded == 1
        assert (await driving.load(route, first, client_id="a")).repeated
        with pytest.raises(NotLoadedError, match=second):
            await driving.start(route)
        assert (await driving.load(route, second)).loaded == 2
        assert (await driving.start(route)).status is RouteStatus.UNDER_WAY
        assert (await driving.start(route)).status is RouteStatus.UNDER_WAY
    assert [await floor.status(order) for order in (one, two, three)] == ["shipped", "shipped", "packed"]
    at_one, at_two = await stop_of(floor, route, one), await stop_of(floor, route, two)
    async with floor.transaction(DAN) as session:
        driving = Driving(session)
        with pytest.raises(ReceiverMissingError):
            await driving.delivered(route, at_one, " ")
        _, new = await driving.delivered(
            route, at_one, "B. Jansen", at=now() - timedelta(days=400), client_id="b"
        )  # a phone whose clock is wrong is not believed
        _, again = await driving.delivered(route, at_one, "B. Jansen", client_id="b")
        assert (new, again) == (True, False)
        with pytest.raises(StopSettledError, match="Delivered"):
            await driving.failed(route, at_one, FailReason.REFUSED, client_id="c")
        with pytest.raises(FailReasonError):
            await driving.failed(route, at_two, FailReason.OTHER)
        stop, _ = await driving.failed(route, at_two, FailReason.NOBODY_HOME, note="note left", client_id="d")
        assert stop.status is StopStatus.FAILED
        done = await driving.finish(route)
        assert done.status is RouteStatus.FINISHED
    assert [await floor.status(order) for order in (one, two)] == ["delivered", "shipped"]
    await check_report(floor, route, one, two)
    arrived = await floor.rows("SELECT at FROM delivery_stop WHERE id = :id", id=at_one)
    assert arrived[0][0] > now() - timedelta(minutes=5)  # type: ignore[operator]  # a moment
    await drive_again(floor, two, second)
    async with floor.transaction() as session:
        await FulfilmentService(session).planning.cancel_route(other)
        await check_books(session, floor.seller_id)


async def check_report(floor: Floor, route: UUID, one: UUID, two: UUID) -> None:
    """Look at what a driver reported: one arrived, two did not."""
    async with floor.transaction() as session:
        row = (await routes(session, route_id=route))[0]
        assert (row.stops, row.delivered, row.failed, row.ahead) == (2, 1, 1, 0)
        assert [one.reason for one in await brought_back(session)] == ["nobody_home"]
        assert not await proofs_of(session, one)
    assert await floor.rows(
        "SELECT kind, text FROM parcel_problem p JOIN shipment s ON s.id = p.shipment_id WHERE s.order_id = :id", id=two
    ) == [("failed_attempt", "Nobody home: note left")]


async def drive_again(floor: Floor, order: UUID, parcel: str) -> None:
    """Put what came back on a later route, and deliver it."""
    later = await planned(floor, order)
    async with floor.transaction(DAN) as session:
        driving = Driving(session)
        await driving.load(later, parcel)
        await driving.start(later)
    stop = await stop_of(floor, later, order)
    async with floor.transaction(DAN) as session:
        await Driving(session).delivered(later, stop, "C. Bakker")
        assert [one.status for one in await tries_of(session, order)] == ["delivered", "failed"]
    assert await floor.status(order) == "delivered"
    open_problems = "SELECT 1 FROM parcel_problem p JOIN shipment s ON s.id = p.shipment_id WHERE cleared_at IS NULL"
    assert not await floor.rows(open_problems)


async def test_what_nobody_takes_goes_back_to_stock_once(floor: Floor) -> None:
    await floor.stock(MUG=9)
    order, parcel = await packed(floor, ("MUG", 3))
    route = await planned(floor, order)
    async with floor.transaction(DAN) as session:
        driving = Driving(session)
        await driving.load(route, parcel)
        await driving.start(route)
        with pytest.raises(NotUndeliveredError):
            await FulfilmentService(session).coming_back.to_stock(order, floor.shelves["B"])
        await driving.finish(route)  # what was not tried comes back
    async with floor.transaction() as session:
        service = FulfilmentService(session)
        assert await service.coming_back.to_stock(order, floor.shelves["B"]) == 3
        with pytest.raises(NotUndeliveredError):
            await service.coming_back.to_stock(order, floor.shelves["B"])
        with pytest.raises(CameBackError):
            await service.dispatching.deliver(order, "Nobody")
        with pytest.raises(NotDrivableError):
            await service.planning.add(await planned(floor), [order])
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)
    assert await floor.rows("SELECT on_hand FROM stock_level WHERE location_id = :id", id=floor.shelves["B"]) == [(3,)]


async def test_finishing_a_route_waits_for_orders_before_it_holds_the_route(floor: Floor) -> None:
    await floor.stock(MUG=9)
    (one, first), (two, second) = await packed(floor, ("MUG", 1)), await packed(floor, ("MUG", 1))
    route = await planned(floor, one, two)
    async with floor.transaction(DAN) as session:
        driving = Driving(session)
        await driving.load(route, first)
        await driving.load(route, second)
        await driving.start(route)

    async def finish() -> None:
        async with floor.transaction(DAN) as session:
            await Driving(session).finish(route)

    waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
    async with asyncio.TaskGroup() as group, floor.transaction() as held:
        await OrderService(held).orders([two], lock=True)
        group.create_task(finish())
        async with asyncio.timeout(20):
            while not await floor.rows(waits):
                await asyncio.sleep(0.02)
        assert await floor.rows("SELECT 1 FROM delivery_route WHERE id = :id FOR UPDATE NOWAIT", id=route)
    assert await floor.rows("SELECT status FROM delivery_route WHERE id = :id", id=route) == [("finished",)]


async def test_orders_go_to_the_routes_of_their_areas(floor: Floor) -> None:
    await floor.stock(MUG=9)
    one, _ = await packed(floor, ("MUG", 1))
    waiting = await floor.order(("MUG", 1))
    async with floor.transaction() as session:
        service = FulfilmentService(session)
        number = (await OrderService(session).order(one)).number
        assert await service.planning.assign(floor.seller_id, now().date(), [one]) == ([], [number])
        await service.fleet.save_area(floor.seller_id, "North", ["0-9"], driver=("dan", "Dan"))
        made, left = await service.planning.assign(floor.seller_id, now().date(), [one, waiting])
        assert (len(made), len(left)) == (1, 1)
        again, _ = await service.planning.assign(floor.seller_id, now().date(), [one])
        assert again == []
        with pytest.raises(NotDrivableError, match="not packed"):
            await service.planning.add(made[0], [waiting])
        second = await service.planning.make_route(floor.seller_id, now().date(), ("eve", "Eve"))
        with pytest.raises(OnAnotherRouteError, match="R-1001"):
            await service.planning.add(second.id, [one])
    with pytest.raises(DBAPIError, match="uq_delivery_stop_open"):
        async with floor.transaction() as session:
            await RouteRepository(session).insert_stops(  # past every check
                [{"id": second.id, "seller_id": floor.seller_id, "route_id": second.id, "order_id": one, "position": 1}]
            )


async def test_somebody_is_reminded_once_of_what_nobody_collects(floor: Floor) -> None:
    await floor.stock(MUG=9)
    late, _ = await packed(floor, ("MUG", 1))
    fresh, _ = await packed(floor, ("MUG", 1))
    async with floor.transaction() as session:
        service = FulfilmentService(session)
        for order in (late, fresh):
            await service.wishes.choose(order, HandOver.COUNTER)
        await service.counter.set_remind_days(floor.seller_id, 3)
        with pytest.raises(DeliveryFormError):
            await service.counter.set_remind_days(floor.seller_id, 0)
    await floor.rows(
        "UPDATE floor_order SET since = now() - interval '4 days' WHERE order_id = :id RETURNING 1", id=late
    )
    for reminded in (1, 0):
        async with floor.transaction() as session:
            assert await FulfilmentService(session).counter.remind() == reminded
    told = await floor.rows("SELECT subject_id, payload->>'days' FROM event WHERE topic = 'fulfilment.not_collected'")
    assert told == [(late, "4")]
