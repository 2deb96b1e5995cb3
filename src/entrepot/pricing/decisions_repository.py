"""Every statement that writes decisions and how pricing stands with offers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricing.models import Decision, Standing

STOOD = (
    "account_id",
    "group_id",
    "rule_id",
    "rule_version",
    "decision_id",
    "outcome",
    "currency",
    "price_before",
    "price_after",
    "floor",
    "ceiling",
    "at_floor",
    "has_box",
    "position",
    "stock",
    "stock_at",
    "memory",
    "decided_at",
    "logged_at",
)
"""What a decision sets of a standing; when a price was applied is only set where one was."""


@dataclass(frozen=True, slots=True)
class Due:
    """Offers of one account whose prices are to be looked at."""

    account_id: UUID
    offer_ids: list[UUID]


class DecisionRepository:
    """Decisions in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock_offers(self, offer_ids: Collection[UUID]) -> None:
        """Keep other runs from deciding about these offers until the end of the transaction.

        In the order of their ids, so that two runs never wait for each other.
        """
        await self._session.execute(
            text("SELECT id FROM offer WHERE id = ANY(:offers) ORDER BY id FOR NO KEY UPDATE"),
            {"offers": sorted(set(offer_ids))},
        )

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write decisions down."""
        await insert_many(self._session, Decision, rows)

    async def stand(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep how pricing stands with offers now."""
        sets = ", ".join(f"{name} = excluded.{name}" for name in STOOD)
        await insert_many(
            self._session,
            Standing,
            rows,
            suffix=f"""ON CONFLICT (offer_id) DO UPDATE SET {sets},
            applied_at = coalesce(excluded.applied_at, pricing_standing.applied_at)""",
        )

    async def outside(self, offer_ids: Collection[UUID]) -> list[UUID]:
        """Return those of the offers for which pricing wants a price though no rule is for them any more."""
        found = await self._session.execute(
            text(
                """SELECT op.offer_id FROM offer_price op
                JOIN pricing_standing st ON st.offer_id = op.offer_id
                WHERE op.offer_id = ANY(:offers) AND op.rule_price IS NOT NULL"""
            ),
            {"offers": list(offer_ids)},
        )
        return list(found.scalars())

    async def forget_standing(self, offer_ids: Collection[UUID]) -> None:
        """Forget how pricing stood with offers that no rule is for."""
        await self._session.execute(
            text("DELETE FROM pricing_standing WHERE offer_id = ANY(:offers)"), {"offers": list(offer_ids)}
        )

    async def due(self, offer_ids: Collection[UUID], at: datetime) -> list[Due]:
        """Return those of a group's offers that are to be looked at again, by account."""
        found = await self._session.execute(
            text(
                """
                SELECT o.account_id, array_agg(o.id ORDER BY o.id) FROM offer o
                LEFT JOIN pricing_standing st ON st.offer_id = o.id
                LEFT JOIN pricing_group g ON g.id = st.group_id
                WHERE o.id = ANY(:offers) AND o.gone_at IS NULL AND (st.offer_id IS NULL OR g.id IS NULL
                    OR st.decided_at <= CAST(:at AS timestamptz) - make_interval(mins =>
                        CASE WHEN st.has_box THEN g.winning_minutes ELSE g.losing_minutes END)
                    OR st.decided_at <= CAST(:at AS timestamptz) - make_interval(mins => g.market_minutes)
                        AND st.has_box IS NULL)
                GROUP BY o.account_id ORDER BY o.account_id
                """
            ),
            {"offers": list(offer_ids), "at": at},
        )
        return [Due(row[0], list(row[1])) for row in found]

    async def of_products(self, product_ids: Collection[UUID]) -> list[UUID]:
        """Return the offers of products that pricing has to do with."""
        found = await self._session.execute(
            text(
                """SELECT o.id FROM offer o WHERE o.product_id = ANY(:products) AND o.gone_at IS NULL
                AND EXISTS (SELECT FROM pricing_group g
                    WHERE g.seller_id = o.seller_id AND g.mode <> 'off' AND g.removed_at IS NULL)"""
            ),
            {"products": list(product_ids)},
        )
        return list(found.scalars())

    async def accounts_of(self, offer_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
        """Return account -> offers."""
        found = await self._session.execute(
            text(
                """SELECT account_id, array_agg(id ORDER BY id) FROM offer WHERE id = ANY(:offers) AND gone_at IS NULL
                GROUP BY account_id ORDER BY account_id"""
            ),
            {"offers": list(offer_ids)},
        )
        return {row[0]: list(row[1]) for row in found}

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most *limit* decisions older than *before*; only the instance may."""
        found = await self._session.execute(
            text("SELECT forget_pricing_decisions(:before, :limit)"), {"before": before, "limit": limit}
        )
        return int(found.scalar_one())
