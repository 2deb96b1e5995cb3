"""Sources of invoices for programs: what their codes mean, and which of their numbers are void."""

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.orders.invoices import views
from entrepot.orders.invoices.api.schema import CodeIn, RunOut, SourceIn, SourcePatch, TakenOut, VoidIn, VoidOut
from entrepot.orders.invoices.http import range_of, sellers_of
from entrepot.orders.invoices.jobs import keep_watch, look_now
from entrepot.orders.invoices.refs import SourceRef
from entrepot.orders.invoices.service import InvoiceService


class SourceApi(Controller):
    """The programs that send invoices."""

    path = "/api/v1/invoice-sources"
    tags = ("invoices",)

    @get(operation_id="listInvoiceSources", summary="List sources of invoices", opt=needs(Right.ORDERS_READ))
    async def index(self, session: AsyncSession, principal: Principal) -> list[views.SourceRow]:
        """Return the sources with how they are doing."""
        return await views.sources(session, sellers_of(principal))

    @post(operation_id="createInvoiceSource", summary="Make a source of invoices", opt=needs(Right.INVOICES_MANAGE))
    async def make(self, data: JSONBody[SourceIn], session: AsyncSession, principal: Principal) -> SourceRef:
        """Make a source; its key is part of the addresses that the program sends to."""
        values = msgspec.structs.asdict(data)
        made = await InvoiceService(session).make_source(principal.seller_id(), **values)
        await keep_watch(session, made)
        return made

    @patch(
        "/{source:str}",
        operation_id="changeInvoiceSource",
        summary="Change a source of invoices",
        opt=needs(Right.INVOICES_MANAGE),
    )
    async def change(
        self, source: FromPath[str], data: JSONBody[SourcePatch], session: AsyncSession, principal: Principal
    ) -> SourceRef:
        """Change what is given."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
        changed = await service.change_source(found.id, **given) if given else found
        await keep_watch(session, changed)
        return changed

    @post(
        "/{source:str}/look",
        operation_id="lookIntoInvoiceFolder",
        summary="Look into the folder now",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=202,
    )
    async def look(self, source: FromPath[str], session: AsyncSession, principal: Principal) -> RunOut:
        """Take the files that wait in the source's folder, without waiting for the next minute."""
        found = await InvoiceService(session).source(principal.seller_id(), source)
        return RunOut(run_id=await look_now(session, found))

    @get("/{source:str}/codes", operation_id="listInvoiceCodes", summary="List codes", opt=needs(Right.ORDERS_READ))
    async def codes(self, source: FromPath[str], session: AsyncSession, principal: Principal) -> list[views.CodeRow]:
        """Return what somebody said about the source's codes."""
        return await views.codes(session, await InvoiceService(session).source(principal.seller_id(), source))

    @post(
        "/{source:str}/codes",
        operation_id="explainInvoiceCode",
        summary="Say what a code means",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def explain(
        self, source: FromPath[str], data: JSONBody[CodeIn], session: AsyncSession, principal: Principal
    ) -> list[TakenOut]:
        """Name the product of a code, or null for no goods; return what came of the invoices that waited for it."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        sku = None if data.sku is None else data.sku.replace("\0", "")
        return [TakenOut.of(one) for one in await service.explain_code(found, data.code.replace("\0", ""), sku)]

    @post(
        "/{source:str}/voids",
        operation_id="voidInvoiceNumbers",
        summary="Declare numbers void",
        opt=needs(Right.INVOICES_IMPORT),
        status_code=200,
    )
    async def void(
        self, source: FromPath[str], data: JSONBody[VoidIn], session: AsyncSession, principal: Principal
    ) -> VoidOut:
        """Say that no invoice will have these numbers, and why."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        prefix, first, last = range_of(data.first.replace("\0", ""), data.last.replace("\0", ""))
        return VoidOut(voided=await service.void(found, prefix, first, last, data.reason.replace("\0", "")))

    @delete(
        "/{source:str}/voids/{number:str}",
        operation_id="unvoidInvoiceNumber",
        summary="Miss a number again",
        opt=needs(Right.INVOICES_IMPORT),
    )
    async def not_void(
        self, source: FromPath[str], number: FromPath[str], session: AsyncSession, principal: Principal
    ) -> None:
        """Take back that a number is void."""
        service = InvoiceService(session)
        found = await service.source(principal.seller_id(), source)
        prefix, serial, _ = range_of(number.replace("\0", ""), "")
        await service.not_void(found, prefix, serial)


ROUTES = [SourceApi]
