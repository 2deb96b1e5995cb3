"""Every statement about price stars."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract_market import PriceStar as Said
from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricing.models import Stars


class StarsRepository:
    """Price stars in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(
        self, account_ids: Collection[UUID], gtins: Collection[str]
    ) -> list[tuple[UUID, str, list[Said], datetime]]:
        """Return what channels said last: (account, GTIN, stars, when)."""
        found = await self._session.execute(
            text(
                "SELECT account_id, gtin, levels, read_at FROM pricing_stars"
                " WHERE account_id = ANY(:accounts) AND gtin = ANY(:gtins)"
            ),
            {"accounts": list(account_ids), "gtins": list(gtins)},
        )
        return [(row[0], row[1], msgspec.convert(row[2], list[Said], strict=False), row[3]) for row in found]

    async def fresh(self, account_id: UUID, gtins: Collection[str], since: datetime) -> set[str]:
        """Return the GTINs that were asked about since a moment."""
        found = await self._session.execute(
            text(
                "SELECT gtin FROM pricing_stars WHERE account_id = :account AND gtin = ANY(:gtins) AND read_at > :since"
            ),
            {"account": account_id, "gtins": list(gtins), "since": since},
        )
        return set(found.scalars())

    async def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep what a channel says now."""
        suffix = "ON CONFLICT (account_id, gtin) DO UPDATE SET levels = excluded.levels, read_at = excluded.read_at"
        await insert_many(self._session, Stars, rows, suffix=suffix)
