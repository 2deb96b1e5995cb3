"""Warehouses and the tree of their locations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.models import Location, Warehouse
from entrepot.inventory.refs import LocationRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text

LOCATION = (
    "SELECT l.id, l.warehouse_id, l.seller_id, l.kind, l.code, l.path, l.pickable, l.capacity, l.walk_order,"
    " l.max_units FROM location l"
)


class WarehouseRow(msgspec.Struct, frozen=True):
    """A warehouse as its use cases need it."""

    id: UUID
    seller_id: UUID | None
    code: str
    name: str


class PlaceRepository:
    """Warehouses and locations within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_warehouse(self, row: Mapping[str, Any]) -> bool:
        """Add a warehouse; False if the code is in use."""
        return bool(await insert_rows(self._session, Warehouse, [row], suffix="ON CONFLICT DO NOTHING RETURNING id"))

    async def warehouse(self, warehouse_id: UUID) -> WarehouseRow | None:
        rows = await self._session.execute(
            text("SELECT id, seller_id, code, name FROM warehouse WHERE id = :id"), {"id": warehouse_id}
        )
        row = rows.one_or_none()
        return WarehouseRow(*row) if row else None

    async def add_locations(self, rows: Sequence[Mapping[str, Any]]) -> set[str]:
        """Add locations; return the codes that were free."""
        added = await insert_rows(
            self._session, Location, rows, suffix="ON CONFLICT (warehouse_id, code) DO NOTHING RETURNING code"
        )
        return {row.code for row in added}

    async def last_walk_order(self, warehouse_id: UUID) -> int:
        rows = await self._session.execute(
            text("SELECT coalesce(max(walk_order), 0) FROM location WHERE warehouse_id = :id"), {"id": warehouse_id}
        )
        last: int = rows.scalar_one()
        return last

    async def locations(self, location_ids: Sequence[UUID]) -> dict[UUID, LocationRef]:
        rows = await self._session.execute(text(f"{LOCATION} WHERE l.id = ANY(:ids)"), {"ids": list(location_ids)})
        return {row["id"]: LocationRef(**row) for row in rows.mappings()}

    async def by_code(self, code: str, warehouse_id: UUID | None) -> list[LocationRef]:
        """Return the locations whose barcode or code this is: by barcode first."""
        rows = await self._session.execute(
            text(
                f"{LOCATION} WHERE (l.barcode = :code OR l.code = upper(:code))"
                " AND (CAST(:warehouse AS uuid) IS NULL OR l.warehouse_id = :warehouse)"
                " ORDER BY l.barcode = :code DESC, l.id"
            ),
            {"code": code, "warehouse": warehouse_id},
        )
        return [LocationRef(**row) for row in rows.mappings()]

    async def roots(self, warehouse_id: UUID) -> list[LocationRef]:
        """Return the locations that lie in no other, oldest first."""
        rows = await self._session.execute(
            text(f"{LOCATION} WHERE l.warehouse_id = :id AND l.parent_id IS NULL ORDER BY l.id"), {"id": warehouse_id}
        )
        return [LocationRef(**row) for row in rows.mappings()]

    async def change_location(self, location_id: UUID, values: Mapping[str, object]) -> bool:
        """Change what may change; False if the row belongs to somebody else."""
        rows = await self._session.execute(
            text(
                "UPDATE location SET name = :name, walk_order = :walk_order, pickable = :pickable,"
                " max_units = :max_units WHERE id = :id RETURNING id"
            ),
            {"id": location_id, **values},
        )
        return rows.one_or_none() is not None
