"""Vehicles, and the areas in which our own drivers mostly drive."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.http import chosen_id, text_fields
from entrepot.fulfilment.pages.routes import driver_of, drivers, only_seller
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.errors import EntrepotError

PATH = "/fulfilment/fleet"


class FleetPages(Controller):
    """Vehicles and areas."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.ROUTES_PLAN))
    async def index(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Template:
        """List vehicles and areas."""
        return Template("fulfilment/fleet.html", context=await _context(request, session, principal))

    @post(["/vehicles", "/areas"], opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def save(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Add or change a vehicle or an area."""
        values = await text_fields(request)
        fleet = FulfilmentService(session).fleet
        own = chosen_id(values, "id") if values.get("id") else None
        try:
            async with session.begin_nested():
                seller_id = principal.seller_id()
                if request.url.path.endswith("/vehicles"):
                    await fleet.save_vehicle(
                        seller_id,
                        values.get("name", ""),
                        values.get("plate", ""),
                        active=own is None or "active" in values,
                        vehicle_id=own,
                    )
                elif own is not None and "remove" in values:
                    await fleet.remove_area(own)
                else:
                    driver = values.get("driver", "")
                    await fleet.save_area(
                        seller_id,
                        values.get("name", ""),
                        values.get("postcodes", "").split(","),
                        country=values.get("country", ""),
                        driver=await driver_of(request, seller_id, driver) if driver else ("", ""),
                        vehicle_id=chosen_id(values, "vehicle") if values.get("vehicle") else None,
                        area_id=own,
                    )
        except EntrepotError as error:
            context = await _context(request, session, principal, error)
            return Template("fulfilment/fleet.html", context=context, status_code=422)
        return Redirect(PATH, status_code=303)


async def _context(
    request: HTMXRequest, session: AsyncSession, principal: Principal, error: EntrepotError | None = None
) -> dict[str, Any]:
    fleet = FulfilmentService(session).fleet
    seller_id = only_seller(principal)
    return {
        "vehicles": await fleet.vehicles(),
        "areas": await fleet.areas(),
        "drivers": await drivers(request, seller_id) if seller_id else [],
        "several": seller_id is None,
        "error": error,
        "problems": getattr(error, "problems", {}),
    }


ROUTES = [FleetPages]
