"""The driver's phone: own routes of the day, loading, the next stop, and what became of it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.delivery.driving import Driving
from entrepot.fulfilment.delivery.routing import (
    FAIL_LABELS,
    ROUTE_LABELS,
    STOP_LABELS,
    call_link,
    geo_link,
    map_link,
    one_line,
)
from entrepot.fulfilment.delivery.views import routes, stops_of
from entrepot.fulfilment.http import text_fields
from entrepot.fulfilment.pages.reports import keep_proofs, read_report, wants_json
from entrepot.fulfilment.pages.routes import STOP_TONES, TONES
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit import i18n
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

PATH = "/fulfilment/drive"
SHOWN = 30
LOADED = N_("Parcel {parcel} of order {number} is loaded.")
LOADED_ALREADY = N_("Parcel {parcel} of order {number} was loaded already.")


class DrivePages(Controller):
    """The driver's own pages; whoever plans routes may open all of them."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.ROUTES_DRIVE))
    async def index(self, session: AsyncSession, principal: Principal) -> Template:
        """List the caller's routes that are not over, and the latest that are."""
        found = await routes(session, driver_id=principal.actor.id, limit=SHOWN)
        context = {
            "open": [one for one in reversed(found) if one.status in {"planned", "under_way"}],
            "over": [one for one in found if one.status == "finished"][:10],
            "labels": ROUTE_LABELS,
            "tones": TONES,
        }
        return Template("fulfilment/drive.html", context=context)

    @get("/{route_id:uuid}", opt=needs(Right.ROUTES_DRIVE))
    async def show(self, route_id: UUID, session: AsyncSession, principal: Principal) -> Template:
        """Show the route: load it, or drive it."""
        return Template("fulfilment/drive_route.html", context=await _context(session, principal, route_id))

    @post("/{route_id:uuid}/load", opt=needs(Right.ROUTES_DRIVE), status_code=200)
    async def load(self, request: HTMXRequest, route_id: UUID, session: AsyncSession, principal: Principal) -> Template:
        """Scan a parcel into the vehicle."""
        values = await text_fields(request)
        driving = _driving(session, principal)
        try:
            async with session.begin_nested():
                loaded = await driving.load(
                    route_id, values.get("code", ""), client_id=values.get("client_id", "")[:100]
                )
        except EntrepotError as error:
            context = await _context(session, principal, route_id) | {"result": "error", "message": _said(error)}
            return Template("fulfilment/_load.html", context=context)
        words = i18n.gettext(LOADED_ALREADY if loaded.repeated else LOADED)
        message = words.format(parcel=loaded.parcel, number=loaded.number)
        context = await _context(session, principal, route_id) | {"result": "ok", "message": message}
        return Template("fulfilment/_load.html", context=context)

    @post("/{route_id:uuid}/start", opt=needs(Right.ROUTES_DRIVE), status_code=200)
    async def start(
        self, request: HTMXRequest, route_id: UUID, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Leave."""
        values = await text_fields(request)
        driving = _driving(session, principal)
        try:
            async with session.begin_nested():
                await driving.start(route_id, leave_missing="leave_missing" in values)
        except EntrepotError as error:
            return await _refused(session, principal, route_id, error)
        return Redirect(f"{PATH}/{route_id}", status_code=303)

    @post("/{route_id:uuid}/finish", opt=needs(Right.ROUTES_DRIVE), status_code=200)
    async def finish(self, route_id: UUID, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Be back."""
        driving = _driving(session, principal)
        try:
            async with session.begin_nested():
                await driving.finish(route_id)
        except EntrepotError as error:
            return await _refused(session, principal, route_id, error)
        return Redirect(f"{PATH}/{route_id}", status_code=303)

    @post("/{route_id:uuid}/stops/{stop_id:uuid}/later", opt=needs(Right.ROUTES_DRIVE), status_code=200)
    async def later(
        self, route_id: UUID, stop_id: UUID, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Drive to another stop first."""
        try:
            async with session.begin_nested():
                await _driving(session, principal).mine(route_id)
                await FulfilmentService(session).planning.move(route_id, stop_id, 1)
        except EntrepotError as error:
            return await _refused(session, principal, route_id, error)
        return Redirect(f"{PATH}/{route_id}", status_code=303)

    @post(
        ["/{route_id:uuid}/stops/{stop_id:uuid}/delivered", "/{route_id:uuid}/stops/{stop_id:uuid}/failed"],
        opt=needs(Right.ROUTES_DRIVE),
        status_code=200,
    )
    async def report(
        self, request: HTMXRequest, route_id: UUID, stop_id: UUID, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Note who took it, or why nobody did.  The same report again, or a late one, does no harm."""
        report = await read_report(request)
        driving = _driving(session, principal)
        try:
            async with session.begin_nested():
                if request.url.path.endswith("/delivered"):
                    stop, new = await driving.delivered(
                        route_id,
                        stop_id,
                        report.received_by,
                        note=report.note,
                        at=report.at,
                        client_id=report.client_id,
                    )
                else:
                    stop, new = await driving.failed(
                        route_id, stop_id, report.reason, note=report.note, at=report.at, client_id=report.client_id
                    )
                if new:
                    await keep_proofs(request, session, report, stop.order_id, stop_id)
        except EntrepotError as error:
            if wants_json(request):
                raise
            return await _refused(session, principal, route_id, error, report.values)
        return Redirect(f"{PATH}/{route_id}", status_code=303)


def _driving(session: AsyncSession, principal: Principal) -> Driving:
    return Driving(session, any_driver=principal.can(Right.ROUTES_PLAN))


def _said(error: EntrepotError) -> str:
    return i18n.gettext(error.message).format(**error.facts)


async def _refused(
    session: AsyncSession,
    principal: Principal,
    route_id: UUID,
    error: EntrepotError,
    values: dict[str, str] | None = None,
) -> Template:
    context = await _context(session, principal, route_id) | {"error": error, "values": values or {}}
    return Template("fulfilment/drive_route.html", context=context, status_code=422)


async def _context(session: AsyncSession, principal: Principal, route_id: UUID) -> dict[str, Any]:
    route = await _driving(session, principal).mine(route_id)
    stops = await stops_of(session, route_id)
    ahead = [one for one in stops if one.status == "planned"]
    return {
        "route": route,
        "ahead": ahead,
        "done": [one for one in stops if one.status in {"delivered", "failed"}],
        "address": {one.id: one_line(one.address) for one in stops},
        "map": {one.id: map_link(one.address) for one in stops},
        "geo": {one.id: geo_link(one.address) for one in stops},
        "call": {one.id: call_link(one.phone) for one in stops},
        "total": sum(len(one.parcels) for one in ahead),
        "loaded": sum(one.loaded for one in ahead),
        "client": lambda: str(new_id()),
        "labels": ROUTE_LABELS,
        "tones": TONES,
        "stop_labels": STOP_LABELS,
        "stop_tones": STOP_TONES,
        "reasons": FAIL_LABELS,
        "result": None,
        "message": None,
        "error": None,
        "values": {},
    }


ROUTES = [DrivePages]
