"""Pages of offers: what the channels say of our stock, and why."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.datastructures import FormMultiDict
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.channels.service import ChannelService
from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.offers import views
from entrepot.offers.domain import OfferState
from entrepot.offers.errors import NoSuchProductError, OfferNotFoundError
from entrepot.offers.pages.reading import limit_of, number_of, said, state_of, tabs, uuid_of
from entrepot.offers.service import OfferService
from entrepot.offers.standing import product_standing, pushes, standings
from entrepot.offers.wording import FOUND_BY, LIMITS, STATES, WHOSE, timeline

ROWS = 50
EVENTS = 50
PUSHES = 20


class OfferPages(Controller):
    """Reading and steering offers."""

    path = "/offers"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_list(
        self,
        session: AsyncSession,
        q: str = "",
        account: str = "",
        chosen: Annotated[str, QueryParameter(name="state")] = "",
        cursor: str = "",
    ) -> Template:
        """List offers with what the channel has and what it should have."""
        state = OfferState(chosen) if chosen in set(OfferState) else None
        before = uuid_of(cursor)
        rows = await views.offers(
            session,
            account_id=uuid_of(account),
            state=state,
            query=q.replace("\0", ""),
            before=before,
            limit=ROWS + 1,
        )
        trouble = await views.trouble(session)
        stand = await standings(session, rows[:ROWS])
        query = {key: value for key, value in (("q", q), ("account", account), ("state", state or "")) if value}
        following = None
        if len(rows) > ROWS:
            following = "/offers?" + urlencode({**query, "cursor": rows[ROWS - 1].facts.id})
        accounts = await ChannelService(session).accounts()
        return Template(
            "offers/list.html",
            context={
                "rows": stand,
                "said": said,
                "tabs": tabs("offers", trouble),
                "query": query,
                "first": f"/offers?{urlencode(query)}" if before else None,
                "following": following,
                "states": [
                    {"value": str(key), "label": gettext(label), "count": trouble.get(key)}
                    for key, (label, _) in STATES.items()
                ],
                "accounts": accounts,
                "account_options": [{"value": str(one.id), "label": one.name} for one in accounts],
                "state_of": state_of,
            },
        )

    @get("/{offer_id:uuid}")
    async def show(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Template:
        """Show one offer: its number, why, and what happened."""
        return await _detail(session, offer_id)

    @post("/{offer_id:uuid}/link", opt=needs(Right.OFFERS_MANAGE))
    async def link(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Say which product it is."""
        form = await request.form()
        sku = str(form.get("sku", ""))
        try:
            await OfferService(session).link(offer_id, sku, version=number_of(form.get("version")))
        except InvalidInputError as error:
            return await _detail(session, offer_id, problems=error.problems, entered={"sku": sku})
        return _back(offer_id)

    @post("/{offer_id:uuid}/change", opt=needs(Right.OFFERS_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, offer_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Set the maximum, or pause and resume."""
        form = await request.form()
        given = str(form.get("maximum", "")).strip()
        try:
            await OfferService(session).change(
                offer_id,
                maximum=limit_of(given),
                buffer=limit_of(str(form.get("buffer", "")).strip()),
                paused=form.get("paused") == "true",
                version=number_of(form.get("version")),
            )
        except InvalidInputError as error:
            return await _detail(session, offer_id, problems=error.problems, entered=_texts(form))
        return _back(offer_id)

    @post("/{offer_id:uuid}/publish", opt=needs(Right.OFFERS_MANAGE))
    async def publish(self, session: AsyncSession, offer_id: FromPath[UUID]) -> Redirect:
        """Tell the channel now."""
        await OfferService(session).publish_now(offer_id)
        return _back(offer_id)

    @get("/of/{product_id:uuid}")
    async def of_product(self, session: AsyncSession, product_id: FromPath[UUID]) -> Template:
        """Show what each channel shows of a product, and why."""
        product = (await CatalogService(session).products([product_id])).get(product_id)
        if product is None:
            raise NoSuchProductError(product=product_id)
        return Template(
            "offers/product.html",
            context={
                "product": product,
                "accounts": await product_standing(session, product.seller_id, product_id),
                "said": said,
                "state_of": state_of,
            },
        )

    @post("/of/{product_id:uuid}/pause", opt=needs(Right.OFFERS_MANAGE))
    async def pause_product(
        self, request: Request[Any, Any, Any], session: AsyncSession, product_id: FromPath[UUID]
    ) -> Redirect:
        """Keep a product at nothing on every channel, or let it go on."""
        form = await request.form()
        await OfferService(session).pause_product(product_id, paused=form.get("paused") == "true")
        return Redirect(f"/offers/of/{product_id}", status_code=303)

    @post("/refresh/{account_id:uuid}", opt=needs(Right.OFFERS_MANAGE))
    async def refresh(self, session: AsyncSession, account_id: FromPath[UUID]) -> Redirect:
        """Read an account's offers now."""
        await OfferService(session).refresh(account_id)
        return Redirect("/offers", status_code=303)


async def _detail(
    session: AsyncSession,
    offer_id: UUID,
    *,
    problems: dict[str, str] | None = None,
    entered: dict[str, str] | None = None,
) -> Template:
    found = await views.offers(session, offer_id=offer_id, limit=1)
    if not found:
        raise OfferNotFoundError(offer=offer_id)
    events = await outbox.read_subjects(session, [offer_id], limit=EVENTS)
    stand = (await standings(session, found))[0]
    return Template(
        "offers/detail.html",
        context={
            "offer": found[0],
            "said": said(stand.findings),
            "next_at": stand.next_at,
            "pushes": await pushes(session, offer_id, limit=PUSHES),
            "whose": {key: gettext(label) for key, label in WHOSE.items()},
            "events": timeline(events),
            "limits": {key: gettext(label) for key, label in LIMITS.items()},
            "found_by": {key: gettext(label) for key, label in FOUND_BY.items()},
            "state_of": state_of,
            "problems": problems or {},
            "entered": entered or {},
        },
        status_code=422 if problems else 200,
    )


def _back(offer_id: UUID) -> Redirect:
    return Redirect(f"/offers/{offer_id}", status_code=303)


def _texts(form: FormMultiDict) -> dict[str, str]:
    return {name: str(value) for name, value in form.items()}
