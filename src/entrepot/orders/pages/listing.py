"""The list of orders, and what is done to several at once."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath, Parameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.accounts import AccountRef
from entrepot.channels.http import form_values, see_other
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.orders import listing, views
from entrepot.orders.domain import ATTENTION_LABELS
from entrepot.orders.extension import BULK_ACTIONS
from entrepot.orders.service import OrderService
from entrepot.orders.status import LABELS, OPEN, OrderStatus
from entrepot.orders.tasks import import_now

PAGE = 50
MOST_AT_ONCE = 500
ON_HOLD = N_("Held by {name}")


def read_filters(principal: Principal, query: Mapping[str, str]) -> views.Filters:
    """Return the filters of an address; what is not understood does not filter."""
    status = query.get("status", "")
    return views.Filters(
        sellers=sellers_of(principal),
        q=query.get("q", "").strip()[:200],
        status=status if status in {*OrderStatus, "open"} else "",
        account_id=_uuid(query.get("account_id", "")),
        held=True if query.get("held") else None,
        attention=query.get("attention", ""),
        country=query.get("country", "").strip().upper()[:2],
        placed_from=_day(query.get("placed_from", "")),
        placed_to=_day(query.get("placed_to", "")),
        late=bool(query.get("late")),
        tag=query.get("tag", ""),
        product_id=_uuid(query.get("product_id", "")),
    )


def sellers_of(principal: Principal) -> tuple[UUID, ...]:
    """Return the sellers whose orders the caller looks at."""
    return (principal.seller.id,) if principal.seller else tuple(seller.id for seller in principal.sellers)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


class ListController(Controller):
    """Orders in a list."""

    path = "/orders"
    include_in_schema = False

    @get(opt=needs(Right.ORDERS_READ))
    async def show(
        self,
        request: Request[Any, Any, Any],
        principal: Principal,
        session: AsyncSession,
        cursor: Annotated[str | None, Parameter(max_length=100)] = None,
    ) -> Template:
        """List orders, the latest first."""
        query = {key: value for key, value in request.query_params.items() if key in listing.KEPT and value}
        filters = read_filters(principal, query)
        sort = query.get("sort", "-placed")
        page = await views.list_orders(session, filters, sort=sort, cursor=cursor, limit=PAGE)
        counts = await views.count_orders(session, filters.sellers)
        accounts = await ChannelService(session).accounts()
        context = {
            "rows": page.rows,
            "next": f"/orders?{urlencode(query | {'cursor': page.next})}" if page.next else None,
            "first": f"/orders?{urlencode(query)}" if cursor else None,
            "query": query,
            "sort": sort,
            "q": filters.q,
            "counts": counts,
            "tabs": tabs(counts, query),
            "saved": await views.saved_views(session, filters.sellers, principal.actor.id),
            "accounts": accounts,
            "filters": toolbar_filters(query, accounts),
            "attention_labels": {str(key): gettext(label) for key, label in ATTENTION_LABELS.items()},
            "bulk": [
                {"label": gettext(action.label), "url": action.url, "icon": action.icon}
                for action in BULK_ACTIONS
                if principal.can(action.right)
            ],
            "several_sellers": len(filters.sellers) > 1,
            "seller_names": {seller.id: seller.name for seller in principal.sellers},
        }
        return Template("orders/list.html", context=context)

    @post("/hold", opt=needs(Right.ORDERS_WRITE))
    async def hold(self, request: Request[Any, Any, Any], principal: Principal, session: AsyncSession) -> Redirect:
        """Hold the selected orders."""
        reason = gettext(ON_HOLD).format(name=principal.name)
        await OrderService(session).hold(await chosen(request), reason)
        return back(request)

    @post("/let-go", opt=needs(Right.ORDERS_WRITE))
    async def let_go(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Let the selected orders go on."""
        await OrderService(session).let_go(await chosen(request))
        return back(request)

    @post("/cancel", opt=needs(Right.ORDERS_CANCEL))
    async def cancel(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Cancel the selected orders, all or none."""
        await OrderService(session).cancel(await chosen(request))
        return back(request)

    @post("/views", opt=needs(Right.ORDERS_READ))
    async def save_view(self, request: Request[Any, Any, Any], principal: Principal, session: AsyncSession) -> Redirect:
        """Keep the list as it is shown."""
        form = await form_values(request)
        parameters = dict(parse_qsl(form.get("query", "").lstrip("?")))
        await listing.save_view(session, principal.seller_id(), principal.actor.id, form.get("name", ""), parameters)
        kept = {key: value for key, value in parameters.items() if key in listing.KEPT}
        return see_other(f"/orders?{urlencode(kept)}")

    @post("/views/{view_id:int}/remove", opt=needs(Right.ORDERS_READ))
    async def remove_view(self, principal: Principal, session: AsyncSession, view_id: FromPath[int]) -> Redirect:
        """Forget a saved list."""
        await listing.remove_view(session, principal.actor.id, view_id)
        return see_other("/orders")

    @post("/import", opt=needs(Right.ORDERS_WRITE))
    async def import_now(self, request: Request[Any, Any, Any], session: AsyncSession) -> Redirect:
        """Import from one channel account now."""
        account_id = _uuid((await form_values(request)).get("account_id", ""))
        if account_id is None:
            raise InvalidInputError({"account_id": N_("Choose a channel account.")})
        return see_other(f"/jobs/{await import_now(session, account_id)}")


async def chosen(request: Request[Any, Any, Any]) -> list[UUID]:
    """Return the selected orders.

    Raises:
        InvalidInputError: none, or too many.
    """
    form = await request.form()
    ids = [order_id for order_id in map(_uuid, map(str, form.getall("ids", []))) if order_id is not None]
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInputError({"ids": N_("Choose between 1 and 500 orders.")})
    return ids


def back(request: Request[Any, Any, Any]) -> Redirect:
    """Return to the list as it was."""
    referrer = request.headers.get("referer", "")
    query = referrer.partition("/orders?")[2]
    return see_other(f"/orders?{query}" if query else "/orders")


def tabs(counts: Mapping[str, int], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the tabs above the list."""
    here = next((name for name in ("attention", "held", "late") if query.get(name)), query.get("status", ""))
    entries: list[tuple[str, str, dict[str, str], int | None]] = [("", N_("All"), {}, None)]
    entries += [("attention", N_("Needs attention"), {"attention": "any"}, counts["attention"])]
    entries += [
        (str(status), LABELS[status], {"status": str(status)}, counts[status] if status in OPEN else None)
        for status in OrderStatus
    ]
    entries += [
        ("held", N_("On hold"), {"held": "1"}, counts["held"]),
        ("late", N_("Late"), {"late": "1"}, counts["late"]),
    ]
    return [
        {"label": gettext(label), "url": f"/orders?{urlencode(wanted)}", "active": here == name, "count": count}
        for name, label, wanted, count in entries
        if name not in {"held", "late"} or count
    ]


def toolbar_filters(query: Mapping[str, str], accounts: list[AccountRef]) -> list[dict[str, Any]]:
    """Return the filters beside the search box."""
    found: list[dict[str, Any]] = [
        {
            "name": "attention",
            "label": gettext(N_("Attention")),
            "value": query.get("attention", ""),
            "options": [
                {"value": "any", "label": gettext(N_("Any reason"))},
                *({"value": str(key), "label": gettext(label)} for key, label in ATTENTION_LABELS.items()),
            ],
        }
    ]
    if len(accounts) > 1:
        found.insert(
            0,
            {
                "name": "account_id",
                "label": gettext(N_("Channel account")),
                "value": query.get("account_id", ""),
                "options": [{"value": str(account.id), "label": account.name} for account in accounts],
            },
        )
    return found
