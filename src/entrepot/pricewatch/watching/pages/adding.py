"""Adding: one pasted address with a look at what is there, many at once, or from a search."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.documents.pages import storage_of
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage
from entrepot.pricewatch.watching import searching
from entrepot.pricewatch.watching.addresses import normalise
from entrepot.pricewatch.watching.errors import WatchedAlreadyError
from entrepot.pricewatch.watching.guessing import locale_of
from entrepot.pricewatch.watching.importing import fates, read_lines, told
from entrepot.pricewatch.watching.looking import Look
from entrepot.pricewatch.watching.pages.reading import (
    asked_number,
    glance,
    own_transaction,
    stores_of,
    texts_of,
    uuid_of,
)
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.service import NewListing, WatchService
from entrepot.pricewatch.watching.wording import availability, field_label

KEPT = 40


class Glimpse(msgspec.Struct, frozen=True):
    """A look that waits for the person who asked for it to say yes."""

    seller_id: UUID
    url: str
    store: StoreRef
    look: Look


_glimpses: OrderedDict[UUID, Glimpse] = OrderedDict()
"""The last looks of this process; another process, or one that forgot, looks again."""


class AddPages(Controller):
    """Adding what is watched."""

    path = "/prices/add"
    opt = needs(Right.PRICEWATCH_MANAGE)
    include_in_schema = False

    @get()
    async def ask(self, request: Request[Any, Any, Any], session: AsyncSession) -> Template:
        """Ask for an address; one in the address of this page (from the bookmarklet) is filled in."""
        return await _ask(request, session, url=request.query_params.get("url", "")[:2000])

    @post("/look", status_code=200)
    async def look(self, request: Request[Any, Any, Any], principal: Principal) -> Template:
        """Fetch the page and show what was found on it; nothing is stored."""
        form = await texts_of(request)
        written, under = form.get("url", ""), uuid_of(form.get("watched_product_id", ""))
        seller_id = principal.seller_id()
        try:
            url = normalise(written)
            async with own_transaction(request, principal) as session:
                await _refuse_known(session, seller_id, url)
                store = await stores_of(request, session).for_page(seller_id, url)
            seen, address = await glance(request, store, url)
            async with own_transaction(request, principal) as session:
                await _refuse_known(session, seller_id, address)
                return await _show(session, Glimpse(seller_id, address, store, seen), under)
        except EntrepotError as error:
            async with own_transaction(request, principal) as session:
                return await _ask(request, session, url=written, under=under, problem=told(error))

    @post()
    async def add(self, request: Request[Any, Any, Any], principal: Principal) -> Redirect | Template:
        """Watch the page that was looked at."""
        form = await texts_of(request)
        seller_id = principal.seller_id()
        url = normalise(form.get("url", ""))
        known = _glimpses.pop(uuid_of(form.get("glimpse", "")) or new_id(), None)
        if known is None or known.seller_id != seller_id or known.url != url:
            async with own_transaction(request, principal) as session:
                store = await stores_of(request, session).for_page(seller_id, url)
            seen, url = await glance(request, store, url)
            known = Glimpse(seller_id, url, store, seen)
        found, fetched = known.look.extraction, known.look.fetched
        new = NewListing(
            url=known.url,
            title=form.get("title", ""),
            watched_product_id=uuid_of(form.get("watched_product_id", "")),
            sku=form.get("sku", "").strip(),
            gtin=found.gtin if found else "",
            group=form.get("group", ""),
            tags=tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip()),
            pack=max(1, asked_number(form.get("pack", ""), default=1) or 1),
            locale=locale_of(fetched.body) if fetched else "",
            currency=found.currency if found else "",
        )
        storage: Storage = storage_of(request)
        try:
            async with own_transaction(request, principal) as session:
                added = await WatchService(session).add_seen(seller_id, new, known.look, storage)
        except EntrepotError as error:
            async with own_transaction(request, principal) as session:
                return await _show(session, known, new.watched_product_id, problem=told(error), entered=form)
        return Redirect(f"/prices/products/{added.watched_product_id}", status_code=303)

    @get("/many")
    async def ask_many(self) -> Template:
        """Ask for many addresses."""
        return _many("", [])

    @post("/many")
    async def add_many(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Show what would become of each line; or watch them, once that has been seen."""
        form = await texts_of(request)
        seller_id, pasted = principal.seller_id(), form.get("lines", "")
        try:
            shown = await fates(session, seller_id, read_lines(pasted))
        except EntrepotError as error:
            return _many(pasted, [], problem=told(error))
        if form.get("confirmed") != "yes" or not any(fate.kind == "new" for fate in shown):
            return _many(pasted, shown, group=form.get("group", ""), tags=form.get("tags", ""))
        tags = tuple(tag.strip() for tag in form.get("tags", "").split(",") if tag.strip())
        new = [NewListing(url=fate.url, group=form.get("group", ""), tags=tags) for fate in shown if fate.kind == "new"]
        await WatchService(session).add_many(seller_id, new)
        return Redirect("/prices/products", status_code=303)

    @get("/search")
    async def search(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Find shops that sell something, and products of our own with that GTIN."""
        query = " ".join(request.query_params.get("q", "").replace("\0", "").split())[:200]
        under = request.query_params.get("watched_product_id", "")
        problem, results = "", list[searching.Result]()
        products: Sequence[Any] = ()
        if query:
            seller_id = principal.seller_id()
            if query.isdigit():
                found = await CatalogService(session).resolve_gtins(seller_id, [query])
                products = list(found.values())
            try:
                results = await searching.search(
                    request.app.state.database, request.app.state.settings, seller_id, query
                )
            except EntrepotError as error:
                problem = told(error)
            urls = [result.url for result in results]
            watched = await WatchService(session).watched_under(seller_id, urls)
        else:
            watched = {}
        return Template(
            "pricewatch/watching/search.html",
            context={
                "q": query,
                "results": results,
                "watched": watched,
                "products": products,
                "problem": problem,
                "under": under if uuid_of(under) else "",
            },
        )


async def _refuse_known(session: AsyncSession, seller_id: UUID, url: str) -> None:
    under = await WatchService(session).watched_under(seller_id, [url])
    if url in under:
        raise WatchedAlreadyError(product=under[url][1])


async def _ask(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    *,
    url: str = "",
    under: UUID | None = None,
    problem: str = "",
) -> Template:
    under = under or uuid_of(request.query_params.get("watched_product_id", ""))
    product = (await WatchService(session).products([under])).get(under) if under else None
    settings = request.app.state.settings
    return Template(
        "pricewatch/watching/add.html",
        context={"url": url, "product": product, "problem": problem, "hub": settings.address},
        status_code=422 if problem else 200,
    )


async def _show(
    session: AsyncSession,
    glimpse: Glimpse,
    under: UUID | None,
    *,
    problem: str = "",
    entered: dict[str, str] | None = None,
) -> Template:
    token = new_id()
    _glimpses[token] = glimpse
    while len(_glimpses) > KEPT:
        _glimpses.popitem(last=False)
    seen = glimpse.look
    product = (await WatchService(session).products([under])).get(under) if under else None
    known = await WatchService(session).stores_of(glimpse.seller_id, list(glimpse.store.domains))
    return Template(
        "pricewatch/watching/found.html",
        context={
            "token": token,
            "url": glimpse.url,
            "store": glimpse.store,
            "new_store": not known,
            "found": seen.extraction,
            "failed": seen.problem.shown if seen.problem else "",
            "took_ms": seen.took_ms,
            "product": product,
            "problem": problem,
            "entered": entered or {},
            "availability": availability,
            "field_label": field_label,
        },
        status_code=422 if problem else 200,
    )


def _many(pasted: str, shown: Sequence[Any], *, problem: str = "", group: str = "", tags: str = "") -> Template:
    return Template(
        "pricewatch/watching/many.html",
        context={
            "lines": pasted,
            "fates": shown,
            "new": sum(fate.kind == "new" for fate in shown),
            "problem": problem,
            "group": group,
            "tags": tags,
        },
        status_code=422 if problem else 200,
    )
