"""Every statement about alerts and what they remember."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.pricewatch.alerts.domain import Observation, State
from entrepot.pricewatch.alerts.models import PriceAlert, PriceAlertState
from entrepot.pricewatch.extracting.contract import Availability

ALERT = ", ".join(f"a.{name}" for name in (
    "id", "seller_id", "user_id", "watched_product_id", "listing_id", "group_id", "kind", "direction", "basis",
    "threshold", "currency", "days", "again",
))  # fmt: skip


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it is looked at."""

    id: UUID
    seller_id: UUID
    user_id: UUID
    watched_product_id: UUID | None
    listing_id: UUID | None
    group_id: UUID | None
    kind: str
    direction: str
    basis: str
    threshold: Decimal
    currency: str
    days: int
    again: Decimal | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A listing, for alerts: where it is, and what it says now."""

    id: UUID
    seller_id: UUID
    watched_product_id: UUID
    group_id: UUID | None
    product: str
    store: str
    url: str
    unit_price: Decimal | None
    currency: str
    availability: str
    at: datetime
    """Since when it has been so."""
    paused: bool
    """Nobody checks it: what it says does not count."""


class AlertRepository:
    """Reads and writes for one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # Looking at what happened

    async def lock_alerts(
        self, seller_ids: Collection[UUID], product_ids: Collection[UUID], listing_ids: Collection[UUID]
    ) -> list[AlertRow]:
        """Return the alerts that look at these products and listings; nobody changes them meanwhile."""
        found = await self._session.execute(
            text(
                f"""
                SELECT {ALERT} FROM price_alert a
                WHERE a.id IN (
                    SELECT id FROM price_alert WHERE enabled AND watched_product_id = ANY(:products)
                    UNION ALL
                    SELECT id FROM price_alert WHERE enabled AND listing_id = ANY(:listings)
                    UNION ALL
                    SELECT id FROM price_alert WHERE enabled AND seller_id = ANY(:sellers)
                        AND watched_product_id IS NULL AND listing_id IS NULL
                )
                ORDER BY a.id FOR NO KEY UPDATE
                """  # noqa: S608 -- our own columns
            ),
            {"products": list(product_ids), "listings": list(listing_ids), "sellers": list(seller_ids)},
        )
        return [AlertRow(**row) for row in found.mappings()]

    async def places(self, product_ids: Collection[UUID]) -> list[Place]:
        """Return every listing of these products."""
        found = await self._session.execute(
            text(
                """
                SELECT l.id, l.seller_id, l.watched_product_id, p.group_id, p.title AS product, s.name AS store, l.url,
                    l.unit_price, l.currency, l.availability, l.paused,
                    coalesce(l.changed_at, l.observed_at, l.created_at) AS at
                FROM price_listing l JOIN watched_product p ON p.id = l.watched_product_id
                JOIN price_store s ON s.id = l.store_id
                WHERE l.watched_product_id = ANY(:ids) ORDER BY l.id
                """
            ),
            {"ids": list(product_ids)},
        )
        return [Place(**row) for row in found.mappings()]

    async def states(
        self, alert_ids: Collection[UUID], subject_ids: Collection[UUID]
    ) -> dict[tuple[UUID, UUID], State]:
        """Return what alerts remember, by alert and subject."""
        found = await self._session.execute(
            text(
                "SELECT alert_id, subject_id, state::text AS state FROM price_alert_state"
                " WHERE alert_id = ANY(:alerts) AND subject_id = ANY(:subjects)"
            ),
            {"alerts": list(alert_ids), "subjects": list(subject_ids)},
        )
        return {(row.alert_id, row.subject_id): msgspec.json.decode(row.state, type=State) for row in found}

    async def keep_states(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write what alerts remember now."""
        await insert_many(
            self._session,
            PriceAlertState,
            rows,
            suffix="ON CONFLICT (alert_id, subject_id) DO UPDATE SET state = excluded.state, updated_at = now()",
        )

    async def forget_states(self, alert_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM price_alert_state WHERE alert_id = :id"), {"id": alert_id})

    async def note_fired(self, counts: Mapping[UUID, int], at: datetime) -> None:
        """Count how often alerts went off."""
        await self._session.execute(
            text(
                """
                UPDATE price_alert a SET fired_at = :at, fired_count = a.fired_count + t.count
                FROM unnest(CAST(:ids AS uuid[]), CAST(:counts AS integer[])) AS t(id, count) WHERE a.id = t.id
                """
            ),
            {"ids": list(counts), "counts": list(counts.values()), "at": at},
        )

    async def observations(self, listing_ids: Collection[UUID], since: datetime, before: datetime) -> list[Observation]:
        """Return what listings said in a span, and what they said when it began, the oldest first."""
        found = await self._session.execute(
            text(
                """
                SELECT o.listing_id, o.observed_at, o.unit_price, o.currency, o.availability
                FROM unnest(CAST(:ids AS uuid[])) AS l(id)
                CROSS JOIN LATERAL (
                    (SELECT listing_id, observed_at, unit_price, currency, availability FROM price_observation
                     WHERE listing_id = l.id AND observed_at < :since ORDER BY observed_at DESC LIMIT 1)
                    UNION ALL
                    (SELECT listing_id, observed_at, unit_price, currency, availability FROM price_observation
                     WHERE listing_id = l.id AND observed_at >= :since AND observed_at < :before)
                ) o ORDER BY o.observed_at, o.listing_id
                """
            ),
            {"ids": list(listing_ids), "since": since, "before": before},
        )
        return [
            Observation(
                listing_id=row.listing_id,
                at=row.observed_at,
                price=row.unit_price,
                currency=row.currency,
                availability=Availability(row.availability),
            )
            for row in found
        ]

    # What users decide

    async def add(self, alert: PriceAlert) -> None:
        self._session.add(alert)
        await self._session.flush()

    async def alert(self, alert_id: UUID, *, lock: bool = False) -> PriceAlert | None:
        query = select(PriceAlert).where(PriceAlert.id == alert_id)
        return await self._session.scalar(query.with_for_update() if lock else query)

    async def remove(self, alert: PriceAlert) -> None:
        await self._session.delete(alert)
        await self._session.flush()

    async def count(self, user_id: UUID) -> int:
        found = await self._session.execute(
            text("SELECT count(*) FROM price_alert WHERE user_id = :user"), {"user": user_id}
        )
        return int(found.scalar_one())
