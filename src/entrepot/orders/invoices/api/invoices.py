"""Invoices for programs."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath, JSONBody, Parameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.orders.invoices import views
from entrepot.orders.invoices.api.schema import (
    BulkOut,
    CorrectionIn,
    InvoiceIn,
    InvoiceOut,
    InvoicesIn,
    InvoicesOut,
    ReasonIn,
    TakenOut,
)
from entrepot.orders.invoices.http import read_cursor, sellers_of, write_cursor
from entrepot.orders.invoices.refs import State
from entrepot.orders.invoices.service import InvoiceService


class InvoiceApi(Controller):
    """Invoices of one source: sent, cancelled, looked up."""

    path = "/api/v1/invoice-sources/{source:str}/invoices"
    tags = ("invoices",)

    @post(operation_id="takeInvoice", summary="Send an invoice", opt=needs(Right.INVOICES_IMPORT), status_code=200)
    async def take(
        self,
        request: Request[Any, Any, Any],
        source: FromPath[str],
        data: JSONBody[InvoiceIn],
        session: AsyncSession,
        principal: Principal,
    ) -> TakenOut:
        """Make an order of it, or change the order of its number.  Look at ``result``: ``attention`` says why not."""
        del data  # describes the body; what is read is the body itself, with all that it holds
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        return TakenOut.of((await service.take(found, [await request.json()], origin="api"))[0])

    @post(
        "/bulk",
        operation_id="takeInvoices",
        summary="Send many invoices",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def take_many(
        self, source: FromPath[str], data: JSONBody[InvoicesIn], session: AsyncSession, principal: Principal
    ) -> BulkOut:
        """Take up to 1,000 invoices; one that cannot be taken does not stop the others."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        items = [TakenOut.of(one) for one in await service.take(found, data.invoices, origin="api")]
        counts: dict[str, int] = {}
        for item in items:
            counts[item.result] = counts.get(item.result, 0) + 1
        return BulkOut(counts=counts, items=items)

    @get("/{number:str}", operation_id="getInvoiceByNumber", summary="Read an invoice", opt=needs(Right.ORDERS_READ))
    async def read(
        self, source: FromPath[str], number: FromPath[str], session: AsyncSession, principal: Principal
    ) -> InvoiceOut:
        """Return what became of an invoice."""
        service = InvoiceService(session)
        found = await service.numbered(await service.source(principal.seller_id(), source), number)
        return await _one(session, found.id)

    @post(
        "/{number:str}/cancel",
        operation_id="cancelInvoice",
        summary="Cancel an invoice",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def cancel(
        self,
        source: FromPath[str],
        number: FromPath[str],
        data: JSONBody[ReasonIn],
        session: AsyncSession,
        principal: Principal,
    ) -> TakenOut:
        """Cancel its order; goods off the shelf are to be put back.  Refused once the goods have left."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        return TakenOut.of(await service.cancel(found, number, data.reason))


class InvoicesApi(Controller):
    """Invoices of every source, and what is wrong with some."""

    path = "/api/v1/invoices"
    tags = ("invoices",)

    @get(operation_id="listInvoices", summary="List invoices", opt=needs(Right.ORDERS_READ))
    async def index(
        self,
        *,
        session: AsyncSession,
        principal: Principal,
        cursor: Annotated[str | None, Parameter(max_length=100)] = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
        wanted: Annotated[State | None, QueryParameter(name="state")] = None,
        source: Annotated[str, Parameter(max_length=40)] = "",
        q: Annotated[str, Parameter(max_length=200, description="Number, customer, salesman, area, route.")] = "",
    ) -> InvoicesOut:
        """Return invoices, the latest first."""
        rows = await views.invoices(
            session,
            sellers_of(principal),
            state=str(wanted or ""),
            source=source.replace("\0", ""),
            query=q,
            before=read_cursor(cursor),
            limit=limit + 1,
        )
        more = write_cursor(rows[limit - 1]) if len(rows) > limit else None
        return InvoicesOut(items=[InvoiceOut.of(row) for row in rows[:limit]], next=more)

    @get("/{invoice_id:uuid}", operation_id="getInvoice", summary="Read an invoice", opt=needs(Right.ORDERS_READ))
    async def read(self, invoice_id: FromPath[UUID], session: AsyncSession) -> InvoiceOut:
        """Return what became of an invoice."""
        return await _one(session, invoice_id)

    @post(
        "/{invoice_id:uuid}/again",
        operation_id="retakeInvoice",
        summary="Take an invoice again",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def again(self, invoice_id: FromPath[UUID], data: JSONBody[CorrectionIn], session: AsyncSession) -> TakenOut:
        """Try an invoice again that needs attention, corrected or as it came."""
        return TakenOut.of(await InvoiceService(session).again(invoice_id, data.invoice))

    @post(
        "/{invoice_id:uuid}/dismiss",
        operation_id="dismissInvoice",
        summary="Dismiss an invoice",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def dismiss(self, invoice_id: FromPath[UUID], data: JSONBody[ReasonIn], session: AsyncSession) -> InvoiceOut:
        """Decide that nothing comes of an invoice that needs attention."""
        await InvoiceService(session).dismiss(invoice_id, data.reason)
        return await _one(session, invoice_id)

    @get("/gaps", operation_id="listInvoiceGaps", summary="Missing numbers", opt=needs(Right.ORDERS_READ))
    async def gaps(
        self, session: AsyncSession, principal: Principal, source: Annotated[str, Parameter(max_length=40)] = ""
    ) -> list[views.Gap]:
        """Return the numbers that are missing in the series of the sources."""
        return await views.gaps(session, sellers_of(principal), source=source.replace("\0", ""))


async def _one(session: AsyncSession, invoice_id: UUID) -> InvoiceOut:
    await InvoiceService(session).find(invoice_id)
    row = await views.invoice(session, invoice_id)
    assert row is not None  # noqa: S101 -- found in this transaction
    return InvoiceOut.of(row)


ROUTES = [InvoiceApi, InvoicesApi]
