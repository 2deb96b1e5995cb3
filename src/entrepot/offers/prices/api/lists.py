"""REST API v1 of price lists."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.offers.prices.api.reading import Limit, Moment, limited, utc
from entrepot.offers.prices.list_repository import ListRow
from entrepot.offers.prices.lists import ListTerms, PriceLists, standing

NO_PRODUCT = N_("There is no product with the SKU {sku}.")


class PriceListTerms(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a list is called, where and when it holds, and how strong it is among lists."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    account_id: UUID | None = None
    """null: every account."""
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    priority: Annotated[int, Meta(ge=-1_000, le=1_000)] = 0
    active: bool = True
    version: int | None = None
    """If given, a change is refused unless it is the present one."""


class PriceListOut(msgspec.Struct, kw_only=True):
    """A price list; ``state`` is on, coming, over or off."""

    id: UUID
    name: str
    currency: str
    account_id: UUID | None
    valid_from: datetime | None
    valid_to: datetime | None
    priority: int
    active: bool
    state: str
    entries: int | None
    version: int


class PriceListList(msgspec.Struct):
    """Every list."""

    items: list[PriceListOut]


class EntryOut(msgspec.Struct):
    """What one product costs by the list, and how many offers that speaks of."""

    product_id: UUID
    sku: str
    price: Decimal
    changed_at: datetime
    offers: int


class EntryList(msgspec.Struct):
    """A page of entries, by SKU."""

    items: list[EntryOut]
    next: str | None


class EntryIn(msgspec.Struct, forbid_unknown_fields=True):
    """A price of a product."""

    sku: Annotated[str, Meta(min_length=1, max_length=200)]
    price: Decimal


class PutEntries(msgspec.Struct, forbid_unknown_fields=True):
    """Prices to set; products that are not named stay as they are."""

    entries: Annotated[list[EntryIn], Meta(min_length=1, max_length=1_000)]


class EntriesPut(msgspec.Struct):
    """How many are new, and how many cost something else now."""

    added: int
    changed: int


class PriceListApi(Controller):
    """Price lists."""

    path = "/api/v1/price-lists"
    tags = ("prices",)

    @get(operation_id="listPriceLists", summary="List price lists", opt=needs(Right.OFFERS_READ))
    async def show_list(self, session: AsyncSession) -> PriceListList:
        """List every price list, those that count first."""
        return PriceListList([_out(row, entries) for row, entries in await PriceLists(session).all()])

    @post(operation_id="createPriceList", summary="Make a price list", opt=needs(Right.OFFERS_MANAGE))
    async def create(self, session: AsyncSession, principal: Principal, data: JSONBody[PriceListTerms]) -> PriceListOut:
        """Make an empty list."""
        lists = PriceLists(session)
        return _out(await lists.find(await lists.create(principal.seller_id(), _terms(data))), 0)

    @get("/{list_id:uuid}", operation_id="getPriceList", summary="Show a price list", opt=needs(Right.OFFERS_READ))
    async def show(self, session: AsyncSession, list_id: FromPath[UUID]) -> PriceListOut:
        """Show the terms of a list."""
        return _out(await PriceLists(session).find(list_id), None)

    @put(
        "/{list_id:uuid}", operation_id="changePriceList", summary="Change a price list", opt=needs(Right.OFFERS_MANAGE)
    )
    async def change(
        self, session: AsyncSession, list_id: FromPath[UUID], data: JSONBody[PriceListTerms]
    ) -> PriceListOut:
        """Change the terms; every offer the list speaks or spoke of is decided anew."""
        lists = PriceLists(session)
        await lists.change(list_id, _terms(data), version=data.version)
        return _out(await lists.find(list_id), None)

    @delete(
        "/{list_id:uuid}", operation_id="removePriceList", summary="Remove a price list", opt=needs(Right.OFFERS_MANAGE)
    )
    async def remove(self, session: AsyncSession, list_id: FromPath[UUID]) -> None:
        """Remove a list and its entries; what else holds counts for its offers."""
        await PriceLists(session).remove(list_id)

    @get(
        "/{list_id:uuid}/entries",
        operation_id="listPriceListEntries",
        summary="List what products cost",
        opt=needs(Right.OFFERS_READ),
    )
    async def entries(
        self, session: AsyncSession, list_id: FromPath[UUID], q: str = "", cursor: str | None = None, limit: Limit = 50
    ) -> EntryList:
        """List entries in the order of their SKUs; the cursor is the last SKU."""
        after = (cursor or "").replace("\0", "")
        rows = await PriceLists(session).entries(list_id, query=q.replace("\0", ""), after=after, limit=limit + 1)
        following = rows[limit - 1].sku if len(rows) > limit else None
        items = [EntryOut(row.product_id, row.sku, row.price, row.changed_at, row.offers) for row in rows[:limit]]
        return EntryList(items, following)

    @put(
        "/{list_id:uuid}/entries",
        operation_id="putPriceListEntries",
        summary="Set what products cost",
        opt=needs(Right.OFFERS_MANAGE),
    )
    async def put_entries(
        self, session: AsyncSession, list_id: FromPath[UUID], data: JSONBody[PutEntries]
    ) -> EntriesPut:
        """Set prices of up to 1,000 products, all or none."""
        lists = PriceLists(session)
        found = await lists.find(list_id)
        products = await CatalogService(session).resolve(found.seller_id, [entry.sku for entry in data.entries])
        unknown = [entry.sku for entry in data.entries if entry.sku not in products]
        if unknown:
            raise InvalidInputError({"entries": gettext(NO_PRODUCT).format(sku=unknown[0])})
        prices = [(products[entry.sku].id, limited(entry.price)) for entry in data.entries]
        return EntriesPut(*await lists.put(list_id, prices))

    @delete(
        "/{list_id:uuid}/entries/{product_id:uuid}",
        operation_id="removePriceListEntry",
        summary="Take a product out of a list",
        opt=needs(Right.OFFERS_MANAGE),
    )
    async def take_out(self, session: AsyncSession, list_id: FromPath[UUID], product_id: FromPath[UUID]) -> None:
        """Take a product out."""
        await PriceLists(session).take_out(list_id, [product_id])


def _terms(data: PriceListTerms) -> ListTerms:
    return ListTerms(
        name=data.name,
        currency=data.currency,
        account_id=data.account_id,
        valid_from=utc(data.valid_from),
        valid_to=utc(data.valid_to),
        priority=data.priority,
        active=data.active,
    )


def _out(row: ListRow, entries: int | None) -> PriceListOut:
    return PriceListOut(
        id=row.id,
        name=row.name,
        currency=row.currency,
        account_id=row.account_id,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        priority=row.priority,
        active=row.active,
        state=standing(row),
        entries=entries,
        version=row.version,
    )
