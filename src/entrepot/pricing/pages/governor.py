"""Pages of the governor: what it allows, what it froze, and what waits for a second person."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing import views
from entrepot.pricing.approving import Approving
from entrepot.pricing.governing import Allowed
from entrepot.pricing.governor import Governor, allowed_for
from entrepot.pricing.governor_repository import NUMBERS, LimitsRow
from entrepot.pricing.limits import WHOLE, LimitService
from entrepot.pricing.pages.reading import ROWS, Form, completed, plain, said, tabs, uuid_of

LABELS = {
    "step_percent": N_("Largest change at once (%)"),
    "hour_percent": N_("Largest change of one offer within an hour (%)"),
    "approval_percent": N_("Larger changes need a second person (%)"),
    "hour_share": N_("Share of offers that may move within an hour (%)"),
    "day_share": N_("Share of offers that may move within a day (%)"),
    "floor_share": N_("Share of offers that may stand at their floor (%)"),
    "stock_share": N_("Share of offers whose stock may jump at once (%)"),
    "stock_units": N_("A jump of stock is so many units"),
    "hour_items": N_("Most prices that may change within an hour"),
    "day_items": N_("Most prices that may change within a day"),
    "least_offers": N_("Shares count from so many offers on"),
}


class GovernorPages(Controller):
    """The governor."""

    path = "/pricing/governor"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, principal: Principal, of: str = "") -> Template:
        """Show what is frozen, what is allowed, and what was frozen before."""
        return await _page(session, principal, of, {}, {})

    @post(opt=needs(Right.PRICING_APPROVE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Set what is allowed."""
        form = await Form.of(request)
        scope = form.text("scope")
        values = {name: form.whole(name) if name in WHOLE else form.number(name) for name in NUMBERS}
        try:
            form.check()
            account_id = uuid_of(scope)
            if account_id is not None:
                account = await ChannelService(session).account(account_id)
                await LimitService(session).put(values, seller_id=account.seller_id, account_id=account_id)
            else:
                seller_id = None if scope == "instance" else principal.seller_id()
                await LimitService(session).put(values, seller_id=seller_id)
        except InvalidInputError as error:
            return await _page(session, principal, scope, error.problems, form.values)
        return Redirect(f"/pricing/governor?{urlencode({'of': scope})}", status_code=303)

    @post("/freeze", opt=needs(Right.PRICING_MANAGE), status_code=200)
    async def freeze(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Redirect:
        """Stop everything of a seller, or one account."""
        form = await Form.of(request)
        account_id = uuid_of(form.text("scope"))
        if account_id is not None:
            account = await ChannelService(session).account(account_id)
            await Governor(session).freeze(seller_id=account.seller_id, account_id=account_id)
        else:
            await Governor(session).freeze(seller_id=principal.seller_id())
        return Redirect("/pricing/governor", status_code=303)

    @post("/{freeze_id:uuid}/resume", opt=needs(Right.PRICING_APPROVE), status_code=200)
    async def resume(self, session: AsyncSession, freeze_id: FromPath[UUID]) -> Redirect:
        """Let prices move again."""
        await Approving(session).resume(freeze_id)
        return Redirect("/pricing/governor", status_code=303)


class ApprovalPages(Controller):
    """Changes that wait for a second person."""

    path = "/pricing/approvals"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def show(self, session: AsyncSession, principal: Principal, show: str = "", cursor: str = "") -> Template:
        """List what waits, or was answered."""
        state = show if show in {"approved", "refused", "overtaken"} else "waiting"
        rows = await views.approvals(session, state=state, before=uuid_of(cursor), limit=ROWS + 1)
        query = {"show": show} if show else {}
        last = str(rows[ROWS - 1].row.id) if len(rows) > ROWS else None
        context = {
            "tabs": tabs("approvals"),
            "rows": rows[:ROWS],
            "query": query,
            "mine": principal.actor.id,
            "first": f"/pricing/approvals?{urlencode(query)}" if cursor else None,
            "next": f"/pricing/approvals?{urlencode({**query, 'cursor': last})}" if last else None,
        }
        return Template("pricing/approvals.html", context=said(context))

    @post("/{approval_id:uuid}/approve", opt=needs(Right.PRICING_APPROVE), status_code=200)
    async def approve(self, session: AsyncSession, approval_id: FromPath[UUID]) -> Redirect:
        """Agree: the price changes at once."""
        await Approving(session).agree(approval_id)
        return Redirect("/pricing/approvals", status_code=303)

    @post("/{approval_id:uuid}/refuse", opt=needs(Right.PRICING_APPROVE), status_code=200)
    async def refuse(self, session: AsyncSession, approval_id: FromPath[UUID]) -> Redirect:
        """Do not agree."""
        await Approving(session).refuse(approval_id)
        return Redirect("/pricing/approvals", status_code=303)


async def _page(
    session: AsyncSession, principal: Principal, scope: str, problems: dict[str, str], entered: dict[str, str]
) -> Template:
    accounts = await ChannelService(session).accounts()
    rows = await LimitService(session).limits()
    account = next((one for one in accounts if str(one.id) == scope), None)
    seller_id = account.seller_id if account else _seller(principal)
    whole = scope == "instance" or (account is None and seller_id is None)
    key = (None, None) if whole else (seller_id, account.id if account else None)
    said_here = next((row for row in rows if (row.seller_id, row.account_id) == key), None)
    wider = allowed_for(
        [row for row in rows if (row.seller_id, row.account_id) != key], *(key if not whole else (None, None))
    )
    scopes = [{"value": "", "label": gettext(N_("This seller"))}] if seller_id or principal.seller else []
    scopes += [{"value": str(one.id), "label": one.name} for one in accounts]
    if principal.everywhere and principal.seller is None:
        scopes.insert(0, {"value": "instance", "label": gettext(N_("The whole hub"))})
    context = {
        "tabs": tabs("governor"),
        "freezes": await Governor(session).open_freezes(),
        "past": [one for one in await Governor(session).freezes() if one.ended_at],
        "accounts": {one.id: one.name for one in accounts},
        "scope": "instance" if whole else scope,
        "scopes": scopes,
        "fields": _fields(said_here, wider, problems, entered),
        "limit_facts": [
            (gettext(label), plain(getattr(said_here, name, None)) or None) for name, label in LABELS.items()
        ],
        "may_change": principal.can(Right.PRICING_APPROVE) and (not whole or principal.scope.everyone),
        "one_seller": seller_id is not None,
    }
    return Template("pricing/governor.html", context=said(context), status_code=422 if problems else 200)


def _seller(principal: Principal) -> UUID | None:
    if principal.seller is not None:
        return principal.seller.id
    return principal.sellers[0].id if len(principal.sellers) == 1 else None


def _fields(
    row: LimitsRow | None, wider: Allowed, problems: dict[str, str], entered: dict[str, str]
) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = []
    for name, label in LABELS.items():
        value, usual = getattr(row, name, None), getattr(wider, name)
        hint = gettext(N_("Empty: {usual}.")).format(
            usual=plain(usual) if usual is not None else gettext(N_("no limit"))
        )
        field: dict[str, Any] = {
            "name": name,
            "label": gettext(label),
            "value": entered.get(name, plain(value)),
            "help": hint,
            "half": True,
            "inputmode": "decimal",
        }
        fields.append(field)
    return completed(fields, problems)


ROUTES = [GovernorPages, ApprovalPages]
