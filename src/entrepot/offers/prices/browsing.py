"""Lists of prices: what the page, the API, the export and changes of many go through."""

from collections.abc import Sequence
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
class Filters:
    """Which prices."""

    seller_id: UUID | None = None
    account_id: UUID | None = None
    state: PriceState | None = None
    source: Source | None = None
    limited: bool = False
    """Only those that a limit holds: a floor, a ceiling, the largest step."""
    query: str = ""
    """Part of SKU, title, GTIN or the channel's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLine:
    """One price in a list."""

    offer_id: UUID
    seller_id: UUID
    account_id: UUID
    channel_offer_id: str
    sku: str
    gtin: str
    title: str
    currency: str
    published: Decimal | None
    published_at: datetime | None
    wanted: Decimal | None
    wanted_at: datetime | None
    source: str
    locked: bool
    limited: bool
    state: PriceState
    problem: str
    version: int

    @property
    def price(self) -> Decimal | None:
        """What it should cost, else what it costs."""
        return self.published if self.wanted is None else self.wanted


_LINES = """
    SELECT o.id AS offer_id, o.seller_id, o.account_id, o.channel_offer_id, coalesce(pr.sku, o.sku) AS sku, o.gtin,
        coalesce(nullif(pr.title, ''), o.title) AS title, coalesce(p.currency, 'EUR') AS currency,
        p.published_price AS published, p.published_at, p.wanted_price AS wanted, p.wanted_at,
        coalesce(p.wanted_source, '') AS source, coalesce(p.locked, false) AS locked,
        coalesce(p.derivation ? 'limits', false) AS limited,
        coalesce(p.state, CASE WHEN o.gone_at IS NULL THEN 'unknown' ELSE 'gone' END) AS state,
        coalesce(p.problem, '') AS problem, coalesce(p.version, 1) AS version
    FROM offer o LEFT JOIN offer_price p ON p.offer_id = o.id LEFT JOIN product pr ON pr.id = o.product_id
"""


_STATES = {
    PriceState.UNKNOWN: "o.gone_at IS NULL AND (p.offer_id IS NULL OR p.state = 'unknown')",
    PriceState.GONE: "o.gone_at IS NOT NULL",
    PriceState.TO_PUSH: "p.state = 'to_push'",
    PriceState.FAILED: "p.state = 'failed'",
    PriceState.IN_STEP: "p.state = 'in_step'",
}
"""State -> condition, spelled out for the partial indexes."""


def _where(filters: Filters) -> tuple[list[str], dict[str, object]]:
    where = ["true"]
    values: dict[str, object] = {}
    if filters.seller_id is not None:
        where.append("o.seller_id = :seller")
        values["seller"] = filters.seller_id
    if filters.account_id is not None:
        where.append("o.account_id = :account")
        values["account"] = filters.account_id
    if filters.state is not None:
        where.append(_STATES[filters.state])
    if filters.source is not None:
        where.append("p.wanted_source = :source")
        values["source"] = str(filters.source)
    if filters.limited:
        where.append("p.derivation ? 'limits'")
    if filters.query.strip():
        where.append(r"(o.search_text LIKE :pattern OR lower(pr.sku) LIKE :pattern)")
        escaped = filters.query.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        values["pattern"] = f"%{escaped}%"
    return where, values


async def price_lines(
    session: AsyncSession,
    filters: Filters,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    offer_ids: Sequence[UUID] | None = None,
    limit: int = 50,
) -> list[PriceLine]:
    """Return prices, the newest offers first.

    Args:
        session: the transaction.
        filters: which.
        before: only those of older offers than this one: the last of the previous page.
        after: only those of newer offers, the oldest first.
        offer_ids: only these.
        limit: most rows.
    """
    where, values = _where(filters)
    if before is not None:
        where.append("o.id < :before")
        values["before"] = before
    if after is not None:
        where.append("o.id > :after")
        values["after"] = after
    if offer_ids is not None:
        where.append("o.id = ANY(:offers)")
        values["offers"] = list(offer_ids)
    order = "ASC" if after is not None else "DESC"
    found = await session.execute(
        text(f"{_LINES} WHERE {' AND '.join(where)} ORDER BY o.id {order} LIMIT :limit"),
        {**values, "limit": limit},
    )
    return [_line(dict(row)) for row in found.mappings()]


def _line(values: dict[str, Any]) -> PriceLine:
    for name in ("published", "wanted"):
        values[name] = money(values[name], values["currency"])
    values["state"] = PriceState(values["state"])
    return PriceLine(**values)


async def count_prices(session: AsyncSession, filters: Filters, *, most: int) -> int:
    """Return how many prices there are, or *most* if there are more."""
    where, values = _where(filters)
    found = await session.execute(
        text(
            "SELECT count(*) FROM (SELECT 1 FROM offer o LEFT JOIN offer_price p ON p.offer_id = o.id"  # noqa: S608
            f" LEFT JOIN product pr ON pr.id = o.product_id WHERE {' AND '.join(where)} LIMIT :most) AS found"
        ),
        {**values, "most": most},
    )
    return int(found.scalar_one())


async def trouble(session: AsyncSession) -> dict[PriceState, int]:
    """Return how many prices wait to be sent and how many were refused."""
    found = await session.execute(
        text(
            "SELECT 'to_push', count(*) FROM offer_price WHERE state = 'to_push'"
            " UNION ALL SELECT 'failed', count(*) FROM offer_price WHERE state = 'failed'"
        )
    )
    return {PriceState(state): number for state, number in found.all()}
