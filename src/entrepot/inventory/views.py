"""Stock as others read it: straight from SQL, no decisions."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.refs import Availability


async def availability(session: AsyncSession, product_ids: Collection[UUID]) -> dict[UUID, Availability]:
    """Return the numbers of products that lie on shelves; bundles are not among them."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, coalesce(t.on_hand, 0), coalesce(t.reserved, 0), coalesce(t.available, 0), p.buffer,
                greatest(0, coalesce(t.available, 0) - p.buffer)
            FROM product p LEFT JOIN stock_total t ON t.seller_id = p.seller_id AND t.product_id = p.id
            WHERE p.id = ANY(:ids) AND p.kind = 'simple'
            """
        ),
        {"ids": list(product_ids)},
    )
    return {row[0]: Availability(*row[1:]) for row in rows}


async def bundle_availability(session: AsyncSession, bundle_ids: Collection[UUID]) -> dict[UUID, Availability]:
    """Return how many of each bundle its components make: the scarcest one decides.

    The components' buffers are withheld from the bundle, too, and then its own.
    """
    rows = await session.execute(
        text(
            """
            SELECT b.id, coalesce(min(coalesce(t.on_hand, 0) / c.quantity), 0),
                0 AS reserved,
                coalesce(min(coalesce(t.available, 0) / c.quantity), 0),
                b.buffer,
                greatest(0, coalesce(min(greatest(0, coalesce(t.available, 0) - p.buffer) / c.quantity), 0) - b.buffer)
            FROM product b
            LEFT JOIN bundle_component c ON c.bundle_id = b.id
            LEFT JOIN product p ON p.id = c.component_id
            LEFT JOIN stock_total t ON t.seller_id = c.seller_id AND t.product_id = c.component_id
            WHERE b.id = ANY(:ids) AND b.kind = 'bundle'
            GROUP BY b.id, b.buffer
            """
        ),
        {"ids": list(bundle_ids)},
    )
    return {row[0]: Availability(*row[1:]) for row in rows}
