"""Routes of our own drivers: plan the day, load, see how far each is, and what came back."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views as access_views
from entrepot.access.errors import MissingRightError
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import LABELS as RIGHT_LABELS
from entrepot.access.rights import Right
from entrepot.access.views import PersonView
from entrepot.fulfilment.delivery.driving import Driving
from entrepot.fulfilment.delivery.errors import UnknownDriverError
from entrepot.fulfilment.delivery.planning import Planning
from entrepot.fulfilment.delivery.routing import FAIL_LABELS, ROUTE_LABELS, STOP_LABELS, one_line
from entrepot.fulfilment.delivery.views import brought_back, routes, stops_of, to_dispatch
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.http import chosen_id, chosen_ids, text_fields, whole_number
from entrepot.fulfilment.service import FulfilmentService
from entrepot.inventory.service import InventoryService
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.scope import Scope
from entrepot.kit.text import N_

PATH = "/fulfilment/routes"
PAGE = 50
MOST = 500
TONES = {"planned": "info", "under_way": "accent", "finished": "success", "cancelled": "neutral"}
STOP_TONES = {"planned": "neutral", "delivered": "success", "failed": "danger", "removed": "neutral"}
DAY = N_("Choose a day.")


class RoutePages(Controller):
    """Routes."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal, before: UUID | None = None
    ) -> Template:
        """List routes, what waits for one, and what came back."""
        return Template("fulfilment/routes.html", context=await _list(request, session, principal, before=before))

    @post("/new", opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def make(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Make a route; or, by area, routes for all that waits."""
        values = await text_fields(request)
        left: list[str] = []
        try:
            async with session.begin_nested():
                planning = FulfilmentService(session).planning
                seller_id, day = principal.seller_id(), _day(values)
                if values.get("by") == "area":
                    waiting = await to_dispatch(session, how=HandOver.DRIVER, limit=MOST)
                    ids = [row.order_id for row in waiting if row.route_id is None and not row.held]
                    made, left = await planning.assign(seller_id, day, ids)
                    target = f"{PATH}/{made[0]}" if len(made) == 1 and not left else PATH
                else:
                    driver = await driver_of(request, seller_id, values.get("driver", ""))
                    vehicle = chosen_id(values, "vehicle") if values.get("vehicle") else None
                    route = await planning.make_route(
                        seller_id, day, driver, vehicle_id=vehicle, note=values.get("note", "")
                    )
                    target = f"{PATH}/{route.id}"
        except EntrepotError as error:
            context = await _list(request, session, principal, error=error)
            return Template("fulfilment/routes.html", context=context, status_code=422)
        if left:
            return Template("fulfilment/routes.html", context=await _list(request, session, principal, left=left))
        return Redirect(target, status_code=303)

    @post("/back/{order_id:uuid}", opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def to_stock(
        self, request: HTMXRequest, order_id: UUID, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Take what a driver brought back into stock."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                place = await InventoryService(session).scan_location(values.get("location", ""))
                await FulfilmentService(session).coming_back.to_stock(order_id, place.id)
        except EntrepotError as error:
            context = await _list(request, session, principal, error=error)
            return Template("fulfilment/routes.html", context=context, status_code=422)
        return Redirect(PATH, status_code=303)

    @get("/{route_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(self, request: HTMXRequest, route_id: UUID, session: AsyncSession, principal: Principal) -> Template:
        """Show one route: its plan, how far it is, or its report."""
        return Template("fulfilment/route.html", context=await _one(request, session, principal, route_id))

    @post("/{route_id:uuid}/{action:str}", opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def act(
        self, request: HTMXRequest, route_id: UUID, action: str, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Put orders on it, take them off, order them, give it away, start, finish or cancel it."""
        if action not in ACTIONS:
            raise MissingRightError(right=RIGHT_LABELS[Right.ROUTES_PLAN])
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                if action == "add":
                    await FulfilmentService(session).planning.add(route_id, (await chosen_ids(request))[:MOST])
                elif action == "change":
                    await _change(request, session, route_id, values)
                else:
                    await ACTIONS[action](session, route_id, values)
        except EntrepotError as error:
            context = await _one(request, session, principal, route_id, error)
            return Template("fulfilment/route.html", context=context, status_code=422)
        return Redirect(f"{PATH}/{route_id}", status_code=303)


type Act = Callable[[AsyncSession, UUID, dict[str, str]], Awaitable[object]]


def _planning(session: AsyncSession) -> Planning:
    return FulfilmentService(session).planning


async def _nothing(session: AsyncSession, route_id: UUID, values: dict[str, str]) -> None:
    del session, route_id, values


ACTIONS: dict[str, Act] = {
    "add": _nothing,
    "change": _nothing,
    "take-off": lambda session, id_, values: _planning(session).take_off(id_, chosen_id(values, "stop")),
    "move": lambda session, id_, values: _planning(session).move(
        id_, chosen_id(values, "stop"), whole_number(values.get("by", ""), "by")
    ),
    "suggest": lambda session, id_, values: _planning(session).suggest(id_, start=values.get("start", "")),
    "load": lambda session, id_, values: Driving(session, any_driver=True).load(id_, values.get("code", "")),
    "start": lambda session, id_, values: Driving(session, any_driver=True).start(
        id_, leave_missing="leave_missing" in values
    ),
    "finish": lambda session, id_, _: Driving(session, any_driver=True).finish(id_),
    "cancel": lambda session, id_, _: _planning(session).cancel_route(id_),
}
"""What may be done with a route."""


async def _change(request: HTMXRequest, session: AsyncSession, route_id: UUID, values: dict[str, str]) -> None:
    planning = FulfilmentService(session).planning
    route = await planning.route(route_id)
    await planning.change_route(
        route_id,
        driver=await driver_of(request, route.seller_id, values.get("driver", "")),
        vehicle_id=chosen_id(values, "vehicle") if values.get("vehicle") else None,
        day=_day(values),
        note=values.get("note", ""),
    )


async def drivers(request: Request[Any, Any, Any], seller_id: UUID) -> list[PersonView]:
    """Return who may drive for a seller."""
    database: Database = request.app.state.database
    async with database.transaction(Scope.all_sellers()) as everyone:
        return await access_views.people_with(everyone, seller_id, Right.ROUTES_DRIVE)


async def driver_of(request: Request[Any, Any, Any], seller_id: UUID, driver_id: str) -> tuple[str, str]:
    """Return (id, name) of somebody who may drive for a seller.

    Raises:
        UnknownDriverError: they may not.
    """
    found = next((one for one in await drivers(request, seller_id) if one.id == driver_id), None)
    if found is None:
        raise UnknownDriverError
    return found.id, found.name


def _day(values: dict[str, str]) -> date:
    try:
        return date.fromisoformat(values.get("day", ""))
    except ValueError:
        raise InvalidInputError({"day": DAY}) from None


def only_seller(principal: Principal) -> UUID | None:
    """Return the one seller that is looked at; None: several."""
    return principal.seller_id() if principal.seller is not None or len(principal.sellers) == 1 else None


async def _list(
    request: HTMXRequest,
    session: AsyncSession,
    principal: Principal,
    *,
    before: UUID | None = None,
    error: EntrepotError | None = None,
    left: list[str] | None = None,
) -> dict[str, Any]:
    seller_id = only_seller(principal)
    found = await routes(session, before=before, limit=PAGE + 1)
    waiting = await to_dispatch(session, how=HandOver.DRIVER, limit=MOST)
    return {
        "rows": found[:PAGE],
        "next": f"{PATH}?before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        "waiting": [row for row in waiting if row.route_id is None],
        "back": await brought_back(session),
        "several": seller_id is None,
        "drivers": await drivers(request, seller_id) if seller_id and principal.can(Right.ROUTES_PLAN) else [],
        "vehicles": [one for one in await FulfilmentService(session).fleet.vehicles() if one.active],
        "has_areas": bool(await FulfilmentService(session).fleet.areas()),
        "today": now().date(),
        "farthest": now().date() + timedelta(days=60),
        "labels": ROUTE_LABELS,
        "tones": TONES,
        "reasons": FAIL_LABELS,
        "error": error,
        "left": left or [],
    }


async def _one(
    request: HTMXRequest,
    session: AsyncSession,
    principal: Principal,
    route_id: UUID,
    error: EntrepotError | None = None,
) -> dict[str, Any]:
    route = await FulfilmentService(session).planning.route(route_id)
    stops = await stops_of(session, route_id)
    planned = route.status == "planned"
    can_plan = principal.can(Right.ROUTES_PLAN)
    waiting = await to_dispatch(session, how=HandOver.DRIVER, limit=MOST) if planned and can_plan else []
    return {
        "route": route,
        "stops": stops,
        "address": {stop.id: one_line(stop.address) for stop in stops},
        "candidates": [row for row in waiting if row.route_id is None],
        "back": await brought_back(session) if planned and can_plan else [],
        "drivers": await drivers(request, route.seller_id) if planned and can_plan else [],
        "vehicles": await FulfilmentService(session).fleet.vehicles() if planned else [],
        "parcels": sum(len(stop.parcels) for stop in stops if stop.status == "planned"),
        "loaded": sum(stop.loaded for stop in stops if stop.status == "planned"),
        "today": now().date(),
        "labels": ROUTE_LABELS,
        "tones": TONES,
        "stop_labels": STOP_LABELS,
        "stop_tones": STOP_TONES,
        "reasons": FAIL_LABELS,
        "error": error,
    }


ROUTES = [RoutePages]
