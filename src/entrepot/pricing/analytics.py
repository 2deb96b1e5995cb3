"""Analytics of pricing: buy box, position, margin and sales, by rule and by product."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text

MOST_COMPARED = 5
"""Rules that are compared side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """What a rule did in a period."""

    rule_id: UUID
    name: str
    group: str
    offers: int
    decisions: int
    applied: int
    box_hours: Decimal
    """Hours in which its offers had the buy box, of *known_hours* in which somebody knew."""
    known_hours: Decimal
    position: Decimal | None
    margin: Decimal | None
    at_floor: int
    units: int
    revenue: dict[str, Decimal]
    """What buyers paid, by currency."""

    @property
    def box_share(self) -> Decimal | None:
        """The part of the time with the buy box, in percent."""
        return None if not self.known_hours else self.box_hours * 100 / self.known_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFigures:
    """What became of one offer in a period."""

    offer_id: UUID
    sku: str
    title: str
    account: str
    decisions: int
    applied: int
    box_hours: Decimal
    known_hours: Decimal
    position: Decimal | None
    margin: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None
    currency: str
    units: int

    @property
    def box_share(self) -> Decimal | None:
        """The part of the time with the buy box, in percent."""
        return None if not self.known_hours else self.box_hours * 100 / self.known_hours


_SPANS = """
    SELECT d.*, d.decided_at >= :since AS inside, extract(epoch FROM least(
        lead(d.decided_at, 1, :until) OVER (PARTITION BY d.offer_id ORDER BY d.decided_at, d.id), :until)
        - greatest(d.decided_at, :since)) / 3600 AS hours
    FROM (
        SELECT * FROM pricing_decision WHERE decided_at >= :since AND decided_at < :until
        UNION ALL (
            SELECT DISTINCT ON (offer_id) * FROM pricing_decision
            WHERE decided_at < :since AND decided_at >= CAST(:since AS timestamptz) - interval '2 days'
            ORDER BY offer_id, decided_at DESC, id DESC
        )
    ) AS d
"""
"""Each decision with how long of the period it was the newest of its offer: what it says of the market held so long.

Also the one that was in force when the period began; one that changes nothing is written every day, so it is no older.
"""
_WEIGHED = """
    sum(sp.position * sp.hours) / nullif(sum(sp.hours) FILTER (WHERE sp.position IS NOT NULL), 0) AS position,
    CASE WHEN count(DISTINCT sp.currency) = 1 THEN
        sum(sp.margin * sp.hours) / nullif(sum(sp.hours) FILTER (WHERE sp.margin IS NOT NULL), 0) END AS margin
"""
"""Over time, not over decisions; no margin of amounts in several currencies."""
_SOLD = """
    SELECT o.id AS offer_id, s.currency, sum(l.quantity - l.quantity_cancelled) AS units,
        sum((l.quantity - l.quantity_cancelled) * l.unit_price) AS revenue
    FROM sales_order s JOIN order_line l ON l.order_id = s.id
    CROSS JOIN LATERAL (
        SELECT id FROM offer WHERE account_id = s.channel_account_id AND product_id = l.product_id
        ORDER BY sku = l.sku DESC, gone_at IS NULL DESC, id LIMIT 1
    ) AS o
    WHERE s.placed_at >= :since AND s.placed_at < :until AND s.status <> 'cancelled' GROUP BY o.id, s.currency
"""
"""What was sold of each offer: of several of one product, the one with the SKU of the order line."""


