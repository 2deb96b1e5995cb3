"""Vehicles and delivery areas for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.delivery.repository import VehicleRef
from entrepot.fulfilment.delivery.routing import Area
from entrepot.fulfilment.pages.routes import driver_of
from entrepot.fulfilment.service import FulfilmentService


class SaveVehicle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A vehicle."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    plate: Annotated[str, Meta(max_length=20)] = ""
    active: bool = True


class SaveArea(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An area."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    country: Annotated[str, Meta(max_length=2)] = ""
    postcodes: Annotated[list[Annotated[str, Meta(max_length=30)]], Meta(max_length=200)] = []
    driver_id: Annotated[str, Meta(max_length=60)] = ""
    vehicle_id: UUID | None = None


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Vehicles and areas."""

    vehicles: list[VehicleRef]
    areas: list[Area]


class FleetApi(Controller):
    """Vehicles and areas."""

    path = "/api/v1"
    tags = ("delivery",)

    @get("/fleet", opt=needs(Right.FULFILMENT_READ), operation_id="getFleet", summary="Get vehicles and areas")
    async def fleet(self, session: AsyncSession) -> Fleet:
        """By name."""
        fleet = FulfilmentService(session).fleet
        return Fleet(vehicles=await fleet.vehicles(), areas=await fleet.areas())

    @put(
        "/fleet/vehicles/{vehicle_id:uuid}",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="putVehicle",
        summary="Change a vehicle",
    )
    async def change_vehicle(
        self, vehicle_id: FromPath[UUID], data: JSONBody[SaveVehicle], session: AsyncSession, principal: Principal
    ) -> Fleet:
        """Those not in use are not offered for new routes."""
        fleet = FulfilmentService(session).fleet
        await fleet.save_vehicle(
            principal.seller_id(), data.name, data.plate, active=data.active, vehicle_id=vehicle_id
        )
        return await self._fleet(session)

    @post("/fleet/vehicles", opt=needs(Right.ROUTES_PLAN), operation_id="addVehicle", summary="Add a vehicle")
    async def add_vehicle(self, data: JSONBody[SaveVehicle], session: AsyncSession, principal: Principal) -> Fleet:
        """Its name is its own."""
        await FulfilmentService(session).fleet.save_vehicle(
            principal.seller_id(), data.name, data.plate, active=data.active
        )
        return await self._fleet(session)

    @post("/fleet/areas", opt=needs(Right.ROUTES_PLAN), operation_id="addArea", summary="Add a delivery area")
    async def add_area(
        self, request: Request[Any, Any, Any], data: JSONBody[SaveArea], session: AsyncSession, principal: Principal
    ) -> Fleet:
        """Postcodes as beginnings or ranges; the most exact one counts."""
        await self._save_area(request, data, session, principal, None)
        return await self._fleet(session)

    @put("/fleet/areas/{area_id:uuid}", opt=needs(Right.ROUTES_PLAN), operation_id="putArea", summary="Change an area")
    async def change_area(
        self,
        request: Request[Any, Any, Any],
        area_id: FromPath[UUID],
        data: JSONBody[SaveArea],
        session: AsyncSession,
        principal: Principal,
    ) -> Fleet:
        """Routes that there are stay."""
        await self._save_area(request, data, session, principal, area_id)
        return await self._fleet(session)

    @delete(
        "/fleet/areas/{area_id:uuid}", opt=needs(Right.ROUTES_PLAN), operation_id="removeArea", summary="Remove an area"
    )
    async def remove_area(self, area_id: FromPath[UUID], session: AsyncSession) -> None:
        """Routes that there are stay."""
        await FulfilmentService(session).fleet.remove_area(area_id)

    async def _fleet(self, session: AsyncSession) -> Fleet:
        fleet = FulfilmentService(session).fleet
        return Fleet(vehicles=await fleet.vehicles(), areas=await fleet.areas())

    async def _save_area(
        self,
        request: Request[Any, Any, Any],
        data: SaveArea,
        session: AsyncSession,
        principal: Principal,
        area_id: UUID | None,
    ) -> None:
        seller_id = principal.seller_id()
        driver = await driver_of(request, seller_id, data.driver_id) if data.driver_id else ("", "")
        await FulfilmentService(session).fleet.save_area(
            seller_id,
            data.name,
            data.postcodes,
            country=data.country,
            driver=driver,
            vehicle_id=data.vehicle_id,
            area_id=area_id,
        )


ROUTES = [FleetApi]
