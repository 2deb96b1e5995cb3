"""Warehouses and the tree of their locations."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.domain import ADJUST_REASONS, LOCATION_KINDS, MOVE_KINDS, LocationKind
from entrepot.inventory.errors import (
    BadCapacityError,
    BadCodeError,
    BadTimeZoneError,
    CodeTakenError,
    UnknownLocationError,
    UnknownWarehouseError,
)
from entrepot.inventory.forms import change_fields, location_fields, sentence, warehouse_fields
from entrepot.inventory.service import InventoryService
from entrepot.kit.errors import EntrepotError

REFUSED = 422
SHOWN = 100
"""Products of a location on its page."""
BLAMED: dict[type[EntrepotError], str] = {
    BadCodeError: "code",
    CodeTakenError: "code",
    BadTimeZoneError: "time_zone",
    BadCapacityError: "capacity",
}
"""Error -> the field it is about."""


class WarehousePages(Controller):
    """Buildings."""

    path = "/warehouses"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession) -> Template:
        """List buildings."""
        return Template("inventory/warehouses.html", context={"rows": await views.warehouses(session)})

    @get("/new", opt=needs(Right.WAREHOUSES_MANAGE))
    async def show_new(self) -> Template:
        """Ask for a new building."""
        return Template("inventory/new_warehouse.html", context={"fields": warehouse_fields({}, {}), "general": ""})

    @post(opt=needs(Right.WAREHOUSES_MANAGE))
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Set up a building."""
        values = await _values(request)
        try:
            async with session.begin_nested():
                id_ = await InventoryService(session).create_warehouse(
                    principal.seller_id(),
                    values.get("code", ""),
                    values.get("name", ""),
                    address=values.get("address", ""),
                    time_zone=values.get("time_zone", ""),
                )
        except EntrepotError as error:
            problems, general = blame(error)
            return Template(
                "inventory/new_warehouse.html",
                context={"fields": warehouse_fields(values, problems), "general": general},
                status_code=REFUSED,
            )
        return Redirect(f"/warehouses/{id_}", status_code=303)

    @get("/{warehouse_id:uuid}")
    async def show(self, session: AsyncSession, warehouse_id: FromPath[UUID]) -> Template:
        """Show a building and the locations in it."""
        return await _show_warehouse(session, warehouse_id, {}, {})

    @post("/{warehouse_id:uuid}/locations", opt=needs(Right.WAREHOUSES_MANAGE))
    async def add_location(
        self, request: Request[Any, Any, Any], session: AsyncSession, warehouse_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Add a location to the building, or to another location."""
        values = await _values(request)
        parent_id = UUID(values["parent_id"]) if values.get("parent_id") else None
        back = f"/locations/{parent_id}" if parent_id else f"/warehouses/{warehouse_id}"
        try:
            async with session.begin_nested():
                made = await InventoryService(session).create_location(
                    warehouse_id,
                    _kind(values.get("kind", "")),
                    values.get("code", ""),
                    parent_id=parent_id,
                    name=values.get("name", ""),
                    barcode=values.get("barcode", ""),
                    capacity=_number(values.get("capacity", "")),
                    walk_order=_number(values.get("walk_order", "")),
                    max_units=_number(values.get("max_units", "")),
                )
        except EntrepotError as error:
            problems, general = blame(error)
            if parent_id:
                return await _show_location(session, parent_id, values, problems, general)
            return await _show_warehouse(session, warehouse_id, values, problems, general)
        return Redirect(f"/locations/{made}" if values.get("capacity") else back, status_code=303)


class LocationPages(Controller):
    """Places in buildings."""

    path = "/locations"
    opt = needs(Right.INVENTORY_READ)
    include_in_schema = False

    @get("/{location_id:uuid}")
    async def show(self, session: AsyncSession, location_id: FromPath[UUID]) -> Template:
        """Show a location: what is in it, as places and as goods."""
        return await _show_location(session, location_id, {}, {})

    @post("/{location_id:uuid}", opt=needs(Right.WAREHOUSES_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, location_id: FromPath[UUID]
    ) -> Redirect:
        """Rename a location, move it on the way, or say if its goods may be promised."""
        values = await _values(request)
        await InventoryService(session).change_location(
            location_id,
            name=values.get("name", ""),
            walk_order=_number(values.get("walk_order", "")) or 0,
            pickable=values.get("pickable") == "true",
            max_units=_number(values.get("max_units", "")),
        )
        return Redirect(f"/locations/{location_id}", status_code=303)


def blame(error: EntrepotError) -> tuple[dict[str, str], str]:
    """Return the problem at its field, or as a general one."""
    for kind, name in BLAMED.items():
        if isinstance(error, kind):
            return {name: sentence(error)}, ""
    return {}, sentence(error)


async def _values(request: Request[Any, Any, Any]) -> dict[str, str]:
    form = await request.form()
    return {name: str(value).replace("\0", "").strip() for name, value in form.items()}


def _kind(written: str) -> LocationKind:
    return LocationKind(written) if written in LOCATION_KINDS else LocationKind.SHELF


def _number(written: str) -> int | None:
    """Return a number from a field that may stay empty; what is no number counts as one that is refused."""
    if not written:
        return None
    return int(written) if written.isdecimal() and len(written) < 10 else -1  # noqa: PLR2004 -- fits the column


async def _show_warehouse(
    session: AsyncSession, warehouse_id: UUID, values: dict[str, str], problems: dict[str, str], general: str = ""
) -> Template:
    warehouse = next((row for row in await views.warehouses(session) if row.id == warehouse_id), None)
    if warehouse is None:
        raise UnknownWarehouseError(code=str(warehouse_id))
    return Template(
        "inventory/warehouse.html",
        context={
            "warehouse": warehouse,
            "rows": await views.locations(session, warehouse_id=warehouse_id),
            "kinds": LOCATION_KINDS,
            "fields": location_fields(values, problems),
            "general": general,
        },
        status_code=REFUSED if problems or general else 200,
    )


async def _show_location(
    session: AsyncSession, location_id: UUID, values: dict[str, str], problems: dict[str, str], general: str = ""
) -> Template:
    location = await views.find_location(session, location_id)
    if location is None:
        raise UnknownLocationError(code=str(location_id))
    rows = await views.locations(session, warehouse_id=location.warehouse_id, parent_id=location_id)
    if rows:
        levels = await views.levels(session, path=(location.warehouse_id, location.path), limit=SHOWN + 1)
    else:
        levels = await views.contents(session, location_id, limit=SHOWN + 1)
    return Template(
        "inventory/location.html",
        context={
            "location": location,
            "rows": [row for row in rows if row.kind != LocationKind.SLOT],
            "slots": [row for row in rows if row.kind == LocationKind.SLOT],
            "levels": levels[:SHOWN],
            "more_levels": len(levels) > SHOWN,
            "moves": await views.moves(session, location_id=location_id, limit=20),
            "kinds": LOCATION_KINDS,
            "move_kinds": MOVE_KINDS,
            "reasons": ADJUST_REASONS,
            "change_fields": change_fields(location),
            "fields": location_fields(values, problems),
            "general": general,
        },
        status_code=REFUSED if problems or general else 200,
    )
