"""Pages of returns."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.channels.contract import Capability
from entrepot.channels.contract_returns import ReturnOutcome
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, RefusedError
from entrepot.kit.text import N_
from entrepot.orders.extension import Panel, add_panel
from entrepot.orders.refs import OrderRef
from entrepot.returns import views
from entrepot.returns.domain import GOODS_LABELS, STATE_LABELS, STATE_TONES, Goods, ReturnState
from entrepot.returns.service import OUTCOME_LABELS, Decision, ReturnService
from entrepot.returns.wording import timeline

PAGE = 50
EVENTS = 50
LONGEST_NUMBER = 6


class ReturnPages(Controller):
    """What comes back."""

    path = "/returns"
    include_in_schema = False

    @get(opt=needs(Right.RETURNS_READ))
    async def index(
        self, session: AsyncSession, q: str = "", show: str = "", account: str = "", before: str = ""
    ) -> Template:
        """List returns."""
        state = show if show in set(ReturnState) else ""
        q = q.replace("\0", "").strip()
        found = await views.returns(
            session, search=q, state=state, account_id=_uuid(account), before=_uuid(before), limit=PAGE + 1
        )
        query = {name: value for name, value in (("q", q), ("show", state), ("account", account)) if value}
        following = None
        if len(found) > PAGE:
            following = "/returns?" + urlencode({**query, "before": found[PAGE - 1].id})
        readers = {key for key, spec in connectors().items() if Capability.READ_RETURNS in spec.capabilities}
        accounts = [one for one in await ChannelService(session).accounts() if one.channel in readers]
        context = {
            "rows": found[:PAGE],
            "query": query,
            "q": q,
            "show": state,
            "account": account,
            "accounts": accounts,
            "names": {one.id: one.name for one in accounts},
            "counts": await views.counts(session),
            "labels": STATE_LABELS,
            "tones": STATE_TONES,
            "next": following,
            "first": f"/returns?{urlencode(query)}" if before else None,
        }
        return Template("returns/list.html", context=context)

    @get("/{return_id:uuid}", opt=needs(Right.RETURNS_READ))
    async def show(self, return_id: FromPath[UUID], session: AsyncSession) -> Template:
        """Show one return: what came back, why, and what was decided."""
        return Template("returns/detail.html", context=await _detail(session, return_id))

    @post("/refresh/{account_id:uuid}", opt=needs(Right.RETURNS_HANDLE), status_code=200)
    async def refresh(self, account_id: FromPath[UUID], session: AsyncSession) -> Response[Any]:
        """Read an account's returns now."""
        await ReturnService(session).refresh(account_id)
        return Redirect("/returns", status_code=303)

    @post("/register", opt=needs(Right.RETURNS_HANDLE), status_code=200)
    async def register(self, request: HTMXRequest, session: AsyncSession) -> Response[Any]:
        """Note goods that came back although no buyer announced them, and go on to decide about them."""
        values = {name: str(value).strip() for name, value in (await request.form()).items()}
        order_id, line_id = _uuid(values.get("order_id", "")), _uuid(values.get("line_id", ""))
        quantity = values.get("quantity", "")
        if order_id is None or line_id is None or not quantity.isdecimal() or len(quantity) > LONGEST_NUMBER:
            raise IncompleteRegistrationError
        made = await ReturnService(session).register(order_id, line_id, int(quantity))
        return Redirect(f"/returns/{made.id}", status_code=303)

    @post("/{return_id:uuid}/lines/{line_id:uuid}", opt=needs(Right.RETURNS_HANDLE), status_code=200)
    async def decide(
        self, request: HTMXRequest, return_id: FromPath[UUID], line_id: FromPath[UUID], session: AsyncSession
    ) -> Response[Any] | Template:
        """Decide about one line."""
        values = {name: str(value).strip() for name, value in (await request.form()).items()}
        try:
            decision = _decision(values)
            version = int(values["version"]) if values.get("version", "").isdigit() else None
            async with session.begin_nested():
                await ReturnService(session).decide(return_id, line_id, decision, version=version)
        except EntrepotError as error:
            context = await _detail(session, return_id, error, line_id, values)
            return Template("returns/detail.html", context=context, status_code=422)
        return Redirect(f"/returns/{return_id}", status_code=303)


class IncompleteRegistrationError(RefusedError):
    """A form that leaves out what it asks for."""

    code = "returns.incomplete_registration"
    title = N_("Say what came back")
    message = N_("Choose which line of the order came back, and enter how many units.")


class IncompleteDecisionError(RefusedError):
    """A form that leaves out what it asks for."""

    code = "returns.incomplete"
    title = N_("Say what happened")
    message = N_("Choose what you decide and what becomes of the goods, and enter how many units it is about.")


def _decision(values: dict[str, str]) -> Decision:
    plain: dict[str, Any] = {
        "outcome": values.get("outcome", ""),
        "goods": values.get("goods", ""),
        "quantity": int(values["quantity"]) if values.get("quantity", "").isdigit() else None,
    }
    if values.get("location") and plain["goods"] == Goods.RESTOCK:
        plain["location_id"] = values["location"]
    try:
        return msgspec.convert(plain, Decision)
    except msgspec.ValidationError as error:
        raise IncompleteDecisionError from error


async def _detail(
    session: AsyncSession,
    return_id: UUID,
    error: EntrepotError | None = None,
    line_id: UUID | None = None,
    values: dict[str, str] | None = None,
) -> dict[str, Any]:
    found = await ReturnService(session).goods_return(return_id)
    account = await ChannelService(session).account(found.account_id) if found.account_id else None
    places = await views.places(session, found.seller_id)
    return {
        "found": found,
        "account": account,
        "places": places,
        "codes": {place.id: place.code for place in places},
        "labels": STATE_LABELS,
        "tones": STATE_TONES,
        "goods": {str(key): label for key, label in GOODS_LABELS.items()},
        "outcomes": {str(key): label for key, label in OUTCOME_LABELS.items()},
        "first_choices": [key for key in OUTCOME_LABELS if key is not ReturnOutcome.APPROVED_AFTER_ALL],
        "events": timeline(await outbox.read_subjects(session, [return_id], limit=EVENTS)),
        "error": error,
        "line_id": line_id,
        "values": values or {},
    }


async def returns_of(session: AsyncSession, order: OrderRef) -> dict[str, Any]:
    """Return what the panel of an order's returns shows."""
    gone = any(line.quantity_shipped or line.fulfilment != "seller" for line in order.lines)
    return {
        "returns": await views.returns(session, order_id=order.id) if gone else [],
        "return_labels": STATE_LABELS,
        "return_tones": STATE_TONES,
        "may_come_back": [one for one in order.lines if one.quantity_shipped and one.fulfilment == "seller"],
    }


add_panel(Panel(template="returns/_order_panel.html", context=returns_of, right=Right.RETURNS_READ))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ROUTES = [ReturnPages]
NAV = [
    NavItem(
        section="sell", label=N_("Returns"), url="/returns", icon="truck-return", right=Right.RETURNS_READ, order=35
    )
]
