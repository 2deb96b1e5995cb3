"""What pages and the API show of watched prices, straight from SQL."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.pricewatch.watching.refs import ListingRef, StoreRef
from entrepot.pricewatch.watching.repository import AVAILABLE, CHEAPEST, LISTING
from entrepot.pricewatch.watching.stores_repository import STORE, store_of

STATES = ("available", "unavailable", "attention", "dropped")
"""What a list can be narrowed to."""
_STATE = {
    "available": f"EXISTS (SELECT FROM price_listing l WHERE l.watched_product_id = p.id AND l.price IS NOT NULL AND {AVAILABLE})",
    "unavailable": f"NOT EXISTS (SELECT FROM price_listing l WHERE l.watched_product_id = p.id AND l.price IS NOT NULL AND {AVAILABLE})",
    "attention": "EXISTS (SELECT FROM price_listing l WHERE l.watched_product_id = p.id AND l.attention <> '')",
    "dropped": "EXISTS (SELECT FROM price_listing l WHERE l.watched_product_id = p.id AND l.price < l.before_price"
    f" AND l.changed_at > now() - interval '7 days' AND {AVAILABLE})",
}


class WatchedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A watched product in a list."""

    id: UUID
    title: str
    image_url: str
    picture: str | None
    """Of which version a picture is kept; None: none is."""
    gtin: str
    product_id: UUID | None
    group_id: UUID | None
    group_name: str | None
    tags: list[str]
    favourite: bool
    listings: int
    attention: int
    changed_at: datetime | None
    checked_at: datetime | None
    store: str | None
    """Where it is cheapest now, of those that have it, in the currency that most ask if any of them does; None: nowhere."""
    price: Decimal | None
    unit_price: Decimal | None
    currency: str | None
    availability: str | None
    before_price: Decimal | None


class StoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A store in a list."""

    store: StoreRef
    listings: int
    attention: int
    checked_at: datetime | None


class AttentionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A listing that a person should look at."""

    listing: ListingRef
    product: str
    attention_at: datetime
    failures: int
    doubt: dict[str, Any] | None


class WaitingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A store of which more pages are due than its pace lets be asked."""

    store_id: UUID
    store: str
    pages: int
    """That were not read for much longer than they should have been, although nothing is wrong with them."""
    since: datetime
    """When the one that waits longest was last read, or added."""
    watched: int
    interval_ms: int
    concurrency: int
    check_minutes: int
    """Of the store; single pages may want something else."""

    @property
    def minutes_needed(self) -> int:
        """How long the store's pace takes for all its pages."""
        return -(-self.watched * self.interval_ms // 60_000)


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group in a list."""

    id: UUID
    name: str
    products: int


async def watched(  # noqa: PLR0913 -- the filters of a list
    session: AsyncSession,
    *,
    user_id: UUID | None = None,
    ids: list[UUID] | None = None,
    query: str = "",
    tag: str = "",
    group_id: UUID | None = None,
    favourites: bool = False,
    state: str = "",
    product_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[WatchedRow]:
    """Return watched products, the newest first, with where each is cheapest now.

    Args:
        session: the running transaction.
        user_id: whose favourites are marked.
        ids: only these.
        query: words of title, GTIN or note.
        tag: only with it.
        group_id: only of it.
        favourites: only those of the user.
        state: one of :data:`STATES`.
        product_id: only of this product of the catalogue.
        before: the last of the page before.
        limit: the most.
    """
    where = ["true"]
    values: dict[str, Any] = {"user": user_id, "limit": limit}
    for word_number, word in enumerate(query.lower().split()[:8]):
        where.append(f"p.search_text LIKE :word{word_number}")
        values[f"word{word_number}"] = "%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
    for name, value, condition in (
        ("ids", ids, "p.id = ANY(:ids)"),
        ("tag", [tag] if tag else None, "p.tags @> CAST(:tag AS jsonb)"),
        ("group", group_id, "p.group_id = :group"),
        ("product", product_id, "p.product_id = :product"),
        ("before", before, "p.id < :before"),
    ):
        if value is not None:
            where.append(condition)
            values[name] = msgspec.json.encode(value).decode() if name == "tag" else value
    if favourites:
        where.append("f.user_id IS NOT NULL")
    if state in _STATE:
        where.append(_STATE[state])
    found = await session.execute(
        text(
            f"""
            SELECT p.id, p.title, p.image_url, left(i.sha256, 12) AS picture, p.gtin, p.product_id, p.group_id, g.name AS group_name, p.tags,
                f.user_id IS NOT NULL AS favourite, a.listings, a.attention, a.changed_at, a.checked_at,
                c.store, c.price, c.unit_price, c.currency, c.availability, c.before_price
            FROM watched_product p
            LEFT JOIN watch_group g ON g.id = p.group_id
            LEFT JOIN watched_picture i ON i.watched_product_id = p.id AND i.storage_key <> ''
            LEFT JOIN watched_favourite f ON f.watched_product_id = p.id AND f.user_id = CAST(:user AS uuid)
            CROSS JOIN LATERAL (
                SELECT count(*) AS listings, count(*) FILTER (WHERE l.attention <> '') AS attention,
                    max(l.changed_at) AS changed_at, max(l.checked_at) AS checked_at
                FROM price_listing l WHERE l.watched_product_id = p.id
            ) a
            LEFT JOIN LATERAL (
                SELECT s.name AS store, l.price, l.unit_price, l.currency, l.availability, l.before_price
                FROM price_listing l JOIN price_store s ON s.id = l.store_id
                WHERE l.watched_product_id = p.id AND l.price IS NOT NULL AND NOT l.paused AND {AVAILABLE}
                ORDER BY {CHEAPEST}, l.id LIMIT 1
            ) c ON true
            WHERE {" AND ".join(where)}
            ORDER BY p.id DESC LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        values,
    )
    return [WatchedRow(**row) for row in found.mappings()]


