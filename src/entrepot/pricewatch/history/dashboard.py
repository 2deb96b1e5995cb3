"""What the prices dashboard shows of one user's prices."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.pricewatch.history.domain import Verdict, verdict

ROWS = 8
LATELY = timedelta(days=7)
GOOD = 60


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How much is watched."""

    products: int
    listings: int
    stores: int
    checked: int
    """Listings read within a day."""
    changed: int
    """Listings whose price changed within a day; the first that is seen is no change."""
    attention: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A product, and how good its price is."""

    id: UUID
    title: str
    currency: str
    price: Decimal | None
    low: Decimal | None
    high: Decimal | None
    percentile: int | None
    trend: str | None
    score: int | None

    @property
    def verdict(self) -> Verdict | None:
        return None if self.score is None else verdict(self.score)


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """A price that fell lately."""

    id: UUID
    title: str
    store: str
    price: Decimal
    before: Decimal
    currency: str
    at: datetime

    @property
    def percent(self) -> Decimal:
        return ((self.before - self.price) / self.before * 100).quantize(Decimal("0.1"))


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page."""

    totals: Totals
    favourites: list[Standing]
    falls: list[Fall]
    good: list[Standing]


_STANDING = """
    p.id, p.title, coalesce(s.currency, '') AS currency, s.price, s.low, s.high, s.percentile, s.trend, s.score
    FROM watched_product p
"""


async def dashboard(session: AsyncSession, user_id: UUID | None) -> Dashboard:
    """Return the dashboard of a user, or of a program: that one has no favourites."""
    return Dashboard(
        totals=await _totals(session),
        favourites=await favourites(session, user_id) if user_id is not None else [],
        falls=await falls(session),
        good=await good_to_buy(session),
    )


async def _totals(session: AsyncSession) -> Totals:
    found = await session.execute(
        text(
            """
            SELECT (SELECT count(*) FROM watched_product) AS products, (SELECT count(*) FROM price_store) AS stores,
                count(*) AS listings, count(*) FILTER (WHERE checked_at > :day) AS checked,
                count(*) FILTER (WHERE changed_at > :day AND before_price IS NOT NULL) AS changed,
                count(*) FILTER (WHERE attention <> '') AS attention
            FROM price_listing
            """
        ),
        {"day": now() - timedelta(days=1)},
    )
    return Totals(**found.mappings().one())


async def favourites(session: AsyncSession, user_id: UUID, limit: int = ROWS) -> list[Standing]:
    """Return what a user keeps at hand, the last chosen first."""
    found = await session.execute(
        text(
            f"""
            SELECT {_STANDING} JOIN watched_favourite f ON f.watched_product_id = p.id AND f.user_id = :user
            LEFT JOIN price_standing s ON s.watched_product_id = p.id
            ORDER BY f.created_at DESC, p.id LIMIT :limit
            """
        ),
        {"user": user_id, "limit": limit},
    )
    return [Standing(**row) for row in found.mappings()]


async def good_to_buy(session: AsyncSession, limit: int = ROWS) -> list[Standing]:
    """Return what costs little beside its own past, the best first."""
    found = await session.execute(
        text(
            f"""
            SELECT {_STANDING} JOIN price_standing s ON s.watched_product_id = p.id
            WHERE s.score >= :good AND s.price IS NOT NULL ORDER BY s.score DESC, p.id LIMIT :limit
            """
        ),
        {"good": GOOD, "limit": limit},
    )
    return [Standing(**row) for row in found.mappings()]


async def falls(session: AsyncSession, limit: int = ROWS) -> list[Fall]:
    """Return prices that fell in the last days and can be paid now, the latest first."""
    found = await session.execute(
        text(
            """
            SELECT p.id, p.title, s.name AS store, l.price, l.before_price AS before, l.currency, l.changed_at AS at
            FROM price_listing l JOIN watched_product p ON p.id = l.watched_product_id
            JOIN price_store s ON s.id = l.store_id
            WHERE l.changed_at > :since AND l.price < l.before_price * 0.99 AND l.discontinued_at IS NULL
                AND l.availability IN ('in_stock', 'pre_order', 'back_order', 'unknown')
            ORDER BY l.changed_at DESC, l.id LIMIT :limit
            """
        ),
        {"since": now() - LATELY, "limit": limit},
    )
    return [Fall(**row) for row in found.mappings()]
