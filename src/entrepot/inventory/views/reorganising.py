"""Plans of reorganisation, as pages and programs read them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class ReorganisationView(msgspec.Struct, frozen=True, kw_only=True):
    """A plan and how far it is."""

    id: UUID
    warehouse_id: UUID
    warehouse_code: str
    location_code: str | None
    days: int
    orders: int
    before: Decimal
    after: Decimal
    """Places passed per order once everything is done, as it was planned."""
    reached: Decimal
    """Places passed per order after what is done."""
    status: str
    created_by: str
    created_at: datetime
    swaps: int
    done: int


class SwapView(msgspec.Struct, frozen=True, kw_only=True):
    """Two places whose contents change places."""

    id: UUID
    position: int
    first_location_id: UUID
    first: str
    first_skus: str
    second_location_id: UUID
    second: str
    second_skus: str
    cost: Decimal
    status: str
    done_by: str
    done_at: datetime | None


async def reorganisations(
    session: AsyncSession, *, reorganisation_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[ReorganisationView]:
    """Return plans, newest first."""
    rows = await session.execute(
        text(
            """
            SELECT r.id, r.warehouse_id, w.code AS warehouse_code, l.code AS location_code, r.days, r.orders, r.before,
                r.after, coalesce(n.reached, r.before) AS reached, r.status, r.created_by, r.created_at,
                coalesce(n.swaps, 0) AS swaps, coalesce(n.done, 0) AS done
            FROM reorganisation r JOIN warehouse w ON w.id = r.warehouse_id LEFT JOIN location l ON l.id = r.location_id
            LEFT JOIN LATERAL (
                SELECT count(*) AS swaps, count(*) FILTER (WHERE s.status <> 'open') AS done,
                    min(s.cost) FILTER (WHERE s.status = 'done') AS reached
                FROM reorganisation_swap s WHERE s.reorganisation_id = r.id
            ) n ON true
            WHERE (CAST(:id AS uuid) IS NULL OR r.id = :id) AND (CAST(:before AS uuid) IS NULL OR r.id < :before)
            ORDER BY r.id DESC LIMIT :limit
            """
        ),
        {"id": reorganisation_id, "before": before, "limit": limit},
    )
    return [ReorganisationView(**row) for row in rows.mappings()]


async def swaps_of(session: AsyncSession, reorganisation_id: UUID) -> list[SwapView]:
    """Return the swaps of a plan in their order."""
    rows = await session.execute(
        text(
            """
            SELECT s.id, s.position, s.first_location_id, a.code AS first, s.second_location_id, b.code AS second,
                s.cost, s.status, s.done_by, s.done_at,
                (SELECT coalesce(string_agg(p.sku, ', ' ORDER BY p.sku), '') FROM product p
                    WHERE p.id IN (SELECT CAST(e AS uuid) FROM jsonb_array_elements_text(s.first_products) e)) AS first_skus,
                (SELECT coalesce(string_agg(p.sku, ', ' ORDER BY p.sku), '') FROM product p
                    WHERE p.id IN (SELECT CAST(e AS uuid) FROM jsonb_array_elements_text(s.second_products) e)) AS second_skus
            FROM reorganisation_swap s JOIN location a ON a.id = s.first_location_id
                JOIN location b ON b.id = s.second_location_id
            WHERE s.reorganisation_id = :id ORDER BY s.position
            """
        ),
        {"id": reorganisation_id},
    )
    return [SwapView(**row) for row in rows.mappings()]


async def skus(session: AsyncSession, product_ids: list[UUID]) -> dict[UUID, str]:
    """Return the SKU of each product."""
    rows = await session.execute(text("SELECT id, sku FROM product WHERE id = ANY(:ids)"), {"ids": product_ids})
    return {row.id: row.sku for row in rows}
