"""Watched products, as pages, the API, jobs and other slices use them."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from entrepot.catalog.service import CatalogService
from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.watching.adding import Added, NewListing
from entrepot.pricewatch.watching.errors import (
    CatalogProductNotFoundError,
    ChangedMeanwhileError,
    GroupNameTakenError,
    GroupNotFoundError,
    ListingNotFoundError,
    WatchedProductNotFoundError,
)
from entrepot.pricewatch.watching.events import ProductChanged, ProductUnwatched
from entrepot.pricewatch.watching.refs import LatestPrice, ListingRef, WatchedRef
from entrepot.pricewatch.watching.settling import Settling

__all__ = ["Added", "LatestPrice", "ListingRef", "NewListing", "WatchService", "WatchedRef"]

MOST_TAGS = 20


class WatchService(Settling):
    """Every use case of watched products that does not talk to a store."""

    # Reading, also by other slices

    async def product(self, watched_product_id: UUID) -> WatchedRef:
        """Return a watched product.

        Raises:
            WatchedProductNotFoundError: there is none, or it is not the caller's.
        """
        found = (await self._watch.products([watched_product_id])).get(watched_product_id)
        if found is None:
            raise WatchedProductNotFoundError(product=watched_product_id)
        return found

    async def products(self, ids: Collection[UUID]) -> dict[UUID, WatchedRef]:
        """Return those of these watched products that there are."""
        return await self._watch.products(ids)

    async def listing(self, listing_id: UUID) -> ListingRef:
        """Return a listing.

        Raises:
            ListingNotFoundError: there is none, or it is not the caller's.
        """
        found = (await self._watch.listings([listing_id])).get(listing_id)
        if found is None:
            raise ListingNotFoundError(listing=listing_id)
        return found

    async def listings_of(self, watched_product_id: UUID) -> list[ListingRef]:
        """Return where a watched product is sold: what can be bought first, the cheapest first."""
        return await self._watch.listings_of([watched_product_id])

    async def latest(self, product_ids: Collection[UUID]) -> dict[UUID, list[LatestPrice]]:
        """Return product of the catalogue -> what it costs elsewhere, the cheapest first."""
        found: defaultdict[UUID, list[LatestPrice]] = defaultdict(list)
        for price in await self._watch.latest(product_ids):
            found[price.product_id].append(price)
        return dict(found)

    # Products

    async def change_product(
        self,
        watched_product_id: UUID,
        *,
        title: str,
        gtin: str = "",
        sku: str = "",
        group: str = "",
        tags: Collection[str] = (),
        note: str = "",
        version: int | None = None,
    ) -> None:
        """Change what a person says of a watched product.

        Args:
            watched_product_id: which.
            title: not empty.
            gtin: digits, or nothing.
            sku: of the catalogue's product that it is, or nothing.
            group: name of the group it belongs to, made if there is none; or nothing.
            tags: words to find it by.
            note: for people.
            version: refuse unless it is the present one.

        Raises:
            InvalidInputError: the title is empty.
            ChangedMeanwhileError: *version* is not the present one.
            CatalogProductNotFoundError: no product has the SKU.
        """
        before = await self._lock_product(watched_product_id, version)
        title = " ".join(title.split())
        problems: dict[str, str] = {}
        if not title:
            problems["title"] = gettext(N_("Enter a title."))
        if gtin and not gtin.isdigit():
            problems["gtin"] = gettext(N_("A GTIN has digits only."))
        if problems:
            raise InvalidInputError(problems)
        product_id = None
        if sku:
            found = await CatalogService(self._session).resolve(before.seller_id, [sku])
            if sku not in found:
                raise CatalogProductNotFoundError(product=sku)
            product_id = found[sku].id
        values: dict[str, Any] = {
            "title": title,
            "gtin": gtin,
            "product_id": product_id,
            "group_id": await self.group(before.seller_id, group.strip()) if group.strip() else None,
            "tags": sorted({tag.strip() for tag in tags if tag.strip()})[:MOST_TAGS],
            "note": note.strip(),
        }
        changes = _changes(before, values)
        if not changes:
            return
        if "title" in changes:
            values["named"] = True
        await self._watch.change_product(watched_product_id, values)
        await outbox.record(
            self._session,
            ProductChanged(seller_id=before.seller_id, subject_id=before.id, title=title, changes=changes),
        )

    async def remove_product(self, watched_product_id: UUID) -> None:
        """Stop watching a product: its listings, its history, its alerts and its evidence go with it."""
        before = await self._lock_product(watched_product_id)
        listings = await self._watch.listings_of([before.id])
        await self._watch.remove_product(before.id)
        await outbox.record(
            self._session,
            ProductUnwatched(
                seller_id=before.seller_id, subject_id=before.id, title=before.title, listings=len(listings)
            ),
        )

    async def _lock_product(self, watched_product_id: UUID, version: int | None = None) -> WatchedRef:
        found = await self._watch.lock_product(watched_product_id)
        if found is None:
            raise WatchedProductNotFoundError(product=watched_product_id)
        if version is not None and version != found.version:
            raise ChangedMeanwhileError(name=found.title)
        return found

    # Favourites and groups

    async def favour(self, user_id: UUID, watched_product_id: UUID, *, favourite: bool) -> None:
        """Keep a product at hand for one user, or not any more; nobody else sees it."""
        product = await self.product(watched_product_id)
        if favourite:
            await self._watch.favour(user_id, product)
        else:
            await self._watch.disfavour(user_id, product.id)

    async def rename_group(self, group_id: UUID, name: str) -> None:
        """Give a group another name.

        Raises:
            InvalidInputError: the name is empty.
            GroupNameTakenError: another group has it.
            GroupNotFoundError: there is no such group.
        """
        name = name.strip()
        if not name:
            raise InvalidInputError({"name": gettext(N_("Enter a name."))})
        try:
            async with self._session.begin_nested():
                renamed = await self._watch.rename_group(group_id, name)
        except IntegrityError as error:
            raise GroupNameTakenError(name=name) from error
        if not renamed:
            raise GroupNotFoundError(group=group_id)

    async def remove_group(self, group_id: UUID) -> None:
        """Remove a group; its products stay.

        Raises:
            GroupNotFoundError: there is no such group.
        """
        if not await self._watch.remove_group(group_id):
            raise GroupNotFoundError(group=group_id)


def _changes(before: WatchedRef, values: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [_plain(getattr(before, name)), _plain(after)]
        for name, after in values.items()
        if getattr(before, name) != after
    }


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value
