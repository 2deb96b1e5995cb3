"""REST API v1 of watched products."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.api.listings import ListingOut, listing_out
from entrepot.pricewatch.watching.api.places import Limit, place
from entrepot.pricewatch.watching.pages.reading import user_of
from entrepot.pricewatch.watching.service import NewListing, WatchService

type Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
type Line = Annotated[str, msgspec.Meta(max_length=300)]
type Tags = Annotated[list[Line], msgspec.Meta(max_length=20)]


class WatchedProductOut(msgspec.Struct, kw_only=True):
    """A watched product; ``cheapest`` is where it costs least now, of those that have it."""

    id: UUID
    title: str
    gtin: str
    product_id: UUID | None
    """The product of your catalogue that it is."""
    group: str | None
    tags: list[str]
    favourite: bool
    listings: int
    attention: int
    """Listings that a person should look at."""
    changed_at: datetime | None
    checked_at: datetime | None
    cheapest: "CheapestOut | None"


class CheapestOut(msgspec.Struct, kw_only=True):
    """Where a product costs least."""

    store: str
    price: Decimal
    unit_price: Decimal
    currency: str
    availability: str


class WatchedProductList(msgspec.Struct):
    """A page of watched products."""

    items: list[WatchedProductOut]
    next: str | None


class WatchedProductDetail(msgspec.Struct, kw_only=True):
    """A watched product with its listings."""

    product: WatchedProductOut
    note: str
    version: int
    listings: list[ListingOut]


class WatchPage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A page to watch; it is read for the first time within a minute."""

    url: Url
    title: Line = ""
    """Empty: as the page says."""
    watched_product_id: UUID | None = None
    """Of the product that it is another listing of; null: a new one, or that of the same SKU."""
    sku: Line = ""
    gtin: Line = ""
    group: Line = ""
    tags: Tags = []
    pack: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    check_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)] | None = None
    locale: Annotated[str, msgspec.Meta(max_length=10)] = ""
    """Of the store, if it is new."""
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""


class WatchPages(msgspec.Struct, forbid_unknown_fields=True):
    """Pages to watch."""

    items: Annotated[list[WatchPage], msgspec.Meta(min_length=1, max_length=1000)]


class WatchedPage(msgspec.Struct, kw_only=True):
    """What became of one page."""

    url: str
    watched_product_id: UUID
    listing_id: UUID | None
    """null: it was watched already, under the product named."""
    title: str


class WatchedPages(msgspec.Struct):
    """What became of each page, in their order."""

    items: list[WatchedPage]


class ChangeWatchedProduct(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; fields left out stay as they are."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | UnsetType = UNSET
    gtin: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,14}$")] | UnsetType = UNSET
    sku: Line | UnsetType = UNSET
    """Of the product of your catalogue that it is; empty: none."""
    group: Line | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    note: Annotated[str, msgspec.Meta(max_length=5000)] | UnsetType = UNSET
    version: int | None = None
    """If given, the change is refused unless it is the present one."""


