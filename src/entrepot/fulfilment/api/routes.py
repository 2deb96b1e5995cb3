"""Routes of our own drivers for programs: plan, load, start, report, finish."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.api.delivery import ClientId, Limit, Picture, picture, said_at
from entrepot.fulfilment.delivery.driving import Driving, Loaded
from entrepot.fulfilment.delivery.errors import RouteNotFoundError
from entrepot.fulfilment.delivery.pictures import ProofKind
from entrepot.fulfilment.delivery.proofs import Proofs
from entrepot.fulfilment.delivery.routing import FailReason
from entrepot.fulfilment.delivery.views import BroughtBack, RouteRow, StopRow, brought_back, routes, stops_of
from entrepot.fulfilment.pages.routes import driver_of
from entrepot.fulfilment.service import FulfilmentService


class RouteDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A route with its stops in their order."""

    route: RouteRow
    stops: list[StopRow]


class RouteList(msgspec.Struct, frozen=True):
    """Routes, the newest first."""

    items: list[RouteRow]
    next: str | None


class NewRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who drives when."""

    day: date
    driver_id: Annotated[str, Meta(min_length=1, max_length=60)]
    vehicle_id: UUID | None = None
    note: Annotated[str, Meta(max_length=300)] = ""
    order_ids: Annotated[list[UUID], Meta(max_length=200)] = []


class Orders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders to put on a route."""

    order_ids: Annotated[list[UUID], Meta(min_length=1, max_length=200)]


class AssignOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders to spread over the routes of their areas."""

    day: date
    order_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


class Assigned(msgspec.Struct, frozen=True):
    """What became of them."""

    route_ids: list[UUID]
    left: list[str]
    """Numbers of orders in no area with a driver, or not ready to be driven."""


class MoveStop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Earlier (negative) or later."""

    by: Annotated[int, Meta(ge=-200, le=200)]


class LoadParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scanned parcel."""

    code: Annotated[str, Meta(min_length=1, max_length=100)]
    client_id: ClientId = ""


class StartRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leaving."""

    leave_missing: bool = False
    """Orders that are not wholly loaded are taken off."""


