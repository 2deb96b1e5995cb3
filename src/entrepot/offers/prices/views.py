"""What pricing, the pages and the API read of prices."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.offers.prices.domain import PriceState, Source
from entrepot.offers.prices.rows import money


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedOffer:
    """An offer as pricing sees it."""

    offer_id: UUID
    seller_id: UUID
    account_id: UUID
    channel_offer_id: str
    gtin: str
    sku: str
    """Of the product, else as the channel knows it."""
    title: str
    product_id: UUID | None
    fulfilment: str
    on_hold: bool
    quantity: int
    """What the channel said it had when it was last read."""
    price: Decimal | None
    """What the channel has, as we last told it or read it; None: not known."""
    currency: str
    wanted: Decimal | None
    source: str
    """Who decides: a :class:`~entrepot.offers.prices.domain.Source`, or empty."""
    locked: bool
    state: PriceState
    published_at: datetime | None
    """When we last told the channel."""


PRICED = """
    SELECT o.id AS offer_id, o.seller_id, o.account_id, o.channel_offer_id, o.gtin, coalesce(pr.sku, o.sku) AS sku,
        coalesce(nullif(o.title, ''), pr.title, '') AS title, o.product_id, o.fulfilment, o.on_hold,
        o.channel_quantity AS quantity, p.published_price AS price, coalesce(p.currency, 'EUR') AS currency,
        p.wanted_price AS wanted, coalesce(p.wanted_source, '') AS source, coalesce(p.locked, false) AS locked,
        coalesce(p.state, CASE WHEN o.gone_at IS NULL THEN 'unknown' ELSE 'gone' END) AS state, p.published_at
    FROM offer o LEFT JOIN offer_price p ON p.offer_id = o.id LEFT JOIN product pr ON pr.id = o.product_id
"""


def priced(row: dict[str, Any]) -> PricedOffer:
    """Return a row of :data:`PRICED`."""
    values = dict(row)
    for name in ("price", "wanted"):
        values[name] = money(row[name], row["currency"])
    values["state"] = PriceState(row["state"])
    return PricedOffer(**values)


async def priced_offers(
    session: AsyncSession,
    *,
    seller_id: UUID | None = None,
    account_ids: Collection[UUID] | None = None,
    offer_ids: Collection[UUID] | None = None,
    product_ids: Collection[UUID] | None = None,
    gtins: Collection[str] | None = None,
    after: UUID | None = None,
    limit: int = 5_000,
) -> list[PricedOffer]:
    """Return offers that are there, in the order of their ids, with what they cost.

    Args:
        session: the transaction.
        seller_id: only his.
        account_ids: only on these accounts.
        offer_ids: only these.
        product_ids: only of these products.
        gtins: only of these, as the channel knows them.
        after: only those after this one: the last of the previous page.
        limit: most rows.
    """
    where = ["o.gone_at IS NULL"]
    values: dict[str, object] = {"limit": limit}
    for column, name, given in (
        ("o.account_id", "accounts", account_ids),
        ("o.id", "offers", offer_ids),
        ("o.product_id", "products", product_ids),
        ("o.gtin", "gtins", gtins),
    ):
        if given is not None:
            where.append(f"{column} = ANY(:{name})")
            values[name] = list(given)
    if seller_id is not None:
        where.append("o.seller_id = :seller")
        values["seller"] = seller_id
    if after is not None:
        where.append("o.id > :after")
        values["after"] = after
    found = await session.execute(
        text(f"{PRICED} WHERE {' AND '.join(where)} ORDER BY o.id LIMIT :limit"),
        values,
    )
    return [priced(dict(row)) for row in found.mappings()]


@dataclass(frozen=True, slots=True)
class PublishedPrice:
    """A price that a channel accepted."""

    offer_id: UUID
    account_id: UUID
    price: Decimal
    before: Decimal | None
    currency: str
    source: Source
    source_id: UUID | None
    pushed_at: datetime


async def published_since(
    session: AsyncSession, since: datetime, *, offer_ids: Collection[UUID] | None = None, limit: int = 50_000
) -> list[PublishedPrice]:
    """Return prices that channels accepted since a moment, the oldest first: what a backtest compares with."""
    found = await session.execute(
        text(
            "SELECT offer_id, account_id, price, before, currency, source, source_id, pushed_at FROM offer_price_push"
            " WHERE pushed_at >= :since AND outcome = 'applied'"
            " AND (CAST(:offers AS uuid[]) IS NULL OR offer_id = ANY(:offers)) ORDER BY id LIMIT :limit"
        ),
        {"since": since, "offers": None if offer_ids is None else list(offer_ids), "limit": limit},
    )
    return [
        PublishedPrice(
            row.offer_id,
            row.account_id,
            money(row.price, row.currency) or row.price,
            money(row.before, row.currency),
            row.currency,
            Source(row.source),
            row.source_id,
            row.pushed_at,
        )
        for row in found
    ]
