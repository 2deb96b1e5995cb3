"""Warehouses and the tree of their locations: set up, extended, found."""

import re
from uuid import UUID

from entrepot.inventory.desk import Desk
from entrepot.inventory.domain import MOST_SLOTS, MOST_UNITS, NOT_PICKABLE, LocationKind, slot_codes
from entrepot.inventory.errors import (
    BadCapacityError,
    BadCodeError,
    BadTimeZoneError,
    CodeTakenError,
    QuantityError,
    SharedWarehouseError,
    UnknownLocationError,
    UnknownWarehouseError,
)
from entrepot.inventory.events import WarehouseCreated
from entrepot.inventory.refs import LocationRef
from entrepot.inventory.repository.places import WarehouseRow
from entrepot.kit import outbox
from entrepot.kit.clock import time_zones
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,39}")
STEP = 10
"""Between two locations on the way, so that one fits between them."""
FIRST_LOCATIONS = (
    (LocationKind.ZONE, "STOCK"),
    (LocationKind.RECEIVING, "RECEIVING"),
    (LocationKind.STAGING, "STAGING"),
    (LocationKind.QUARANTINE, "QUARANTINE"),
)
"""What every warehouse starts with: goods can be received, stored, picked and set aside without arranging anything."""


class Arranging(Desk):
    """Warehouses and locations."""

    async def create_warehouse(
        self, seller_id: UUID | None, code: str, name: str, *, address: str = "", time_zone: str = "Europe/Amsterdam"
    ) -> UUID:
        """Set up a building, with a zone for stock and places to receive, stage and quarantine.

        Args:
            seller_id: whose it is; None: the fulfiller's own, shared by all sellers (needs the scope of all sellers).
            code: short, on labels; unique for the seller.
            name: for people; empty: the code.
            address: where it stands.
            time_zone: whose clock its people work by.

        Raises:
            BadCodeError, BadTimeZoneError, CodeTakenError
            SharedWarehouseError: a shared one from a scope that may not make it.
        """
        code = read_code(code)
        if time_zone not in time_zones():
            raise BadTimeZoneError(zone=time_zone)
        if seller_id is None and not context_of(self._session).scope.everyone:
            raise SharedWarehouseError(code=code)
        id_ = new_id()
        name = name.strip() or code
        row = {
            "id": id_,
            "seller_id": seller_id,
            "code": code,
            "name": name,
            "address": address.strip(),
            "time_zone": time_zone,
        }
        if not await self._places.add_warehouse(row):
            raise CodeTakenError(code=code)
        warehouse = WarehouseRow(id_, seller_id, code, name)
        await self._places.add_locations(
            [
                _location(warehouse, kind, first, walk_order=index * STEP)
                for index, (kind, first) in enumerate(FIRST_LOCATIONS, 1)
            ]
        )
        await outbox.record(self._session, WarehouseCreated(seller_id=seller_id, subject_id=id_, code=code, name=name))
        return id_

    async def create_location(  # noqa: PLR0913 -- a location has that many properties
        self,
        warehouse_id: UUID,
        kind: LocationKind,
        code: str,
        *,
        parent_id: UUID | None = None,
        name: str = "",
        barcode: str = "",
        capacity: int | None = None,
        pickable: bool | None = None,
        walk_order: int | None = None,
        max_units: int | None = None,
    ) -> UUID:
        """Add a location; a box with a capacity gets its numbered slots at once.

        Args:
            warehouse_id: its building.
            kind: what it is.
            code: unique in the building.
            parent_id: the location it lies in; None: the building itself.
            name: for people, beside the code.
            barcode: what its label says; empty: its code.
            capacity: slots of a box.
            pickable: None: as usual for its kind.
            walk_order: place on the picker's way; None: the end.
            max_units: units that fit, of a box: into each slot; None: nobody knows.

        Raises:
            UnknownWarehouseError, UnknownLocationError, BadCodeError, BadCapacityError, CodeTakenError
            SharedWarehouseError: the building is shared and the caller works for a seller.
        """
        warehouse = await self._writable(warehouse_id)
        code = read_code(code)
        if capacity is not None and (kind is not LocationKind.BOX or not 1 <= capacity <= MOST_SLOTS):
            raise BadCapacityError(most=MOST_SLOTS, capacity=capacity)
        if max_units is not None and not 1 <= max_units <= MOST_UNITS:
            raise QuantityError(quantity=max_units, what=code, most=MOST_UNITS)
        parent = (await self._locations([parent_id]))[parent_id] if parent_id else None
        if parent is not None and parent.warehouse_id != warehouse_id:
            raise UnknownLocationError(code=parent.code)
        if walk_order is None:
            walk_order = await self._places.last_walk_order(warehouse_id) + STEP
        if pickable is None:
            pickable = kind not in NOT_PICKABLE
        node = _location(warehouse, kind, code, walk_order=walk_order)
        node |= {"name": name.strip(), "barcode": barcode.strip() or code, "pickable": pickable, "capacity": capacity}
        node["max_units"] = None if capacity else max_units
        if parent is not None:
            node |= {"parent_id": parent.id, "path": f"{parent.path}/{code}"}
        rows = [node]
        for position, slot in enumerate(slot_codes(code, capacity) if capacity else [], 1):
            row = _location(warehouse, LocationKind.SLOT, slot, walk_order=walk_order)
            row |= {
                "parent_id": node["id"],
                "path": f"{node['path']}/{slot}",
                "pickable": pickable,
                "position": position,
                "max_units": max_units,
            }
            rows.append(row)
        added = await self._places.add_locations(rows)
        for row in rows:
            if row["code"] not in added:
                raise CodeTakenError(code=str(row["code"]))
        return UUID(str(node["id"]))

    async def change_location(
        self, location_id: UUID, *, name: str, walk_order: int, pickable: bool, max_units: int | None = None
    ) -> None:
        """Rename a location, give it another place on the way, say if its goods may be promised and how many fit.

        Raises:
            UnknownLocationError, SharedWarehouseError, QuantityError
        """
        location = (await self._locations([location_id]))[location_id]
        warehouse = await self._writable(location.warehouse_id)
        if max_units is not None and not 1 <= max_units <= MOST_UNITS:
            raise QuantityError(quantity=max_units, what=location.code, most=MOST_UNITS)
        values = {"name": name.strip(), "walk_order": walk_order, "pickable": pickable, "max_units": max_units}
        if location.pickable == pickable:
            await self._places.change_location(location_id, values)
            return
        products = await self._stock.lock_location(location_id)
        if not await self._places.change_location(location_id, values):
            raise SharedWarehouseError(code=warehouse.code)
        self._changed(products)

    async def staging_location(self, warehouse_id: UUID) -> UUID:
        """Return where picked goods of a warehouse wait.

        Raises:
            UnknownWarehouseError
        """
        return await self._first(warehouse_id, LocationKind.STAGING)

    async def receiving_location(self, warehouse_id: UUID) -> UUID:
        """Return where goods arrive.

        Raises:
            UnknownWarehouseError
        """
        return await self._first(warehouse_id, LocationKind.RECEIVING)

    async def stock_location(self, warehouse_id: UUID) -> UUID:
        """Return the zone every warehouse has, whose goods can be promised: where stock lies before anyone arranges it.

        Raises:
            UnknownWarehouseError
        """
        return await self._first(warehouse_id, LocationKind.ZONE)

    async def _first(self, warehouse_id: UUID, kind: LocationKind) -> UUID:
        for location in await self._places.roots(warehouse_id):
            if location.kind == kind:
                return location.id
        raise UnknownWarehouseError(code=str(warehouse_id))

    async def _writable(self, warehouse_id: UUID) -> WarehouseRow:
        warehouse = await self._places.warehouse(warehouse_id)
        if warehouse is None:
            raise UnknownWarehouseError(code=str(warehouse_id))
        if warehouse.seller_id is None and not context_of(self._session).scope.everyone:
            raise SharedWarehouseError(code=warehouse.code)
        return warehouse

    async def location(self, location_id: UUID) -> LocationRef:
        """Return one location.

        Raises:
            UnknownLocationError
        """
        return (await self._locations([location_id]))[location_id]


def read_code(code: str) -> str:
    """Return *code* as labels carry it.

    Raises:
        BadCodeError: it is empty, too long, or has signs that scanners or paths trip over.
    """
    read = code.strip().upper()
    if CODE.fullmatch(read) is None:
        raise BadCodeError(code=code)
    return read


def _location(warehouse: WarehouseRow, kind: LocationKind, code: str, *, walk_order: int) -> dict[str, object]:
    return {
        "id": new_id(),
        "warehouse_id": warehouse.id,
        "seller_id": warehouse.seller_id,
        "parent_id": None,
        "kind": str(kind),
        "code": code,
        "name": "",
        "barcode": code,
        "path": code,
        "walk_order": walk_order,
        "pickable": kind not in NOT_PICKABLE,
        "capacity": None,
        "position": None,
        "max_units": None,
    }
