"""The log of calls to the outside: which there were, and one with its request, answer, run, order and account."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Request, get
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import PAGING
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels import views as channels
from entrepot.channels.http import pretty
from entrepot.channels.service import ChannelService
from entrepot.erp.service import ErpService
from entrepot.jobs import views as jobs
from entrepot.kit.call_log import recorded_call
from entrepot.kit.text import N_
from entrepot.operations.errors import CallNotFoundError
from entrepot.operations.pages.runs import labels
from entrepot.operations.views import CallFilters, list_calls
from entrepot.orders.refs import OrderRef
from entrepot.orders.service import OrderService
from entrepot.orders.views import order_called

PAGE = 50
OUTCOMES = {
    "ok": N_("Answered"),
    "refused": N_("Refused (4xx)"),
    "broken": N_("Broken (5xx)"),
    "none": N_("No usable answer"),
}


class CallPages(Controller):
    """Calls to the outside."""

    path = "/calls"
    include_in_schema = False
    opt = needs(Right.CHANNELS_READ)

    @get()
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """List calls, newest first."""
        query = {name: value for name, value in request.query_params.items() if value and name not in PAGING}
        cursor = _uuid(request.query_params.get("cursor", ""))
        zone = ZoneInfo(principal.time_zone)
        until = _day(query.get("until", ""), zone)
        order, filters = None, CallFilters(account_id=_uuid(query.get("account", "")))
        if order_id := _uuid(query.get("order", "")):
            order = await OrderService(session).order(order_id)
            filters = await about_order(session, order)
        filters = replace(
            filters,
            run_id=_uuid(query.get("run", "")),
            outcome=query.get("outcome", ""),
            search=query.get("q", "").strip(),
            since=_day(query.get("since", ""), zone),
            until=until + timedelta(days=1) if until else None,
        )
        found = await list_calls(session, filters, before=cursor, limit=PAGE + 1)
        rows = found[:PAGE]
        more = urlencode({**query, "cursor": str(rows[-1].id)}) if len(found) > PAGE else ""
        return Template(
            "operations/calls.html",
            context={
                "rows": rows,
                "query": query,
                "order": order,
                "accounts": {id_: account.name for id_, account in (await partners(session)).items()},
                "outcomes": OUTCOMES,
                "next": f"/calls?{more}" if more else None,
                "previous": f"/calls?{urlencode(query)}" if cursor else None,
            },
        )

    @get("/{call_id:uuid}")
    async def show(self, session: AsyncSession, call_id: FromPath[UUID]) -> Template:
        """Show one call."""
        call = await recorded_call(session, call_id)
        if call is None:
            raise CallNotFoundError(call_id=call_id)
        account = (await partners(session)).get(call.account_id) if call.account_id else None
        order: tuple[UUID, str] | None = None
        if call.order_id is not None:
            known = await OrderService(session).order(call.order_id)
            order = (known.id, known.number)
        elif call.subject:
            order = await order_called(session, call.account_id, call.subject)
        documents = (
            await channels.documents(session, account_id=account.id, search=call.subject, limit=10)
            if account and call.subject
            else []
        )
        runs = await jobs.runs_by_id(session, [call.run_id]) if call.run_id else {}
        return Template(
            "operations/call.html",
            context={
                "call": call,
                "account": account,
                "order": order,
                "run": runs.get(call.run_id) if call.run_id else None,
                "documents": documents,
                "labels": labels(),
                "request_body": pretty(call.request_body.encode()),
                "response_body": pretty(call.response_body.encode()),
            },
        )


@dataclass(frozen=True, slots=True)
class Partner:
    """An account of an outside system."""

    id: UUID
    name: str
    address: str
    """Of its page."""


async def partners(session: AsyncSession) -> dict[UUID, Partner]:
    """Return the accounts of channels and ERPs in scope."""
    found = [Partner(one.id, one.name, f"/channels/{one.id}") for one in await ChannelService(session).accounts()]
    found += [Partner(one.id, one.name, f"/erp/{one.id}") for one in await ErpService(session).accounts()]
    return {one.id: one for one in found}


async def about_order(session: AsyncSession, order: OrderRef) -> CallFilters:
    """Return what finds the calls about an order: its numbers here and there, and its channel and ERP."""
    named = {order.number, order.channel_order_id, *(line.channel_line_id for line in order.lines)}
    accounts = set[UUID]()
    if order.channel_account_id is not None:
        join = await ErpService(session).joined(order.channel_account_id)
        accounts = {order.channel_account_id} | ({join.erp_account_id} if join else set())
    return CallFilters(order_id=order.id, names={name for name in named if name}, partners=accounts)


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _day(value: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


ROUTES = [CallPages]
