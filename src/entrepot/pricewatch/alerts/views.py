"""Alerts as pages and the API show them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.pricewatch.alerts.domain import Basis, Rule
from entrepot.pricewatch.alerts.evaluating import basis_of, rule_of
from entrepot.pricewatch.alerts.repository import ALERT, AlertRow
from entrepot.pricewatch.alerts.wording import in_words


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, and what it looks at."""

    alert: AlertRow
    enabled: bool
    version: int
    created_at: datetime
    fired_at: datetime | None
    fired_count: int
    product_id: UUID | None
    product: str
    store: str
    group: str
    listings: int
    """How many listings it looks at now; 0 for more than one product."""

    @property
    def rule(self) -> Rule:
        return rule_of(self.alert)

    @property
    def basis(self) -> Basis:
        return basis_of(self.alert)

    @property
    def sentence(self) -> str:
        """What it does, in the reader's words."""
        return in_words(self.rule, basis=self.basis, several=self.alert.listing_id is None)


async def alerts(
    session: AsyncSession,
    user_id: UUID,
    *,
    watched_product_id: UUID | None = None,
    alert_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[AlertView]:
    """Return a user's alerts, the newest first: all, one, or those that look at a product."""
    found = await session.execute(
        text(
            f"""
            SELECT {ALERT}, a.enabled, a.version, a.created_at, a.fired_at, a.fired_count,
                coalesce(p.id, lp.id) AS product_id, coalesce(p.title, lp.title, '') AS product,
                coalesce(s.name, '') AS store, coalesce(g.name, '') AS "group",
                (SELECT count(*) FROM price_listing n WHERE n.watched_product_id = a.watched_product_id) AS listings
            FROM price_alert a
            LEFT JOIN watched_product p ON p.id = a.watched_product_id
            LEFT JOIN price_listing l ON l.id = a.listing_id
            LEFT JOIN watched_product lp ON lp.id = l.watched_product_id
            LEFT JOIN price_store s ON s.id = l.store_id
            LEFT JOIN watch_group g ON g.id = a.group_id
            WHERE a.user_id = :user AND (CAST(:before AS uuid) IS NULL OR a.id < :before)
                AND (CAST(:id AS uuid) IS NULL OR a.id = :id)
                AND (CAST(:product AS uuid) IS NULL OR coalesce(p.id, lp.id) = :product
                    OR (a.watched_product_id IS NULL AND a.listing_id IS NULL AND EXISTS (
                        SELECT 1 FROM watched_product w WHERE w.id = :product AND w.seller_id = a.seller_id
                            AND (a.group_id IS NULL OR a.group_id = w.group_id))))
            ORDER BY a.id DESC LIMIT :limit
            """  # noqa: S608 -- our own columns
        ),
        {"user": user_id, "before": before, "id": alert_id, "product": watched_product_id, "limit": limit},
    )
    names = AlertRow.__struct_fields__
    return [
        AlertView(
            alert=AlertRow(**{name: row[name] for name in names}),
            **{name: row[name] for name in AlertView.__struct_fields__ if name != "alert"},
        )
        for row in found.mappings()
    ]


async def group_choices(session: AsyncSession) -> list[tuple[UUID, str]]:
    """Return the groups there are, by name."""
    found = await session.execute(text("SELECT id, name FROM watch_group ORDER BY name, id LIMIT 500"))
    return [(row.id, row.name) for row in found]


async def listing_choices(session: AsyncSession, watched_product_id: UUID) -> list[tuple[UUID, str, str, str]]:
    """Return the listings of a product: id, store, address, currency."""
    found = await session.execute(
        text(
            "SELECT l.id, s.name, l.url, l.currency FROM price_listing l JOIN price_store s ON s.id = l.store_id"
            " WHERE l.watched_product_id = :id ORDER BY s.name, l.id LIMIT 200"
        ),
        {"id": watched_product_id},
    )
    return [(row.id, row.name, row.url, row.currency) for row in found]
