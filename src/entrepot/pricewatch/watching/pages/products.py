"""The list of watched products, and one of them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import PAGING
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.pages.reading import field, number_of, picked, texts_of, user_of, uuid_of
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.wording import attention, availability, timeline

ROWS = 50
EVENTS = 40
STATES = {
    "available": N_("To be had"),
    "unavailable": N_("Nowhere to be had"),
    "dropped": N_("Dropped this week"),
    "attention": N_("Needs attention"),
}


class ProductPages(Controller):
    """Watched products."""

    path = "/prices/products"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """List watched products with where each is cheapest."""
        query = {name: value for name, value in request.query_params.items() if value and name not in PAGING}
        before = uuid_of(request.query_params.get("cursor", ""))
        rows = await views.watched(
            session,
            user_id=user_of(principal),
            query=query.get("q", "").replace("\0", "")[:200],
            tag=query.get("tag", "").replace("\0", ""),
            group_id=uuid_of(query.get("group", "")),
            favourites=query.get("mine") == "yes",
            state=query.get("state", ""),
            before=before,
            limit=ROWS + 1,
        )
        following = None
        if len(rows) > ROWS:
            following = "/prices/products?" + urlencode({**query, "cursor": rows[ROWS - 1].id})
        return Template(
            "pricewatch/watching/list.html",
            context={
                "rows": rows[:ROWS],
                "query": query,
                "first": f"/prices/products?{urlencode(query)}" if before else None,
                "following": following,
                "groups": await views.group_rows(session),
                "tags": await views.tag_names(session),
                "states": [{"value": key, "label": gettext(label)} for key, label in STATES.items()],
                "availability": availability,
            },
        )

    @get("/{watched_product_id:uuid}")
    async def show(self, session: AsyncSession, principal: Principal, watched_product_id: FromPath[UUID]) -> Template:
        """Show a watched product: where it is sold, what it cost, and what happened."""
        service = WatchService(session)
        product = await service.product(watched_product_id)
        [row] = await views.watched(session, user_id=user_of(principal), ids=[product.id], limit=1)
        catalog = None
        if product.product_id is not None:
            catalog = (await CatalogService(session).products([product.product_id])).get(product.product_id)
        events = await outbox.read_subjects(session, [product.id], limit=EVENTS)
        return Template(
            "pricewatch/watching/product.html",
            context={
                "product": product,
                "row": row,
                "listings": await service.listings_of(product.id),
                "catalog": catalog,
                "events": timeline(events),
                "availability": availability,
                "attention": attention,
            },
        )

    @get("/{watched_product_id:uuid}/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def edit(self, session: AsyncSession, watched_product_id: FromPath[UUID]) -> Template:
        """Ask what a person says of it."""
        return await _form(session, watched_product_id, {}, {})

    @post("/{watched_product_id:uuid}/edit", opt=needs(Right.PRICEWATCH_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, watched_product_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Change what a person says of it."""
        form = await texts_of(request)
        try:
            await WatchService(session).change_product(
                watched_product_id,
                title=form.get("title", ""),
                gtin=form.get("gtin", "").strip(),
                sku=form.get("sku", "").strip(),
                group=form.get("group", ""),
                tags=form.get("tags", "").split(","),
                note=form.get("note", ""),
                version=number_of(form.get("version")),
            )
        except InvalidInputError as error:
            return await _form(session, watched_product_id, form, error.problems)
        except EntrepotError as error:
            if error.code != "pricewatch.catalog_product_not_found":
                raise
            return await _form(session, watched_product_id, form, {"sku": told(error)})
        return Redirect(f"/prices/products/{watched_product_id}", status_code=303)

    @post("/{watched_product_id:uuid}/remove", opt=needs(Right.PRICEWATCH_MANAGE))
    async def remove(self, session: AsyncSession, watched_product_id: FromPath[UUID]) -> Redirect:
        """Stop watching it."""
        await WatchService(session).remove_product(watched_product_id)
        return Redirect("/prices/products", status_code=303)

    @post("/{watched_product_id:uuid}/favourite")
    async def favour(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        watched_product_id: FromPath[UUID],
    ) -> Redirect:
        """Keep it at hand for whoever asks, or not any more."""
        form = await texts_of(request)
        user_id = user_of(principal)
        if user_id is not None:
            await WatchService(session).favour(user_id, watched_product_id, favourite=form.get("favourite") == "true")
        back = "/prices/products" if form.get("back") == "list" else f"/prices/products/{watched_product_id}"
        return Redirect(back, status_code=303)

    @post("/{watched_product_id:uuid}/check", opt=needs(Right.PRICEWATCH_MANAGE))
    async def check(self, session: AsyncSession, watched_product_id: FromPath[UUID]) -> Redirect:
        """Check all its pages now."""
        service = WatchService(session)
        await service.product(watched_product_id)
        await service.check_now([listing.id for listing in await service.listings_of(watched_product_id)])
        return Redirect(f"/prices/products/{watched_product_id}", status_code=303)

    @post("/check", opt=needs(Right.PRICEWATCH_MANAGE))
    async def check_many(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Check every page of the picked products now."""
        service = WatchService(session)
        listings = [one.id for product in await picked(request) for one in await service.listings_of(product)]
        await service.check_now(listings)
        return Redirect("/prices/products", status_code=303)

    @post("/remove", opt=needs(Right.PRICEWATCH_MANAGE))
    async def remove_many(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Stop watching the picked products."""
        service = WatchService(session)
        for product_id in await service.products(await picked(request)):
            await service.remove_product(product_id)
        return Redirect("/prices/products", status_code=303)


async def _form(
    session: AsyncSession, watched_product_id: UUID, entered: dict[str, str], problems: dict[str, str]
) -> Template:
    product = await WatchService(session).product(watched_product_id)
    sku = ""
    if product.product_id is not None:
        catalog = (await CatalogService(session).products([product.product_id])).get(product.product_id)
        sku = catalog.sku if catalog else ""
    groups = {group.id: group.name for group in await views.group_rows(session)}
    values = {
        "title": product.title,
        "sku": sku,
        "gtin": product.gtin,
        "group": groups.get(product.group_id, "") if product.group_id else "",
        "tags": ", ".join(product.tags),
        "note": product.note,
    } | entered
    fields = [
        field("title", gettext(N_("Title")), values["title"], required=True),
        field(
            "sku",
            gettext(N_("SKU of your product")),
            values["sku"],
            help=gettext(N_("Rules of pricing then know what it costs elsewhere.")),
            half=True,
        ),
        field("gtin", gettext(N_("GTIN")), values["gtin"], half=True, inputmode="numeric"),
        field(
            "group",
            gettext(N_("Group")),
            values["group"],
            help=gettext(N_("A new name makes a new group.")),
            half=True,
        ),
        field("tags", gettext(N_("Tags")), values["tags"], help=gettext(N_("Separated by commas.")), half=True),
        field("note", gettext(N_("Note")), values["note"], type="textarea"),
        field("version", "", product.version, type="hidden"),
    ]
    for one in fields:
        one["error"] = problems.get(str(one["name"]), "")
    return Template(
        "pricewatch/watching/edit.html",
        context={"product": product, "fields": fields},
        status_code=422 if problems else 200,
    )
