"""On the road: load what is on the route, start, hand over or fail, finish.

Every report of a phone may come twice, and late: it carries a client id, and the same again changes nothing.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.contract import Milestone, TrackingEvent
from entrepot.fulfilment.delivery.errors import (
    EmptyRouteError,
    FailReasonError,
    ForeignParcelError,
    NothingLoadedError,
    NotLoadedError,
    NotYourRouteError,
    RouteStateError,
    UnknownParcelError,
)
from entrepot.fulfilment.delivery.events import DeliveryFailed, OutForDelivery
from entrepot.fulfilment.delivery.planning import Planning
from entrepot.fulfilment.delivery.repository import RouteParcelRef, RouteRef, RouteRepository, StopRef
from entrepot.fulfilment.delivery.routing import FAIL_LABELS, ROUTE_LABELS, FailReason, RouteStatus, StopStatus
from entrepot.fulfilment.dispatching import LONGEST_NAME, Dispatching, HandOver
from entrepot.fulfilment.domain import ShipmentState
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.way.errors import ReceiverMissingError
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

LONGEST_NOTE = 300
NAMED = 5
"""Missing parcels that a sentence names."""
ELSEWHERE = N_("it is on route {route}.")
NOWHERE = N_("it is on no route.")


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What scanning a parcel into the vehicle did."""

    parcel: str
    number: str
    loaded: int
    total: int
    repeated: bool = False


