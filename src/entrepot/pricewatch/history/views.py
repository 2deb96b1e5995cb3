"""What watched prices did, read from the observations: cut into whiles by the database, so that a chart is quick."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.clock import now
from entrepot.kit.sql import text
from entrepot.pricewatch.history.domain import DAYS, Figures, Line, Point, Span, Step, best, figures, sold_out, width
from entrepot.pricewatch.watching.refs import BUYABLE, ListingRef
from entrepot.pricewatch.watching.service import WatchService

DROPS = 10
LEAST_DROP = Decimal("0.99")
"""A fall of less than a percent is no event."""
PIECE = 2000
BUYABLE_LIST = sorted(BUYABLE)
_LINES = """
    SELECT l.id AS listing_id, o.at, o.price, o.availability, o.low, o.high
    FROM unnest(CAST(:ids AS uuid[]), CAST(:currencies AS text[])) AS l(id, currency)
    CROSS JOIN LATERAL (
        (SELECT CAST(:since AS timestamptz) AS at, b.unit_price AS price, b.availability, b.unit_price AS low,
            b.unit_price AS high
         FROM price_observation b WHERE b.listing_id = l.id AND b.observed_at < :since AND b.currency IN (l.currency, '')
         ORDER BY b.observed_at DESC LIMIT 1)
        UNION ALL
        (SELECT max(o.observed_at), (array_agg(o.unit_price ORDER BY o.observed_at DESC))[1],
            (array_agg(o.availability ORDER BY o.observed_at DESC))[1],
            min(o.unit_price) FILTER (WHERE o.availability = ANY(:buyable)),
            max(o.unit_price) FILTER (WHERE o.availability = ANY(:buyable))
         FROM price_observation o
         WHERE o.listing_id = l.id AND o.observed_at >= :since AND o.currency IN (l.currency, '')
         GROUP BY date_bin(CAST(:width AS interval), o.observed_at, CAST(:since AS timestamptz)))
    ) o ORDER BY l.id, o.at
