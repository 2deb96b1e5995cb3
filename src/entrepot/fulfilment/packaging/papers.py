"""Papers of an order: packing slip and address labels, as PDF or for a thermal printer."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import typst

from entrepot.inventory.labels import Label, bars, pdf, zpl
from entrepot.kit.i18n import LOCALES, catalogue
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef

SIZE = "102x152"
WORDS = {
    "title": N_("Packing slip"),
    "order": N_("Order"),
    "to": N_("Ship to"),
    "sku": N_("SKU"),
    "product": N_("Product"),
    "pieces": N_("Pieces"),
    "parcel": N_("Parcel"),
    "rest": N_("Not in this shipment"),
}

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#let word = data.words
#set document(title: word.title)
#set page(paper: "a4", margin: 18mm, footer: align(right, text(9pt, data.number)))
#set text(font: "Libertinus Serif", size: 11pt)
#grid(columns: (1fr, auto), align: (left + top, right + top), [
  #text(20pt, weight: "bold", word.title)
  #v(2mm)
  #word.order: *#data.number* #linebreak()
  #data.date
], box(width: 70mm, height: 16mm, {
  let module = 68mm / data.bars.len()
  for (index, bar) in data.bars.clusters().enumerate() {
    if bar == "1" { place(top + left, dx: module * index, rect(width: module * 1.02, height: 14mm, fill: black, stroke: none)) }
  }
}))
#v(6mm)
#text(9pt, word.to) #linebreak()
#for line in data.address [#line #linebreak()]
#v(6mm)
#for part in data.parts {
  if part.title != "" { text(13pt, weight: "bold", part.title); v(1mm) }
  table(columns: (auto, 1fr, auto), stroke: none, inset: (x: 2mm, y: 1.5mm), align: (left, left, right),
    table.header(strong(word.sku), strong(word.product), strong(word.pieces)), table.hline(stroke: 0.5pt),
    ..part.lines.map(line => (line.sku, line.title, str(line.quantity))).flatten())
  v(4mm)
}
"""


def slip(
    order: OrderRef, parcels: Sequence[tuple[str, Sequence[tuple[str, str, int]]]], rest: Sequence[tuple[str, str, int]]
) -> bytes:
    """Draw the packing slip, in the buyer's language if it is one of ours.

    Args:
        order: whose goods they are.
        parcels: number -> lines (SKU, title, pieces).
        rest: what does not leave now.
    """
    translate = catalogue(order.language if order.language in LOCALES else "en").gettext
    words = {name: translate(word) for name, word in WORDS.items()}
    parts = [_part(f"{words['parcel']} {number}", lines) for number, lines in parcels]
    if rest:
        parts.append(_part(words["rest"] if parcels else "", rest))
    data = {
        "words": words,
        "number": order.number,
        "date": f"{order.placed_at:%Y-%m-%d}",
        "address": address_lines(order),
        "bars": bars(Label(big=order.number, code=order.number)) or "0",
        "parts": parts,
    }
    document = _compiler().compile(_PAGE.encode(), format="pdf", sys_inputs={"data": json.dumps(data)})
    assert isinstance(document, bytes)  # noqa: S101 -- one document, not one per page
    return document


def _part(title: str, lines: Sequence[tuple[str, str, int]]) -> dict[str, Any]:
    rows = [{"sku": sku, "title": name, "quantity": quantity} for sku, name, quantity in lines]
    return {"title": title, "lines": rows}


def address_lines(order: OrderRef) -> list[str]:
    """Return the address as it stands on an envelope."""
    known: Mapping[str, Any] = order.shipping_address
    company = str(known.get("company") or "")
    street = [str(known.get(name) or "") for name in ("street", "house_number", "house_number_extension")]
    town = [str(known.get(name) or "") for name in ("postcode", "city")]
    lines = [order.ship_name, company if company != order.ship_name else "", " ".join(filter(None, street))]
    return [line for line in (*lines, " ".join(filter(None, town)), str(known.get("country") or "")) if line]


def address_labels(order: OrderRef, copies: int, *, thermal: bool = False) -> bytes:
    """Draw address labels with the order's number as barcode.

    Raises:
        NothingToPrintError: none, or too many.
    """
    label = Label(big=order.number, code=order.number, lines=tuple(address_lines(order)))
    return zpl([label], SIZE, copies).encode() if thermal else pdf([label], SIZE, copies)


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
