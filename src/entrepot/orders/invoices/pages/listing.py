"""The list of invoices, and one of them."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, Parameter, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import form_values, pretty, see_other
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.orders.invoices import views
from entrepot.orders.invoices.http import read_cursor, sellers_of, write_cursor
from entrepot.orders.invoices.refs import STATE_LABELS, InvoiceRef, State
from entrepot.orders.invoices.service import InvoiceService

PAGE = 50
UNPROCESSABLE = 422
NOT_JSON = N_("This is not JSON: {reason}.")
NO_OBJECT = N_("An object with named fields is needed.")


class InvoicePages(Controller):
    """See what programs sent, and settle what is wrong."""

    path = "/orders/invoices"
    include_in_schema = False

    @get(opt=needs(Right.ORDERS_READ))
    async def index(
        self,
        *,
        session: AsyncSession,
        principal: Principal,
        wanted: Annotated[str, QueryParameter(name="state")] = "",
        source: str = "",
        q: Annotated[str, Parameter(max_length=200)] = "",
        cursor: Annotated[str | None, Parameter(max_length=100)] = None,
    ) -> Template:
        """List invoices, the latest first."""
        sellers = sellers_of(principal)
        chosen = wanted if wanted in set(State) else ""
        found = await views.invoices(
            session,
            sellers,
            state=chosen,
            source=source.replace("\0", ""),
            query=q,
            before=read_cursor(cursor),
            limit=PAGE + 1,
        )
        query = {name: value for name, value in (("state", chosen), ("source", source), ("q", q)) if value}
        next_page = query | {"cursor": write_cursor(found[PAGE - 1])} if len(found) > PAGE else None
        missing = await views.gaps(session, sellers)
        context = {
            "rows": found[:PAGE],
            "query": query,
            "q": q,
            "state": chosen,
            "states": STATE_LABELS,
            "sources": await views.sources(session, sellers),
            "source": source,
            "waiting": await views.waiting_count(session, sellers),
            "missing": sum(gap.count for gap in missing),
            "next": f"/orders/invoices?{urlencode(next_page)}" if next_page else None,
            "first": f"/orders/invoices?{urlencode(query)}" if cursor else None,
        }
        return Template("orders/invoices/list.html", context=context)

    @get("/{invoice_id:uuid}", opt=needs(Right.ORDERS_READ))
    async def show(self, invoice_id: FromPath[UUID], session: AsyncSession) -> Template:
        """Show one."""
        return await _page(session, invoice_id)

    @post("/{invoice_id:uuid}/again", opt=needs(Right.INVOICES_IMPORT), status_code=200)
    async def again(
        self, request: Request[Any, Any, Any], invoice_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect | Template:
        """Take it again, corrected if something was entered."""
        entered = (await form_values(request)).get("raw", "").strip()
        try:
            raw = _read(entered) if entered else None
        except InvalidInputError as error:
            return await _page(session, invoice_id, entered=entered, problem=error.problems["raw"])
        taken = await InvoiceService(session).again(invoice_id, raw)
        return see_other(f"/orders/invoices/{taken.invoice_id or invoice_id}")

    @post("/{invoice_id:uuid}/code", opt=needs(Right.INVOICES_IMPORT), status_code=200)
    async def explain(
        self, request: Request[Any, Any, Any], invoice_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect | Template:
        """Say what a code means; every invoice that waited for it is taken."""
        form = await form_values(request)
        service = InvoiceService(session)
        invoice = await service.find(invoice_id)
        source = await service.source_by_id(invoice.source_id)
        sku = None if form.get("no_goods") else form.get("sku", "")
        try:
            async with session.begin_nested():
                await service.explain_code(source, form.get("code", ""), sku)
        except EntrepotError as error:
            return await _page(session, invoice_id, code_error=gettext(error.message).format(**error.facts))
        return see_other(f"/orders/invoices/{invoice_id}")

    @post("/{invoice_id:uuid}/dismiss", opt=needs(Right.INVOICES_IMPORT))
    async def dismiss(
        self, request: Request[Any, Any, Any], invoice_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect:
        """Decide that nothing comes of it."""
        await InvoiceService(session).dismiss(invoice_id, (await form_values(request)).get("reason", ""))
        return see_other(f"/orders/invoices/{invoice_id}")

    @post("/{invoice_id:uuid}/cancel", opt=needs(Right.INVOICES_IMPORT))
    async def cancel(
        self, request: Request[Any, Any, Any], invoice_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect:
        """Cancel it and its order."""
        service = InvoiceService(session)
        invoice = await service.find(invoice_id)
        reason = (await form_values(request)).get("reason", "").strip()[:500]
        await service.cancel(await service.source_by_id(invoice.source_id), invoice.number, reason)
        return see_other(f"/orders/invoices/{invoice_id}")


async def _page(
    session: AsyncSession, invoice_id: UUID, *, entered: str = "", problem: str = "", code_error: str = ""
) -> Template:
    invoice: InvoiceRef = await InvoiceService(session).find(invoice_id)
    row = await views.invoice(session, invoice_id)
    context = {
        "row": row,
        "states": STATE_LABELS,
        "raw": entered or pretty(msgspec.json.encode(invoice.raw)),
        "lines": _lines(invoice.raw),
        "problem": problem,
        "code_error": code_error,
        "wishes": await views.wishes(session, [row.order_id]) if row is not None and row.order_id else [],
    }
    status = UNPROCESSABLE if problem or code_error else 200
    return Template("orders/invoices/detail.html", context=context, status_code=status)


def _lines(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found = raw.get("lines")
    return [one for one in found if isinstance(one, dict)][:200] if isinstance(found, list) else []


def _read(entered: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(entered)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidInputError({"raw": gettext(NOT_JSON).format(reason=str(error)[:120])}) from None
    if not isinstance(found, dict):
        raise InvalidInputError({"raw": gettext(NO_OBJECT)})
    return found


ROUTES = [InvoicePages]
