"""Every statement that keeps how products stand."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricewatch.history.models import PriceStanding

KEPT = ("currency", "price", "low", "high", "average", "percentile", "trend", "score", "computed_at")
_UPDATE = ", ".join(f"{name} = excluded.{name}" for name in KEPT)


class StandingRepository:
    """Reads and writes for one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def listings(self, product_ids: Collection[UUID]) -> list[tuple[UUID, UUID, UUID, str]]:
        """Return seller, product, listing and currency of what these products cost where somebody still looks."""
        found = await self._session.execute(
            text(
                "SELECT seller_id, watched_product_id, id, currency FROM price_listing"
                " WHERE watched_product_id = ANY(:ids) AND currency <> '' AND NOT paused ORDER BY watched_product_id, id"
            ),
            {"ids": list(product_ids)},
        )
        return [(row.seller_id, row.watched_product_id, row.id, row.currency) for row in found]

    async def keep(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write how products stand now."""
        await insert_rows(
            self._session,
            PriceStanding,
            rows,
            suffix=f"ON CONFLICT (watched_product_id) DO UPDATE SET {_UPDATE}",
        )

    async def forget(self, product_ids: Collection[UUID]) -> None:
        """Drop how products stood whose price nobody knows now."""
        await self._session.execute(
            text("DELETE FROM price_standing WHERE watched_product_id = ANY(:ids)"), {"ids": list(product_ids)}
        )

    async def stale(self, before: datetime, limit: int) -> list[UUID]:
        """Return products that were last looked at before a moment, and whose price is known."""
        found = await self._session.execute(
            text(
                """
                SELECT watched_product_id FROM price_standing WHERE computed_at < :before
                ORDER BY computed_at LIMIT :limit
                """
            ),
            {"before": before, "limit": limit},
        )
        return list(found.scalars())
