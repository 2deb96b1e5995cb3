"""Setting up workstations: their printers, and what those are for."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import InstanceOnlyError
from entrepot.access.principal import Principal
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.printing.domain import RESOLUTIONS, ROUTED, Connection, PrinterKind, Purpose, address_problem, read_size
from entrepot.printing.errors import UnknownPrinterError, UnknownWorkstationError
from entrepot.printing.events import WorkstationChanged
from entrepot.printing.models import Printer, Workstation
from entrepot.printing.refs import PrinterRef, WorkstationRef
from entrepot.printing.repository import StationRepository

NAME = 60


class StationService:
    """Workstations of the transaction's sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._stations = StationRepository(session)

    async def workstation(self, workstation_id: UUID) -> WorkstationRef:
        """Return a workstation.

        Raises:
            UnknownWorkstationError: there is none.
        """
        found = await self._stations.workstation(workstation_id)
        if found is None:
            raise UnknownWorkstationError(workstation=str(workstation_id))
        return found

    async def create(
        self, principal: Principal, name: str, warehouse_id: UUID | None, *, shared: bool = False
    ) -> WorkstationRef:
        """Make a workstation, of one seller or (*shared*) of the fulfiller for all of them.

        Raises:
            InvalidInputError: the name is empty, too long or taken.
            InstanceOnlyError: a shared one, by someone who works for some sellers only.
        """
        if shared and not (principal.everywhere and principal.seller is None):
            raise InstanceOnlyError
        seller_id = None if shared else principal.seller_id()
        name = await self._name(seller_id, name)
        row = Workstation(id=new_id(), seller_id=seller_id, warehouse_id=warehouse_id, name=name, created_at=now())
        await self._stations.add(row)
        station = WorkstationRef(id=row.id, seller_id=seller_id, warehouse_id=warehouse_id, name=name)
        await self._tell(station, "made")
        return station

    async def change(self, workstation_id: UUID, name: str, warehouse_id: UUID | None) -> None:
        """Rename a workstation, or put it into another building.

        Raises:
            InvalidInputError: the name is empty, too long or taken.
        """
        station = await self._mine(workstation_id)
        name = await self._name(station.seller_id, name, but=station.id)
        await self._stations.change_workstation(station.id, {"name": name, "warehouse_id": warehouse_id})
        await self._tell(station, "changed")

    async def remove(self, workstation_id: UUID) -> None:
        """Remove a workstation with its printers and all that waits for them."""
        station = await self._mine(workstation_id)
        await self._stations.remove_workstation(station.id)
        await self._tell(station, "removed")

    async def printer(self, printer_id: UUID) -> PrinterRef:
        """Return a printer.

        Raises:
            UnknownPrinterError: there is none.
        """
        found = await self._stations.printer(printer_id)
        if found is None:
            raise UnknownPrinterError
        return found

    async def add_printer(self, workstation_id: UUID, given: Mapping[str, str]) -> PrinterRef:
        """Put a printer at a workstation; the first one of a workstation is for everything it understands.

        Raises:
            InvalidInputError: something about it cannot be; the problems name the fields.
        """
        station = await self._mine(workstation_id)
        there = await self._stations.printers(station.id)
        values = _printer_values(given, {one.name.casefold() for one in there})
        row = Printer(id=new_id(), seller_id=station.seller_id, workstation_id=station.id, **values)
        await self._stations.add(row)
        if not there:
            kind = PrinterKind(row.kind)
            await self._stations.set_routes(station, dict.fromkeys(usual_purposes(kind), row.id))
        await self._tell(station, "printer added")
        return await self.printer(row.id)

    async def change_printer(self, printer_id: UUID, given: Mapping[str, str]) -> None:
        """Change a printer.

        Raises:
            InvalidInputError: something about it cannot be; the problems name the fields.
        """
        printer = await self.printer(printer_id)
        station = await self._mine(printer.workstation_id)
        others = {one.name.casefold() for one in await self._stations.printers(station.id) if one.id != printer_id}
        await self._stations.change_printer(printer_id, _printer_values(given, others))
        await self._tell(station, "printer changed")

    async def remove_printer(self, printer_id: UUID) -> None:
        """Take a printer away, with all that waits for it."""
        printer = await self.printer(printer_id)
        station = await self._mine(printer.workstation_id)
        await self._stations.remove_printer(printer_id)
        await self._tell(station, "printer removed")

    async def route(self, workstation_id: UUID, routes: Mapping[Purpose, UUID]) -> None:
        """Say which printer is for what; a purpose that is left out has none.

        Raises:
            UnknownPrinterError: one of them stands elsewhere.
        """
        station = await self._mine(workstation_id)
        here = {printer.id for printer in await self._stations.printers(station.id)}
        if not set(routes.values()) <= here:
            raise UnknownPrinterError
        await self._stations.set_routes(station, {one: routes[one] for one in ROUTED if one in routes})
        await self._tell(station, "routes changed")

    async def stand_at(self, principal: Principal, workstation_id: UUID) -> WorkstationRef:
        """Note at which workstation somebody stands: what is printed by itself for what they do comes out there."""
        station = await self.workstation(workstation_id)
        for seller in (principal.seller,) if principal.seller else principal.sellers:
            await self._stations.note_place(principal.actor.id, seller.id, station.id, now())
        return station

    async def _mine(self, workstation_id: UUID) -> WorkstationRef:
        """Return a workstation that the caller may change: a shared one only if they reach every seller."""
        station = await self.workstation(workstation_id)
        if station.seller_id is None and not context_of(self._session).scope.everyone:
            raise InstanceOnlyError
        return station

    async def _name(self, seller_id: UUID | None, name: str, but: UUID | None = None) -> str:
        name = " ".join(name.split())
        if not name or len(name) > NAME or not name.isprintable():
            raise InvalidInputError({"name": N_("Give a name of at most 60 characters, like “Packing 1”.")})
        if await self._stations.name_taken(seller_id, name, but):
            raise InvalidInputError({"name": N_("There is a workstation of this name. Choose another one.")})
        return name

    async def _tell(self, station: WorkstationRef, what: str) -> None:
        await outbox.record(
            self._session,
            WorkstationChanged(seller_id=station.seller_id, subject_id=station.id, name=station.name, what=what),
        )


