"""Counts as pages and programs read them."""

from datetime import datetime
from decimal import Decimal
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
    cause: str
    recount: bool
    to_recount: int
    """Lines that differ and have to be counted again before anyone is shown the books."""
    assigned_to: UUID | None
    assigned_name: str
    stocktake_id: UUID | None


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
    first_counted: int | None
    first_counted_by: str
    again: bool | None
    """Whether it has to be counted again."""
    value: Decimal | None
    """Of the difference, at what one unit cost when the count was approved."""
    currency: str


class CountReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the approved counts of a time found, per currency of the goods."""

    currency: str
    lines: int
    differences: int
    units_missing: int
    units_found: int
    value_missing: Decimal
    value_found: Decimal
    unvalued: int
    """Lines that differ and whose product has no purchase price."""


class CountDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an approved count that differed."""

    count_id: UUID
    count: str
    closed_at: datetime
    closed_by: str
    warehouse_code: str
    location_code: str
    sku: str
    title: str
    lot: str
    expected: int
    counted: int
    first_counted: int | None
    counted_by: str
    value: Decimal | None
    currency: str


async def counts(
    session: AsyncSession,
    *,
    count_id: UUID | None = None,
    before: UUID | None = None,
    stocktake_id: UUID | None = None,
    assigned_to: UUID | None = None,
    status: str = "",
    limit: int = 50,
) -> list[CountView]:
    """Return counts, newest first.

    Args:
        session: the transaction.
        count_id: only this one.
        before: id of the last row seen.
        stocktake_id: only those of this stocktake.
        assigned_to: only what this user is to count.
        status: ``active`` (not closed), one of :class:`CountStatus`, or empty for all.
        limit: most rows.
    """
    rows = await session.execute(
        text(
            """
            SELECT c.id, c.warehouse_id, w.code AS warehouse_code, c.location_id, l.code AS location_code, c.title,
                c.status, c.created_by, c.created_at, c.closed_by, c.closed_at, n.lines, n.counted, n.differences, c.cause,
                c.recount, CASE WHEN c.recount AND n.lines = n.counted THEN n.once ELSE 0 END AS to_recount,
                c.assigned_to, c.assigned_name, c.stocktake_id
            FROM stock_count c JOIN warehouse w ON w.id = c.warehouse_id LEFT JOIN location l ON l.id = c.location_id
            LEFT JOIN LATERAL (
                SELECT count(*) AS lines, count(counted) AS counted,
                    count(*) FILTER (WHERE counted <> expected) AS differences,
                    count(*) FILTER (WHERE counted <> expected AND rounds < 2) AS once
                FROM stock_count_line WHERE count_id = c.id
            ) n ON true
            WHERE (CAST(:id AS uuid) IS NULL OR c.id = :id) AND (CAST(:before AS uuid) IS NULL OR c.id < :before)
                AND (CAST(:stocktake AS uuid) IS NULL OR c.stocktake_id = :stocktake)
                AND (CAST(:assigned AS uuid) IS NULL OR c.assigned_to = :assigned)
                AND (:status = '' OR c.status = :status OR (:status = 'active' AND c.status IN ('open', 'counted')))
            ORDER BY c.id DESC LIMIT :limit
            """
        ),
        {
            "id": count_id,
            "before": before,
            "limit": limit,
            "stocktake": stocktake_id,
            "assigned": assigned_to,
            "status": status,
        },
    )
    return [CountView(**row) for row in rows.mappings()]


async def count_lines(session: AsyncSession, count_id: UUID) -> list[CountLineView]:
    """Return the sheet, in walking order."""
    rows = await session.execute(
        text(
            """
            SELECT x.product_id, p.sku, p.title, x.location_id, l.code AS location_code, x.lot,
                CASE WHEN c.status IN ('approved', 'cancelled') OR NOT EXISTS (
                    SELECT 1 FROM stock_count_line o WHERE o.count_id = c.id
                        AND (o.counted IS NULL OR (c.recount AND o.counted <> o.expected AND o.rounds < 2))
                ) THEN x.expected END AS expected, x.counted,
                x.counted_by, x.first_counted, x.first_counted_by, c.recount AND x.counted <> x.expected
                    AND x.rounds < 2 AND c.status IN ('open', 'counted') AS again,
                (x.counted - x.expected) * x.unit_value AS value, x.currency
            FROM stock_count_line x JOIN stock_count c ON c.id = x.count_id JOIN product p ON p.id = x.product_id JOIN location l ON l.id = x.location_id
            WHERE x.count_id = :id ORDER BY l.walk_order, l.code, p.sku, x.lot
            """
        ),
        {"id": count_id},
    )
    return [CountLineView(**row) for row in rows.mappings()]


_APPROVED = """
    FROM stock_count_line x JOIN stock_count c ON c.id = x.count_id
    WHERE c.status = 'approved' AND c.closed_at >= :since AND (CAST(:warehouse AS uuid) IS NULL OR c.warehouse_id = :warehouse)
"""


async def count_report(
    session: AsyncSession, *, since: datetime, warehouse_id: UUID | None = None
) -> list[CountReport]:
    """Return what counts approved since then found; goods without a purchase price stand under no currency."""
    rows = await session.execute(
        text(
            """
            SELECT x.currency, count(*) AS lines, count(*) FILTER (WHERE x.counted <> x.expected) AS differences,
                coalesce(sum(x.expected - x.counted) FILTER (WHERE x.counted < x.expected), 0)::bigint AS units_missing,
                coalesce(sum(x.counted - x.expected) FILTER (WHERE x.counted > x.expected), 0)::bigint AS units_found,
                coalesce(sum((x.expected - x.counted) * x.unit_value) FILTER (WHERE x.counted < x.expected), 0)
                    AS value_missing,
                coalesce(sum((x.counted - x.expected) * x.unit_value) FILTER (WHERE x.counted > x.expected), 0)
                    AS value_found,
                count(*) FILTER (WHERE x.counted <> x.expected AND x.unit_value IS NULL) AS unvalued
            """
            + _APPROVED
            + " GROUP BY 1 ORDER BY 1"
        ),
        {"since": since, "warehouse": warehouse_id},
    )
    return [CountReport(**row) for row in rows.mappings()]


async def count_differences(
    session: AsyncSession, *, since: datetime, warehouse_id: UUID | None = None, limit: int = 200
) -> list[CountDifference]:
    """Return the lines that differed in counts approved since then, newest first."""
    rows = await session.execute(
        text(
            """
            SELECT d.count_id, d.count, d.closed_at, d.closed_by, w.code AS warehouse_code, l.code AS location_code,
                p.sku, p.title, d.lot, d.expected, d.counted, d.first_counted, d.counted_by, d.value, d.currency
            FROM (
                SELECT c.id AS count_id, c.title AS count, c.closed_at, c.closed_by, x.location_id, x.product_id, x.lot,
                    x.expected, x.counted, x.first_counted, x.counted_by,
                    (x.counted - x.expected) * x.unit_value AS value, x.currency, x.id
            """  # noqa: S608 -- our own texts
            + _APPROVED
            + """
                AND x.counted <> x.expected ORDER BY c.closed_at DESC, x.id LIMIT :limit
            ) d JOIN product p ON p.id = d.product_id JOIN location l ON l.id = d.location_id
                JOIN warehouse w ON w.id = l.warehouse_id
            ORDER BY d.closed_at DESC, d.id
            """
        ),
        {"since": since, "warehouse": warehouse_id, "limit": limit},
    )
    return [CountDifference(**row) for row in rows.mappings()]
