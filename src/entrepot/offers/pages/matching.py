"""The list of offers without a product, and the page on which one is found."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.catalog import views as catalog
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.offers import views
from entrepot.offers.errors import OfferNotFoundError
from entrepot.offers.likeness import searches
from entrepot.offers.pages.reading import picked, tabs, uuid_of
from entrepot.offers.service import OfferService
from entrepot.offers.wording import LOOKS_LIKE

ROWS = 50
FOUND = 12


class MatchingPages(Controller):
    """Saying which product an offer is."""

    path = "/offers/matching"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_list(
        self, session: AsyncSession, q: str = "", account: str = "", show: str = "", cursor: str = ""
    ) -> Template:
        """List offers without a product, with what they may be."""
        rows = await views.to_match(
            session,
            account_id=uuid_of(account),
            ignored=show == "ignored",
            suggested={"likely": True, "unknown": False}.get(show),
            query=q.replace("\0", ""),
            before=uuid_of(cursor),
            limit=ROWS + 1,
        )
        query = {key: value for key, value in (("q", q), ("account", account), ("show", show)) if value}
        following = None
        if len(rows) > ROWS:
            following = "/offers/matching?" + urlencode({**query, "cursor": rows[ROWS - 1].facts.id})
        accounts = await ChannelService(session).accounts()
        return Template(
            "offers/matching.html",
            context={
                "rows": rows[:ROWS],
                "query": query,
                "show": show,
                "first": f"/offers/matching?{urlencode(query)}" if uuid_of(cursor) else None,
                "following": following,
                "account_options": [{"value": str(one.id), "label": one.name} for one in accounts],
                "because": {key: gettext(label) for key, label in LOOKS_LIKE.items()},
                "tabs": tabs("matching", await views.trouble(session)),
            },
        )

    @get("/{offer_id:uuid}")
    async def show(self, session: AsyncSession, offer_id: FromPath[UUID], q: str = "") -> Template:
        """Look for the product of one offer."""
        return await _page(session, offer_id, q.replace("\0", ""))

    @get("/{offer_id:uuid}/products")
    async def products(self, session: AsyncSession, offer_id: FromPath[UUID], q: str = "") -> Template:
        """Search products while somebody types."""
        found = await views.offers(session, offer_id=offer_id, limit=1)
        if not found:
            raise OfferNotFoundError(offer=offer_id)
        rows = await catalog.search(session, q.replace("\0", ""), FOUND) if q.strip() else []
        return Template("offers/_products.html", context={"offer": found[0], "products": rows, "q": q})

    @post("/{offer_id:uuid}/choose", opt=needs(Right.OFFERS_MANAGE))
    async def choose(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Take a product for an offer, and go on with the next one."""
        form = await request.form()
        product_id = uuid_of(str(form.get("product", "")))
        following = await views.next_to_match(session, offer_id)
        try:
            if product_id is None:
                await OfferService(session).link(offer_id, str(form.get("sku", "")))
            else:
                await OfferService(session).link_many([offer_id], product_id)
        except InvalidInputError as error:
            return await _page(session, offer_id, str(form.get("sku", "")), problems=error.problems)
        return Redirect(f"/offers/matching/{following}" if following else "/offers/matching", status_code=303)

    @post("/{offer_id:uuid}/ignore", opt=needs(Right.OFFERS_MANAGE))
    async def ignore(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Redirect:
        """Leave one offer alone, and go on with the next one."""
        following = await views.next_to_match(session, offer_id)
        await OfferService(session).ignore([offer_id])
        return Redirect(f"/offers/matching/{following}" if following else "/offers/matching", status_code=303)

    @post("/accept", opt=needs(Right.OFFERS_MANAGE))
    async def accept_picked(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Take the suggestions for the picked offers."""
        ids, _ = await picked(request)
        await OfferService(session).accept(ids)
        return Redirect("/offers/matching", status_code=303)

    @post("/{offer_id:uuid}/accept", opt=needs(Right.OFFERS_MANAGE))
    async def accept(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Redirect:
        """Take the suggestion for one offer."""
        await OfferService(session).accept([offer_id])
        return Redirect("/offers/matching", status_code=303)

    @post("/ignore", opt=needs(Right.OFFERS_MANAGE))
    async def ignore_picked(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Leave the picked offers alone."""
        ids, _ = await picked(request)
        await OfferService(session).ignore(ids)
        return Redirect("/offers/matching", status_code=303)

    @post("/restore", opt=needs(Right.OFFERS_MANAGE))
    async def restore_picked(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Look at the picked offers again."""
        ids, _ = await picked(request)
        await OfferService(session).ignore(ids, ignored=False)
        return Redirect("/offers/matching", status_code=303)

    @post("/choose", opt=needs(Right.OFFERS_MANAGE))
    async def choose_for_picked(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect | Template:
        """Look for one product for all picked offers, or take it."""
        ids, fields = await picked(request)
        if not ids:
            return Redirect("/offers/matching", status_code=303)
        product_id = uuid_of(fields.get("product", ""))
        problems: dict[str, str] = {}
        if product_id is not None:
            try:
                await OfferService(session).link_many(ids, product_id)
            except InvalidInputError as error:
                problems = error.problems
            else:
                return Redirect("/offers/matching", status_code=303)
        query = fields.get("q", "").replace("\0", "")
        found = [row for offer_id in ids[:ROWS] for row in await views.offers(session, offer_id=offer_id, limit=1)]
        return Template(
            "offers/choose.html",
            context={
                "offers": found,
                "q": query,
                "products": await catalog.search(session, query, FOUND) if query.strip() else [],
                "problems": problems,
            },
        )


async def _page(session: AsyncSession, offer_id: UUID, q: str, *, problems: dict[str, str] | None = None) -> Template:
    found = await views.offers(session, offer_id=offer_id, limit=1)
    if not found:
        raise OfferNotFoundError(offer=offer_id)
    facts = found[0].facts
    products: list[catalog.ProductRow] = []
    tried = [q] if q.strip() else [one for one in (facts.gtin, facts.sku, *searches(facts.title)) if one]
    for query in tried:
        products = await catalog.search(session, query, FOUND)
        if products:
            break
    if facts.suggested_product_id is not None:
        products.sort(key=lambda product: product.id != facts.suggested_product_id)
    return Template(
        "offers/match.html",
        context={"offer": found[0], "q": q, "products": products, "problems": problems or {}},
        status_code=422 if problems else 200,
    )