"""


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """A fall of one listing's price."""

    listing_id: UUID
    store: str
    at: datetime
    price: Decimal
    before: Decimal
    currency: str

    @property
    def percent(self) -> Decimal:
        return ((self.before - self.price) / self.before * 100).quantize(Decimal("0.1"))


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A listing beside the others."""

    listing: ListingRef
    figures: Figures | None


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What a product's price did in a span, in the currency that most of its listings ask."""

    span: Span
    since: datetime
    until: datetime
    currency: str
    lines: list[Line]
    steps: list[Step]
    """The best price."""
    figures: Figures | None
    stores: list[Compared]
    drops: list[Drop]
    gaps: list[tuple[datetime, datetime]]
    """When nobody sold it."""
    left_out: int
    """Listings that ask another currency."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """An observation as it is exported."""

    listing_id: UUID
    observed_at: datetime
    store: str
    url: str
    price: Decimal | None
    shipping: Decimal | None
    unit_price: Decimal | None
    currency: str
    availability: str
    reason: str


async def lines_of(
    session: AsyncSession, listings: Collection[tuple[UUID, str]], since: datetime, step: timedelta
) -> list[Line]:
    """Return the points of listings, each in its currency, from *since* on, at most one per *step*."""
    found = await session.execute(
        text(_LINES),
        {
            "ids": [listing_id for listing_id, _ in listings],
            "currencies": [currency for _, currency in listings],
            "since": since,
            "width": step,
            "buyable": BUYABLE_LIST,
        },
    )
    points: defaultdict[UUID, list[Point]] = defaultdict(list)
    for row in found:
        price = row.price if row.availability in BUYABLE else None
        points[row.listing_id].append(Point(at=row.at, price=price, low=row.low, high=row.high))
    return [Line(listing_id=listing_id, points=tuple(points[listing_id])) for listing_id, _ in listings]


async def history(session: AsyncSession, watched_product_id: UUID, span: Span = Span.QUARTER) -> History:
    """Return what a watched product's price did.

    Raises:
        WatchedProductNotFoundError: there is none, or it is not the caller's.
    """
    watch = WatchService(session)
    await watch.product(watched_product_id)
    listings = await watch.listings_of(watched_product_id)
    until = now()
    currency = main_currency(listings)
    own = [listing for listing in listings if listing.currency == currency]
    since = await _begin(session, [listing.id for listing in own], span, until)
    lines = await lines_of(session, [(listing.id, currency) for listing in own], since, width(since, until))
    by_id = {line.listing_id: line for line in lines}
    steps = best(lines, since)
    return History(
        span=span,
        since=since,
        until=until,
        currency=currency,
        lines=lines,
        steps=steps,
        figures=figures(lines, since, until),
        stores=[
            Compared(
                listing=listing, figures=figures([by_id[listing.id]], since, until) if listing.id in by_id else None
            )
            for listing in listings
        ],
        drops=await drops(session, own, since),
        gaps=sold_out(steps, until),
        left_out=len(listings) - len(own),
    )


def main_currency(listings: Sequence[ListingRef]) -> str:
    """Return the currency that most listings ask; of equally many the one that comes first in the alphabet."""
    counts: defaultdict[str, int] = defaultdict(int)
    for listing in listings:
        if listing.currency:
            counts[listing.currency] += 1
    return min(counts, key=lambda one: (-counts[one], one), default="")


async def _begin(session: AsyncSession, listing_ids: Collection[UUID], span: Span, until: datetime) -> datetime:
    if span in DAYS:
        return until - timedelta(days=DAYS[span])
    found = await session.execute(
        text(
            """
            SELECT min(o.observed_at) FROM unnest(CAST(:ids AS uuid[])) AS l(id) CROSS JOIN LATERAL (
                SELECT observed_at FROM price_observation WHERE listing_id = l.id ORDER BY observed_at LIMIT 1) o
            """
        ),
        {"ids": list(listing_ids)},
    )
    first: datetime | None = found.scalar_one_or_none()
    return first or until - timedelta(days=DAYS[Span.QUARTER])


async def drops(session: AsyncSession, listings: Sequence[ListingRef], since: datetime) -> list[Drop]:
    """Return the latest falls of prices, the latest first."""
    found = await session.execute(
        text(
            """
            SELECT listing_id, observed_at, unit_price, before, currency FROM (
                SELECT o.listing_id, o.observed_at, o.unit_price, o.currency,
                    lag(o.unit_price) OVER w AS before, lag(o.currency) OVER w AS before_currency
                FROM price_observation o
                WHERE o.listing_id = ANY(:ids) AND o.observed_at >= :since AND o.unit_price IS NOT NULL
                    AND o.availability = ANY(:buyable)
                WINDOW w AS (PARTITION BY o.listing_id ORDER BY o.observed_at)
            ) o
            WHERE unit_price < before * :least AND currency = before_currency
            ORDER BY observed_at DESC, listing_id LIMIT :limit
            """
        ),
        {
            "ids": [listing.id for listing in listings],
            "since": since,
            "buyable": BUYABLE_LIST,
            "least": LEAST_DROP,
            "limit": DROPS,
        },
    )
    stores = {listing.id: listing.store for listing in listings}
    return [
        Drop(
            listing_id=row.listing_id,
            store=stores[row.listing_id],
            at=row.observed_at,
            price=row.unit_price,
            before=row.before,
            currency=row.currency,
        )
        for row in found
    ]


async def observations(
    session: AsyncSession, watched_product_id: UUID, span: Span = Span.ALL
) -> AsyncGenerator[list[Observed]]:
    """Yield every observation of a product, the oldest first, in pieces.

    Raises:
        WatchedProductNotFoundError: there is none, or it is not the caller's.
    """
    watch = WatchService(session)
    await watch.product(watched_product_id)
    listings = {listing.id: listing for listing in await watch.listings_of(watched_product_id)}
    at = await _begin(session, listings, span, now())
    after = UUID(int=0)
    while True:
        found = await session.execute(
            text(
                """
                SELECT listing_id, observed_at, price, shipping, unit_price, currency, availability, reason
                FROM price_observation
                WHERE listing_id = ANY(:ids) AND observed_at >= :at AND (observed_at, listing_id) > (:at, :after)
                ORDER BY observed_at, listing_id LIMIT :limit
                """
            ),
            {"ids": list(listings), "at": at, "after": after, "limit": PIECE},
        )
        rows = [
            Observed(store=listings[row["listing_id"]].store, url=listings[row["listing_id"]].url, **row)
            for row in found.mappings()
        ]
        if rows:
            yield rows
        if len(rows) < PIECE:
            return
        at, after = rows[-1].observed_at, rows[-1].listing_id