class WatchedProductApi(Controller):
    """Watched products."""

    path = "/api/v1/watched-products"
    tags = ("price watch",)

    @get(operation_id="listWatchedProducts", summary="List watched products", opt=needs(Right.PRICEWATCH_READ))
    async def show_list(  # noqa: PLR0913 -- the filters of a list
        self,
        session: AsyncSession,
        principal: Principal,
        q: str = "",
        tag: str = "",
        group_id: UUID | None = None,
        product_id: UUID | None = None,
        chosen: Annotated[
            Literal["available", "unavailable", "attention", "dropped"] | None, QueryParameter(name="state")
        ] = None,
        *,
        favourites: bool = False,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> WatchedProductList:
        """List watched products, the newest first, with where each costs least now."""
        rows = await views.watched(
            session,
            user_id=user_of(principal),
            query=q.replace("\0", ""),
            tag=tag.replace("\0", ""),
            group_id=group_id,
            product_id=product_id,
            favourites=favourites,
            state=chosen or "",
            before=place(cursor),
            limit=limit + 1,
        )
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return WatchedProductList([_out(row) for row in rows[:limit]], following)

    @post(operation_id="watchPages", summary="Watch pages", opt=needs(Right.PRICEWATCH_MANAGE), status_code=201)
    async def watch(self, session: AsyncSession, principal: Principal, data: JSONBody[WatchPages]) -> WatchedPages:
        """Watch pages of web shops.  Pages with the same title, SKU or GTIN become listings of one product."""
        new = [
            NewListing(
                **{name: getattr(item, name) for name in item.__struct_fields__ if name != "tags"},
                tags=tuple(item.tags),
            )
            for item in data.items
        ]
        added = await WatchService(session).add_many(principal.seller_id(), new)
        return WatchedPages(
            [
                WatchedPage(
                    url=one.url, watched_product_id=one.watched_product_id, listing_id=one.listing_id, title=one.title
                )
                for one in added
            ]
        )

    @get(
        "/{watched_product_id:uuid}",
        operation_id="getWatchedProduct",
        summary="Show a watched product",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def show(
        self, session: AsyncSession, principal: Principal, watched_product_id: FromPath[UUID]
    ) -> WatchedProductDetail:
        """Show a watched product with its listings, those that have it first, the cheapest first."""
        return await _detail(session, principal, watched_product_id)

    @patch(
        "/{watched_product_id:uuid}",
        operation_id="changeWatchedProduct",
        summary="Change a watched product",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def change(
        self,
        session: AsyncSession,
        principal: Principal,
        watched_product_id: FromPath[UUID],
        data: JSONBody[ChangeWatchedProduct],
    ) -> WatchedProductDetail:
        """Change what is said of it."""
        service = WatchService(session)
        before = await service.product(watched_product_id)
        [row] = await views.watched(session, ids=[before.id], limit=1)
        sku = ""
        if before.product_id is not None:
            catalog = (await CatalogService(session).products([before.product_id])).get(before.product_id)
            sku = catalog.sku if catalog else ""
        await service.change_product(
            watched_product_id,
            title=before.title if data.title is UNSET else data.title,
            gtin=before.gtin if data.gtin is UNSET else data.gtin,
            sku=sku if data.sku is UNSET else data.sku,
            group=(row.group_name or "") if data.group is UNSET else data.group,
            tags=before.tags if data.tags is UNSET else data.tags,
            note=before.note if data.note is UNSET else data.note.replace("\0", ""),
            version=data.version,
        )
        return await _detail(session, principal, watched_product_id)

    @delete(
        "/{watched_product_id:uuid}",
        operation_id="unwatchProduct",
        summary="Stop watching a product",
        opt=needs(Right.PRICEWATCH_MANAGE),
    )
    async def remove(self, session: AsyncSession, watched_product_id: FromPath[UUID]) -> None:
        """Remove it with its listings, its history and its alerts."""
        await WatchService(session).remove_product(watched_product_id)

    @put(
        "/{watched_product_id:uuid}/favourite",
        operation_id="favourWatchedProduct",
        summary="Make it a favourite of yours",
        opt=needs(Right.PRICEWATCH_READ),
        status_code=204,
    )
    async def favour(self, session: AsyncSession, principal: Principal, watched_product_id: FromPath[UUID]) -> None:
        """Keep it at hand for whoever asks; an API key has no favourites, and nothing happens."""
        await _favour(session, principal, watched_product_id, favourite=True)

    @delete(
        "/{watched_product_id:uuid}/favourite",
        operation_id="disfavourWatchedProduct",
        summary="Make it no favourite of yours any more",
        opt=needs(Right.PRICEWATCH_READ),
    )
    async def disfavour(self, session: AsyncSession, principal: Principal, watched_product_id: FromPath[UUID]) -> None:
        """Take it out of the favourites of whoever asks."""
        await _favour(session, principal, watched_product_id, favourite=False)

    @post(
        "/{watched_product_id:uuid}/check",
        operation_id="checkWatchedProduct",
        summary="Check a product's pages now",
        opt=needs(Right.PRICEWATCH_MANAGE),
        status_code=202,
    )
    async def check(self, session: AsyncSession, watched_product_id: FromPath[UUID]) -> None:
        """Check all its pages as soon as a worker is free."""
        service = WatchService(session)
        await service.product(watched_product_id)
        await service.check_now([listing.id for listing in await service.listings_of(watched_product_id)])


async def _favour(session: AsyncSession, principal: Principal, watched_product_id: UUID, *, favourite: bool) -> None:
    service, user_id = WatchService(session), user_of(principal)
    await service.product(watched_product_id)
    if user_id is not None and principal.actor.kind == "user":
        await service.favour(user_id, watched_product_id, favourite=favourite)


async def _detail(session: AsyncSession, principal: Principal, watched_product_id: UUID) -> WatchedProductDetail:
    service = WatchService(session)
    product = await service.product(watched_product_id)
    [row] = await views.watched(session, user_id=user_of(principal), ids=[product.id], limit=1)
    listings = await service.listings_of(product.id)
    return WatchedProductDetail(
        product=_out(row),
        note=product.note,
        version=product.version,
        listings=[listing_out(listing) for listing in listings],
    )


def _out(row: views.WatchedRow) -> WatchedProductOut:
    cheapest = None
    if row.store is not None and row.price is not None and row.unit_price is not None:
        cheapest = CheapestOut(
            store=row.store,
            price=row.price,
            unit_price=row.unit_price,
            currency=row.currency or "",
            availability=row.availability or "unknown",
        )
    return WatchedProductOut(
        id=row.id,
        title=row.title,
        gtin=row.gtin,
        product_id=row.product_id,
        group=row.group_name,
        tags=row.tags,
        favourite=row.favourite,
        listings=row.listings,
        attention=row.attention,
        changed_at=row.changed_at,
        checked_at=row.checked_at,
        cheapest=cheapest,
    )
