"""Bringing in a file: which source is it from, and the file; the rest is the imports' own page."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import see_other
from entrepot.imports.service import ImportService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.orders.invoices import views
from entrepot.orders.invoices.http import sellers_of
from entrepot.orders.invoices.service import InvoiceService
from entrepot.orders.invoices.table import INVOICES, KIND, START

UNPROCESSABLE = 422


class ImportPages(Controller):
    """A file with invoices."""

    path = START
    include_in_schema = False
    opt = needs(Right.INVOICES_IMPORT)

    @get()
    async def ask(self, session: AsyncSession, principal: Principal) -> Template:
        """Ask for source and file."""
        return await _page(session, principal)

    @post()
    async def upload(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Keep the file, and show what would happen."""
        form = await request.form()
        sent, pasted, key = form.get("file"), str(form.get("pasted", "")), str(form.get("source", ""))
        name, content = "invoices.csv", pasted.encode()
        if isinstance(sent, UploadFile) and sent.filename:
            name, content = sent.filename, await sent.read()
        try:
            source = await InvoiceService(session).source(principal.seller_id(), key)
            service = ImportService(session)
            import_id = await service.upload(source.seller_id, KIND, name, content, subject=source.key)
        except EntrepotError as error:
            return await _page(session, principal, gettext(error.message).format(**error.facts), pasted, key)
        return see_other(f"/imports/{import_id}")


async def _page(
    session: AsyncSession, principal: Principal, error: str = "", pasted: str = "", chosen: str = ""
) -> Template:
    context = {
        "spec": INVOICES,
        "sources": await views.sources(session, sellers_of(principal)),
        "error": error,
        "pasted": pasted,
        "chosen": chosen,
    }
    return Template("orders/invoices/import.html", context=context, status_code=UNPROCESSABLE if error else 200)


ROUTES = [ImportPages]
