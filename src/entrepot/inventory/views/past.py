"""What there was at a moment in the past, replayed from the ledger.

The present levels equal the sum of the ledger (the database sees to it), so the stock of a moment is the present stock
less everything that happened since.  That costs what happened since, not the whole history: "last Friday" is quick
however old the company is.  A single product or location reads its own index; no snapshots are kept or trusted.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class PastLevel(msgspec.Struct, frozen=True):
    """Units of one product in one location at that moment."""

    product_id: UUID
    sku: str
    title: str
    warehouse_code: str
    location_id: UUID
    location_code: str
    lot: str
    on_hand: int


async def stock_at(
    session: AsyncSession,
    seller_id: UUID | None,
    at: datetime,
    *,
    product_id: UUID | None = None,
    location_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    after: tuple[str, str, str] | None = None,
    limit: int | None = None,
) -> list[PastLevel]:
    """Return what lay where at *at*, in the order of SKU, location and lot.

    Args:
        session: the transaction.
        seller_id: whose stock; None: of every seller in scope.
        at: the moment.
        product_id: only this product.
        location_id: only this location and all below it.
        warehouse_id: only this building.
        after: SKU, location code and lot of the last row seen.
        limit: most rows.
    """
    rows = await session.execute(
        text(
            """
            WITH place AS (
                SELECT l.id FROM location l WHERE
                    (CAST(:warehouse AS uuid) IS NULL OR l.warehouse_id = :warehouse)
                    AND (CAST(:location AS uuid) IS NULL OR l.id = :location OR EXISTS (
                        SELECT 1 FROM location up WHERE up.id = :location AND up.warehouse_id = l.warehouse_id
                            AND starts_with(l.path, up.path || '/')
                    ))
            ), then_ AS (
                SELECT x.product_id, x.location_id, x.lot, sum(x.quantity)::bigint AS on_hand FROM (
                    SELECT s.product_id, s.location_id, s.lot, s.on_hand AS quantity FROM stock_level s
                    WHERE (CAST(:product AS uuid) IS NULL OR s.product_id = :product)
                        AND (CAST(:seller AS uuid) IS NULL OR s.seller_id = :seller)
                    UNION ALL
                    SELECT m.product_id, m.location_id, m.lot, -m.quantity FROM stock_move m
                    WHERE m.occurred_at > :at AND (CAST(:product AS uuid) IS NULL OR m.product_id = :product)
                        AND (CAST(:seller AS uuid) IS NULL OR m.seller_id = :seller)
                ) x
                WHERE (CAST(:everywhere AS boolean) OR x.location_id IN (SELECT id FROM place))
                GROUP BY 1, 2, 3 HAVING sum(x.quantity) <> 0
            )
            SELECT t.product_id, p.sku, p.title, w.code, t.location_id, l.code, t.lot, t.on_hand
            FROM then_ t JOIN product p ON p.id = t.product_id JOIN location l ON l.id = t.location_id
                JOIN warehouse w ON w.id = l.warehouse_id
            WHERE CAST(:sku AS text) IS NULL OR (p.sku, l.code, t.lot) > (:sku, :code, :lot)
            ORDER BY p.sku, l.code, t.lot LIMIT :limit
            """
        ),
        {
            "seller": seller_id,
            "at": at,
            "product": product_id,
            "location": location_id,
            "warehouse": warehouse_id,
            "everywhere": location_id is None and warehouse_id is None,
            "sku": after[0] if after else None,
            "code": after[1] if after else None,
            "lot": after[2] if after else None,
            "limit": limit,
        },
    )
    return [PastLevel(*row) for row in rows]