class ReportDelivered(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who took the goods of a stop."""

    received_by: Annotated[str, Meta(min_length=1, max_length=100)]
    note: Annotated[str, Meta(max_length=300)] = ""
    at: datetime | None = None
    client_id: ClientId = ""
    """The same again changes nothing."""
    signature: Picture = ""
    """PNG as base64."""
    photo: Picture = ""
    """JPEG, PNG or WebP as base64."""


class ReportFailed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why nobody took them."""

    reason: FailReason
    note: Annotated[str, Meta(max_length=300)] = ""
    at: datetime | None = None
    client_id: ClientId = ""
    photo: Picture = ""


class ToStock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the goods are put."""

    location_id: UUID


class Units(msgspec.Struct, frozen=True):
    """How many came back."""

    units: int


class BackList(msgspec.Struct, frozen=True):
    """What drivers brought back."""

    items: list[BroughtBack]
    next: str | None


async def _detail(session: AsyncSession, route_id: UUID) -> RouteDetail:
    found = await routes(session, route_id=route_id)
    if not found:
        raise RouteNotFoundError(route=str(route_id))
    return RouteDetail(route=found[0], stops=await stops_of(session, route_id))


def _driving(session: AsyncSession, principal: Principal) -> Driving:
    return Driving(session, any_driver=principal.can(Right.ROUTES_PLAN))


class RouteApi(Controller):
    """Routes."""

    path = "/api/v1"
    tags = ("delivery",)

    @get("/routes", opt=needs(Right.FULFILMENT_READ), operation_id="listRoutes", summary="List routes")
    async def index(
        self,
        session: AsyncSession,
        day: date | None = None,
        driver_id: str = "",
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> RouteList:
        """The newest first."""
        found = await routes(session, day=day, driver_id=driver_id, before=cursor, limit=limit + 1)
        return RouteList(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @get("/routes/{route_id:uuid}", opt=needs(Right.FULFILMENT_READ), operation_id="getRoute", summary="Get a route")
    async def show(self, route_id: FromPath[UUID], session: AsyncSession) -> RouteDetail:
        """With its stops; when it is finished, this is its report."""
        return await _detail(session, route_id)

    @post("/routes", opt=needs(Right.ROUTES_PLAN), operation_id="createRoute", summary="Make a route")
    async def make(
        self, request: Request[Any, Any, Any], data: JSONBody[NewRoute], session: AsyncSession, principal: Principal
    ) -> RouteDetail:
        """The driver is somebody whose role has the right to drive."""
        planning = FulfilmentService(session).planning
        seller_id = principal.seller_id()
        driver = await driver_of(request, seller_id, data.driver_id)
        route = await planning.make_route(seller_id, data.day, driver, vehicle_id=data.vehicle_id, note=data.note)
        if data.order_ids:
            await planning.add(route.id, data.order_ids)
        return await _detail(session, route.id)

    @post(
        "/routes/assign",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="assignOrders",
        summary="Put orders on the routes of their areas",
        status_code=200,
    )
    async def assign(self, data: JSONBody[AssignOrders], session: AsyncSession, principal: Principal) -> Assigned:
        """Routes are made as needed, and their stops put into a sensible order."""
        planning = FulfilmentService(session).planning
        return Assigned(*await planning.assign(principal.seller_id(), data.day, data.order_ids))

    @post(
        "/routes/{route_id:uuid}/stops",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="addStops",
        summary="Put orders on a route",
        status_code=200,
    )
    async def add(self, route_id: FromPath[UUID], data: JSONBody[Orders], session: AsyncSession) -> RouteDetail:
        """Packed ones, and those that a driver brought back."""
        await FulfilmentService(session).planning.add(route_id, data.order_ids)
        return await _detail(session, route_id)

    @delete(
        "/routes/{route_id:uuid}/stops/{stop_id:uuid}",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="removeStop",
        summary="Take an order off a route",
        status_code=200,
    )
    async def take_off(self, route_id: FromPath[UUID], stop_id: FromPath[UUID], session: AsyncSession) -> RouteDetail:
        """Before the route starts."""
        await FulfilmentService(session).planning.take_off(route_id, stop_id)
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/stops/{stop_id:uuid}/move",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="moveStop",
        summary="Drive to a stop earlier or later",
        status_code=200,
    )
    async def move(
        self, route_id: FromPath[UUID], stop_id: FromPath[UUID], data: JSONBody[MoveStop], session: AsyncSession
    ) -> RouteDetail:
        """Past an end it stays there."""
        await FulfilmentService(session).planning.move(route_id, stop_id, data.by)
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/suggest",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="orderStops",
        summary="Order the stops of a route by postcode",
        status_code=200,
    )
    async def suggest(self, route_id: FromPath[UUID], session: AsyncSession) -> RouteDetail:
        """Those that are ahead."""
        await FulfilmentService(session).planning.suggest(route_id)
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/cancel",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="cancelRoute",
        summary="Give up a planned route",
        status_code=200,
    )
    async def cancel(self, route_id: FromPath[UUID], session: AsyncSession) -> RouteDetail:
        """Its orders can go on others."""
        await FulfilmentService(session).planning.cancel_route(route_id)
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/load",
        opt=needs(Right.ROUTES_DRIVE),
        operation_id="loadParcel",
        summary="Scan a parcel into the vehicle",
        status_code=200,
    )
    async def load(
        self, route_id: FromPath[UUID], data: JSONBody[LoadParcel], session: AsyncSession, principal: Principal
    ) -> Loaded:
        """A parcel of another route is named and refused; twice is once."""
        return await _driving(session, principal).load(route_id, data.code, client_id=data.client_id)

    @post(
        "/routes/{route_id:uuid}/start",
        opt=needs(Right.ROUTES_DRIVE),
        operation_id="startRoute",
        summary="Start a route",
        status_code=200,
    )
    async def start(
        self, route_id: FromPath[UUID], data: JSONBody[StartRoute], session: AsyncSession, principal: Principal
    ) -> RouteDetail:
        """What is loaded is dispatched."""
        await _driving(session, principal).start(route_id, leave_missing=data.leave_missing)
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/stops/{stop_id:uuid}/delivered",
        opt=needs(Right.ROUTES_DRIVE),
        operation_id="reportDelivered",
        summary="Report a delivery",
        status_code=200,
    )
    async def delivered(
        self,
        request: Request[Any, Any, Any],
        route_id: FromPath[UUID],
        stop_id: FromPath[UUID],
        data: JSONBody[ReportDelivered],
        session: AsyncSession,
        principal: Principal,
    ) -> RouteDetail:
        """With name, and perhaps a signature and a photo.  Idempotent by ``client_id``."""
        stop, new = await _driving(session, principal).delivered(
            route_id, stop_id, data.received_by, note=data.note, at=said_at(data.at), client_id=data.client_id
        )
        if new:
            proofs = Proofs(session, storage_of(request))
            for kind, content in ((ProofKind.SIGNATURE, data.signature), (ProofKind.PHOTO, data.photo)):
                if content:
                    await proofs.add(
                        stop.order_id, kind, picture(content, str(kind)), name=data.received_by, stop_id=stop_id
                    )
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/stops/{stop_id:uuid}/failed",
        opt=needs(Right.ROUTES_DRIVE),
        operation_id="reportFailed",
        summary="Report a failed attempt",
        status_code=200,
    )
    async def failed(
        self,
        request: Request[Any, Any, Any],
        route_id: FromPath[UUID],
        stop_id: FromPath[UUID],
        data: JSONBody[ReportFailed],
        session: AsyncSession,
        principal: Principal,
    ) -> RouteDetail:
        """The goods come back, and can go on a later route.  Idempotent by ``client_id``."""
        stop, new = await _driving(session, principal).failed(
            route_id, stop_id, data.reason, note=data.note, at=said_at(data.at), client_id=data.client_id
        )
        if new and data.photo:
            await Proofs(session, storage_of(request)).add(
                stop.order_id, ProofKind.PHOTO, picture(data.photo, "photo"), stop_id=stop_id
            )
        return await _detail(session, route_id)

    @post(
        "/routes/{route_id:uuid}/finish",
        opt=needs(Right.ROUTES_DRIVE),
        operation_id="finishRoute",
        summary="Finish a route",
        status_code=200,
    )
    async def finish(self, route_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> RouteDetail:
        """What was not tried counts as not delivered."""
        await _driving(session, principal).finish(route_id)
        return await _detail(session, route_id)

    @get(
        "/undelivered",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listUndelivered",
        summary="List what drivers brought back",
    )
    async def back(self, session: AsyncSession, limit: Annotated[int, Parameter(ge=1, le=200)] = 50) -> BackList:
        """The longest waiting first."""
        return BackList(await brought_back(session, limit=limit), None)

    @post(
        "/orders/{order_id:uuid}/return-to-stock",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="returnUndelivered",
        summary="Take an undelivered order back into stock",
        status_code=200,
    )
    async def to_stock(self, order_id: FromPath[UUID], data: JSONBody[ToStock], session: AsyncSession) -> Units:
        """Once; the order cannot be delivered any more."""
        return Units(await FulfilmentService(session).coming_back.to_stock(order_id, data.location_id))


ROUTES = [RouteApi]
