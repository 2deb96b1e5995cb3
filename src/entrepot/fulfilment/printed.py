"""What the floor prints: carriers' labels, pick lists, manifests; on a button, and by itself when something happens."""

import json
from collections.abc import Sequence
from functools import lru_cache
from uuid import UUID

import typst
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.service import find_document
from entrepot.fulfilment import views
from entrepot.fulfilment.carriage.errors import ManifestNotFoundError
from entrepot.fulfilment.carriage.views import manifests
from entrepot.fulfilment.errors import PickListNotFoundError, ShipmentNotFoundError
from entrepot.inventory.labels import Label, bars
from entrepot.kit.outbox import RecordedEvent
from entrepot.printing.automatic import Made, makes
from entrepot.printing.refs import Format, Paper, PrinterRef, Purpose

_LIST = """
#let it = json(bytes(sys.inputs.it))
#set document(title: it.number)
#set page(paper: "a4", margin: 12mm, footer: context align(right, text(size: 8pt, it.number + " · " + counter(page).display("1 / 1", both: true))))
#set text(font: "Libertinus Serif", size: 10pt)
#grid(columns: (1fr, auto), align: (left, right),
  text(size: 20pt, weight: "bold", it.number) + linebreak() + it.warehouse + if it.who != "" { " · " + it.who },
  if it.bars != "" { box(width: 60mm, height: 14mm, {
    let module = 60mm / it.bars.len()
    for (place, bar) in it.bars.clusters().enumerate() {
      if bar == "1" { std.place(top + left, dx: module * place, rect(width: module * 1.02, height: 14mm, fill: black, stroke: none)) }
    }
  }) })
#v(4mm)
#table(columns: (auto, auto, 1fr, auto, auto, 8mm), stroke: 0.4pt, inset: 5pt, align: (left, right, left, left, left, left),
  ..it.rows.map(row => (text(weight: "bold", row.place), text(size: 14pt, weight: "bold", row.left),
    row.title, row.sku, row.lot, [])).flatten().map(one => if type(one) == str { [#one] } else { one }))
"""


async def label_papers(session: AsyncSession, shipment_id: UUID) -> tuple[UUID, tuple[Paper, ...]]:
    """Return a shipment's order and its label, in every format there is.

    Raises:
        ShipmentNotFoundError: there is none, or it has no label.
    """
    found = await views.shipments(session, shipment_id=shipment_id)
    if not found or found[0].label_pdf_id is None:
        raise ShipmentNotFoundError(shipment=str(shipment_id))
    row = found[0]
    papers = [await _stored(session, document_id, written) for document_id, written in (
        (row.label_zpl_id, Format.ZPL), (row.label_pdf_id, Format.PDF)) if document_id is not None]  # fmt: skip
    return row.order_id, tuple(papers)


async def manifest_papers(session: AsyncSession, manifest_id: UUID) -> list[Paper]:
    """Return the documents of a manifest.

    Raises:
        ManifestNotFoundError: there is none.
    """
    found = await manifests(session, manifest_id=manifest_id)
    if not found:
        raise ManifestNotFoundError(manifest=str(manifest_id))
    return [await _stored(session, document_id, Format.PDF) for document_id in found[0].document_ids]


async def pick_list_paper(session: AsyncSession, list_id: UUID) -> Paper:
    """Return a pick list as a sheet, in walking order, for the day on which the network is down.

    Raises:
        PickListNotFoundError: there is none.
    """
    found = await views.pick_lists(session, list_id=list_id)
    if not found:
        raise PickListNotFoundError(number=str(list_id))
    row, lines = found[0], await views.pick_lines(session, list_id)
    content = {
        "number": row.number,
        "warehouse": row.warehouse,
        "who": row.assigned_name,
        "bars": bars(Label(row.number, row.number)),
        "rows": [
            {
                "place": line.location_code, "left": str(line.left), "title": line.title, "sku": line.sku,
                "lot": line.lot or line.order_number,
            }
            for line in lines
            if line.left
        ],
    }  # fmt: skip
    drawn = _compiler().compile(_LIST.encode(), format="pdf", sys_inputs={"it": json.dumps(content)})
    assert isinstance(drawn, bytes)  # noqa: S101 -- one document, not one per page
    return Paper(name=f"{row.number}.pdf", content=drawn, format=Format.PDF)


@makes("fulfilment.label_made", Purpose.SHIPPING_LABEL)
async def made_label(session: AsyncSession, event: RecordedEvent, _printer: PrinterRef) -> Made | None:
    """Print a carrier's label as soon as there is one."""
    order_id, papers = await label_papers(session, UUID(event.payload["shipment_id"]))
    return Made(papers, order_id)


@makes("fulfilment.manifest_made", Purpose.MANIFEST)
async def made_manifest(session: AsyncSession, event: RecordedEvent, _printer: PrinterRef) -> Made | None:
    """Print a manifest when a day is closed; some carriers have none."""
    papers: Sequence[Paper] = await manifest_papers(session, event.subject_id)
    return Made(tuple(papers[:1])) if papers else None


@makes("fulfilment.pick_list_released", Purpose.PICK_LIST)
async def made_pick_list(session: AsyncSession, event: RecordedEvent, _printer: PrinterRef) -> Made | None:
    """Print a pick list once, however many orders are on it."""
    list_id = UUID(event.payload["pick_list_id"])
    return Made((await pick_list_paper(session, list_id),), once=str(list_id))


async def _stored(session: AsyncSession, document_id: UUID, written: Format) -> Paper:
    document = await find_document(session, document_id)
    return Paper(name=document.name, storage_key=document.storage_key, format=written)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
