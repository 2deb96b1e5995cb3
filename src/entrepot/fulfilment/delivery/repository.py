"""Every statement of routes that changes something, and what decisions need to know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.models import (
    DeliveryAct,
    DeliveryArea,
    DeliveryProof,
    DeliveryRoute,
    DeliveryStop,
    RouteParcel,
    Vehicle,
)
from entrepot.fulfilment.delivery.routing import Area, RouteStatus, StopStatus
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class VehicleRef(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle."""

    id: UUID
    seller_id: UUID
    name: str
    plate: str
    active: bool

    @property
    def called(self) -> str:
        """Name and plate."""
        return f"{self.name} {self.plate}".strip()


class RouteRef(msgspec.Struct, frozen=True, kw_only=True):
    """A route."""

    id: UUID
    seller_id: UUID
    number: str
    day: date
    driver_id: str
    driver_name: str
    vehicle_id: UUID | None
    vehicle_name: str
    area: str
    status: RouteStatus
    note: str
    made_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class StopRef(msgspec.Struct, frozen=True, kw_only=True):
    """A stop."""

    id: UUID
    seller_id: UUID
    route_id: UUID
    order_id: UUID
    position: int
    status: StopStatus
    reason: str
    note: str
    received_by: str
    at: datetime | None
    by_name: str
    order_number: str


