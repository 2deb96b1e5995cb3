"""Alerts of the user who is signed in: their list, their form, and a piece of each product's page."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import NavItem
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.messaging.service import NotificationService, person_of
from entrepot.pricewatch.alerts.domain import AlertKind, Basis, Direction
from entrepot.pricewatch.alerts.errors import AlertNotFoundError
from entrepot.pricewatch.alerts.service import USUAL_DAYS, AlertService
from entrepot.pricewatch.alerts.views import AlertView, alerts, group_choices, listing_choices
from entrepot.pricewatch.alerts.wording import BASES, DIRECTIONS, KINDS
from entrepot.pricewatch.watching.service import WatchService

ROWS = 50
MOST_FOR_A_PRODUCT = 50
ALERTS = "/prices/alerts"
EVERYTHING, PRODUCT = "all", "product"


class AlertPages(Controller):
    """A user's alerts."""

    path = ALERTS
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession, principal: Principal, cursor: str = "") -> Template:
        """List the alerts of the user."""
        user_id = person_of(principal)
        before = uuid_of(cursor)
        rows = await alerts(session, user_id, before=before, limit=ROWS + 1)
        ways = await NotificationService(session, user_id).ways()
        return Template(
            "pricewatch/alerts/list.html",
            context={
                "rows": rows[:ROWS],
                "about": about,
                "kinds": KINDS,
                "ways": [way for way in ways if way.enabled],
                "first": ALERTS if before else None,
                "following": f"{ALERTS}?cursor={rows[ROWS - 1].alert.id}" if len(rows) > ROWS else None,
            },
        )

    @get("/new")
    async def ask(self, session: AsyncSession, principal: Principal, product: str = "") -> Template:
        """Ask what to wait for."""
        person_of(principal)
        return await _form(session, principal, {"product": product})

    @post(status_code=200)
    async def add(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Make an alert."""
        form = await _texts(request)
        product_id = uuid_of(form.get("product", ""))
        kind, _, number = form.get("scope", PRODUCT if product_id else EVERYTHING).partition(":")
        service = AlertService(session, person_of(principal))
        try:
            if kind == "listing" and (listing_id := uuid_of(number)) is not None:
                await service.add(principal_seller(principal, None), form, listing_id=listing_id)
            elif kind == PRODUCT and product_id is not None:
                await service.add(principal_seller(principal, None), form, watched_product_id=product_id)
            else:
                group_id = uuid_of(number) if kind == "group" else None
                await service.add(principal.seller_id(), form, group_id=group_id)
        except InvalidInputError as error:
            return await _form(session, principal, form, error.problems)
        return Redirect(f"/prices/products/{product_id}" if product_id else ALERTS, status_code=303)

    @get("/{alert_id:uuid}")
    async def edit(self, session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]) -> Template:
        """Show an alert to be changed."""
        view = await _own(session, principal, alert_id)
        alert = view.alert
        given = {
            "kind": alert.kind,
            "direction": alert.direction,
            "basis": alert.basis,
            "threshold": f"{alert.threshold.normalize():f}" if alert.threshold else "",
            "currency": alert.currency,
            "days": str(alert.days or USUAL_DAYS),
            "again": f"{alert.again.normalize():f}" if alert.again is not None else "",
        }
        return await _form(session, principal, given, view=view)

    @post("/{alert_id:uuid}", status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]
    ) -> Redirect | Template:
        """Let it wait for something else."""
        form = await _texts(request)
        version = form.get("version", "")
        try:
            await AlertService(session, person_of(principal)).change(
                alert_id,
                form,
                version=int(version) if version.isdecimal() and len(version) < 10 else None,  # noqa: PLR2004 -- a column's
            )
        except InvalidInputError as error:
            return await _form(session, principal, form, error.problems, view=await _own(session, principal, alert_id))
        return Redirect(ALERTS, status_code=303)

    @post("/{alert_id:uuid}/switch")
    async def switch(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]
    ) -> Redirect:
        """Let it rest, or look again."""
        form = await _texts(request)
        await AlertService(session, person_of(principal)).switch(alert_id, on=form.get("on") == "true")
        return _back(form)

    @post("/{alert_id:uuid}/remove")
    async def remove(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]
    ) -> Redirect:
        """Remove it."""
        await AlertService(session, person_of(principal)).remove(alert_id)
        return _back(await _texts(request))


class ProductAlertPages(Controller):
    """A user's alerts on the page of a product."""

    path = "/prices/products/{watched_product_id:uuid}/alerts"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, principal: Principal, watched_product_id: FromPath[UUID]) -> Template:
        """Show what looks at this product for the user."""
        await WatchService(session).product(watched_product_id)
        rows: list[AlertView] = []
        if principal.actor.kind == "user":
            user_id = person_of(principal)
            rows = await alerts(session, user_id, watched_product_id=watched_product_id, limit=MOST_FOR_A_PRODUCT)
        return Template(
            "pricewatch/alerts/_alerts.html",
            context={"rows": rows, "product_id": watched_product_id, "about": about, "kinds": KINDS},
        )


