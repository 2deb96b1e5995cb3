"""Labels on the printers of a workstation."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.labels import SIZES, pdf, zpl
from entrepot.inventory.views.labels import LabelKind, labelled
from entrepot.printing.refs import Format, JobRef, Paper, PrinterKind, Purpose
from entrepot.printing.service import PrintService

PURPOSES: dict[LabelKind, Purpose] = {
    "locations": Purpose.LOCATION_LABEL,
    "products": Purpose.PRODUCT_LABEL,
    "lots": Purpose.LOT_LABEL,
}


async def queue_labels(
    session: AsyncSession,
    seller_id: UUID,
    workstation_id: UUID,
    kind: LabelKind,
    ids: Sequence[UUID],
    size: str,
    copies: int = 1,
) -> JobRef:
    """Print labels at a workstation, drawn for the resolution of its printer.

    Raises:
        NothingToPrintError: none, or too many.
        NoPrinterError: the workstation has no printer for such labels.
        TooLargeForMediaError, CopiesError: as they say.
    """
    service, purpose = PrintService(session), PURPOSES[kind]
    printer = await service.printer_for(workstation_id, purpose)
    labels = [one.label for one in await labelled(session, kind, ids)]
    if printer is not None and printer.kind is PrinterKind.ZPL:
        content, written = zpl(labels, size, dots=printer.dots_per_mm).encode(), Format.ZPL
    else:
        content, written = pdf(labels, size), Format.PDF
    first = labels[0].big if labels else ""
    name = f"{first} … {labels[-1].big}" if len(labels) > 1 else first
    paper = Paper(name=name or kind, content=content, format=written, size_mm=SIZES[size])
    return await service.queue(seller_id, workstation_id, purpose, paper, copies=copies)