async def group_rows(session: AsyncSession) -> list[GroupRow]:
    """Return every group by name."""
    found = await session.execute(
        text(
            "SELECT g.id, g.name, (SELECT count(*) FROM watched_product p WHERE p.group_id = g.id) AS products"
            " FROM watch_group g ORDER BY lower(g.name), g.id LIMIT 500"
        )
    )
    return [GroupRow(**row) for row in found.mappings()]


async def tag_names(session: AsyncSession) -> list[str]:
    """Return every tag in use."""
    found = await session.execute(
        text(
            "SELECT DISTINCT t.tag FROM watched_product p, jsonb_array_elements_text(p.tags) AS t(tag)"
            " WHERE p.tags <> '[]' ORDER BY 1 LIMIT 200"
        )
    )
    return list(found.scalars())


async def attention_count(session: AsyncSession) -> int:
    """Return how many listings a person should look at."""
    found = await session.execute(text("SELECT count(*) FROM price_listing WHERE attention <> ''"))
    return int(found.scalar_one())


async def attention_rows(session: AsyncSession, *, after: UUID | None = None, limit: int = 50) -> list[AttentionRow]:
    """Return listings that a person should look at, the oldest first."""
    found = await session.execute(
        text(
            f"""
            SELECT {LISTING}, p.title AS product_title, l.attention_at, l.failures, l.doubt
            FROM price_listing l JOIN price_store s ON s.id = l.store_id
            JOIN watched_product p ON p.id = l.watched_product_id
            WHERE l.attention <> '' AND (CAST(:after AS uuid) IS NULL OR l.id > :after)
            ORDER BY l.id LIMIT :limit
            """  # noqa: S608 -- our own columns
        ),
        {"after": after, "limit": limit},
    )
    return [
        AttentionRow(
            listing=ListingRef(**{name: row[name] for name in ListingRef.__struct_fields__}),
            product=row["product_title"],
            attention_at=row["attention_at"],
            failures=row["failures"],
            doubt=row["doubt"],
        )
        for row in found.mappings()
    ]


async def waiting_rows(session: AsyncSession, *, store_id: UUID | None = None, limit: int = 50) -> list[WaitingRow]:
    """Return stores whose pages wait long for their turn, those with most of them first.

    A page waits long when it was not read for three times as long as it should have been, and for an hour more; pages that
    fail, need attention, or are checked at certain hours only are left out.
    """
    found = await session.execute(
        text(
            """
            SELECT s.id AS store_id, s.name AS store, w.pages, w.since, w.watched, s.interval_ms, s.concurrency,
                s.check_minutes
            FROM price_store s CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE late) AS pages, min(known) FILTER (WHERE late) AS since, count(*) AS watched
                FROM (
                    SELECT coalesce(l.checked_at, l.created_at) AS known,
                        coalesce(l.checked_at, l.created_at) < now() - interval '1 hour'
                            - make_interval(mins => 3 * coalesce(l.check_minutes, s.check_minutes))
                        AND l.failures = 0 AND l.attention = '' AND l."window" IS NULL AS late
                    FROM price_listing l
                    WHERE l.store_id = s.id AND NOT l.paused AND l.discontinued_at IS NULL
                ) one
            ) w
            WHERE w.pages > 0 AND (CAST(:store AS uuid) IS NULL OR s.id = CAST(:store AS uuid))
            ORDER BY w.pages DESC, s.id LIMIT :limit
            """
        ),
        {"store": store_id, "limit": limit},
    )
    return [WaitingRow(**row) for row in found.mappings()]


