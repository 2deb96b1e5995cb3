"""REST API v1 of printing."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.printing import views
from entrepot.printing.api.agent import PrintAgentApi
from entrepot.printing.automatic import Rules
from entrepot.printing.domain import Connection, JobState, PrinterKind, Purpose
from entrepot.printing.errors import BadCursorError, UnknownJobError, UnknownWorkstationError
from entrepot.printing.proof import proof
from entrepot.printing.refs import Paper
from entrepot.printing.service import PrintService
from entrepot.printing.stations import StationService

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]
type Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class StationIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A workstation; *shared*: of the fulfiller, for every seller."""

    name: Name
    warehouse_id: UUID | None = None
    shared: bool = False


class StationOut(msgspec.Struct, kw_only=True):
    """A workstation with its printers."""

    id: UUID
    seller_id: UUID | None
    warehouse_id: UUID | None
    name: str
    waiting: int
    printers: list[views.PrinterRow]


class StationList(msgspec.Struct):
    """All workstations: there are never many."""

    items: list[StationOut]
    next: str | None = None


class PrinterIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A printer; *media* like ``102x152`` or ``A4``, empty for anything."""

    name: Name
    kind: PrinterKind
    connection: Connection
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=260)]
    dpi: int = 203
    media: Annotated[str, msgspec.Meta(max_length=20)] = ""


class RoutesIn(msgspec.Struct, forbid_unknown_fields=True):
    """Purpose -> printer, all of them: what is left out is printed nowhere."""

    routes: dict[Purpose, UUID]


class PrintIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A document to print: PDF or ZPL, in base64."""

    workstation_id: UUID
    purpose: Purpose
    document: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content: str
    copies: int = 1
    order_id: UUID | None = None
    key: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """Asked twice under the same key, it is printed once."""


class RuleIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is printed when; without a workstation, where whoever did it stands."""

    topic: str
    purpose: Purpose
    workstation_id: UUID | None = None
    copies: int = 1


class RuleList(msgspec.Struct):
    """What is printed by itself."""

    items: list[views.RuleRow]
    next: str | None = None


class JobList(msgspec.Struct):
    """A page of print jobs."""

    items: list[views.JobRow]
    next: str | None


class StationApi(Controller):
    """Workstations and printers."""

    path = "/api/v1/workstations"
    tags = ("printing",)

    @get(operation_id="listWorkstations", summary="List workstations", opt=needs(Right.PRINTING_READ))
    async def show_all(self, session: AsyncSession) -> StationList:
        """List workstations with their printers, by name."""
        printers = await views.printers(session)
        return StationList([_station(one, printers) for one in await views.stations(session)])

    @post(operation_id="makeWorkstation", summary="Make a workstation", opt=needs(Right.PRINTING_MANAGE))
    async def make(self, session: AsyncSession, principal: Principal, data: JSONBody[StationIn]) -> StationOut:
        """Make a workstation without printers."""
        made = await StationService(session).create(principal, data.name, data.warehouse_id, shared=data.shared)
        return await _shown(session, made.id)

    @get("/{workstation_id:uuid}", operation_id="getWorkstation", summary="Show a workstation", opt=needs(Right.PRINTING_READ))  # fmt: skip
    async def show(self, session: AsyncSession, workstation_id: FromPath[UUID]) -> StationOut:
        """Show a workstation with its printers."""
        return await _shown(session, workstation_id)

    @put("/{workstation_id:uuid}", operation_id="changeWorkstation", summary="Change a workstation", opt=needs(Right.PRINTING_MANAGE))  # fmt: skip
    async def change(
        self, session: AsyncSession, workstation_id: FromPath[UUID], data: JSONBody[StationIn]
    ) -> StationOut:
        """Rename it or put it into another building; whose it is does not change."""
        await StationService(session).change(workstation_id, data.name, data.warehouse_id)
        return await _shown(session, workstation_id)

    @delete("/{workstation_id:uuid}", operation_id="removeWorkstation", summary="Remove a workstation", opt=needs(Right.PRINTING_MANAGE))  # fmt: skip
    async def remove(self, session: AsyncSession, workstation_id: FromPath[UUID]) -> None:
        """Remove it with its printers and what waits for them."""
        await StationService(session).remove(workstation_id)

    @put("/{workstation_id:uuid}/routes", operation_id="routePrinting", summary="Say which printer is for what", opt=needs(Right.PRINTING_MANAGE))  # fmt: skip
    async def route(
        self, session: AsyncSession, workstation_id: FromPath[UUID], data: JSONBody[RoutesIn]
    ) -> StationOut:
        """Replace all routes of a workstation."""
        await StationService(session).route(workstation_id, data.routes)
        return await _shown(session, workstation_id)

    @post("/{workstation_id:uuid}/printers", operation_id="addPrinter", summary="Add a printer", opt=needs(Right.PRINTING_MANAGE))  # fmt: skip
    async def add_printer(
        self, session: AsyncSession, workstation_id: FromPath[UUID], data: JSONBody[PrinterIn]
    ) -> StationOut:
        """Add a printer; the first one of a workstation is for everything it understands."""
        await StationService(session).add_printer(workstation_id, _written(data))
        return await _shown(session, workstation_id)


class PrinterApi(Controller):
    """One printer."""

    path = "/api/v1/printers/{printer_id:uuid}"
    tags = ("printing",)

    @put(operation_id="changePrinter", summary="Change a printer", opt=needs(Right.PRINTING_MANAGE))
    async def change(self, session: AsyncSession, printer_id: FromPath[UUID], data: JSONBody[PrinterIn]) -> StationOut:
        """Change a printer."""
        service = StationService(session)
        await service.change_printer(printer_id, _written(data))
        return await _shown(session, (await service.printer(printer_id)).workstation_id)

    @delete(operation_id="removePrinter", summary="Remove a printer", opt=needs(Right.PRINTING_MANAGE))
    async def remove(self, session: AsyncSession, printer_id: FromPath[UUID]) -> None:
        """Remove it with what waits for it."""
        await StationService(session).remove_printer(printer_id)

    @post("/test", operation_id="printTestPage", summary="Print a test page", opt=needs(Right.PRINTING_PRINT))
    async def test(self, session: AsyncSession, principal: Principal, printer_id: FromPath[UUID]) -> views.JobRow:
        """Queue a page that shows what the printer can."""
        printer = await StationService(session).printer(printer_id)
        seller_id = principal.seller_id()
        job = await PrintService(session).print_on(seller_id, printer_id, Purpose.TEST_PAGE, [proof(printer)])
        return await _job(session, job.id)


class QueueApi(Controller):
    """The print queue."""

    path = "/api/v1/print-jobs"
    tags = ("printing",)

    @get(operation_id="listPrintJobs", summary="List print jobs", opt=needs(Right.PRINTING_READ))
    async def show_list(
        self,
        session: AsyncSession,
        chosen: Annotated[JobState | None, QueryParameter(name="state")] = None,
        workstation_id: UUID | None = None,
        order_id: UUID | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> JobList:
        """List print jobs, the newest first."""
        found = await views.jobs(
            session, state=str(chosen or ""), workstation_id=workstation_id, order_id=order_id,
            before=_place(cursor) if cursor else None, limit=limit + 1,
        )  # fmt: skip
        return JobList(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(operation_id="printDocument", summary="Print a document", opt=needs(Right.PRINTING_PRINT))
    async def print_document(
        self, session: AsyncSession, principal: Principal, data: JSONBody[PrintIn]
    ) -> views.JobRow:
        """Queue a document for the printer that the workstation has for this purpose."""
        try:
            content = base64.b64decode(data.content, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidInputError({"content": N_("Send the document in base64.")}) from None
        job = await PrintService(session).queue(
            principal.seller_id(), data.workstation_id, data.purpose, Paper(name=data.document, content=content),
            copies=data.copies, order_id=data.order_id, key=f"api:{data.key}" if data.key else "",
        )  # fmt: skip
        return await _job(session, job.id)

    @get("/{job_id:uuid}", operation_id="getPrintJob", summary="Show a print job", opt=needs(Right.PRINTING_READ))
    async def show(self, session: AsyncSession, job_id: FromPath[UUID]) -> views.JobRow:
        """Show one print job."""
        return await _job(session, job_id)

    @post("/{job_id:uuid}/reprint", operation_id="reprint", summary="Print again", opt=needs(Right.PRINTING_PRINT))
    async def reprint(self, session: AsyncSession, job_id: FromPath[UUID]) -> views.JobRow:
        """Queue the same document again."""
        return await _job(session, (await PrintService(session).reprint(job_id)).id)

    @post("/{job_id:uuid}/cancel", operation_id="cancelPrintJob", summary="Cancel a print job", opt=needs(Right.PRINTING_PRINT), status_code=200)  # fmt: skip
    async def cancel(self, session: AsyncSession, job_id: FromPath[UUID]) -> views.JobRow:
        """Take a job out of the queue."""
        return await _job(session, (await PrintService(session).cancel(job_id)).id)


class RuleApi(Controller):
    """What is printed by itself."""

    path = "/api/v1/print-rules"
    tags = ("printing",)

    @get(operation_id="listPrintRules", summary="List what is printed by itself", opt=needs(Right.PRINTING_READ))
    async def show_all(self, session: AsyncSession) -> RuleList:
        """List what is printed by itself."""
        return RuleList(await views.rules(session))

    @post(operation_id="addPrintRule", summary="Print something by itself", opt=needs(Right.PRINTING_MANAGE))
    async def add(self, session: AsyncSession, principal: Principal, data: JSONBody[RuleIn]) -> RuleList:
        """Add a rule."""
        await Rules(session).add(principal.seller_id(), data.topic, str(data.purpose), data.workstation_id, data.copies)
        return RuleList(await views.rules(session))

    @delete("/{rule_id:uuid}", operation_id="removePrintRule", summary="Print something no longer by itself", opt=needs(Right.PRINTING_MANAGE))  # fmt: skip
    async def remove(self, session: AsyncSession, rule_id: FromPath[UUID]) -> None:
        """Remove a rule."""
        await Rules(session).remove(rule_id)


def _written(data: PrinterIn) -> dict[str, str]:
    return {name: str(value) for name, value in msgspec.structs.asdict(data).items()}


def _station(row: views.StationRow, printers: list[views.PrinterRow]) -> StationOut:
    return StationOut(
        id=row.id, seller_id=row.seller_id, warehouse_id=row.warehouse_id, name=row.name, waiting=row.waiting,
        printers=[one for one in printers if one.workstation_id == row.id],
    )  # fmt: skip


async def _shown(session: AsyncSession, workstation_id: UUID) -> StationOut:
    found = await views.stations(session, workstation_id=workstation_id)
    if not found:
        raise UnknownWorkstationError(workstation=str(workstation_id))
    return _station(found[0], await views.printers(session, workstation_id=workstation_id))


async def _job(session: AsyncSession, job_id: UUID) -> views.JobRow:
    found = await views.jobs(session, job_id=job_id)
    if not found:
        raise UnknownJobError
    return found[0]


def _place(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError from None


ROUTES = [StationApi, PrinterApi, QueueApi, RuleApi, PrintAgentApi]
