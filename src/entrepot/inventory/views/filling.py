"""Pick faces and the list of what to bring, as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class PickFaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A pick face, what lies in it, and what could be brought."""

    id: UUID
    product_id: UUID
    sku: str
    title: str
    warehouse_code: str
    location_id: UUID
    location_code: str
    minimum: int
    maximum: int
    units: int
    elsewhere: int
    """Free units in other places of the building."""


class BringView(msgspec.Struct, frozen=True, kw_only=True):
    """Units to bring to a pick face, or brought."""

    id: UUID
    product_id: UUID
    sku: str
    gtin: str | None
    title: str
    lot: str
    from_location_id: UUID
    from_location: str
    to_location_id: UUID
    to_location: str
    quantity: int
    moved: int | None
    status: str
    created_at: datetime
    done_by: str
    done_at: datetime | None


async def pick_faces(
    session: AsyncSession, *, after: tuple[str, str] | None = None, product_id: UUID | None = None, limit: int = 50
) -> list[PickFaceView]:
    """Return pick faces by SKU and place.

    Args:
        session: the transaction.
        after: SKU and place of the last row seen.
        product_id: only of this product.
        limit: most rows.
    """
    rows = await session.execute(
        text(
            """
            SELECT f.id, f.product_id, p.sku, p.title, w.code AS warehouse_code, f.location_id,
                l.code AS location_code, f.minimum, f.maximum, n.units, n.elsewhere
            FROM pick_face f JOIN product p ON p.id = f.product_id JOIN location l ON l.id = f.location_id
                JOIN warehouse w ON w.id = l.warehouse_id
            LEFT JOIN LATERAL (
                SELECT coalesce(sum(s.on_hand) FILTER (WHERE s.location_id = l.id), 0)::int AS units,
                    coalesce(sum(s.on_hand - s.reserved) FILTER (WHERE s.location_id <> l.id
                        AND o.kind NOT IN ('staging', 'receiving', 'quarantine')), 0)::int AS elsewhere
                FROM stock_level s JOIN location o ON o.id = s.location_id
                WHERE s.product_id = f.product_id AND o.warehouse_id = l.warehouse_id
            ) n ON true
            WHERE (CAST(:sku AS text) IS NULL OR (p.sku, l.code) > (:sku, :code))
                AND (CAST(:product AS uuid) IS NULL OR f.product_id = :product)
            ORDER BY p.sku, l.code LIMIT :limit
            """
        ),
        {
            "sku": after[0] if after else None,
            "code": after[1] if after else None,
            "product": product_id,
            "limit": limit,
        },
    )
    return [PickFaceView(**row) for row in rows.mappings()]


async def replenishments(
    session: AsyncSession, *, status: str = "open", warehouse_id: UUID | None = None, limit: int = 500
) -> list[BringView]:
    """Return what is to be brought, in the order in which one walks to get it; or what was brought, newest first."""
    order = "l.walk_order, l.code, p.sku, r.id" if status == "open" else "r.done_at DESC, r.id"
    rows = await session.execute(
        text(
            f"""
            SELECT r.id, r.product_id, p.sku, p.gtin, p.title, r.lot, r.from_location_id, l.code AS from_location,
                r.to_location_id, g.code AS to_location, r.quantity, r.moved, r.status, r.created_at, r.done_by,
                r.done_at
            FROM replenishment r JOIN product p ON p.id = r.product_id JOIN location l ON l.id = r.from_location_id
                JOIN location g ON g.id = r.to_location_id
            WHERE r.status = :status AND (CAST(:warehouse AS uuid) IS NULL OR r.warehouse_id = :warehouse)
            ORDER BY {order} LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        {"status": status, "warehouse": warehouse_id, "limit": limit},
    )
    return [BringView(**row) for row in rows.mappings()]
