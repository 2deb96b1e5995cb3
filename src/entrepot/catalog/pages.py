"""Pages of the catalogue: list, product, form, bulk actions, export."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import PAGING, NavItem
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog import views
from entrepot.catalog.errors import UnknownProductError
from entrepot.catalog.exporting import export_lines
from entrepot.catalog.fields import DEFAULTS, VAT_CLASSES
from entrepot.catalog.forms import KINDS, Entered, decimal_mark, product_fields, read_form, values_of
from entrepot.catalog.history import timeline
from entrepot.catalog.service import CatalogService
from entrepot.catalog.views import Filters, Sort
from entrepot.kit import i18n, outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_

PAGE = 50
SORTS: dict[str, Sort] = {"-created": "-created", "sku": "sku", "-updated": "-updated"}
TABS = {
    "facts": N_("Facts"),
    "components": N_("Components"),
    "variants": N_("Variants"),
    "documents": N_("Documents"),
    "history": N_("History"),
}


def filters_of(query: dict[str, str], principal: Principal) -> Filters:
    """Return what the address of a list asks for.  Without a word about it, archived products are left out."""
    state, gtin, kind = query.get("state", ""), query.get("gtin", ""), query.get("kind", "")
    only_seller = principal.seller or (principal.sellers[0] if len(principal.sellers) == 1 else None)
    return Filters(
        text=query.get("q", "")[:200],
        active={"archived": False, "all": None}.get(state, True),
        kind=kind if kind in KINDS else None,
        tag=query.get("tag") or None,
        has_gtin={"yes": True, "no": False}.get(gtin),
        seller_id=only_seller.id if only_seller else None,
    )


class ProductPages(Controller):
    """Products for people."""

    path = "/products"
    include_in_schema = False
    opt = needs(Right.CATALOG_READ)

    @get("/")
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """List products."""
        query = {name: value for name, value in request.query_params.items() if value and name not in PAGING}
        cursor = request.query_params.get("cursor") or None
        filters = filters_of(query, principal)
        sort = SORTS.get(query.get("sort", ""), "-created") if filters.seller_id else "-created"
        page = await views.list_products(session, filters, sort=sort, cursor=cursor, limit=PAGE)
        total = await views.count_products(session, filters)
        address = partial(_address, query)
        return Template(
            "catalog/index.html",
            context={
                "rows": page.rows,
                "corrected": page.corrected,
                "query": query,
                "filters": filters,
                "sort": sort,
                "total": total,
                "next": address(page.next) if page.next else None,
                "previous": address(None) if cursor else None,
                "tags": await views.tags_in_use(session),
                "kinds": KINDS,
                "sellers": {seller.id: seller.name for seller in principal.sellers}
                if filters.seller_id is None
                else {},
                "searching": bool(filters.text or set(query) - {"sort"}),
                "export_url": f"/products/export.csv?{urlencode(query)}",
            },
        )

    @get("/export.csv")
    async def export(self, request: Request[Any, Any, Any], principal: Principal) -> Stream:
        """Hand out the listed products as CSV that the import reads back."""
        filters = filters_of(dict(request.query_params), principal)
        database: Database = request.app.state.database
        name = f"products-{now():%Y-%m-%d}.csv"
        opener = partial(database.transaction, principal.scope, actor=principal.actor)

        async def content() -> AsyncGenerator[bytes]:
            async for lines in export_lines(opener, filters):
                yield lines.encode()

        return Stream(
            content(), media_type="text/csv", headers={"content-disposition": f'attachment; filename="{name}"'}
        )

    @get("/new", opt=needs(Right.CATALOG_WRITE))
    async def new(self, request: Request[Any, Any, Any]) -> Template:
        """Ask for a new product."""
        given = {
            name: value
            for name, value in request.query_params.items()
            if name in {"sku", "title", "gtin", "kind", "parent_sku"}
        }
        return _form({**DEFAULTS, **given}, {}, None)

    @post("/new", opt=needs(Right.CATALOG_WRITE))
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Make a product, or say everything that is wrong with it."""
        form = dict(await request.form())
        entered = read_form(form, new=True)
        try:
            _refuse(entered)
            product_id = await CatalogService(session).create_product(
                principal.seller_id(),
                entered.fields,
                components=entered.components,
                parent_sku=entered.parent_sku or None,
                mark=decimal_mark(),
            )
        except InvalidInputError as error:
            return _form({**form, "active": entered.fields["active"]}, error.problems, None)
        return Redirect(f"/products/{product_id}", status_code=303)

    @get("/{product_id:uuid}")
    async def show(
        self, request: Request[Any, Any, Any], product_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Template:
        """Show a product."""
        detail = await views.product_detail(session, product_id)
        if detail is None:
            raise UnknownProductError(product=product_id)
        counts = {"components": len(detail.components) + len(detail.part_of), "variants": len(detail.variants)}
        hidden = {
            "components": not counts["components"] and detail.product.kind != "bundle",
            "variants": not counts["variants"] and detail.product.kind != "parent",
        }
        wanted = request.query_params.get("tab", "facts")
        tab = wanted if wanted in TABS and not hidden.get(wanted) else "facts"
        seller = next((seller.name for seller in principal.sellers if seller.id == detail.product.seller_id), "")
        return Template(
            "catalog/product.html",
            context={
                "detail": detail,
                "product": detail.product,
                "tab": tab,
                "tabs": [
                    {
                        "label": i18n.gettext(label),
                        "url": f"/products/{product_id}?tab={key}",
                        "active": key == tab,
                        "count": counts.get(key),
                    }
                    for key, label in TABS.items()
                    if not hidden.get(key)
                ],
                "events": timeline(await outbox.read_subjects(session, [product_id], limit=100))
                if tab == "history"
                else [],
                "kind": i18n.gettext(KINDS.get(detail.product.kind, detail.product.kind)),
                "vat_class": i18n.gettext(VAT_CLASSES.get(detail.product.vat_class, detail.product.vat_class)),
                "seller": seller if len(principal.sellers) > 1 else "",
            },
        )

    @get("/{product_id:uuid}/edit", opt=needs(Right.CATALOG_WRITE))
    async def edit(self, product_id: FromPath[UUID], session: AsyncSession) -> Template:
        """Ask for changes."""
        detail = await views.product_detail(session, product_id)
        if detail is None:
            raise UnknownProductError(product=product_id)
        return _form(values_of(detail), {}, detail.product)

    @post("/{product_id:uuid}/edit", opt=needs(Right.CATALOG_WRITE))
    async def change(
        self, request: Request[Any, Any, Any], product_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect | Template:
        """Change a product, or say everything that is wrong with the change."""
        detail = await views.product_detail(session, product_id)
        if detail is None:
            raise UnknownProductError(product=product_id)
        form = dict(await request.form())
        entered = read_form(form, new=False)
        try:
            _refuse(entered)
            await CatalogService(session).change_product(
                product_id,
                entered.fields,
                components=entered.components,
                parent_sku=entered.parent_sku if "parent_sku" in form else None,
                version=entered.version,
                mark=decimal_mark(),
            )
        except InvalidInputError as error:
            values = {**form, "kind": detail.product.kind, "active": entered.fields["active"]}
            return _form(values, error.problems, detail.product)
        return Redirect(f"/products/{product_id}", status_code=303)

    @post("/bulk/archive", opt=needs(Right.CATALOG_WRITE))
    async def archive(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Archive the chosen products."""
        await CatalogService(session).set_active(await _chosen(request), active=False)
        return _back(request)

    @post("/bulk/restore", opt=needs(Right.CATALOG_WRITE))
    async def restore(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Bring the chosen products back."""
        await CatalogService(session).set_active(await _chosen(request), active=True)
        return _back(request)

    @post("/bulk/tag", opt=needs(Right.CATALOG_WRITE), status_code=200)
    async def ask_tags(self, request: Request[Any, Any, Any]) -> Template:
        """Ask which tags to add and remove."""
        return Template(
            "catalog/tags.html", context={"ids": await _chosen(request), "problem": "", "add": "", "remove": ""}
        )

    @post("/bulk/tags", opt=needs(Right.CATALOG_WRITE))
    async def tag(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect | Template:
        """Add and remove tags."""
        ids = await _chosen(request)
        form = await request.form()
        add, remove = str(form.get("add", "")), str(form.get("remove", ""))
        try:
            await CatalogService(session).tag(ids, add=add.split(","), remove=remove.split(","))
        except InvalidInputError as error:
            context = {"ids": ids, "problem": " ".join(error.problems.values()), "add": add, "remove": remove}
            return Template("catalog/tags.html", context=context, status_code=422)
        return Redirect("/products", status_code=303)


def _address(query: dict[str, str], cursor: str | None) -> str:
    return "/products?" + urlencode({**query, **({"cursor": cursor} if cursor else {})})


def _refuse(entered: Entered) -> None:
    if entered.problems:
        raise InvalidInputError(entered.problems)


def _form(values: dict[str, Any], problems: dict[str, str], product: views.ProductRow | None) -> Template:
    return Template(
        "catalog/form.html",
        context={"fields": product_fields(values, problems, new=product is None), "product": product},
        status_code=422 if problems else 200,
    )


async def _chosen(request: Request[Any, Any, Any]) -> list[UUID]:
    form = await request.form()
    chosen: list[UUID] = []
    for text in form.getall("ids", []):
        try:
            chosen.append(UUID(str(text)))
        except ValueError:
            continue
    return chosen


def _back(request: Request[Any, Any, Any]) -> Redirect:
    query = request.headers.get("referer", "").partition("?")[2]
    return Redirect("/products" + (f"?{query}" if query else ""), status_code=303)


ROUTES = [ProductPages]
NAV = [
    NavItem(
        section="stock",
        label=N_("Products"),
        url="/products",
        icon="package",
        right=Right.CATALOG_READ,
        shortcut="p",
        order=10,
    ),
    NavItem(
        section="run", label=N_("Imports"), url="/imports", icon="file-import", right=Right.CATALOG_WRITE, order=40
    ),
]
