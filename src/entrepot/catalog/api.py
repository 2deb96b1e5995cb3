"""Products for programs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, Parameter
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog import views
from entrepot.catalog.errors import UnknownProductError
from entrepot.catalog.fields import READERS, read_fields
from entrepot.catalog.service import CatalogService
from entrepot.catalog.views import Filters, PartRow, ProductRow
from entrepot.catalog.writing import Draft, Mode, ProductWriter

BULK_LIMIT = 500
PAGE_LIMIT = 200


class ProductIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a product should become.  What is left out stays as it is, or gets its default."""

    sku: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    """``simple``, ``bundle`` or ``parent``; never changes."""
    gtin: str | UnsetType | None = UNSET
    options: dict[str, str] | UnsetType = UNSET
    weight_g: int | UnsetType | None = UNSET
    length_mm: int | UnsetType | None = UNSET
    width_mm: int | UnsetType | None = UNSET
    height_mm: int | UnsetType | None = UNSET
    purchase_price: Decimal | UnsetType | None = UNSET
    purchase_currency: str | UnsetType = UNSET
    sales_price: Decimal | UnsetType | None = UNSET
    sales_currency: str | UnsetType = UNSET
    vat_class: str | UnsetType = UNSET
    image_url: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    buffer: int | UnsetType = UNSET
    components: dict[str, int] | UnsetType = UNSET
    """SKU -> units in one bundle, replacing all components."""
    parent_sku: str | UnsetType | None = UNSET
    """The parent of a variant; null for none."""
    version: int | UnsetType = UNSET
    """Refuse the change unless the product still has this version."""

    def fields(self) -> dict[str, object]:
        """Return the fields that were given."""
        return {name: value for name in READERS if (value := getattr(self, name)) is not UNSET}

    def parts(self) -> dict[str, int] | None:
        return None if self.components is UNSET else self.components

    def parent(self) -> str | None:
        """Return the parent's SKU: empty to have none, None to leave it."""
        return None if self.parent_sku is UNSET else self.parent_sku or ""


class ProductOut(msgspec.Struct, kw_only=True):
    """A product with its components and variants."""

    product: ProductRow
    parent_sku: str | None
    components: list[PartRow]
    part_of: list[PartRow]
    variants: list[ProductRow]


class ProductPageOut(msgspec.Struct, kw_only=True):
    """One page of products."""

    items: list[ProductRow]
    next: str | None
    """Give it as ``cursor`` to get the next page; null at the end."""


class BulkIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Products to save at once."""

    items: Annotated[list[ProductIn], msgspec.Meta(min_length=1, max_length=BULK_LIMIT)]
    mode: Mode = Mode.BOTH


class BulkResult(msgspec.Struct, kw_only=True):
    """What became of one product."""

    sku: str
    result: str
    """``created``, ``updated``, ``unchanged`` or ``failed``."""
    id: UUID | None
    problems: dict[str, str]


class BulkOut(msgspec.Struct, kw_only=True):
    """What became of each product, in the order of the request."""

    results: list[BulkResult]


class ProductController(Controller):
    """Products, variants and bundles."""

    path = "/api/v1/products"
    tags = ("products",)
    opt = needs(Right.CATALOG_READ)

    @get(operation_id="listProducts", summary="List products")
    async def index(  # noqa: PLR0913, PLR0917 -- Litestar passes each filter by name
        self,
        session: AsyncSession,
        principal: Principal,
        q: FromQuery[str] = "",
        sku: FromQuery[str | None] = None,
        gtin: FromQuery[str | None] = None,
        kind: FromQuery[str | None] = None,
        tag: FromQuery[str | None] = None,
        active: FromQuery[bool | None] = None,
        updated_since: FromQuery[datetime | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Annotated[int, Parameter(ge=1, le=PAGE_LIMIT)] = 50,
    ) -> ProductPageOut:
        """Return products, the youngest first.  ``q`` searches SKU, title and GTIN."""
        filters = Filters(
            text=q[:200],
            sku=sku,
            gtin=gtin,
            kind=kind,
            tag=tag,
            active=active,
            updated_since=updated_since,
            seller_id=principal.seller.id if principal.seller else None,
        )
        page = await views.list_products(session, filters, cursor=cursor, limit=limit)
        return ProductPageOut(items=list(page.rows), next=page.next)

    @post(operation_id="createProduct", summary="Make a product", opt=needs(Right.CATALOG_WRITE))
    async def create(self, data: JSONBody[ProductIn], session: AsyncSession, principal: Principal) -> ProductOut:
        """Make a product; SKU and title are needed."""
        product_id = await CatalogService(session).create_product(
            principal.seller_id(), data.fields(), components=data.parts(), parent_sku=data.parent() or None
        )
        return await _out(session, product_id)

    @post(
        "/bulk",
        operation_id="saveProducts",
        summary="Save many products",
        opt=needs(Right.CATALOG_WRITE),
        status_code=200,
    )
    async def bulk(self, data: JSONBody[BulkIn], session: AsyncSession, principal: Principal) -> BulkOut:
        """Create or update up to 500 products by SKU.  One that fails does not stop the others."""
        readings = [read_fields({"sku": "", **item.fields()}) for item in data.items]
        drafts = [
            Draft(
                values=reading.values,
                components=item.parts(),
                parent_sku=item.parent(),
                version=None if item.version is UNSET else item.version,
            )
            for item, reading in zip(data.items, readings, strict=True)
        ]
        good = [index for index, reading in enumerate(readings) if not reading.problems]
        saved = await ProductWriter(session).save(principal.seller_id(), [drafts[index] for index in good], data.mode)
        results = [
            BulkResult(sku=_sku(item), result="failed", id=None, problems=reading.problems)
            for item, reading in zip(data.items, readings, strict=True)
        ]
        for index, one in zip(good, saved, strict=True):
            results[index] = BulkResult(
                sku=_sku(data.items[index]), result=one.result, id=one.product_id, problems=one.problems
            )
        return BulkOut(results=results)

    @get("/{product_id:uuid}", operation_id="getProduct", summary="Read a product")
    async def show(self, product_id: FromPath[UUID], session: AsyncSession) -> ProductOut:
        """Return a product with its components and variants."""
        return await _out(session, product_id)

    @patch(
        "/{product_id:uuid}", operation_id="changeProduct", summary="Change a product", opt=needs(Right.CATALOG_WRITE)
    )
    async def change(self, product_id: FromPath[UUID], data: JSONBody[ProductIn], session: AsyncSession) -> ProductOut:
        """Change what is given and leave the rest."""
        await CatalogService(session).change_product(
            product_id,
            data.fields(),
            components=data.parts(),
            parent_sku=data.parent(),
            version=None if data.version is UNSET else data.version,
        )
        return await _out(session, product_id)

    @delete(
        "/{product_id:uuid}", operation_id="archiveProduct", summary="Archive a product", opt=needs(Right.CATALOG_WRITE)
    )
    async def archive(self, product_id: FromPath[UUID], session: AsyncSession) -> None:
        """Archive a product: it keeps its history and is not offered any more."""
        service = CatalogService(session)
        if not await service.products([product_id]):
            raise UnknownProductError(product=product_id)
        await service.set_active([product_id], active=False)


def _sku(item: ProductIn) -> str:
    return "" if item.sku is UNSET else item.sku


async def _out(session: AsyncSession, product_id: UUID) -> ProductOut:
    detail = await views.product_detail(session, product_id)
    if detail is None:
        raise UnknownProductError(product=product_id)
    return ProductOut(
        product=detail.product,
        parent_sku=detail.parent.sku if detail.parent else None,
        components=detail.components,
        part_of=detail.part_of,
        variants=detail.variants,
    )


ROUTES: list[Any] = [ProductController]
