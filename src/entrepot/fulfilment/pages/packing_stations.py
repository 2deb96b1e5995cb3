"""What a supervisor sets for the packing stations: rules, boxes, trays."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.boxing.trays import Trays
from entrepot.fulfilment.http import chosen_id, text_fields, whole_number
from entrepot.fulfilment.packaging.repository import PackingRules
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.inventory import views as inventory_views
from entrepot.kit.errors import EntrepotError, InvalidInputError

URL = "/fulfilment/packing-stations"


class PackingStationPages(Controller):
    """Rules, kinds of boxes, trays."""

    path = URL
    include_in_schema = False
    opt = needs(Right.FULFILMENT_SUPERVISE)

    @get()
    async def show(self, session: AsyncSession, principal: Principal, warehouse: UUID | None = None) -> Template:
        """Show them."""
        context = await _stations(session, principal, warehouse)
        return Template("fulfilment/packing_stations.html", context=context)

    @post("/rules", status_code=200)
    async def rules(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Change the rules."""
        values = await text_fields(request)
        warehouse = chosen_id(values, "warehouse") if values.get("warehouse") else None
        try:
            async with session.begin_nested():
                rules = PackingRules(
                    weighs="weighs" in values,
                    tolerance_percent=whole_number(values.get("tolerance_percent", ""), "tolerance_percent"),
                    tolerance_g=whole_number(values.get("tolerance_g", ""), "tolerance_g"),
                    consolidates=values.get("consolidates", ""),
                    wait_minutes=whole_number(values.get("wait_minutes", ""), "wait_minutes"),
                    address_labels=whole_number(values.get("address_labels", ""), "address_labels"),
                )
                await Packaging(session).set_rules(principal.seller_id(), rules, warehouse)
        except EntrepotError as error:
            return await _refused(session, principal, error, values, warehouse)
        return Redirect(f"{URL}?warehouse={warehouse}" if warehouse else URL, status_code=303)

    @post("/kinds", status_code=200)
    async def add_kind(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Add a kind of box."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                length, width, height = (
                    whole_number(values.get(name, ""), name) for name in ("length_mm", "width_mm", "height_mm")
                )
                most = values.get("max_weight_g", "")
                await Packaging(session).add_kind(
                    principal.seller_id(),
                    code=values.get("code", ""),
                    name=values.get("name", ""),
                    size_mm=(length, width, height),
                    own_weight_g=whole_number(values.get("own_weight_g", ""), "own_weight_g"),
                    max_weight_g=whole_number(most, "max_weight_g") if most else None,
                )
        except EntrepotError as error:
            return await _refused(session, principal, error, values)
        return Redirect(URL, status_code=303)

    @post("/kinds/{kind_id:uuid}")
    async def set_kind(self, request: HTMXRequest, kind_id: UUID, session: AsyncSession) -> Redirect:
        """Use a kind of box again, or no longer."""
        active = bool((await text_fields(request)).get("active"))
        await Packaging(session).set_active(kind_id, active=active)
        return Redirect(URL, status_code=303)

    @post("/trays", status_code=200)
    async def add_tray(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Add a tray."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                await Trays(session).add(principal.seller_id(), values.get("code", ""))
        except EntrepotError as error:
            return await _refused(session, principal, error, {})
        return Redirect(URL, status_code=303)

    @post("/trays/{tray_id:uuid}/remove", status_code=200)
    async def remove_tray(self, tray_id: UUID, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Take a tray out of use."""
        try:
            async with session.begin_nested():
                await Trays(session).remove(tray_id)
        except EntrepotError as error:
            return await _refused(session, principal, error, {})
        return Redirect(URL, status_code=303)


async def _refused(
    session: AsyncSession,
    principal: Principal,
    error: EntrepotError,
    values: dict[str, str],
    warehouse: UUID | None = None,
) -> Template:
    context = await _stations(session, principal, warehouse)
    problems = dict(error.problems) if isinstance(error, InvalidInputError) else {}
    context |= {"error": None if problems else error, "problems": problems, "values": values}
    return Template("fulfilment/packing_stations.html", context=context, status_code=422)


async def _stations(session: AsyncSession, principal: Principal, warehouse: UUID | None) -> dict[str, Any]:
    seller_id = principal.seller_id()
    packaging = Packaging(session)
    return {
        "rules": await packaging.rules(seller_id, warehouse),
        "kinds": await packaging.kinds(seller_id, inactive=True),
        "trays": await Trays(session).all(seller_id),
        "warehouses": await inventory_views.warehouses(session),
        "warehouse": warehouse,
        "error": None,
        "problems": {},
        "values": {},
    }


ROUTES = [PackingStationPages]
