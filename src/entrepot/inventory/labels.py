"""Labels of locations, products and lots: PDF for any printer, ZPL for thermal ones."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import typst
from barcode.codex import Code128, Gs1_128
from barcode.errors import BarcodeError

from entrepot.inventory.errors import NothingToPrintError

MOST = 500
"""Labels of one print."""
SIZES = {"62x29": (62, 29), "100x50": (100, 50), "102x152": (102, 152)}
"""Millimetres: a small roll, a shelf label, a parcel label."""
DOTS_PER_MM = 8
GTIN = re.compile(r"\d{8}|\d{12,14}")

_PAGE = """
#let labels = json(bytes(sys.inputs.labels))
#let w = float(sys.inputs.width) * 1mm
#let h = float(sys.inputs.height) * 1mm
#set document(title: "Labels")
#set page(width: w, height: h, margin: 2mm)
#set text(font: "Libertinus Serif")
#for (index, label) in labels.enumerate() {
  if index > 0 { pagebreak() }
  align(center + horizon, {
    context {
      let wide = measure(text(size: 30pt, weight: "bold", label.big)).width
      let most = calc.min(1.0, (w - 6mm) / wide, h * 0.3 / 30pt)
      text(size: 30pt * most, weight: "bold", label.big)
    }
    if label.bars != "" {
      let module = (w - 12mm) / label.bars.len()
      v(1mm, weak: true)
      box(width: w - 12mm, height: h * 0.34, {
        for (place, bar) in label.bars.clusters().enumerate() {
          if bar == "1" {
            std.place(top + left, dx: module * place, rect(width: module * 1.02, height: h * 0.34, fill: black, stroke: none))
          }
        }
      })
      v(1mm, weak: true)
    }
    for line in label.lines { text(size: calc.min(9pt, h * 0.09), line); linebreak() }
  })
}
"""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label."""

    big: str
    """In the largest letters that fit."""
    code: str
    """What a scanner is to read."""
    lines: tuple[str, ...] = ()
    gs1: str = ""
    """Element string with its identifiers in brackets, instead of *code*."""


def lot_elements(gtin: str | None, lot: str, expires_on: date | None) -> str:
    """Return the GS1 element string of goods of a lot, or nothing if the product has no GTIN or the lot does not fit."""
    if not gtin or not GTIN.fullmatch(gtin) or not re.fullmatch(r"[!-'*-Z_a-z]{1,20}", lot):
        return ""
    day = f"(17){expires_on:%y%m%d}" if expires_on else ""
    return f"(01){gtin.zfill(14)}{day}(10){lot}"


def pdf(labels: Sequence[Label], size: str, copies: int = 1) -> bytes:
    """Draw labels, one per page.

    Raises:
        NothingToPrintError: none, or too many.
    """
    width, height = SIZES[size]
    rows = [
        {"big": label.big, "bars": bars(label), "lines": [line for line in label.lines if line]}
        for label in _copied(labels, copies)
    ]
    document = _compiler().compile(
        _PAGE.encode(),
        format="pdf",
        sys_inputs={"labels": json.dumps(rows), "width": str(width), "height": str(height)},
    )
    assert isinstance(document, bytes)  # noqa: S101 -- one document, not one per page
    return document


def zpl(labels: Sequence[Label], size: str, copies: int = 1, *, dots: int = DOTS_PER_MM) -> str:
    """Return the labels in the language of thermal printers; *dots*: how many of them the printer has per millimetre.

    Raises:
        NothingToPrintError: none, or too many.
    """
    width, height = (side * dots for side in SIZES[size])
    found: list[str] = []
    for label in _copied(labels, 1):
        big = min(height * 3 // 10, max(20, (width - 40) * 10 // (6 * max(1, len(label.big)))))
        bar_height = height * 34 // 100
        parts = [f"^XA^CI28^PW{width}^LL{height}", f"^FO20,16^A0N,{big},{big}^FH_^FD{_escaped(label.big)}^FS"]
        y = 24 + big
        if label.gs1:
            parts.append(f"^FO20,{y}^BY2^BCN,{bar_height},N,N,N,D^FD{label.gs1}^FS")
        elif bars(label):
            modules = len(bars(label))
            parts.append(
                f"^FO20,{y}^BY{max(1, min(dots // 2, (width - 40) // modules))}^BCN,{bar_height},N,N,N,A^FH_^FD{_escaped(label.code)}^FS"
            )
        y += bar_height + 10
        line_height = max(18, height * 9 // 100)
        for number, line in enumerate(line for line in label.lines if line):
            top = y + number * (line_height + 4)
            parts.append(f"^FO20,{top}^A0N,{line_height},{line_height}^FB{width - 40},1^FH_^FD{_escaped(line)}^FS")
        found.append("\n".join([*parts, f"^PQ{copies}^XZ"]))
    if len(found) * copies > MOST:
        raise NothingToPrintError(most=MOST)
    return "\n".join(found) + "\n"


def bars(label: Label) -> str:
    """Return the bars of a label as ones and zeros; nothing if no barcode can say it."""
    try:
        if label.gs1:
            return "".join(Gs1_128(re.sub(r"[()]", "", label.gs1)).build())
        return "".join(Code128(label.code).build()) if label.code else ""
    except (BarcodeError, KeyError, ValueError):
        return ""  # signs outside Latin letters: people can read what scanners cannot


def _copied(labels: Sequence[Label], copies: int) -> list[Label]:
    if not labels or not 1 <= len(labels) * copies <= MOST:
        raise NothingToPrintError(most=MOST)
    return [label for label in labels for _ in range(copies)]


def _escaped(text: str) -> str:
    """Return *text* so that no sign of it is a command to the printer."""
    plain = "".join(sign for sign in text if sign.isprintable())
    return (
        "".join(f"_{byte:02X}" if byte in b"^~_\\>" else chr(byte) for byte in plain.encode())
        .encode("latin-1")
        .decode()
    )


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
