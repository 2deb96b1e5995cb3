"""Every statement that writes decisions and how pricing stands with offers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricing.groups_repository import BELONGS
from entrepot.pricing.models import Decision, Standing
from entrepot.pricing.selecting import JOINED

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
    "next_look_at",
    "logged_at",
)
"""What a decision sets of a standing; when a price was applied is only set where one was."""


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

    # What is to be looked at soon

    async def touch(self, offer_ids: Collection[UUID], trigger: str) -> list[tuple[UUID, UUID]]:
        """Have offers looked at, those that a group may be for, or was; return their sellers and accounts.

        Whoever asks by hand wants the market read first.
        """
        found = await self._session.execute(
            text(
                """
                WITH added AS (
                    INSERT INTO pricing_touched (offer_id, seller_id, account_id, trigger, read_market)
                    SELECT o.id, o.seller_id, o.account_id, CAST(:trigger AS text), CAST(:trigger AS text) = 'hand' FROM offer o
                    WHERE o.id = ANY(:offers) AND (
                        EXISTS (SELECT FROM pricing_standing st WHERE st.offer_id = o.id)
                        OR o.gone_at IS NULL AND EXISTS (SELECT FROM pricing_group g
                            WHERE g.seller_id = o.seller_id AND g.mode <> 'off' AND g.removed_at IS NULL))
                    ORDER BY o.id
                    ON CONFLICT (offer_id) DO UPDATE SET trigger = excluded.trigger,
                        read_market = pricing_touched.read_market OR excluded.read_market
                    RETURNING seller_id, account_id
                ) SELECT DISTINCT seller_id, account_id FROM added ORDER BY account_id
                """
            ),
            {"offers": list(offer_ids), "trigger": trigger},
        )
        return [(row[0], row[1]) for row in found]

    async def touch_due(self, at: datetime) -> list[tuple[UUID, UUID]]:
        """Have everything looked at whose time has come, the market first; return sellers and accounts.

        Also those on whose list a run that broke off left something.
        """
        found = await self._session.execute(
            text(
                f"""
                WITH due AS (
                    SELECT o.id, o.seller_id, o.account_id FROM {JOINED}
                    JOIN pricing_group g ON g.seller_id = o.seller_id AND g.mode <> 'off' AND g.removed_at IS NULL
                    LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                    LEFT JOIN pricing_standing st ON st.offer_id = o.id
                    WHERE o.gone_at IS NULL AND {BELONGS} AND (
                        st.offer_id IS NULL OR st.next_look_at <= CAST(:at AS timestamptz)
                        OR st.decided_at <= CAST(:at AS timestamptz) - make_interval(mins =>
                            CASE WHEN st.has_box THEN g.winning_minutes WHEN st.has_box IS FALSE THEN g.losing_minutes
                            ELSE g.market_minutes END))
                    GROUP BY o.id
                ), added AS (
                    INSERT INTO pricing_touched (offer_id, seller_id, account_id, trigger, read_market)
                    SELECT id, seller_id, account_id, 'schedule', true FROM due ORDER BY id
                    ON CONFLICT (offer_id) DO NOTHING RETURNING seller_id, account_id
                ) SELECT seller_id, account_id FROM added UNION SELECT seller_id, account_id FROM pricing_touched
                ORDER BY account_id
                """  # noqa: S608 -- our own texts
            ),
            {"at": at},
        )
        return [(row[0], row[1]) for row in found]

    async def touched(self, account_id: UUID, *, read_market: bool, limit: int) -> list[tuple[UUID, str, str]]:
        """Return some of what is to be looked at on an account: offer, GTIN, why."""
        found = await self._session.execute(
            text(
                """SELECT t.offer_id, coalesce(nullif(o.gtin, ''), p.gtin, '') AS gtin, t.trigger
                FROM pricing_touched t JOIN offer o ON o.id = t.offer_id
                LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
                WHERE t.account_id = :account AND t.read_market = :read ORDER BY t.offer_id LIMIT :limit"""
            ),
            {"account": account_id, "read": read_market, "limit": limit},
        )
        return [(row[0], row[1], row[2]) for row in found]

    async def market_read(self, offer_ids: Collection[UUID]) -> None:
        """Note that the market of offers was read: now it can be decided."""
        await self._session.execute(
            text("UPDATE pricing_touched SET read_market = false WHERE offer_id = ANY(:offers)"),
            {"offers": list(offer_ids)},
        )

    async def take(self, offer_ids: Collection[UUID]) -> list[UUID]:
        """Take offers off the list; return those that nobody else took."""
        found = await self._session.execute(
            text("DELETE FROM pricing_touched WHERE offer_id = ANY(:offers) RETURNING offer_id"),
            {"offers": list(offer_ids)},
        )
        return sorted(found.scalars())

    async def of_products(self, product_ids: Collection[UUID]) -> list[UUID]:
        """Return the offers of products."""
        found = await self._session.execute(
            text("SELECT id FROM offer WHERE product_id = ANY(:products) AND gone_at IS NULL"),
            {"products": list(product_ids)},
        )
        return list(found.scalars())

    async def of_gtins(self, account_id: UUID, gtins: Collection[str]) -> list[UUID]:
        """Return the offers of GTINs on an account."""
        found = await self._session.execute(
            text(
                """SELECT o.id FROM offer o LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
                WHERE o.account_id = :account AND o.gone_at IS NULL
                AND coalesce(nullif(o.gtin, ''), p.gtin, '') = ANY(:gtins)"""
            ),
            {"account": account_id, "gtins": list(gtins)},
        )
        return list(found.scalars())

    async def of_sellers(self, seller_ids: Collection[UUID], group_ids: Collection[UUID] | None = None) -> list[UUID]:
        """Return every offer of sellers that pricing has to do with: of groups that are on, or were."""
        found = await self._session.execute(
            text(
                f"""SELECT o.id FROM {JOINED}
                JOIN pricing_group g ON g.seller_id = o.seller_id AND g.mode <> 'off' AND g.removed_at IS NULL
                    AND (CAST(:groups AS uuid[]) IS NULL OR g.id = ANY(CAST(:groups AS uuid[])))
                LEFT JOIN pricing_member m ON m.group_id = g.id AND m.offer_id = o.id
                WHERE o.seller_id = ANY(:sellers) AND o.gone_at IS NULL AND {BELONGS}
                UNION SELECT offer_id FROM pricing_standing WHERE seller_id = ANY(:sellers)
                    AND (CAST(:groups AS uuid[]) IS NULL OR group_id = ANY(CAST(:groups AS uuid[])))"""  # noqa: S608
            ),
            {"sellers": list(seller_ids), "groups": None if group_ids is None else list(group_ids)},
        )
        return list(found.scalars())

    async def stale_commissions(
        self, account_id: UUID, offer_ids: Collection[UUID], before: datetime
    ) -> list[tuple[str, Decimal, str]]:
        """Return GTIN, price and currency of offers whose commission was not read since a moment."""
        found = await self._session.execute(
            text(
                f"""SELECT coalesce(nullif(o.gtin, ''), p.gtin) AS gtin, max(op.published_price), max(op.currency)
                FROM {JOINED}
                LEFT JOIN pricing_commission c ON c.account_id = o.account_id
                    AND c.gtin = coalesce(nullif(o.gtin, ''), p.gtin)
                WHERE o.id = ANY(:offers) AND o.account_id = :account AND op.published_price IS NOT NULL
                AND coalesce(nullif(o.gtin, ''), p.gtin) IS NOT NULL AND (c.gtin IS NULL OR c.read_at < :before)
                GROUP BY 1"""  # noqa: S608
            ),
            {"offers": list(offer_ids), "account": account_id, "before": before},
        )
        return [(row[0], row[1], row[2]) for row in found]

    async def forget(self, before: datetime, limit: int) -> int:
        """Remove at most *limit* decisions older than *before*; only the instance may."""
        found = await self._session.execute(
            text("SELECT forget_pricing_decisions(:before, :limit)"), {"before": before, "limit": limit}
        )
        return int(found.scalar_one())
