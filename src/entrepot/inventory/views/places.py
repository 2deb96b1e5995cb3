"""Warehouses and locations as pages and programs read them."""

from collections.abc import Collection
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class WarehouseView(msgspec.Struct, frozen=True, kw_only=True):
    """A building."""

    id: UUID
    seller_id: UUID | None
    code: str
    name: str
    address: str
    time_zone: str
    locations: int


class LocationView(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the storage tree, with what lies in it and below it."""

    id: UUID
    warehouse_id: UUID
    warehouse_code: str
    parent_id: UUID | None
    kind: str
    code: str
    name: str
    barcode: str
    path: str
    walk_order: int
    pickable: bool
    capacity: int | None
    position: int | None
    children: int
    products: int
    """Different products in the location itself."""
    units: int
    """Units in the location itself."""
    max_units: int | None = None
    """Units that fit."""


async def warehouses(session: AsyncSession) -> list[WarehouseView]:
    """Return every building the scope reaches, by code."""
    rows = await session.execute(
        text(
            """
            SELECT w.id, w.seller_id, w.code, w.name, w.address, w.time_zone,
                (SELECT count(*) FROM location l WHERE l.warehouse_id = w.id) AS locations
            FROM warehouse w ORDER BY w.code, w.id
            """
        )
    )
    return [WarehouseView(**row) for row in rows.mappings()]


_LOCATION = """
    SELECT l.id, l.warehouse_id, w.code AS warehouse_code, l.parent_id, l.kind, l.code, l.name, l.barcode, l.path,
        l.walk_order, l.pickable, l.capacity, l.position, l.max_units,
        (SELECT count(*) FROM location c WHERE c.parent_id = l.id) AS children,
        coalesce(s.products, 0) AS products, coalesce(s.units, 0) AS units
    FROM location l JOIN warehouse w ON w.id = l.warehouse_id
    LEFT JOIN LATERAL (
        SELECT count(DISTINCT product_id) AS products, sum(on_hand) AS units
        FROM stock_level WHERE location_id = l.id AND on_hand > 0
    ) s ON true
"""


async def locations(
    session: AsyncSession,
    *,
    warehouse_id: UUID,
    parent_id: UUID | None = None,
    everywhere: bool = False,
    after: str | None = None,
    limit: int = 1000,
) -> list[LocationView]:
    """Return the locations directly in *parent_id* (None: in the building itself), in walking order.

    Args:
        session: the transaction.
        warehouse_id: the building.
        parent_id: the location they lie in.
        everywhere: all of the building, by code, whatever they lie in.
        after: with *everywhere*, the last code seen.
        limit: most rows.
    """
    if everywhere:
        where, order = "(CAST(:after AS text) IS NULL OR l.code > :after)", "l.code"
    else:
        where, order = "l.parent_id IS NOT DISTINCT FROM :parent", "l.position, l.walk_order, l.code"
    values: dict[str, object] = {"warehouse": warehouse_id, "limit": limit}
    values |= {"after": after} if everywhere else {"parent": parent_id}
    rows = await session.execute(
        text(f"{_LOCATION} WHERE l.warehouse_id = :warehouse AND {where} ORDER BY {order} LIMIT :limit"), values
    )
    return [LocationView(**row) for row in rows.mappings()]


async def find_location(session: AsyncSession, location_id: UUID) -> LocationView | None:
    """Return one location, or None."""
    rows = await session.execute(text(f"{_LOCATION} WHERE l.id = :id"), {"id": location_id})
    row = rows.mappings().one_or_none()
    return LocationView(**row) if row else None


async def zones_of(session: AsyncSession, location_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the code of the innermost zone that each location lies in; those in none are left out."""
    rows = await session.execute(
        text(
            """
            SELECT DISTINCT ON (l.id) l.id, z.code FROM location l
            JOIN location z ON z.warehouse_id = l.warehouse_id AND z.kind = 'zone'
                AND (z.id = l.id OR starts_with(l.path, z.path || '/'))
            WHERE l.id = ANY(:ids) ORDER BY l.id, length(z.path) DESC
            """
        ),
        {"ids": list(location_ids)},
    )
    return {row.id: row.code for row in rows}