class Driving:
    """One route, driven by its driver or by somebody who plans.  Locks: orders, then the route."""

    def __init__(self, session: AsyncSession, *, any_driver: bool = False) -> None:
        """*any_driver*: whoever acts may do so on routes of others."""
        self._session = session
        self._any_driver = any_driver
        self._planning = Planning(session)
        self._routes = RouteRepository(session)
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)

    async def mine(self, route_id: UUID, *, lock: bool = False) -> RouteRef:
        """Return a route that the caller drives, or may act on.

        Raises:
            NotYourRouteError: somebody else drives it.
        """
        route = await self._planning.route(route_id, lock=lock)
        if not self._any_driver and route.driver_id != context_of(self._session).actor.id:
            raise NotYourRouteError(route=route.number, name=route.driver_name)
        return route

    async def parcels(self, route_id: UUID) -> list[RouteParcelRef]:
        """Return the parcels that a route is still to bring, and which are in the vehicle."""
        return await self._routes.parcels(route_id)

    async def load(self, route_id: UUID, code: str, *, client_id: str = "") -> Loaded:
        """Scan a parcel into the vehicle.  Twice is once.

        Raises:
            UnknownParcelError: nothing has this code.
            ForeignParcelError: it belongs to another route, or to none.
            RouteStateError: the route left already.
        """
        route = await self.mine(route_id, lock=True)
        if route.status is not RouteStatus.PLANNED:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        found = await self._routes.parcels_called(code.strip())
        if not found:
            raise UnknownParcelError(code=code.strip()[:LONGEST_NAME])
        there = {parcel.id: parcel for parcel in await self._routes.parcels(route_id)}
        own = [one for one in found if one[0] in there]
        if not own:
            _, order_id, parcel, number = found[0]
            stop = (await self._routes.open_stops([order_id])).get(order_id)
            other = (await self._planning.route(stop.route_id)).number if stop else ""
            where = ELSEWHERE.format(route=other) if other else NOWHERE
            raise ForeignParcelError(parcel=parcel, number=number, route=route.number, where=where)
        parcel_id, _, parcel, number = next((one for one in own if not there[one[0]].loaded), own[0])
        actor = context_of(self._session).actor.name
        await self._routes.first_time(route.seller_id, client_id, "load", parcel_id, actor)
        new = await self._routes.load(
            {
                "route_id": route_id,
                "parcel_id": parcel_id,
                "seller_id": route.seller_id,
                "loaded_at": now(),
                "loaded_by": actor,
            }
        )
        if new:
            await self._planning.tell(route, "loaded")
        count = sum(one.loaded for one in there.values()) + new
        return Loaded(parcel=parcel, number=number, loaded=count, total=len(there), repeated=not new)

    async def start(self, route_id: UUID, *, leave_missing: bool = False) -> RouteRef:
        """Leave with what is loaded: its orders are dispatched, their channels owed the news.

        Args:
            route_id: the route; one that is under way stays so.
            leave_missing: orders that are not wholly loaded are taken off the route and can go on another.

        Raises:
            EmptyRouteError, NothingLoadedError: there is nothing to bring.
            NotLoadedError: parcels are missing; it names them.
            InReviewError, OrderHeldError: an order was stopped meanwhile.
        """
        ahead = [stop for stop in await self._routes.stops(route_id) if stop.status is StopStatus.PLANNED]
        orders = {one.id: one for one in await self._orders.orders(sorted(s.order_id for s in ahead), lock=True)}
        route = await self.mine(route_id, lock=True)
        if route.status is RouteStatus.UNDER_WAY:
            return route
        if route.status is not RouteStatus.PLANNED:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        if not ahead:
            raise EmptyRouteError(route=route.number)
        parcels = await self._routes.parcels(route_id)
        missing = [one for one in parcels if not one.loaded]
        if missing and not leave_missing:
            raise NotLoadedError(count=len(missing), total=len(parcels), route=route.number, missing=_named(missing))
        whole = {one.order_id for one in parcels} - {one.order_id for one in missing}
        if not whole:
            raise NothingLoadedError(route=route.number)
        await self._planning.leave_behind(route, [stop for stop in ahead if stop.order_id not in whole])
        for stop in ahead:
            if stop.order_id in whole:
                await self._take_along(route, orders[stop.order_id])
        await self._routes.update_route(route_id, status=str(RouteStatus.UNDER_WAY), started_at=now())
        await self._planning.tell(route, "started", RouteStatus.UNDER_WAY)
        return await self._planning.route(route_id)

    async def _take_along(self, route: RouteRef, order: OrderRef) -> None:
        if order.status is OrderStatus.PACKED:
            await Dispatching(self._session).dispatch(order.id, HandOver.DRIVER)
        await self._note(order.id, Milestone.OUT_FOR_DELIVERY, route.number, ShipmentState.IN_TRANSIT)
        await outbox.record(
            self._session,
            OutForDelivery(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                route=route.number,
                driver=route.driver_name,
            ),
        )

    async def delivered(
        self,
        route_id: UUID,
        stop_id: UUID,
        received_by: str,
        *,
        note: str = "",
        at: datetime | None = None,
        client_id: str = "",
    ) -> tuple[StopRef, bool]:
        """Note who took the goods of a stop.

        Returns:
            The stop, and whether this is news: a repeat is answered like the first time and adds no proof.

        Raises:
            ReceiverMissingError: nobody said who took them.
            StopSettledError: somebody reported something else.
        """
        route, stop, new = await self._report(route_id, stop_id, "delivered", client_id)
        if not new or stop.status is StopStatus.DELIVERED:
            return stop, False
        stop = await self._planning.open_stop(route, stop_id)
        name = received_by.strip()[:LONGEST_NAME]
        if not name:
            raise ReceiverMissingError(number=stop.order_number)
        moment = _when(route, at)
        await Dispatching(self._session).deliver(stop.order_id, name, at=moment)
        await self._note(stop.order_id, Milestone.DELIVERED, name, None, moment)
        await self._settle(stop, StopStatus.DELIVERED, moment, received_by=name, note=note)
        await self._planning.tell(route, "planned")
        return await self._again(stop), True

    async def failed(
        self,
        route_id: UUID,
        stop_id: UUID,
        reason: FailReason | None,
        *,
        note: str = "",
        at: datetime | None = None,
        client_id: str = "",
    ) -> tuple[StopRef, bool]:
        """Note why the goods of a stop could not be handed over; they come back and can go on a later route.

        Raises:
            FailReasonError: nobody said why.
            StopSettledError: somebody reported something else.
        """
        route, stop, new = await self._report(route_id, stop_id, "failed", client_id)
        if not new or stop.status is StopStatus.FAILED:
            return stop, False
        stop = await self._planning.open_stop(route, stop_id)
        note = note.strip()[:LONGEST_NOTE]
        if reason is None or (reason is FailReason.OTHER and not note):
            raise FailReasonError(number=stop.order_number)
        moment = _when(route, at)
        why = FAIL_LABELS[reason]
        await self._note(
            stop.order_id, Milestone.FAILED_ATTEMPT, f"{why}: {note}" if note else why, ShipmentState.PROBLEM, moment
        )
        await self._settle(stop, StopStatus.FAILED, moment, reason=str(reason), note=note)
        await outbox.record(
            self._session,
            DeliveryFailed(
                seller_id=stop.seller_id,
                subject_id=stop.order_id,
                number=stop.order_number,
                route=route.number,
                why=why,
                note=note,
            ),
        )
        await self._planning.tell(route, "planned")
        return await self._again(stop), True

    async def finish(self, route_id: UUID) -> RouteRef:
        """End a route: what was not tried counts as “no time left” and comes back.  Finishing again changes nothing."""
        route = await self.mine(route_id)
        if route.status is RouteStatus.FINISHED:
            return route
        if route.status is not RouteStatus.UNDER_WAY:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        ahead = [stop for stop in await self._routes.stops(route_id) if stop.status is StopStatus.PLANNED]
        # All of them before the first report locks the route: orders come first, everywhere.
        await self._orders.orders(sorted(stop.order_id for stop in ahead), lock=True)
        for stop in await self._routes.stops(route_id):
            if stop.status is StopStatus.PLANNED:
                await self.failed(route_id, stop.id, FailReason.OUT_OF_TIME)
        route = await self.mine(route_id, lock=True)
        if route.status is RouteStatus.UNDER_WAY:
            await self._routes.update_route(route_id, status=str(RouteStatus.FINISHED), finished_at=now())
            await self._planning.tell(route, "finished", RouteStatus.FINISHED)
        return await self._planning.route(route_id)

    # -- inside

    async def _report(self, route_id: UUID, stop_id: UUID, what: str, client_id: str) -> tuple[RouteRef, StopRef, bool]:
        """Lock the order and its route, and tell whether the report is new."""
        route = await self.mine(route_id)
        stop = await self._planning.stop_on(route, stop_id)
        await self._orders.orders([stop.order_id], lock=True)
        route = await self.mine(route_id, lock=True)
        stop = await self._planning.stop_on(route, stop_id)
        actor = context_of(self._session).actor.name
        if not await self._routes.first_time(route.seller_id, client_id, what, stop_id, actor):
            return route, stop, False
        if route.status is not RouteStatus.UNDER_WAY and stop.status is StopStatus.PLANNED:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        return route, stop, True

    async def _settle(self, stop: StopRef, status: StopStatus, at: datetime, **values: str) -> None:
        values["note"] = values.get("note", "").strip()[:LONGEST_NOTE]
        await self._routes.update_stop(
            stop.id, status=str(status), at=at, by_name=context_of(self._session).actor.name, **values
        )

    async def _again(self, stop: StopRef) -> StopRef:
        return await self._routes.stop(stop.id) or stop

    async def _note(
        self,
        order_id: UUID,
        milestone: Milestone,
        words: str,
        state: ShipmentState | None,
        at: datetime | None = None,
    ) -> None:
        """Write it where carriers' tracking is, so that everyone finds it there."""
        event = TrackingEvent(milestone=milestone, at=at or now(), text=words)
        problems = Problems(self._session)
        for shipment in await self._parcels.shipments_of(order_id):
            if shipment.shipped_at is None or shipment.state in {ShipmentState.FAILED, ShipmentState.CANCELLED}:
                continue
            await self._parcels.add_scans(
                [
                    {
                        "id": new_id(),
                        "seller_id": shipment.seller_id,
                        "shipment_id": shipment.id,
                        "milestone": str(milestone),
                        "at": event.at,
                        "place": "",
                        "text": words,
                    }
                ]
            )
            if state is not None:
                await self._parcels.update_shipment(shipment.id, state=str(state))
            await problems.follow(shipment, [event])


def _named(missing: list[RouteParcelRef]) -> str:
    names = ", ".join(one.number for one in missing[:NAMED])
    return f"{names} …" if len(missing) > NAMED else names


def _when(route: RouteRef, at: datetime | None) -> datetime:
    """Return when it happened; a phone whose clock is wrong is not believed."""
    present = now()
    if at is None or at > present or (route.started_at is not None and at < route.started_at):
        return present
    return at
