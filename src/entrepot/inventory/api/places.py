"""Warehouses and locations."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, Parameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.domain import MOST_SLOTS, LocationKind
from entrepot.inventory.errors import UnknownLocationError
from entrepot.inventory.paging import read_cursor, write_cursor
from entrepot.inventory.service import InventoryService

type Limit = Annotated[int, Parameter(ge=1, le=200)]


class WarehouseIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A building to set up."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    address: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    time_zone: str = "Europe/Amsterdam"


class LocationIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A location to add; a box with a capacity gets its numbered slots at once."""

    warehouse_id: UUID
    kind: LocationKind
    code: Annotated[str, msgspec.Meta(max_length=40)]
    parent_id: UUID | None = None
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    barcode: Annotated[str, msgspec.Meta(max_length=200)] = ""
    capacity: Annotated[int, msgspec.Meta(ge=1, le=MOST_SLOTS)] | None = None
    pickable: bool | None = None
    walk_order: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None
    max_units: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] | None = None
    """Units that fit, of a box: into each slot."""


class WarehouseList(msgspec.Struct):
    """Every building."""

    items: list[views.WarehouseView]
    next: str | None = None


class LocationList(msgspec.Struct):
    """A page of locations."""

    items: list[views.LocationView]
    next: str | None


class WarehouseApi(Controller):
    """Buildings."""

    path = "/api/v1/warehouses"
    tags = ("warehouses",)

    @get(operation_id="listWarehouses", summary="List warehouses", opt=needs(Right.INVENTORY_READ))
    async def show_list(self, session: AsyncSession) -> WarehouseList:
        """List your own warehouses and those shared by all sellers."""
        return WarehouseList(await views.warehouses(session))

    @post(operation_id="createWarehouse", summary="Set up a warehouse", opt=needs(Right.WAREHOUSES_MANAGE))
    async def create(
        self, session: AsyncSession, principal: Principal, data: JSONBody[WarehouseIn]
    ) -> views.WarehouseView:
        """Set up a warehouse, with a zone for stock and places to receive, stage and quarantine."""
        id_ = await InventoryService(session).create_warehouse(
            principal.seller_id(), data.code, data.name, address=data.address, time_zone=data.time_zone
        )
        return next(warehouse for warehouse in await views.warehouses(session) if warehouse.id == id_)

    @get(
        "/{warehouse_id:uuid}/locations",
        operation_id="listLocations",
        summary="List locations of a warehouse",
        opt=needs(Right.INVENTORY_READ),
    )
    async def locations(
        self, session: AsyncSession, warehouse_id: FromPath[UUID], cursor: str | None = None, limit: Limit = 50
    ) -> LocationList:
        """List all locations of a warehouse by code."""
        after = read_cursor(cursor, 1)[0] if cursor else None
        rows = await views.locations(session, warehouse_id=warehouse_id, everywhere=True, after=after, limit=limit + 1)
        return LocationList(rows[:limit], write_cursor(rows[limit - 1].code) if len(rows) > limit else None)


class LocationApi(Controller):
    """Places in buildings."""

    path = "/api/v1/locations"
    tags = ("warehouses",)

    @post(operation_id="createLocation", summary="Add a location", opt=needs(Right.WAREHOUSES_MANAGE))
    async def create(self, session: AsyncSession, data: JSONBody[LocationIn]) -> views.LocationView:
        """Add a location to the storage tree."""
        id_ = await InventoryService(session).create_location(
            data.warehouse_id,
            data.kind,
            data.code,
            parent_id=data.parent_id,
            name=data.name,
            barcode=data.barcode,
            capacity=data.capacity,
            pickable=data.pickable,
            walk_order=data.walk_order,
            max_units=data.max_units,
        )
        return await _location(session, id_)

    @get(
        "/{location_id:uuid}",
        operation_id="getLocation",
        summary="Show a location",
        opt=needs(Right.INVENTORY_READ),
    )
    async def show(self, session: AsyncSession, location_id: FromPath[UUID]) -> views.LocationView:
        """Show one location."""
        return await _location(session, location_id)


async def _location(session: AsyncSession, location_id: UUID) -> views.LocationView:
    found = await views.find_location(session, location_id)
    if found is None:
        raise UnknownLocationError(code=str(location_id))
    return found
