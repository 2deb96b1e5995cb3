"""What lies in channels' own warehouses: every statement about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.offers.models import HeldStock


class HeldRow(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one product in a channel's warehouse."""

    id: UUID
    account_id: UUID
    channel_sku: str
    gtin: str
    title: str
    sellable: int
    damaged: int
    read_at: datetime
    product_id: UUID | None
    sku: str | None
    """Ours, where a product has the GTIN."""


class HeldRepository:
    """Held stock within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace(self, account_id: UUID, rows: Sequence[Mapping[str, Any]], read_at: datetime) -> None:
        """Store what the channel holds now; what it no longer names is no longer there."""
        if rows:
            await insert_rows(
                self._session,
                HeldStock,
                rows,
                suffix=(
                    "ON CONFLICT (account_id, channel_sku) DO UPDATE SET gtin = excluded.gtin, title = excluded.title,"
                    " sellable = excluded.sellable, damaged = excluded.damaged, read_at = excluded.read_at"
                ),
            )
        await self._session.execute(
            text("DELETE FROM held_stock WHERE account_id = :account AND read_at < :read_at"),
            {"account": account_id, "read_at": read_at},
        )

    async def find(
        self, *, search: str = "", account_id: UUID | None = None, after: UUID | None = None, limit: int = 50
    ) -> list[HeldRow]:
        """Return what channels hold, in the order in which it was first seen."""
        rows = await self._session.execute(
            text("""
                SELECT h.id, h.account_id, h.channel_sku, h.gtin, h.title, h.sellable, h.damaged, h.read_at,
                    p.id AS product_id, p.sku
                FROM held_stock h
                LEFT JOIN product p ON p.seller_id = h.seller_id AND p.gtin = h.gtin AND h.gtin <> ''
                WHERE (CAST(:account AS uuid) IS NULL OR h.account_id = CAST(:account AS uuid))
                    AND (:search = '' OR lower(h.title) LIKE :pattern OR h.gtin = :search OR h.channel_sku = :search
                        OR lower(p.sku) LIKE :pattern)
                    AND (CAST(:after AS uuid) IS NULL OR h.id > CAST(:after AS uuid))
                ORDER BY h.id LIMIT :limit
            """),
            {
                "account": account_id,
                "search": search,
                "pattern": "%" + search.lower().replace("\\", "").replace("%", "").replace("_", r"\_") + "%",
                "after": after,
                "limit": limit,
            },
        )
        return [msgspec.convert(dict(row), HeldRow) for row in rows.mappings()]

    async def totals(self) -> tuple[int, int, int]:
        """Return how many products channels hold, and how many units are sellable and damaged."""
        rows = await self._session.execute(
            text("SELECT count(*), coalesce(sum(sellable), 0), coalesce(sum(damaged), 0) FROM held_stock")
        )
        products, sellable, damaged = rows.one()
        return int(products), int(sellable), int(damaged)
