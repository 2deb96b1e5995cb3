"""Counts as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class CountView(msgspec.Struct, frozen=True, kw_only=True):
    """A count and how far it is."""

    id: UUID
    warehouse_id: UUID
    warehouse_code: str
    location_id: UUID | None
    location_code: str | None
    title: str
    status: str
    created_by: str
    created_at: datetime
    closed_by: str
    closed_at: datetime | None
    lines: int
    counted: int
    differences: int


class CountLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One product in one place to count.  *expected* is shown only once the count is complete."""

    product_id: UUID
    sku: str
    title: str
    location_id: UUID
    location_code: str
    lot: str
    expected: int | None
    counted: int | None
    counted_by: str


async def counts(
    session: AsyncSession, *, count_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[CountView]:
    """Return counts, newest first."""
    rows = await session.execute(
        text(
            """
            SELECT c.id, c.warehouse_id, w.code AS warehouse_code, c.location_id, l.code AS location_code, c.title,
                c.status, c.created_by, c.created_at, c.closed_by, c.closed_at, n.lines, n.counted, n.differences
            FROM stock_count c JOIN warehouse w ON w.id = c.warehouse_id LEFT JOIN location l ON l.id = c.location_id
            LEFT JOIN LATERAL (
                SELECT count(*) AS lines, count(counted) AS counted,
                    count(*) FILTER (WHERE counted <> expected) AS differences
                FROM stock_count_line WHERE count_id = c.id
            ) n ON true
            WHERE (CAST(:id AS uuid) IS NULL OR c.id = :id) AND (CAST(:before AS uuid) IS NULL OR c.id < :before)
            ORDER BY c.id DESC LIMIT :limit
            """
        ),
        {"id": count_id, "before": before, "limit": limit},
    )
    return [CountView(**row) for row in rows.mappings()]


async def count_lines(session: AsyncSession, count_id: UUID) -> list[CountLineView]:
    """Return the sheet, in walking order."""
    rows = await session.execute(
        text(
            """
            SELECT x.product_id, p.sku, p.title, x.location_id, l.code AS location_code, x.lot, x.expected, x.counted,
                x.counted_by
            FROM stock_count_line x JOIN product p ON p.id = x.product_id JOIN location l ON l.id = x.location_id
            WHERE x.count_id = :id ORDER BY l.walk_order, l.code, p.sku, x.lot
            """
        ),
        {"id": count_id},
    )
    return [CountLineView(**row) for row in rows.mappings()]
