"""Which carriers a channel account is told about, and what of it waits."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class UsedCarrier(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier and service that parcels of an account left with."""

    carrier: str
    service: str
    parcels: int
    waiting: int
    """Of these, the channel is still to be told."""


async def used_carriers(session: AsyncSession, account_id: UUID) -> list[UsedCarrier]:
    """Return what parcels of an account left with, the most used first."""
    rows = await session.execute(
        text(
            """
            SELECT payload->>'carrier' AS carrier, coalesce(payload->>'service', '') AS service,
                count(*) AS parcels, count(*) FILTER (WHERE state = 'waiting') AS waiting
            FROM channel_push WHERE account_id = :account GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 200
            """
        ),
        {"account": account_id},
    )
    return [UsedCarrier(**row) for row in rows.mappings()]