async def store_rows(
    session: AsyncSession, *, query: str = "", before: UUID | None = None, limit: int = 50
) -> list[StoreRow]:
    """Return stores, the newest first, with how many pages each has and how many of them need attention."""
    found = await session.execute(
        text(
            f"""
            SELECT {STORE}, a.listings, a.attention, a.checked_at
            FROM price_store s CROSS JOIN LATERAL (
                SELECT count(*) AS listings, count(*) FILTER (WHERE l.attention <> '') AS attention,
                    max(l.checked_at) AS checked_at FROM price_listing l WHERE l.store_id = s.id
            ) a
            WHERE (CAST(:query AS text) = '' OR lower(s.name) LIKE '%' || lower(CAST(:query AS text)) || '%')
                AND (CAST(:before AS uuid) IS NULL OR s.id < :before)
            ORDER BY s.id DESC LIMIT :limit
            """  # noqa: S608 -- our own columns
        ),
        {"query": query.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_"), "before": before, "limit": limit},
    )
    return [
        StoreRow(
            store=store_of(row), listings=row["listings"], attention=row["attention"], checked_at=row["checked_at"]
        )
        for row in found.mappings()
    ]


async def listings_in(session: AsyncSession, store_id: UUID, *, limit: int = 50) -> list[ListingRef]:
    """Return pages of a store, those that need attention first."""
    found = await session.execute(
        text(
            f"""
            SELECT {LISTING} FROM price_listing l JOIN price_store s ON s.id = l.store_id
            WHERE l.store_id = :store ORDER BY l.attention = '', l.id DESC LIMIT :limit
            """  # noqa: S608 -- our own columns
        ),
        {"store": store_id, "limit": limit},
    )
    return [ListingRef(**row) for row in found.mappings()]


async def listing_rows(
    session: AsyncSession,
    *,
    watched_product_id: UUID | None = None,
    store_id: UUID | None = None,
    attention: bool = False,
    before: UUID | None = None,
    limit: int = 50,
) -> list[ListingRef]:
    """Return listings, the newest first."""
    found = await session.execute(
        text(
            f"""
            SELECT {LISTING} FROM price_listing l JOIN price_store s ON s.id = l.store_id
            WHERE (CAST(:product AS uuid) IS NULL OR l.watched_product_id = :product)
                AND (CAST(:store AS uuid) IS NULL OR l.store_id = :store)
                AND (NOT CAST(:attention AS boolean) OR l.attention <> '')
                AND (CAST(:before AS uuid) IS NULL OR l.id < :before)
            ORDER BY l.id DESC LIMIT :limit
            """  # noqa: S608 -- our own columns
        ),
        {
            "product": watched_product_id,
            "store": store_id,
            "attention": attention,
            "before": before,
            "limit": limit,
        },
    )
    return [ListingRef(**row) for row in found.mappings()]


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What a person fixed of one listing, and what waits for them."""

    pins: list[dict[str, Any]]
    doubt: dict[str, Any] | None
    failures: int
    check_minutes: int | None
    window: dict[str, Any] | None


async def settled(session: AsyncSession, listing_id: UUID) -> Settled:
    """Return what is fixed of a listing that is there."""
    found = await session.execute(
        text('SELECT pins, doubt, failures, check_minutes, "window" FROM price_listing WHERE id = :id'),
        {"id": listing_id},
    )
    return Settled(**found.mappings().one())


class ObservationRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a listing cost at one moment."""

    id: UUID
    observed_at: datetime
    price: Decimal | None
    currency: str
    availability: str
    shipping: Decimal | None
    unit_price: Decimal | None
    reason: str


async def observations(
    session: AsyncSession, listing_id: UUID, *, before: datetime | None = None, limit: int = 50
) -> list[ObservationRow]:
    """Return what a listing cost, the newest first; *before* is the moment of the last of the page before."""
    found = await session.execute(
        text(
            """
            SELECT id, observed_at, price, currency, availability, shipping, unit_price, reason
            FROM price_observation
            WHERE listing_id = :listing AND observed_at < coalesce(CAST(:before AS timestamptz), 'infinity')
            ORDER BY observed_at DESC, id DESC LIMIT :limit
            """
        ),
        {"listing": listing_id, "before": before, "limit": limit},
    )
    return [ObservationRow(**row) for row in found.mappings()]