def usual_purposes(kind: PrinterKind) -> tuple[Purpose, ...]:
    """Return what a printer of this kind is usually for."""
    sheets = (
        Purpose.PACKING_SLIP, Purpose.INVOICE_COPY, Purpose.PICK_LIST, Purpose.ROUTE_LIST, Purpose.MANIFEST,
    )  # fmt: skip
    if kind is PrinterKind.SHEETS:
        return sheets
    return tuple(one for one in ROUTED if one not in sheets)


def _printer_values(given: Mapping[str, str], others: set[str]) -> dict[str, object]:
    problems: dict[str, str] = {}
    name = " ".join(given.get("name", "").split())
    if not name or len(name) > NAME or not name.isprintable():
        problems["name"] = N_("Give a name of at most 60 characters, like “Zebra left”.")
    elif name.casefold() in others:
        problems["name"] = N_("There is a printer of this name at this workstation. Choose another one.")
    kind, connection = given.get("kind", ""), given.get("connection", "")
    if kind not in set(PrinterKind):
        problems["kind"] = N_("Choose what the printer takes.")
    address = given.get("address", "").strip()
    if connection not in set(Connection):
        problems["connection"] = N_("Choose how the agent reaches the printer.")
    elif problem := address_problem(Connection(connection), address):
        problems["address"] = problem
    dpi = given.get("dpi", "") or str(RESOLUTIONS[0])
    if dpi not in {str(one) for one in RESOLUTIONS}:
        problems["dpi"] = N_("Choose one of the resolutions in the list.")
    media = given.get("media", "").strip()
    size = read_size(media) if media else None
    if media and size is None:
        problems["media"] = N_(
            "Write width and height in millimetres, like 102x152, or A4; leave it empty for anything."
        )
    if problems:
        raise InvalidInputError(problems)
    wide, high = size or (None, None)
    return {
        "name": name, "kind": kind, "connection": connection, "address": address, "dpi": int(dpi),
        "width_mm": wide, "height_mm": high,
    }  # fmt: skip
