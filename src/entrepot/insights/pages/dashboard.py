"""The dashboard, and the search of the command palette."""

from typing import Any, TypedDict

from litestar import get
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import open_to_signed_in
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog import views as catalog
from entrepot.channels import views as inbox
from entrepot.channels.accounts import AccountRef, Health
from entrepot.channels.service import ChannelService
from entrepot.fulfilment import views as floor
from entrepot.insights import views
from entrepot.inventory import views as stock
from entrepot.jobs import views as jobs
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.offers.prices.browsing import trouble
from entrepot.orders import views as orders
from entrepot.pricewatch.watching import views as watching
from entrepot.pricing import views as pricing

FOUND = 6
"""Results of each kind in the palette."""

FIRST_STEPS = {
    "warehouse": (N_("Set up a warehouse"), N_("Where the goods lie, down to the numbered slot."), "/warehouses"),
    "products": (N_("Add products"), N_("Upload a CSV, or enter them by hand."), "/products/import"),
    "channel": (N_("Connect a channel"), N_("Orders are imported; nothing is sent until you say so."), "/channels"),
}


class Result(TypedDict):
    """One line of the palette."""

    label: str
    hint: str
    url: str
    icon: str


@get("/", opt=open_to_signed_in(), include_in_schema=False)
async def dashboard(session: AsyncSession, principal: Principal) -> Template:
    """Show what needs attention, orders by status and today's throughput."""
    sellers = [seller.id for seller in principal.sellers] if principal.seller is None else [principal.seller.id]
    context: dict[str, Any] = {
        "counts": None, "accounts": [], "attention": {}, "today": None, "hours": [], "runs": {}, "floor": None,
        "steps": [], "prices": None, "price_states": {}, "unread_pages": 0,
    }  # fmt: skip
    if principal.can(Right.ORDERS_READ):
        context["counts"] = await orders.count_orders(session, sellers)
        lately = await views.activity(session, sellers, midnight=views.midnight(principal.time_zone))
        context["today"], context["hours"] = lately.today, lately.hours
    if principal.can(Right.CHANNELS_READ):
        context["accounts"] = await ChannelService(session).accounts()
        context["attention"] = await inbox.attention_counts(session)
    if principal.can(Right.JOBS_READ):
        context["runs"] = await jobs.count_states(session)
    if principal.can(Right.FULFILMENT_READ):
        context["floor"] = await floor.counts(session, time_zone=principal.time_zone)
    if principal.can(Right.PRICING_READ):
        context["prices"] = await pricing.waiting(session)
    if principal.can(Right.OFFERS_READ):
        context["price_states"] = await trouble(session)
    if principal.can(Right.PRICEWATCH_READ):
        context["unread_pages"] = await watching.attention_count(session)
    context["steps"] = await _first_steps(session, principal, context["accounts"])
    context["unwell"] = [account for account in context["accounts"] if account.health is not Health.HEALTHY]
    return Template("insights/dashboard.html", context=context)


async def _first_steps(session: AsyncSession, principal: Principal, accounts: list[AccountRef]) -> list[dict[str, str]]:
    """Return what a new seller still has to do, nothing once there is a channel."""
    if accounts or not principal.can(Right.CHANNELS_MANAGE):
        return []
    open_steps = {"channel"}
    if not await stock.warehouses(session):
        open_steps.add("warehouse")
    if not await catalog.has_products(session):
        open_steps.add("products")
    return [
        {"title": gettext(title), "text": gettext(text), "url": url, "done": "" if key in open_steps else "1"}
        for key, (title, text, url) in FIRST_STEPS.items()
    ]


@get("/search.json", opt=open_to_signed_in(), include_in_schema=False)
async def search(session: AsyncSession, principal: Principal, q: str = "") -> list[Result]:
    """Find orders and products by whatever somebody types or scans."""
    query = q.replace("\0", "").strip()[:100]
    if not query:
        return []
    found: list[Result] = []
    sellers = [seller.id for seller in principal.sellers] if principal.seller is None else [principal.seller.id]
    if principal.can(Right.ORDERS_READ):
        page = await orders.list_orders(session, orders.Filters(sellers=sellers, q=query), limit=FOUND)
        found += [
            Result(
                label=row.number,
                hint=" · ".join(filter(None, (row.ship_name, row.ship_postcode, row.ship_country))),
                url=f"/orders/{row.id}",
                icon="shopping-cart",
            )
            for row in page.rows
        ]
    if principal.can(Right.CATALOG_READ):
        found += [
            Result(label=row.sku, hint=row.title, url=f"/products/{row.id}", icon="package")
            for row in await catalog.search(session, query, FOUND)
        ]
    return found


ROUTES = [dashboard, search]
