"""Counts and their lines."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.models import StockCount, StockCountLine
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class CountRow(msgspec.Struct, frozen=True):
    """A count."""

    id: UUID
    seller_id: UUID
    warehouse_id: UUID
    location_id: UUID | None
    title: str
    status: str
    recount: bool


class CountLineRow(msgspec.Struct, frozen=True):
    """A line of it."""

    id: UUID
    product_id: UUID
    location_id: UUID
    lot: str
    expected: int | None
    counted: int | None
    counted_by: str
    counted_at: datetime | None
    rounds: int
    first_counted: int | None
    first_counted_by: str

    @property
    def difference(self) -> int:
        return 0 if self.counted is None or self.expected is None else self.counted - self.expected


class CountRepository:
    """Counts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, count: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, StockCount, [count])
        await insert_rows(self._session, StockCountLine, lines)

    async def what_lies(
        self, seller_id: UUID, warehouse_id: UUID, path: str | None, product_ids: Collection[UUID] | None
    ) -> list[tuple[UUID, UUID, str]]:
        """Return (product, location, lot) of what is recorded in a part of a warehouse, staging left out."""
        rows = await self._session.execute(
            text(
                """
                SELECT s.product_id, s.location_id, s.lot FROM stock_level s JOIN location l ON l.id = s.location_id
                WHERE s.seller_id = :seller AND s.on_hand > 0 AND l.warehouse_id = :warehouse AND l.kind <> 'staging'
                    AND (CAST(:path AS text) IS NULL OR l.path = :path OR starts_with(l.path, :path || '/'))
                    AND (CAST(:products AS uuid[]) IS NULL OR s.product_id = ANY(:products))
                ORDER BY l.walk_order, l.code, s.product_id, s.lot
                """
            ),
            {
                "seller": seller_id,
                "warehouse": warehouse_id,
                "path": path,
                "products": None if product_ids is None else list(product_ids),
            },
        )
        return [(row.product_id, row.location_id, row.lot) for row in rows]

    async def longest_uncounted(self, seller_id: UUID, warehouse_id: UUID, limit: int) -> list[tuple[UUID, UUID, str]]:
        """Return (product, location, lot) of what was counted longest ago, what never was first; in walking order."""
        rows = await self._session.execute(
            text(
                """
                SELECT f.product_id, f.location_id, f.lot FROM (
                    SELECT s.product_id, s.location_id, s.lot, l.walk_order, l.code, max(x.counted_at) AS last
                    FROM stock_level s JOIN location l ON l.id = s.location_id
                    LEFT JOIN stock_count_line x ON x.product_id = s.product_id AND x.location_id = s.location_id
                        AND x.lot = s.lot
                    WHERE s.seller_id = :seller AND s.on_hand > 0 AND l.warehouse_id = :warehouse
                        AND l.kind <> 'staging'
                    GROUP BY 1, 2, 3, 4, 5 ORDER BY last NULLS FIRST, l.walk_order, l.code LIMIT :limit
                ) f ORDER BY f.walk_order, f.code, f.product_id, f.lot
                """
            ),
            {"seller": seller_id, "warehouse": warehouse_id, "limit": limit},
        )
        return [(row.product_id, row.location_id, row.lot) for row in rows]

    async def is_asked_for(self, product_id: UUID, location_id: UUID, lot: str) -> bool:
        """Whether a count that is not closed asks for this place already."""
        rows = await self._session.execute(
            text(
                "SELECT 1 FROM stock_count_line x JOIN stock_count c ON c.id = x.count_id"
                " WHERE x.product_id = :product AND x.location_id = :location AND x.lot = :lot"
                " AND x.counted IS NULL AND c.status IN ('open', 'counted') LIMIT 1"
            ),
            {"product": product_id, "location": location_id, "lot": lot},
        )
        return rows.one_or_none() is not None

    async def assign(self, count_id: UUID, user_id: UUID | None, name: str) -> None:
        await self._session.execute(
            text("UPDATE stock_count SET assigned_to = :user, assigned_name = :name WHERE id = :id"),
            {"id": count_id, "user": user_id, "name": name},
        )

    async def value(self, count_id: UUID) -> None:
        """Keep beside each line what one unit costs now."""
        await self._session.execute(
            text(
                "UPDATE stock_count_line x SET unit_value = p.purchase_price,"
                " currency = CASE WHEN p.purchase_price IS NULL THEN '' ELSE p.purchase_currency END"
                " FROM product p WHERE p.id = x.product_id AND x.count_id = :id"
            ),
            {"id": count_id},
        )

    async def locked(self, count_id: UUID) -> CountRow | None:
        """Return the count, locked: two people approving at once approve it once."""
        rows = await self._session.execute(
            text(
                "SELECT id, seller_id, warehouse_id, location_id, title, status, recount FROM stock_count"
                " WHERE id = :id FOR NO KEY UPDATE"
            ),
            {"id": count_id},
        )
        row = rows.one_or_none()
        return CountRow(*row) if row else None

    async def lines(self, count_id: UUID) -> list[CountLineRow]:
        rows = await self._session.execute(
            text(
                "SELECT id, product_id, location_id, lot, expected, counted, counted_by, counted_at, rounds,"
                " first_counted, first_counted_by FROM stock_count_line WHERE count_id = :id ORDER BY id"
            ),
            {"id": count_id},
        )
        return [CountLineRow(*row) for row in rows]

    async def write_line(self, row: Mapping[str, Any]) -> None:
        """Add what was counted, in place of what was counted there before."""
        await insert_rows(
            self._session,
            StockCountLine,
            [row],
            suffix="ON CONFLICT (count_id, product_id, location_id, lot) DO UPDATE SET expected = excluded.expected,"
            " counted = excluded.counted, counted_by = excluded.counted_by, counted_at = excluded.counted_at,"
            " rounds = excluded.rounds, first_counted = excluded.first_counted,"
            " first_counted_by = excluded.first_counted_by",
        )

    async def set_status(self, count_id: UUID, status: str, by: str, at: datetime | None) -> None:
        await self._session.execute(
            text("UPDATE stock_count SET status = :status, closed_by = :by, closed_at = :at WHERE id = :id"),
            {"id": count_id, "status": status, "by": by, "at": at},
        )