class RouteParcelRef(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel of an order that is on a route."""

    id: UUID
    order_id: UUID
    number: str
    loaded: bool


_ROUTE = ", ".join(RouteRef.__struct_fields__)
_STOP = (
    ", ".join(f"s.{name}" for name in StopRef.__struct_fields__ if name != "order_number")
    + ", o.number AS order_number"
)
_AREA = ", ".join(Area.__struct_fields__)
_VEHICLE = ", ".join(VehicleRef.__struct_fields__)


class RouteRepository:
    """Routes within one transaction.  Locks: orders, then the route."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # -- vehicles and areas

    async def vehicles(self, vehicle_id: UUID | None = None) -> list[VehicleRef]:
        rows = await self._session.execute(
            text(
                f"SELECT {_VEHICLE} FROM vehicle WHERE CAST(:id AS uuid) IS NULL OR id = CAST(:id AS uuid)"  # noqa: S608 -- column names
                " ORDER BY name, id"
            ),
            {"id": vehicle_id},
        )
        return [VehicleRef(**row) for row in rows.mappings()]

    async def save_vehicle(self, row: Mapping[str, Any]) -> None:
        await insert_rows(
            self._session,
            Vehicle,
            [row],
            suffix="ON CONFLICT (id) DO UPDATE SET name = excluded.name, plate = excluded.plate, active = excluded.active",
        )

    async def name_taken(self, table: str, seller_id: UUID, name: str, but: UUID) -> bool:
        rows = await self._session.execute(
            text(f"SELECT 1 FROM {table} WHERE seller_id = :seller AND lower(name) = lower(:name) AND id <> :but"),  # noqa: S608 -- a table of ours
            {"seller": seller_id, "name": name, "but": but},
        )
        return rows.first() is not None

    async def areas(self, seller_id: UUID | None = None, area_id: UUID | None = None) -> list[Area]:
        rows = await self._session.execute(
            text(
                f"SELECT {_AREA} FROM delivery_area WHERE (CAST(:seller AS uuid) IS NULL OR seller_id = CAST(:seller AS uuid))"  # noqa: S608 -- column names
                " AND (CAST(:id AS uuid) IS NULL OR id = CAST(:id AS uuid)) ORDER BY name, id"
            ),
            {"seller": seller_id, "id": area_id},
        )
        return [Area(**row) for row in rows.mappings()]

    async def save_area(self, area: Area) -> None:
        row = msgspec.structs.asdict(area)
        sets = ", ".join(f"{name} = excluded.{name}" for name in row if name not in {"id", "seller_id"})
        await insert_rows(self._session, DeliveryArea, [row], suffix=f"ON CONFLICT (id) DO UPDATE SET {sets}")

    async def remove_area(self, area_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM delivery_area WHERE id = :id"), {"id": area_id})

    # -- routes

    async def insert_route(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, DeliveryRoute, [row])

    async def route(self, route_id: UUID, *, lock: bool = False) -> RouteRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_ROUTE} FROM delivery_route WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608 -- column names
            {"id": route_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), RouteRef)

    async def update_route(self, route_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE delivery_route SET {sets} WHERE id = :route_id"),  # noqa: S608 -- column names of the callers
            {**values, "route_id": route_id},
        )

    async def planned_route(self, seller_id: UUID, day: date, driver_id: str, area: str) -> RouteRef | None:
        """Return the driver's route of a day and area that may still take stops."""
        rows = await self._session.execute(
            text(
                f"SELECT {_ROUTE} FROM delivery_route WHERE seller_id = :seller AND day = :day AND driver_id = :driver"  # noqa: S608 -- column names
                " AND area = :area AND status = 'planned' ORDER BY id LIMIT 1 FOR UPDATE"
            ),
            {"seller": seller_id, "day": day, "driver": driver_id, "area": area},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), RouteRef)

    # -- stops

    async def insert_stops(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, DeliveryStop, rows)

    async def stops(self, route_id: UUID) -> list[StopRef]:
        """Return the stops of a route in their order, those taken off last."""
        return await self._stops("WHERE s.route_id = :id ORDER BY s.status = 'removed', s.position, s.id", id=route_id)

    async def stop(self, stop_id: UUID) -> StopRef | None:
        found = await self._stops("WHERE s.id = :id", id=stop_id)
        return found[0] if found else None

    async def open_stops(self, order_ids: Collection[UUID]) -> dict[UUID, StopRef]:
        """Return the stops of orders that are still to be driven to."""
        found = await self._stops("WHERE s.order_id = ANY(:ids) AND s.status = 'planned'", ids=list(order_ids))
        return {stop.order_id: stop for stop in found}

    async def last_stop(self, order_id: UUID) -> StopRef | None:
        """Return the latest try to deliver an order."""
        found = await self._stops(
            "WHERE s.order_id = :id AND s.status <> 'removed' ORDER BY s.id DESC LIMIT 1", id=order_id
        )
        return found[0] if found else None

    async def _stops(self, rest: str, **values: object) -> list[StopRef]:
        rows = await self._session.execute(
            text(f"SELECT {_STOP} FROM delivery_stop s JOIN sales_order o ON o.id = s.order_id {rest}"),  # noqa: S608 -- column names
            values,
        )
        return [msgspec.convert(dict(row), StopRef) for row in rows.mappings()]

    async def update_stop(self, stop_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE delivery_stop SET {sets} WHERE id = :stop_id"),  # noqa: S608 -- column names of the callers
            {**values, "stop_id": stop_id},
        )

    async def place(self, stop_ids: Sequence[UUID]) -> None:
        """Number stops in this order, from 1."""
        await self._session.execute(
            text(
                "UPDATE delivery_stop SET position = o.place FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS"
                " o(id, place) WHERE delivery_stop.id = o.id"
            ),
            {"ids": list(stop_ids)},
        )

    # -- loading

    async def parcels(self, route_id: UUID) -> list[RouteParcelRef]:
        """Return the parcels of the orders that a route is still to bring."""
        rows = await self._session.execute(
            text(
                """
                SELECT p.id, p.order_id, p.number, l.parcel_id IS NOT NULL AS loaded
                FROM delivery_stop s JOIN parcel p ON p.order_id = s.order_id AND p.status IN ('packed', 'shipped')
                LEFT JOIN route_parcel l ON l.route_id = s.route_id AND l.parcel_id = p.id
                WHERE s.route_id = :id AND s.status = 'planned' ORDER BY s.position, p.number
                """
            ),
            {"id": route_id},
        )
        return [RouteParcelRef(**row) for row in rows.mappings()]

    async def load(self, row: Mapping[str, Any]) -> bool:
        """Note that a parcel is in the vehicle; False: it was."""
        return bool(
            await insert_rows(self._session, RouteParcel, [row], suffix="ON CONFLICT DO NOTHING RETURNING parcel_id")
        )

    async def unload(self, route_id: UUID, order_id: UUID) -> None:
        await self._session.execute(
            text(
                "DELETE FROM route_parcel WHERE route_id = :route"
                " AND parcel_id IN (SELECT id FROM parcel WHERE order_id = :order)"
            ),
            {"route": route_id, "order": order_id},
        )

    async def parcels_called(self, code: str) -> list[tuple[UUID, UUID, str, str]]:
        """Return (parcel, order, parcel's number, order's number) of what a scanned code stands for."""
        rows = await self._session.execute(
            text(
                """
                SELECT id, order_id, number, order_number FROM parcel
                WHERE lower(number) = lower(:code) AND status <> 'cancelled'
                UNION SELECT p.id, p.order_id, p.number, p.order_number FROM shipment s JOIN parcel p ON p.id = s.parcel_id
                WHERE s.tracking_code = :code AND :code <> '' AND p.status <> 'cancelled'
                UNION SELECT p.id, p.order_id, p.number, p.order_number FROM sales_order o JOIN parcel p ON p.order_id = o.id
                WHERE lower(o.number) = lower(:code) AND p.status <> 'cancelled'
                LIMIT 20
                """
            ),
            {"code": code},
        )
        return [(row.id, row.order_id, row.number, row.order_number) for row in rows]

    # -- repeats and proofs

    async def first_time(self, seller_id: UUID, client_id: str, what: str, subject_id: UUID, actor: str) -> bool:
        """Note something that a phone reported; False: it was reported before."""
        if not client_id:
            return True
        row = {
            "seller_id": seller_id,
            "client_id": client_id,
            "what": what,
            "subject_id": subject_id,
            "actor_name": actor,
        }
        return bool(
            await insert_rows(self._session, DeliveryAct, [row], suffix="ON CONFLICT DO NOTHING RETURNING client_id")
        )

    async def insert_proof(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, DeliveryProof, [row])