async def by_rule(
    session: AsyncSession,
    since: datetime,
    until: datetime,
    *,
    rule_ids: Collection[UUID] | None = None,
    limit: int = 100,
) -> list[RuleFigures]:
    """Return what each rule did, those with the most offers first.

    Units are those of orders of the period, of offers whose newest decision is the rule's.
    """
    found = await session.execute(
        text(
            f"""
            WITH spans AS ({_SPANS}), sold AS ({_SOLD}),
            latest AS (SELECT DISTINCT ON (offer_id) offer_id, rule_id FROM spans ORDER BY offer_id, decided_at DESC),
            money AS (SELECT rule_id, currency, sum(units) AS units, sum(revenue) AS revenue
                FROM latest JOIN sold USING (offer_id) GROUP BY rule_id, currency),
            sales AS (SELECT rule_id, sum(units) AS units, jsonb_object_agg(currency, CAST(revenue AS text)) AS revenue
                FROM money GROUP BY rule_id)
            SELECT sp.rule_id, r.name, g.name AS group, count(DISTINCT sp.offer_id) AS offers,
                count(*) FILTER (WHERE sp.inside) AS decisions,
                count(*) FILTER (WHERE sp.inside AND sp.outcome = 'applied') AS applied,
                coalesce(sum(sp.hours) FILTER (WHERE sp.has_box), 0)::numeric AS box_hours,
                coalesce(sum(sp.hours) FILTER (WHERE sp.has_box IS NOT NULL), 0)::numeric AS known_hours,
                {_WEIGHED},
                count(DISTINCT sp.offer_id) FILTER (WHERE sp.price_after <= sp.floor) AS at_floor,
                coalesce(max(sa.units), 0)::int AS units, sa.revenue
            FROM spans sp JOIN pricing_rule r ON r.id = sp.rule_id JOIN pricing_group g ON g.id = r.group_id
            LEFT JOIN sales sa ON sa.rule_id = sp.rule_id
            WHERE CAST(:rules AS uuid[]) IS NULL OR sp.rule_id = ANY(CAST(:rules AS uuid[]))
            GROUP BY sp.rule_id, r.name, g.name, sa.revenue ORDER BY offers DESC, r.name LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        {"since": since, "until": until, "rules": None if rule_ids is None else list(rule_ids), "limit": limit},
    )
    figures: list[RuleFigures] = []
    for row in found.mappings():
        revenue = {currency: Decimal(amount) for currency, amount in sorted((row["revenue"] or {}).items())}
        values: dict[str, Any] = {**row, "revenue": revenue}
        figures.append(RuleFigures(**values))
    return figures


async def by_product(
    session: AsyncSession, since: datetime, until: datetime, *, rule_id: UUID | None = None, limit: int = 200
) -> list[ProductFigures]:
    """Return what became of each offer, those that sold most first."""
    found = await session.execute(
        text(
            f"""
            WITH spans AS ({_SPANS}), sold AS ({_SOLD}),
            sales AS (SELECT offer_id, sum(units) AS units FROM sold GROUP BY offer_id)
            SELECT sp.offer_id, coalesce(p.sku, o.sku) AS sku, coalesce(p.title, o.title) AS title, a.name AS account,
                count(*) FILTER (WHERE sp.inside) AS decisions,
                count(*) FILTER (WHERE sp.inside AND sp.outcome = 'applied') AS applied,
                coalesce(sum(sp.hours) FILTER (WHERE sp.has_box), 0)::numeric AS box_hours,
                coalesce(sum(sp.hours) FILTER (WHERE sp.has_box IS NOT NULL), 0)::numeric AS known_hours,
                {_WEIGHED},
                min(sp.price_after) AS lowest, max(sp.price_after) AS highest, max(sp.currency) AS currency,
                coalesce(max(so.units), 0)::int AS units
            FROM spans sp JOIN offer o ON o.id = sp.offer_id JOIN channel_account a ON a.id = o.account_id
            LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
            LEFT JOIN sales so ON so.offer_id = sp.offer_id
            WHERE CAST(:rule AS uuid) IS NULL OR sp.rule_id = CAST(:rule AS uuid)
            GROUP BY sp.offer_id, p.sku, o.sku, p.title, o.title, a.name ORDER BY units DESC, sku LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        {"since": since, "until": until, "rule": rule_id, "limit": limit},
    )
    return [ProductFigures(**row) for row in found.mappings()]
