"""Every statement that changes watched products and listings, and the look-ups of their use cases."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text
from entrepot.pricewatch.watching.models import Favourite, PriceListing, WatchedProduct, WatchGroup
from entrepot.pricewatch.watching.refs import LatestPrice, ListingRef, WatchedRef

_WATCHED = ", ".join(WatchedRef.__struct_fields__)
LISTING = ", ".join(f"s.name AS {name}" if name == "store" else f"l.{name}" for name in ListingRef.__struct_fields__)
AVAILABLE = "l.availability IN ('in_stock', 'pre_order', 'back_order', 'unknown') AND l.discontinued_at IS NULL"
"""As :attr:`ListingRef.available` says; what cannot be bought has no price that counts."""
MAIN_CURRENCY = (
    "(SELECT m.currency FROM price_listing m WHERE m.watched_product_id = l.watched_product_id AND m.currency <> ''"
    " GROUP BY m.currency ORDER BY count(*) DESC, m.currency LIMIT 1)"
)
"""The one that most listings of the product ask, as in histories; amounts of two are never compared."""
CHEAPEST = f"l.currency <> {MAIN_CURRENCY}, l.currency, l.unit_price"


class WatchRepository:
    """Watched products and listings in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # Products

    async def add_products(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, WatchedProduct, rows)

    async def products(self, ids: Collection[UUID]) -> dict[UUID, WatchedRef]:
        found = await self._session.execute(
            text(f"SELECT {_WATCHED} FROM watched_product WHERE id = ANY(:ids)"),  # noqa: S608 -- our own columns
            {"ids": list(ids)},
        )
        return {row["id"]: WatchedRef(**row) for row in found.mappings()}

    async def products_of_catalog(self, seller_id: UUID, product_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Return product of the catalogue -> the oldest watched product that is it."""
        found = await self._session.execute(
            text(
                "SELECT DISTINCT ON (product_id) product_id, id FROM watched_product"
                " WHERE seller_id = :seller AND product_id = ANY(:ids) ORDER BY product_id, id"
            ),
            {"seller": seller_id, "ids": list(product_ids)},
        )
        return {row.product_id: row.id for row in found}

    async def lock_product(self, watched_product_id: UUID) -> WatchedRef | None:
        found = await self._session.execute(
            text(f"SELECT {_WATCHED} FROM watched_product WHERE id = :id FOR NO KEY UPDATE"),  # noqa: S608
            {"id": watched_product_id},
        )
        row = found.mappings().first()
        return WatchedRef(**row) if row else None

    async def change_product(self, watched_product_id: UUID, values: Mapping[str, Any]) -> None:
        await self._change(WatchedProduct, watched_product_id, values)

    async def remove_product(self, watched_product_id: UUID) -> None:
        """Remove a product; the database removes everything that hangs on it in the same transaction."""
        await self._session.execute(text("DELETE FROM watched_product WHERE id = :id"), {"id": watched_product_id})

    async def _change(self, model: type[WatchedProduct | PriceListing], id_: UUID, values: Mapping[str, Any]) -> None:
        table = model.__table__
        await self._session.execute(
            table.update().where(table.c.id == id_).values(**values, version=table.c.version + 1)  # type: ignore[attr-defined]  # a Table
        )

    # Groups and favourites

    async def group_named(self, seller_id: UUID, name: str) -> UUID | None:
        found = await self._session.execute(
            text("SELECT id FROM watch_group WHERE seller_id = :seller AND lower(name) = lower(:name)"),
            {"seller": seller_id, "name": name},
        )
        return found.scalar_one_or_none()

    async def add_group(self, row: Mapping[str, Any]) -> UUID:
        """Return the id of the group of that name, whoever made it."""
        await insert_rows(self._session, WatchGroup, [row], suffix="ON CONFLICT (seller_id, name) DO NOTHING")
        found = await self.group_named(row["seller_id"], row["name"])
        assert found is not None  # noqa: S101 -- it was just added
        return found

    async def rename_group(self, group_id: UUID, name: str) -> bool:
        found = await self._session.execute(
            text("UPDATE watch_group SET name = :name WHERE id = :id RETURNING id"), {"id": group_id, "name": name}
        )
        return found.first() is not None

    async def remove_group(self, group_id: UUID) -> bool:
        """Remove a group; its products stay, in no group."""
        await self._session.execute(
            text("UPDATE watched_product SET group_id = NULL WHERE group_id = :id"), {"id": group_id}
        )
        found = await self._session.execute(
            text("DELETE FROM watch_group WHERE id = :id RETURNING id"), {"id": group_id}
        )
        return found.first() is not None

    async def favour(self, user_id: UUID, product: WatchedRef) -> None:
        row = {"user_id": user_id, "watched_product_id": product.id, "seller_id": product.seller_id}
        await insert_rows(self._session, Favourite, [row], suffix="ON CONFLICT DO NOTHING")

    async def disfavour(self, user_id: UUID, watched_product_id: UUID) -> None:
        await self._session.execute(
            text("DELETE FROM watched_favourite WHERE user_id = :user AND watched_product_id = :id"),
            {"user": user_id, "id": watched_product_id},
        )

    # Listings

    async def add_listings(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """Add pages, leaving out those that the seller watches already; return the ids of the new ones."""
        added = await insert_rows(
            self._session, PriceListing, rows, suffix="ON CONFLICT (seller_id, url) DO NOTHING RETURNING id"
        )
        return [row.id for row in added]

    async def listings(self, ids: Collection[UUID]) -> dict[UUID, ListingRef]:
        found = await self._session.execute(
            text(
                f"SELECT {LISTING} FROM price_listing l JOIN price_store s ON s.id = l.store_id WHERE l.id = ANY(:ids)"  # noqa: S608
            ),
            {"ids": list(ids)},
        )
        return {row["id"]: ListingRef(**row) for row in found.mappings()}

    async def listings_of(self, watched_product_ids: Collection[UUID]) -> list[ListingRef]:
        """Return the listings of these products: what can be bought first, the cheapest of each currency first."""
        found = await self._session.execute(
            text(
                f"""
                SELECT {LISTING} FROM price_listing l JOIN price_store s ON s.id = l.store_id
                WHERE l.watched_product_id = ANY(:ids)
                ORDER BY l.price IS NULL OR NOT ({AVAILABLE}), {CHEAPEST} NULLS LAST, s.name, l.id
                """  # noqa: S608 -- our own columns
            ),
            {"ids": list(watched_product_ids)},
        )
        return [ListingRef(**row) for row in found.mappings()]

    async def watched_under(self, seller_id: UUID, urls: Collection[str]) -> dict[str, tuple[UUID, str]]:
        """Return page -> the watched product it belongs to, and its title."""
        found = await self._session.execute(
            text(
                "SELECT l.url, p.id, p.title FROM price_listing l JOIN watched_product p ON p.id = l.watched_product_id"
                " WHERE l.seller_id = :seller AND l.url = ANY(:urls)"
            ),
            {"seller": seller_id, "urls": list(urls)},
        )
        return {row.url: (row.id, row.title) for row in found}

    async def listing_at(self, seller_id: UUID, url: str) -> UUID | None:
        found = await self._session.execute(
            text("SELECT id FROM price_listing WHERE seller_id = :seller AND url = :url"),
            {"seller": seller_id, "url": url},
        )
        return found.scalar_one_or_none()

    async def lock_listing(self, listing_id: UUID) -> ListingRef | None:
        found = await self._session.execute(
            text(
                f"""
                SELECT {LISTING} FROM price_listing l JOIN price_store s ON s.id = l.store_id
                WHERE l.id = :id FOR NO KEY UPDATE OF l
                """  # noqa: S608 -- our own columns
            ),
            {"id": listing_id},
        )
        row = found.mappings().first()
        return ListingRef(**row) if row else None

    async def change_listing(self, listing_id: UUID, values: Mapping[str, Any]) -> None:
        await self._change(PriceListing, listing_id, values)

    async def remove_listing(self, listing_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM price_listing WHERE id = :id"), {"id": listing_id})

    async def check_soon(self, listing_ids: Collection[UUID], at: datetime) -> int:
        """Let pages be checked with the next batch, also those that were given up.

        One that is being checked keeps its lease, so that nobody fetches it twice; with its new version what that check
        finds does not count, and the page comes back at once.
        """
        found = await self._session.execute(
            text(
                """
                UPDATE price_listing SET next_check_at = :at, discontinued_at = NULL, gone_count = 0,
                    version = version + CASE WHEN leased_until > :at THEN 1 ELSE 0 END,
                    etag = CASE WHEN discontinued_at IS NULL THEN etag ELSE '' END,
                    last_modified = CASE WHEN discontinued_at IS NULL THEN last_modified ELSE '' END
                WHERE id = ANY(:ids) AND NOT paused RETURNING id
                """
            ),
            {"ids": list(listing_ids), "at": at},
        )
        return len(found.all())

    async def latest(self, product_ids: Collection[UUID]) -> list[LatestPrice]:
        """Return what these products of the catalogue cost elsewhere, the cheapest first."""
        found = await self._session.execute(
            text(
                f"""
                SELECT l.id AS listing_id, p.id AS watched_product_id, p.product_id, s.id AS store_id, s.name AS store,
                    l.url, l.price + coalesce(l.shipping, 0) AS price, l.unit_price, l.currency, l.availability,
                    coalesce(l.checked_at, l.observed_at) AS observed_at, {AVAILABLE} AS available
                FROM watched_product p JOIN price_listing l ON l.watched_product_id = p.id
                JOIN price_store s ON s.id = l.store_id
                WHERE p.product_id = ANY(:ids) AND l.price IS NOT NULL AND NOT l.paused
                ORDER BY l.unit_price, l.id
                """  # noqa: S608 -- our own texts
            ),
            {"ids": list(product_ids)},
        )
        return [LatestPrice(**row) for row in found.mappings()]
