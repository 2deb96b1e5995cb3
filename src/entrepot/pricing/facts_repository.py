"""What is known of offers when their prices are decided: many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.pricing.selecting import JOINED

_STANDING = """st.outcome AS last_outcome, st.rule_id AS last_rule_id, st.rule_version AS last_rule_version,
    st.price_after AS last_price, st.floor AS last_floor, st.ceiling AS last_ceiling, st.memory, st.logged_at,
    st.stock AS last_stock, st.stock_at, st.has_box AS last_has_box, st.position AS last_position, st.decision_id AS last_decision_id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One offer, its product, its price, and how pricing stood with it."""

    id: UUID
    seller_id: UUID
    account_id: UUID
    account: str
    channel_offer_id: str
    product_id: UUID | None
    sku: str
    title: str
    gtin: str
    price: Decimal | None
    published: Decimal | None
    currency: str
    price_source: str
    rule_price: Decimal | None
    """What pricing wants, whether it counts or something stronger does."""
    locked: bool
    stock: int
    country: str
    vat_class: str
    purchase_price: Decimal | None
    purchase_currency: str
    item_price: Decimal | None
    item_currency: str
    last_outcome: str | None
    last_rule_id: UUID | None
    last_rule_version: int | None
    last_price: Decimal | None
    last_floor: Decimal | None
    last_ceiling: Decimal | None
    memory: dict[str, Any] | None
    logged_at: datetime | None
    last_stock: int | None
    last_has_box: bool | None
    last_position: int | None
    stock_at: datetime | None
    last_decision_id: UUID | None


class FactsRepository:
    """Facts in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def offers(self, offer_ids: Collection[UUID]) -> list[OfferRow]:
        """Return offers that are on their channel."""
        found = await self._session.execute(
            text(
                f"""
                SELECT o.id, o.seller_id, o.account_id, a.name AS account, o.channel_offer_id, o.product_id,
                    coalesce(p.sku, o.sku) AS sku, coalesce(p.title, o.title) AS title,
                    coalesce(nullif(o.gtin, ''), p.gtin, '') AS gtin,
                    coalesce(op.wanted_price, op.published_price) AS price, op.published_price AS published,
                    coalesce(op.currency, s.currency) AS currency, coalesce(op.wanted_source, '') AS price_source, op.rule_price,
                    coalesce(op.locked, false) AS locked,
                    coalesce(o.wanted_quantity, o.channel_quantity) AS stock,
                    s.country, coalesce(p.vat_class, 'standard') AS vat_class,
                    p.purchase_price, coalesce(p.purchase_currency, '') AS purchase_currency,
                    p.sales_price AS item_price, coalesce(p.sales_currency, '') AS item_currency, {_STANDING}
                FROM {JOINED}
                JOIN seller s ON s.id = o.seller_id
                JOIN channel_account a ON a.id = o.account_id
                LEFT JOIN pricing_standing st ON st.offer_id = o.id
                WHERE o.id = ANY(:offers) AND o.gone_at IS NULL ORDER BY o.id
                """  # noqa: S608 -- our own texts
            ),
            {"offers": list(offer_ids)},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def own_offers(self, gtins: Collection[str]) -> dict[str, frozenset[str]]:
        """Return the channel's numbers of our offers of these products, on whatever account."""
        found = await self._session.execute(
            text("SELECT gtin, array_agg(channel_offer_id) FROM offer WHERE gtin = ANY(:gtins) GROUP BY gtin"),
            {"gtins": list(gtins)},
        )
        return {gtin: frozenset(numbers) for gtin, numbers in found}

    async def stock_since(self, product_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """Return when the oldest unit still here came, first come being first gone."""
        found = await self._session.execute(
            text(
                """
                WITH there AS (
                    SELECT product_id, sum(on_hand) AS on_hand FROM stock_level
                    WHERE product_id = ANY(:products) GROUP BY product_id HAVING sum(on_hand) > 0
                ), came AS (
                    SELECT m.product_id, m.occurred_at, t.on_hand,
                        sum(m.quantity) OVER (PARTITION BY m.product_id ORDER BY m.occurred_at DESC, m.id DESC)
                            - m.quantity AS later
                    FROM stock_move m JOIN there t USING (product_id) WHERE m.quantity > 0 AND m.transfer_id IS NULL
                )
                SELECT product_id, min(occurred_at) FROM came WHERE later < on_hand GROUP BY product_id
                """
            ),
            {"products": list(product_ids)},
        )
        return {row[0]: row[1] for row in found}
