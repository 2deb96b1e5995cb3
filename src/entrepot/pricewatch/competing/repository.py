"""Every statement about competing offers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricewatch.competing.contract import GoneOffer, KnownCompetitor, MarketMoment, MarketRow, SeenOffer
from entrepot.pricewatch.competing.models import CompetingOffers, CompetingReading
from entrepot.pricewatch.competing.models import KnownCompetitor as CompetitorRow

SEEN = msgspec.json.Decoder(tuple[SeenOffer, ...])
_STORE = """ON CONFLICT (account_id, gtin, country) DO UPDATE SET
    offers = excluded.offers, gone = excluded.gone, read_at = excluded.read_at, asked_at = excluded.asked_at,
    changed_at = coalesce(excluded.changed_at, competing_reading.changed_at), problem = ''
    WHERE competing_reading.read_at IS NULL OR competing_reading.read_at < excluded.read_at"""
_PROBLEM = """ON CONFLICT (account_id, gtin, country) DO UPDATE SET
    asked_at = excluded.asked_at, problem = excluded.problem"""


class CompetingRepository:
    """Rows of competing offers.

    Args:
        session: the running transaction.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, account_id: UUID, gtins: Collection[str], country: str) -> dict[str, MarketRow]:
        """Return what is known of GTINs, and keep others from storing them until the transaction ends."""
        found = await self._session.execute(
            select(CompetingReading)
            .where(
                CompetingReading.account_id == account_id,
                CompetingReading.gtin.in_(gtins),
                CompetingReading.country == country,
            )
            .order_by(CompetingReading.gtin)
            .with_for_update()
        )
        return {row.gtin: _market(row) for row in found.scalars()}

    async def own_offers(self, numbers: Collection[str]) -> set[str]:
        """Return which of the channel's numbers of offers are our own."""
        if not numbers:
            return set()
        found = await self._session.execute(
            text("SELECT channel_offer_id FROM offer WHERE channel_offer_id = ANY(:numbers)"),
            {"numbers": sorted(numbers)},
        )
        return set(found.scalars())

    async def latest(
        self, account_ids: Collection[UUID], gtins: Collection[str], country: str | None
    ) -> list[MarketRow]:
        """Return the markets of GTINs on accounts as they were read last; *country* None: whatever was asked for."""
        if not account_ids or not gtins:
            return []
        query = select(CompetingReading).where(
            CompetingReading.account_id.in_(account_ids), CompetingReading.gtin.in_(gtins)
        )
        if country is not None:
            query = query.where(CompetingReading.country == country)
        found = await self._session.execute(query.order_by(CompetingReading.gtin, CompetingReading.country))
        return [_market(row) for row in found.scalars()]

    async def markets(
        self, *, query: str = "", after: tuple[datetime, UUID, str, str] | None = None, limit: int = 50
    ) -> list[MarketRow]:
        """Return the markets that changed last, the newest first; *query* is the beginning of a GTIN."""
        asked = select(CompetingReading).where(CompetingReading.changed_at.is_not(None))
        if query:
            asked = asked.where(CompetingReading.gtin.startswith(query, autoescape=True))
        place = (
            CompetingReading.changed_at,
            CompetingReading.account_id,
            CompetingReading.gtin,
            CompetingReading.country,
        )
        if after is not None:
            asked = asked.where(tuple_(*place) < tuple_(*(literal(part) for part in after)))
        found = await self._session.execute(asked.order_by(*(column.desc() for column in place)).limit(limit))
        return [_market(row) for row in found.scalars()]

    async def countries(self, account_id: UUID, gtins: Collection[str]) -> dict[str, set[str]]:
        """Return which countries were asked for before, and for which of *gtins*."""
        found: dict[str, set[str]] = {}
        for row in await self.latest([account_id], gtins, None):
            found.setdefault(row.country, set()).add(row.gtin)
        return found

    async def store(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep what was read; what was read later by somebody else stays."""
        await insert_rows(self._session, CompetingReading, rows, suffix=_STORE)

    async def store_problems(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep why GTINs could not be read; what is known of them stays."""
        await insert_rows(self._session, CompetingReading, rows, suffix=_PROBLEM)

    async def observe(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add what changed to the history."""
        await insert_rows(self._session, CompetingOffers, rows, suffix="ON CONFLICT DO NOTHING")

    async def competitors(
        self, account_ids: Collection[UUID] | None, numbers: Collection[str] | None, *, limit: int | None = None
    ) -> list[KnownCompetitor]:
        """Return who competitors are, by name; None: of all accounts, with all numbers."""
        found = await self._session.execute(
            text(
                """
                SELECT account_id, number, name, rating, read_at FROM competitor
                WHERE (CAST(:accounts AS uuid[]) IS NULL OR account_id = ANY(CAST(:accounts AS uuid[])))
                    AND (CAST(:numbers AS text[]) IS NULL OR number = ANY(CAST(:numbers AS text[])))
                ORDER BY lower(name), number, account_id LIMIT :limit
                """
            ),
            {
                "accounts": None if account_ids is None else list(account_ids),
                "numbers": None if numbers is None else list(numbers),
                "limit": limit,
            },
        )
        return [KnownCompetitor(**row) for row in found.mappings()]

    async def put_competitors(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep who competitors are now."""
        sets = ", ".join(f"{name} = excluded.{name}" for name in ("name", "rating", "read_at"))
        await insert_rows(
            self._session, CompetitorRow, rows, suffix=f"ON CONFLICT (account_id, number) DO UPDATE SET {sets}"
        )

    async def history(
        self,
        gtins: Collection[str],
        since: datetime,
        *,
        account_ids: Collection[UUID] | None,
        country: str | None,
        until: datetime | None,
    ) -> list[MarketMoment]:
        """Return what the markets were, the oldest first, with what they were when *since* began."""
        values: dict[str, object] = {
            "gtins": list(gtins),
            "accounts": list(account_ids) if account_ids is not None else None,
            "country": country,
            "since": since,
            "until": until,
        }
        found = await self._session.execute(_HISTORY, values)
        return [
            MarketMoment(
                account_id=row.account_id,
                gtin=row.gtin,
                country=row.country,
                observed_at=row.observed_at,
                offers=SEEN.decode(row.offers),
            )
            for row in found
        ]

    async def make_partitions(self, months: int) -> int:
        """Make room for the months to come."""
        found = await self._session.execute(
            text("SELECT make_month_partitions('competing_offers', :months)"), {"months": months}
        )
        return int(found.scalar_one())

    async def drop_partitions(self, keep: timedelta) -> int:
        """Drop every month that ended before."""
        found = await self._session.execute(
            text("SELECT drop_month_partitions('competing_offers', :days)"), {"days": keep.days}
        )
        return int(found.scalar_one())


_HISTORY = text("""
WITH wanted AS (
    SELECT account_id, gtin, country FROM competing_reading
    WHERE gtin = ANY (CAST(:gtins AS text[]))
      AND (CAST(:accounts AS uuid[]) IS NULL OR account_id = ANY (CAST(:accounts AS uuid[])))
      AND (CAST(:country AS text) IS NULL OR country = :country)
)
SELECT o.account_id, o.gtin, o.country, o.observed_at, o.offers::text AS offers
FROM wanted w CROSS JOIN LATERAL (
    SELECT * FROM competing_offers o
    WHERE o.account_id = w.account_id AND o.gtin = w.gtin AND o.country = w.country AND o.observed_at >= coalesce((
        SELECT b.observed_at FROM competing_offers b
        WHERE b.account_id = w.account_id AND b.gtin = w.gtin AND b.country = w.country AND b.observed_at <= :since
        ORDER BY b.observed_at DESC LIMIT 1
    ), CAST(:since AS timestamptz)) AND (CAST(:until AS timestamptz) IS NULL OR o.observed_at < :until)
) o
ORDER BY o.observed_at, o.account_id, o.gtin, o.country
""")


def _market(row: CompetingReading) -> MarketRow:
    return MarketRow(
        account_id=row.account_id,
        gtin=row.gtin,
        country=row.country,
        offers=msgspec.convert(row.offers, tuple[SeenOffer, ...]),
        gone=msgspec.convert(row.gone, tuple[GoneOffer, ...]),
        read_at=row.read_at,
        changed_at=row.changed_at,
        problem=row.problem,
    )
