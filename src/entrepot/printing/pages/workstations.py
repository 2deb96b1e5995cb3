"""Workstations: where a device stands, which printers stand there, and what those are for."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.printing import views
from entrepot.printing.buildings import buildings
from entrepot.printing.domain import KIND_LABELS, PURPOSE_LABELS, ROUTED, Purpose
from entrepot.printing.errors import UnknownWorkstationError
from entrepot.printing.forms import media, printer_fields, route_fields, station_fields
from entrepot.printing.http import forget, here, remember, sent
from entrepot.printing.proof import proof
from entrepot.printing.refs import JobRef
from entrepot.printing.service import PrintService
from entrepot.printing.stations import StationService

PATH = "/printing/workstations"
UNPROCESSABLE = 422


class WorkstationPages(Controller):
    """Workstations."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.PRINTING_READ))
    async def index(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """List workstations, and say where this device stands."""
        return await _list(request, session, principal)

    @post(opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def create(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Make a workstation."""
        given = await _texts(request)
        shared = principal.everywhere and principal.seller is None and given.get("shared") == "true"
        try:
            made = await StationService(session).create(
                principal, given.get("name", ""), _uuid(given.get("warehouse_id", "")), shared=shared
            )
        except InvalidInputError as error:
            return await _list(request, session, principal, given, error.problems)
        return Redirect(f"{PATH}/{made.id}", status_code=303)

    @post("/here", opt=needs(Right.PRINTING_READ), status_code=200)
    async def stand_here(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Response[Any]:
        """Let this device remember where it stands."""
        chosen = _uuid((await _texts(request)).get("workstation_id", ""))
        answer: Response[Any] = Redirect(PATH, status_code=303)
        if chosen is None:
            forget(answer)
            return answer
        remember(answer, request, await StationService(session).stand_at(principal, chosen))
        return answer

    @get("/{workstation_id:uuid}", opt=needs(Right.PRINTING_READ))
    async def show(
        self, request: Request[Any, Any, Any], session: AsyncSession, workstation_id: FromPath[UUID]
    ) -> Template:
        """Show a workstation with its printers."""
        return await _detail(request, session, workstation_id)

    @post("/{workstation_id:uuid}", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, workstation_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Rename it, or put it into another building."""
        given = await _texts(request)
        try:
            await StationService(session).change(
                workstation_id, given.get("name", ""), _uuid(given.get("warehouse_id", ""))
            )
        except InvalidInputError as error:
            return await _detail(request, session, workstation_id, station=(given, error.problems))
        return Redirect(f"{PATH}/{workstation_id}", status_code=303)

    @post("/{workstation_id:uuid}/remove", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, workstation_id: FromPath[UUID]) -> Redirect:
        """Remove it with its printers."""
        await StationService(session).remove(workstation_id)
        return Redirect(PATH, status_code=303)

    @post("/{workstation_id:uuid}/routes", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def route(
        self, request: Request[Any, Any, Any], session: AsyncSession, workstation_id: FromPath[UUID]
    ) -> Redirect:
        """Say which printer is for what."""
        given = await _texts(request)
        routes: dict[Purpose, UUID] = {}
        for purpose in ROUTED:
            printer_id = _uuid(given.get(str(purpose), ""))
            if printer_id is not None:
                routes[purpose] = printer_id
        await StationService(session).route(workstation_id, routes)
        return Redirect(f"{PATH}/{workstation_id}", status_code=303)

    @get("/{workstation_id:uuid}/printers", opt=needs(Right.PRINTING_MANAGE))
    async def ask_printer(self, session: AsyncSession, workstation_id: FromPath[UUID]) -> Template:
        """Ask for a printer."""
        return await _printer_form(session, workstation_id, None, {})

    @post("/{workstation_id:uuid}/printers", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def add_printer(
        self, request: Request[Any, Any, Any], session: AsyncSession, workstation_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Put a printer there."""
        given = await _texts(request)
        try:
            await StationService(session).add_printer(workstation_id, given)
        except InvalidInputError as error:
            return await _printer_form(session, workstation_id, None, given, error.problems)
        return Redirect(f"{PATH}/{workstation_id}", status_code=303)


class PrinterPages(Controller):
    """One printer."""

    path = "/printing/printers/{printer_id:uuid}"
    include_in_schema = False

    @get(opt=needs(Right.PRINTING_MANAGE))
    async def ask(self, session: AsyncSession, printer_id: FromPath[UUID]) -> Template:
        """Ask what is to be changed."""
        printer = await StationService(session).printer(printer_id)
        rows = await views.printers(session, workstation_id=printer.workstation_id)
        row = next(one for one in rows if one.id == printer_id)
        values = {
            "name": row.name, "kind": row.kind, "connection": row.connection, "address": row.address, "dpi": row.dpi,
            "media": media(row),
        }  # fmt: skip
        return await _printer_form(session, printer.workstation_id, printer_id, values)

    @post(opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], session: AsyncSession, printer_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Change it."""
        given, service = await _texts(request), StationService(session)
        printer = await service.printer(printer_id)
        try:
            await service.change_printer(printer_id, given)
        except InvalidInputError as error:
            return await _printer_form(session, printer.workstation_id, printer_id, given, error.problems)
        return Redirect(f"{PATH}/{printer.workstation_id}", status_code=303)

    @post("/remove", opt=needs(Right.PRINTING_MANAGE), status_code=200)
    async def remove(self, session: AsyncSession, printer_id: FromPath[UUID]) -> Redirect:
        """Take it away."""
        service = StationService(session)
        printer = await service.printer(printer_id)
        await service.remove_printer(printer_id)
        return Redirect(f"{PATH}/{printer.workstation_id}", status_code=303)

    @post("/test", opt=needs(Right.PRINTING_PRINT), status_code=200)
    async def test(
        self,
        request: Request[Any, Any, Any],
        session: AsyncSession,
        principal: Principal,
        printer_id: FromPath[UUID],
    ) -> HTMXTemplate | Redirect:
        """Print a test page."""
        job = await _test(session, principal, printer_id)
        if request.headers.get("hx-request"):
            return sent(job)
        return Redirect(f"{PATH}/{job.workstation_id}", status_code=303)


async def _test(session: AsyncSession, principal: Principal, printer_id: UUID) -> JobRef:
    printer = await StationService(session).printer(printer_id)
    seller_id = principal.seller_id()
    return await PrintService(session).print_on(seller_id, printer_id, Purpose.TEST_PAGE, [proof(printer)])


async def _list(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    principal: Principal,
    given: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Template:
    places = await buildings(session)
    may_share = principal.everywhere and principal.seller is None
    context = {
        "stations": await views.stations(session),
        "buildings": dict(places),
        "here": here(request),
        "fields": station_fields(places, given, problems, may_share=may_share),
        "refused": bool(problems),
    }
    return Template("printing/workstations.html", context=context, status_code=UNPROCESSABLE if problems else 200)


async def _detail(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    workstation_id: UUID,
    *,
    station: tuple[dict[str, str], dict[str, str]] | None = None,
) -> Template:
    found = await views.stations(session, workstation_id=workstation_id)
    if not found:
        raise UnknownWorkstationError(workstation=str(workstation_id))
    row, places = found[0], await buildings(session)
    printers = await views.printers(session, workstation_id=workstation_id)
    values: dict[str, object] = {"name": row.name, "warehouse_id": row.warehouse_id}
    context = {
        "row": row,
        "building": dict(places).get(row.warehouse_id) if row.warehouse_id else None,
        "printers": printers,
        "kinds": KIND_LABELS,
        "purposes": PURPOSE_LABELS,
        "routes": route_fields(printers),
        "here": here(request),
        "address": request.app.state.settings.address,
        "fields": station_fields(places, station[0] if station else values, station[1] if station else None),
        "jobs": await views.jobs(session, workstation_id=workstation_id, state="open", limit=5),
    }
    return Template("printing/workstation.html", context=context, status_code=UNPROCESSABLE if station else 200)


async def _printer_form(
    session: AsyncSession,
    workstation_id: UUID,
    printer_id: UUID | None,
    values: dict[str, Any],
    problems: dict[str, str] | None = None,
) -> Template:
    station = await StationService(session).workstation(workstation_id)
    context = {
        "station": station,
        "printer_id": printer_id,
        "heading": N_("Printer") if printer_id else N_("Add a printer"),
        "fields": printer_fields(values, problems),
    }
    return Template("printing/printer.html", context=context, status_code=UNPROCESSABLE if problems else 200)


async def _texts(request: Request[Any, Any, Any]) -> dict[str, str]:
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


def _uuid(written: str) -> UUID | None:
    try:
        return UUID(written) if written else None
    except ValueError:
        raise InvalidInputError({"workstation_id": N_("Choose one from the list.")}) from None


ROUTES = [WorkstationPages, PrinterPages]
