"""Adding what is watched: pages that were looked at, and many addresses at once."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage
from entrepot.kit.text import N_
from entrepot.pricewatch.watching.addresses import domain_of, normalise
from entrepot.pricewatch.watching.checking_repository import CheckingRepository
from entrepot.pricewatch.watching.domain import LARGEST_PACK
from entrepot.pricewatch.watching.errors import (
    CatalogProductNotFoundError,
    WatchedAlreadyError,
    WatchedProductNotFoundError,
)
from entrepot.pricewatch.watching.events import ListingAdded, ProductWatched, StoreAdded
from entrepot.pricewatch.watching.looking import Look
from entrepot.pricewatch.watching.refs import WatchedRef
from entrepot.pricewatch.watching.repository import WatchRepository
from entrepot.pricewatch.watching.stores_repository import StoreRepository
from entrepot.pricewatch.watching.storing import store_looks
from entrepot.pricewatch.watching.tasks import CheckDue

LONGEST_TITLE = 300


class NewListing(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is to be watched."""

    url: str
    """Normalised or not."""
    title: str = ""
    """Of the product; empty: as the page says, once it is read."""
    watched_product_id: UUID | None = None
    """The watched product it belongs to; None: that of the same SKU, or a new one."""
    sku: str = ""
    """Of a product of the catalogue that it is."""
    gtin: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()
    pack: int = 1
    check_minutes: int | None = None
    locale: str = ""
    """Of the store, if it is new."""
    currency: str = ""


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one page."""

    url: str
    watched_product_id: UUID
    title: str
    listing_id: UUID | None
    """None: it was watched already, under *title*."""
    store_id: UUID | None = None


class Adding:
    """The part of :class:`entrepot.pricewatch.watching.service.WatchService` that adds."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._watch = WatchRepository(session)
        self._stores = StoreRepository(session)

    async def add_url(self, seller_id: UUID, new: NewListing) -> Added:
        """Watch a page; it is checked for the first time within a minute.

        Raises:
            AddressUnusableError: it is not the address of a page.
            WatchedAlreadyError: the seller watches it.
            WatchedProductNotFoundError: no such product to add it to.
            CatalogProductNotFoundError: no product has the SKU.
        """
        [added] = await self.add_many(seller_id, [new])
        if added.listing_id is None:
            raise WatchedAlreadyError(product=added.title)
        return added

    async def add_many(self, seller_id: UUID, given: Sequence[NewListing]) -> list[Added]:
        """Watch many pages; those that are watched already are answered with what they are watched under.

        Lines with the same title, SKU or GTIN that name no watched product become listings of one new product.

        Raises:
            AddressUnusableError: one is not the address of a page.
            WatchedProductNotFoundError: no such product to add one to.
            CatalogProductNotFoundError: no product has a SKU.
            InvalidInputError: a pack holds nothing, or more than anything does.
        """
        if not all(1 <= line.pack <= LARGEST_PACK for line in given):
            raise InvalidInputError({"pack": gettext(N_("Enter a whole number of units from 1 to 100,000."))})
        lines = [msgspec.structs.replace(line, url=normalise(line.url)) for line in given]
        under = await self._watch.watched_under(seller_id, [line.url for line in lines])
        fresh = {line.url: line for line in reversed(lines) if line.url not in under}  # the first of two counts
        wanted = {domain_of(url): (line.locale, line.currency) for url, line in fresh.items()}
        stores = await self.stores_for(seller_id, wanted)
        products = await self._products_for(seller_id, list(fresh.values()))
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "seller_id": seller_id,
                "watched_product_id": products[url].id,
                "store_id": stores[domain_of(url)],
                "url": url,
                "pack": line.pack,
                "check_minutes": line.check_minutes,
                "next_check_at": now(),
            }
            for url, line in fresh.items()
        ]
        new = set(await self._watch.add_listings(rows))
        names = await self._stores.stores({row["store_id"] for row in rows})
        made = {row["url"]: row for row in rows if row["id"] in new}
        await outbox.record(
            self._session,
            *(
                ListingAdded(
                    seller_id=seller_id,
                    subject_id=row["watched_product_id"],
                    listing_id=row["id"],
                    store=names[row["store_id"]].name,
                    url=url,
                )
                for url, row in made.items()
            ),
        )
        if made:
            await jobs.enqueue(self._session, CheckDue(), key="due", again=True)
        under |= await self._watch.watched_under(seller_id, [url for url in fresh if url not in made])
        return [_added(line.url, made, products, under) for line in lines]

    async def watched_under(self, seller_id: UUID, urls: Collection[str]) -> dict[str, tuple[UUID, str]]:
        """Return page -> the watched product it belongs to, and its title; for those that are watched."""
        return await self._watch.watched_under(seller_id, urls)

    async def stores_of(self, seller_id: UUID, domains: Collection[str]) -> dict[str, str]:
        """Return host -> name of the seller's store it belongs to, for those that there are."""
        return {domain: store.name for domain, store in (await self._stores.by_domain(seller_id, domains)).items()}

    async def stores_for(self, seller_id: UUID, wanted: Mapping[str, tuple[str, str]]) -> dict[str, UUID]:
        """Return host -> store, making those that are missing.

        Args:
            seller_id: whose.
            wanted: host -> locale and currency of the store, if it is new.
        """
        known = await self._stores.by_domain(seller_id, list(wanted))
        found = {domain: store.id for domain, store in known.items()}
        for domain in sorted(set(wanted) - set(found)):
            store_id = new_id()
            locale, currency = wanted[domain]
            row = {"id": store_id, "seller_id": seller_id, "name": domain, "made_by": "address"}
            recipe = {"locale": locale, "currency": currency}
            await self._stores.add([row | recipe | {"recipe": recipe}])
            if await self._stores.set_domains(
                seller_id, store_id, [domain]
            ):  # somebody else made it at the same moment
                await self._stores.remove(store_id)
                found[domain] = (await self._stores.by_domain(seller_id, [domain]))[domain].id
                continue
            event = StoreAdded(seller_id=seller_id, subject_id=store_id, name=domain, made_by="address")
            await outbox.record(self._session, event)
            found[domain] = store_id
        return found

    async def add_seen(self, seller_id: UUID, new: NewListing, seen: Look, storage: Storage) -> Added:
        """Watch a page that was looked at a moment ago: its answer is the first observation.

        Raises:
            WatchedAlreadyError: the seller watches it.
            WatchedProductNotFoundError: no such product to add it to.
            CatalogProductNotFoundError: no product has the SKU.
        """
        added = await self.add_url(seller_id, new)
        if added.listing_id is not None and not seen.unchanged:
            [due] = await CheckingRepository(self._session).due([added.listing_id])
            await store_looks(self._session, storage, [(due, seen)])
        return added

    async def _products_for(self, seller_id: UUID, lines: Sequence[NewListing]) -> dict[str, WatchedRef]:
        """Return address -> the watched product it belongs to, making those that are missing."""
        named = await self._watch.products({line.watched_product_id for line in lines if line.watched_product_id})
        skus = sorted({line.sku for line in lines if line.sku})
        catalog = await CatalogService(self._session).resolve(seller_id, skus) if skus else {}
        for sku in skus:
            if sku not in catalog:
                raise CatalogProductNotFoundError(product=sku)
        of_catalog = await self._watch.products_of_catalog(seller_id, [product.id for product in catalog.values()])
        known = await self._watch.products(set(of_catalog.values()))
        groups: dict[str, UUID] = {}
        for name in sorted({line.group.strip() for line in lines if line.group.strip()}):
            groups[name] = await self.group(seller_id, name)
        found: dict[str, WatchedRef] = {}
        made: dict[str, WatchedRef] = {}
        rows: list[dict[str, Any]] = []
        for line in lines:
            if line.watched_product_id is not None:
                if line.watched_product_id not in named:
                    raise WatchedProductNotFoundError(product=line.watched_product_id)
                found[line.url] = named[line.watched_product_id]
                continue
            product = catalog.get(line.sku)
            if product is not None and product.id in of_catalog:
                found[line.url] = known[of_catalog[product.id]]
                continue
            named_so = " ".join(line.title.split())
            key = line.sku or line.gtin or named_so.lower()
            if key and key in made:
                found[line.url] = made[key]
                continue
            title = named_so or (product.title if product else "")
            ref = WatchedRef(
                id=new_id(),
                seller_id=seller_id,
                title=(title or title_from(line.url))[:LONGEST_TITLE],
                image_url="",
                gtin=line.gtin or (product.gtin or "" if product else ""),
                product_id=product.id if product else None,
                group_id=groups.get(line.group.strip()),
                tags=sorted(set(line.tags)),
                note="",
                created_by=context_of(self._session).actor.name,
                version=1,
                created_at=now(),
            )
            rows.append({**msgspec.structs.asdict(ref), "named": bool(title)})
            found[line.url] = ref
            if key:
                made[key] = ref
        await self._watch.add_products(rows)
        await outbox.record(
            self._session,
            *(ProductWatched(seller_id=seller_id, subject_id=row["id"], title=row["title"]) for row in rows),
        )
        return found

    async def group(self, seller_id: UUID, name: str) -> UUID:
        """Return the seller's group called *name*, made if there is none."""
        known = await self._watch.group_named(seller_id, name)
        return known or await self._watch.add_group({"id": new_id(), "seller_id": seller_id, "name": name})


def title_from(url: str) -> str:
    """Return what the address of a page calls it, until the page itself has been read."""
    parts = urlsplit(url)
    words = [part for part in unquote(parts.path).split("/") if any(letter.isalpha() for letter in part)]
    slug = words[-1].rsplit(".", 1)[0] if words else ""
    return slug.replace("-", " ").replace("_", " ").strip().capitalize() or domain_of(url)


def _added(
    url: str, made: dict[str, dict[str, Any]], products: dict[str, WatchedRef], under: dict[str, tuple[UUID, str]]
) -> Added:
    if url in made:
        row = made[url]
        return Added(
            url=url,
            watched_product_id=products[url].id,
            title=products[url].title,
            listing_id=row["id"],
            store_id=row["store_id"],
        )
    product_id, title = under[url]
    return Added(url=url, watched_product_id=product_id, title=title, listing_id=None)
