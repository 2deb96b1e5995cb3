"""Numbers that are missing, and those that are void."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import form_values, see_other
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.orders.invoices import views
from entrepot.orders.invoices.http import range_of, sellers_of
from entrepot.orders.invoices.service import InvoiceService

UNPROCESSABLE = 422
NO_NUMBER = N_("Enter the first number of the series, or nothing.")


class GapPages(Controller):
    """See what is missing, and say why."""

    path = "/orders/invoices/gaps"
    include_in_schema = False

    @get(opt=needs(Right.ORDERS_READ))
    async def index(self, session: AsyncSession, principal: Principal) -> Template:
        """Show what is missing."""
        return await _page(session, principal)

    @post("/{source_id:uuid}/void", opt=needs(Right.INVOICES_IMPORT), status_code=200)
    async def void(
        self, request: Request[Any, Any, Any], source_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Declare numbers void."""
        form = await form_values(request)
        service = InvoiceService(session)
        source = await service.source_by_id(source_id)
        try:
            prefix, first, last = range_of(form.get("first", ""), form.get("last", ""))
            await service.void(source, prefix, first, last, form.get("reason", ""))
        except EntrepotError as error:
            return await _page(session, principal, _words(error))
        return see_other("/orders/invoices/gaps")

    @post("/{source_id:uuid}/not-void", opt=needs(Right.INVOICES_IMPORT))
    async def not_void(
        self, request: Request[Any, Any, Any], source_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect:
        """Miss a number again."""
        form = await form_values(request)
        service = InvoiceService(session)
        serial = form.get("serial", "")
        if serial.isdecimal():
            await service.not_void(await service.source_by_id(source_id), form.get("prefix", ""), int(serial[:18]))
        return see_other("/orders/invoices/gaps")

    @post("/{source_id:uuid}/series", opt=needs(Right.INVOICES_MANAGE), status_code=200)
    async def series(
        self, request: Request[Any, Any, Any], source_id: FromPath[UUID], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Say where a series begins, and whether its gaps are of interest."""
        form = await form_values(request)
        first = form.get("first", "").strip()
        service = InvoiceService(session)
        source = await service.source_by_id(source_id)
        if first and not (first.isascii() and first.isdecimal() and len(first) <= 15):  # noqa: PLR2004 -- as a count
            return await _page(session, principal, gettext(NO_NUMBER))
        await service.set_series(
            source, form.get("prefix", ""), int(first) if first else None, watched="watched" in form
        )
        return see_other("/orders/invoices/gaps")


async def _page(session: AsyncSession, principal: Principal, error: str = "") -> Template:
    sellers = sellers_of(principal)
    context = {
        "gaps": await views.gaps(session, sellers),
        "series": await views.series(session, sellers),
        "voids": await views.voids(session, sellers),
        "error": error,
        "limit": views.SHOWN_GAPS,
    }
    return Template("orders/invoices/gaps.html", context=context, status_code=UNPROCESSABLE if error else 200)


def _words(error: EntrepotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(gettext(problem) for problem in error.problems.values())
    return gettext(error.message).format(**error.facts)


ROUTES = [GapPages]