def principal_seller(principal: Principal, seller_id: UUID | None) -> UUID:
    """Return a seller to begin with; what an alert looks at says whose it really is."""
    if seller_id is not None:
        return seller_id
    return principal.seller.id if principal.seller is not None else principal.sellers[0].id


def about(view: AlertView) -> str:
    """Return what an alert looks at, in words."""
    alert = view.alert
    if alert.listing_id is not None:
        return gettext(N_("{product} at {store}")).format(product=view.product, store=view.store)
    if alert.watched_product_id is not None:
        return view.product
    if alert.group_id is not None:
        return gettext(N_("Everything in the group {group}")).format(group=view.group)
    return gettext(N_("Everything that is watched"))


def uuid_of(given: str) -> UUID | None:
    """Return an id, or None."""
    try:
        return UUID(given)
    except ValueError:
        return None


async def _texts(request: Request[Any, Any, Any]) -> dict[str, str]:
    form = await request.form()
    return {name: str(value).replace("\0", "") for name, value in form.items()}


def _back(form: Mapping[str, str]) -> Redirect:
    product_id = uuid_of(form.get("product", ""))
    return Redirect(f"/prices/products/{product_id}" if product_id else ALERTS, status_code=303)


async def _own(session: AsyncSession, principal: Principal, alert_id: UUID) -> AlertView:
    found = await alerts(session, person_of(principal), alert_id=alert_id, limit=1)
    if not found:
        raise AlertNotFoundError(alert=alert_id)
    return found[0]


async def _form(
    session: AsyncSession,
    principal: Principal,
    given: Mapping[str, str],
    problems: Mapping[str, str] | None = None,
    *,
    view: AlertView | None = None,
) -> Template:
    product_id = uuid_of(given.get("product", ""))
    scopes: list[dict[str, str]] = []
    currency, title = "EUR", ""
    if view is None and product_id is not None:
        title = (await WatchService(session).product(product_id)).title
        listings = await listing_choices(session, product_id)
        scopes.append({"value": PRODUCT, "label": gettext(N_("This product, in all its stores"))})
        scopes += [
            {"value": f"listing:{listing_id}", "label": f"{store}: {url}"[:110]}
            for listing_id, store, url, _ in listings
        ]
        currency = next((known for *_, known in listings if known), currency)
    elif view is None:
        scopes.append({"value": EVERYTHING, "label": gettext(N_("Everything that is watched"))})
        scopes += [
            {"value": f"group:{group_id}", "label": gettext(N_("The group {group}")).format(group=name)}
            for group_id, name in await group_choices(session)
        ]
    return Template(
        "pricewatch/alerts/form.html",
        context={
            "view": view,
            "heading": about(view) if view else title,
            "product_id": product_id,
            "fields": _fields(given, problems or {}, scopes, currency),
            "one_seller": principal.seller is not None or len(principal.sellers) == 1 or product_id is not None,
        },
        status_code=422 if problems else 200,
    )


def _fields(
    given: Mapping[str, str], problems: Mapping[str, str], scopes: list[dict[str, str]], currency: str
) -> list[dict[str, Any]]:
    def one(
        name: str, label: str, kind: str = "text", *, hint: str = "", usual: str = "", **more: object
    ) -> dict[str, Any]:
        return {
            "name": name,
            "label": gettext(label),
            "type": kind,
            "value": given.get(name, usual),
            "help": gettext(hint),
            "error": problems.get(name, ""),
            "required": False,
            "options": [],
            **more,
        }

    def choices(labels: Mapping[Any, str]) -> list[dict[str, str]]:
        return [{"value": str(value), "label": gettext(label)} for value, label in labels.items()]

    scope = (
        [one("scope", N_("Looks at"), "select", options=scopes, usual=scopes[0]["value"], required=True)]
        if scopes
        else []
    )
    return [
        *scope,
        one("kind", N_("Waits for"), "select", options=choices(KINDS), usual=str(AlertKind.TARGET), half=True, required=True),
        one("direction", N_("Direction"), "select", options=choices(DIRECTIONS), usual=str(Direction.DOWN), half=True, required=True,
            hint=N_("Of a target price: from above or from below.")),
        one("threshold", N_("Price, percent or amount"), inputmode="decimal", half=True,
            hint=N_("A target price or an amount of money, or a percentage without its sign.")),
        one("currency", N_("Currency"), usual=currency, half=True, maxlength=3,
            hint=N_("Of a target price or an amount; other currencies do not count.")),
        one("days", N_("Days"), "number", usual=str(USUAL_DAYS), half=True, min=1, max=730,
            hint=N_("For the lowest price: how far to look back.")),
        one("again", N_("Again after further percent"), inputmode="decimal", half=True,
            hint=N_("Empty: a target or lowest price is told again only after it was left.")),
        one("basis", N_("Of several stores"), "select", options=choices(BASES), usual=str(Basis.BEST), required=True),
    ]  # fmt: skip


ROUTES = [AlertPages, ProductAlertPages]
NAV = [
    NavItem(
        section="prices",
        label=N_("My alerts"),
        url=ALERTS,
        icon="bell",
        right=Right.PRICEWATCH_READ,
        order=25,
    ),
]
