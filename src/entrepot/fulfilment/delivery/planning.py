"""Routes of a day: vehicles, areas, which order goes on which route, and in which order they are driven."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.errors import (
    DeliveryFormError,
    NotDrivableError,
    OnAnotherRouteError,
    RouteNotFoundError,
    RouteStateError,
    StopNotFoundError,
    StopSettledError,
)
from entrepot.fulfilment.delivery.events import RouteChanged
from entrepot.fulfilment.delivery.fleet import Fleet
from entrepot.fulfilment.delivery.repository import RouteRef, RouteRepository, StopRef
from entrepot.fulfilment.delivery.routing import (
    ROUTE_LABELS,
    STOP_LABELS,
    RouteStatus,
    StopStatus,
    area_of,
    moved,
    suggested,
)
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.repository import ChoiceRepository, ListRepository, ParcelRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.invoices.views import picker_notes
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

LONGEST_NOTE = 300
MOST_STOPS = 200
FARTHEST = timedelta(days=60)

DAY = N_("Choose a day from today on, within 60 days.")
NOT_PACKED = N_("it is not packed yet.")
HELD = N_("it is on hold.")
LABELLED = N_("a carrier made a label for it. Change its carrier first.")
GONE = N_("it left in another way, or arrived.")
FULL = N_("the route has 200 stops already.")
OTHER_SELLER = N_("it belongs to another seller than the route.")


class Planning:
    """Plans routes.  Locks: orders, then the route."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._routes = RouteRepository(session)
        self._orders = OrderService(session)
        self._parcels = ParcelRepository(session)

    async def route(self, route_id: UUID, *, lock: bool = False) -> RouteRef:
        """Return one route.

        Raises:
            RouteNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._routes.route(route_id, lock=lock)
        if found is None:
            raise RouteNotFoundError(route=str(route_id))
        return found

    async def stops(self, route_id: UUID) -> list[StopRef]:
        """Return the stops of a route in their order."""
        return await self._routes.stops(route_id)

    async def make_route(
        self,
        seller_id: UUID,
        day: date,
        driver: tuple[str, str],
        *,
        vehicle_id: UUID | None = None,
        area: str = "",
        note: str = "",
    ) -> RouteRef:
        """Make an empty route; *driver* is (id, name).

        Raises:
            DeliveryFormError: the day has passed, or is far away.
            VehicleNotFoundError
        """
        # Whoever plans may be a time zone ahead or behind: yesterday's date in UTC can be today.
        if not now().date() - timedelta(days=1) <= day <= now().date() + FARTHEST:
            raise DeliveryFormError({"day": DAY})
        route_id = new_id()
        number = f"R-{await ListRepository(self._session).next_number(seller_id, 'route')}"
        await self._routes.insert_route(
            {
                "id": route_id,
                "seller_id": seller_id,
                "number": number,
                "day": day,
                "driver_id": driver[0],
                "driver_name": driver[1],
                "vehicle_id": vehicle_id,
                "vehicle_name": await self._vehicle_name(vehicle_id),
                "area": area,
                "note": note.strip()[:LONGEST_NOTE],
                "made_by": context_of(self._session).actor.name,
            }
        )
        made = await self.route(route_id)
        await self.tell(made, "made")
        return made

    async def change_route(
        self, route_id: UUID, *, driver: tuple[str, str], vehicle_id: UUID | None, day: date, note: str = ""
    ) -> RouteRef:
        """Give a planned route to somebody, or another day."""
        route = await self._planned(route_id)
        if not now().date() - timedelta(days=1) <= day <= now().date() + FARTHEST:
            raise DeliveryFormError({"day": DAY})
        await self._routes.update_route(
            route.id,
            driver_id=driver[0],
            driver_name=driver[1],
            vehicle_id=vehicle_id,
            vehicle_name=await self._vehicle_name(vehicle_id),
            day=day,
            note=note.strip()[:LONGEST_NOTE],
        )
        await self.tell(route, "planned")
        return await self.route(route_id)

    async def cancel_route(self, route_id: UUID) -> None:
        """Give up a planned route; its orders can go on others."""
        route = await self._planned(route_id)
        for stop in await self._routes.stops(route_id):
            if stop.status is StopStatus.PLANNED:
                await self._take_off(route, stop)
        await self._routes.update_route(route.id, status=str(RouteStatus.CANCELLED))
        await self.tell(route, "cancelled", RouteStatus.CANCELLED)

    async def add(self, route_id: UUID, order_ids: Sequence[UUID]) -> int:
        """Put orders on a planned route, behind the others; those on it already stay.  Returns how many are new.

        Raises:
            RouteStateError: it is under way.
            NotDrivableError: one is not packed, on hold, or labelled for a carrier.
            OnAnotherRouteError: one is on another route.
        """
        orders = await self._orders.orders(sorted(set(order_ids)), lock=True)
        route = await self._planned(route_id)
        known = {order.id: order for order in orders}
        there = await self._routes.stops(route_id)
        place = max((stop.position for stop in there), default=0)
        on_routes = await self._routes.open_stops(known)
        rows: list[dict[str, object]] = []
        for order_id in dict.fromkeys(order_ids):
            order = known.get(order_id) or await self._orders.order(order_id)
            other = on_routes.get(order_id)
            if other is not None and other.route_id == route_id:
                continue
            if other is not None:
                raise OnAnotherRouteError(number=order.number, route=(await self.route(other.route_id)).number)
            await self.may_drive(order, route.seller_id)
            if len(there) + len(rows) >= MOST_STOPS:
                raise NotDrivableError(number=order.number, reason=FULL)
            place += 1
            rows.append(
                {
                    "id": new_id(),
                    "seller_id": route.seller_id,
                    "route_id": route_id,
                    "order_id": order_id,
                    "position": place,
                }
            )
        await self._routes.insert_stops(rows)
        if rows:
            await self.tell(route, "planned")
        return len(rows)

    async def may_drive(self, order: OrderRef, seller_id: UUID) -> None:
        """Check that our own driver may bring an order.

        Raises:
            NotDrivableError: no.
        """
        reason = ""
        if order.seller_id != seller_id:
            reason = OTHER_SELLER
        elif order.held_at is not None:
            reason = HELD
        elif order.status is OrderStatus.SHIPPED:
            last = await self._routes.last_stop(order.id)
            back = last is not None and last.status is StopStatus.FAILED
            shipments = await self._parcels.shipments_of(order.id)
            ours = any(one.carrier_account_id is None and one.state is not ShipmentState.CANCELLED for one in shipments)
            reason = "" if back and ours else GONE
        elif order.status is not OrderStatus.PACKED:
            reason = NOT_PACKED if order.status not in {OrderStatus.DELIVERED, OrderStatus.CANCELLED} else GONE
        elif any(
            one.state in {ShipmentState.LABELLED, ShipmentState.REQUESTED}
            for one in await self._parcels.shipments_of(order.id)
        ):
            reason = LABELLED
        elif not any(one.status is ParcelStatus.PACKED for one in await self._parcels.parcels_of(order.id)):
            reason = NOT_PACKED
        if reason:
            raise NotDrivableError(number=order.number, reason=reason)

    async def take_off(self, route_id: UUID, stop_id: UUID) -> None:
        """Take an order off a planned route."""
        route = await self._planned(route_id)
        stop = await self.open_stop(route, stop_id)
        await self._take_off(route, stop)
        await self.tell(route, "planned")

    async def _take_off(self, route: RouteRef, stop: StopRef) -> None:
        await self._routes.unload(route.id, stop.order_id)
        await self._routes.update_stop(
            stop.id, status=str(StopStatus.REMOVED), at=now(), by_name=context_of(self._session).actor.name
        )

    async def leave_behind(self, route: RouteRef, stops: Collection[StopRef]) -> None:
        """Take off what was not loaded."""
        for stop in stops:
            await self._take_off(route, stop)

    async def open_stop(self, route: RouteRef, stop_id: UUID) -> StopRef:
        """Return a stop of a route that is still to be driven to.

        Raises:
            StopNotFoundError: there is none on this route.
            StopSettledError: it was dealt with.
        """
        stop = await self.stop_on(route, stop_id)
        if stop.status is not StopStatus.PLANNED:
            raise StopSettledError(number=stop.order_number, status=STOP_LABELS[stop.status])
        return stop

    async def stop_on(self, route: RouteRef, stop_id: UUID) -> StopRef:
        """Return a stop of a route, whatever became of it."""
        stop = await self._routes.stop(stop_id)
        if stop is None or stop.route_id != route.id:
            raise StopNotFoundError(route=route.number)
        return stop

    async def move(self, route_id: UUID, stop_id: UUID, by: int) -> None:
        """Drive to a stop earlier (*by* negative) or later; under way, too: the driver knows the road."""
        route = await self.route(route_id, lock=True)
        if route.status not in {RouteStatus.PLANNED, RouteStatus.UNDER_WAY}:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        stop = await self.open_stop(route, stop_id)
        stops = await self._routes.stops(route_id)
        done = [one.id for one in stops if one.status in {StopStatus.DELIVERED, StopStatus.FAILED}]
        ahead = [one.id for one in stops if one.status is StopStatus.PLANNED]
        await self._routes.place([*done, *moved(ahead, stop.id, by)])
        await self.tell(route, "planned")

    async def suggest(self, route_id: UUID, *, start: str = "") -> None:
        """Put the stops that are ahead into the order of their postcodes."""
        route = await self.route(route_id, lock=True)
        if route.status not in {RouteStatus.PLANNED, RouteStatus.UNDER_WAY}:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        stops = await self._routes.stops(route_id)
        ahead = [one for one in stops if one.status is StopStatus.PLANNED]
        orders = {order.id: order for order in await self._orders.orders([one.order_id for one in ahead])}
        addresses = [
            (
                one.id,
                orders[one.order_id].ship_postcode,
                _text(orders[one.order_id].shipping_address, "street"),
                _text(orders[one.order_id].shipping_address, "house_number"),
            )
            for one in ahead
        ]
        done = [one.id for one in stops if one.status in {StopStatus.DELIVERED, StopStatus.FAILED}]
        await self._routes.place([*done, *suggested(addresses, start=start)])
        await self.tell(route, "planned")

    async def assign(self, seller_id: UUID, day: date, order_ids: Sequence[UUID]) -> tuple[list[UUID], list[str]]:
        """Put orders on the routes of their areas' drivers, making routes as needed, each in a sensible order.

        Returns:
            The routes, and the numbers of the orders that are in no area with a driver, or cannot be driven.
        """
        areas = [area for area in await self._routes.areas(seller_id) if area.driver_id]
        orders = await self._orders.orders(sorted(set(order_ids)), lock=True)
        wishes = await ChoiceRepository(self._session).of_many([order.id for order in orders])
        notes = await picker_notes(self._session, [order.id for order in orders])
        taken = await self._routes.open_stops([order.id for order in orders])
        by_area: dict[UUID, list[OrderRef]] = {}
        left: list[str] = []
        for order in orders:
            if order.id in taken:
                continue
            wish = wishes.get(order.id)
            area = area_of(
                areas,
                named=(wish.area if wish else "") or (notes[order.id].area if order.id in notes else ""),
                country=order.ship_country,
                postcode=order.ship_postcode,
            )
            if area is None:
                left.append(order.number)
            else:
                by_area.setdefault(area.id, []).append(order)
        made: list[UUID] = []
        for area in areas:
            wanted = by_area.get(area.id, [])
            if not wanted:
                continue
            route = await self._routes.planned_route(seller_id, day, area.driver_id, area.name)
            for order in wanted:
                try:
                    await self.may_drive(order, seller_id)
                except NotDrivableError:
                    left.append(order.number)
                    continue
                if route is None:
                    route = await self.make_route(
                        seller_id, day, (area.driver_id, area.driver_name), vehicle_id=area.vehicle_id, area=area.name
                    )
                await self.add(route.id, [order.id])
            if route is not None:
                await self.suggest(route.id)
                made.append(route.id)
        return made, sorted(left)

    # -- inside

    async def _planned(self, route_id: UUID) -> RouteRef:
        route = await self.route(route_id, lock=True)
        if route.status is not RouteStatus.PLANNED:
            raise RouteStateError(route=route.number, status=ROUTE_LABELS[route.status])
        return route

    async def _vehicle_name(self, vehicle_id: UUID | None) -> str:
        return "" if vehicle_id is None else (await Fleet(self._session).vehicle(vehicle_id)).called

    async def tell(self, route: RouteRef, what: str, status: RouteStatus | None = None) -> None:
        """Let the pages that show a route know."""
        await outbox.record(
            self._session,
            RouteChanged(
                seller_id=route.seller_id,
                subject_id=route.id,
                route=route.number,
                status=str(status or route.status),
                what=what,
            ),
        )


def _text(address: Mapping[str, object], name: str) -> str:
    return str(address.get(name) or "")
