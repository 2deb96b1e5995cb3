"""The test page: tells which printer this is and whether its edges, its resolution and its bars come out right."""

import json
from functools import lru_cache

import typst

from entrepot.printing.domain import Format, PrinterKind
from entrepot.printing.refs import Paper, PrinterRef

SHEET, LABEL = (210, 297), (100, 50)
CODE = "ENTREPOT TEST"

_PAGE = """
#let it = json(bytes(sys.inputs.it))
#set document(title: "Test page")
#set page(width: it.width * 1mm, height: it.height * 1mm, margin: calc.min(12mm, it.height * 0.05mm))
#set text(font: "Libertinus Serif", size: calc.min(14pt, it.height * 0.16pt))
#rect(width: 100%, height: 100%, stroke: 0.5pt, align(center + horizon, {
  text(size: 1.6em, weight: "bold", it.name)
  linebreak()
  text(it.line)
  v(2mm, weak: true)
  stack(dir: ltr, spacing: 1mm, ..range(12).map(n => rect(width: 0.1mm * (n + 1), height: it.height * 0.1mm, fill: black, stroke: none)))
  v(2mm, weak: true)
  stack(dir: ltr, ..range(11).map(n => rect(width: 4mm, height: 4mm, fill: luma(n * 10%), stroke: none)))
}))
"""


def proof(printer: PrinterRef) -> Paper:
    """Return the test page of a printer, in its own language and the size of what lies in it."""
    wide, high = printer.media or (SHEET if printer.kind is PrinterKind.SHEETS else LABEL)
    line = f"{wide} x {high} mm, {printer.dpi} dpi"
    if printer.kind is PrinterKind.ZPL:
        return Paper(
            name=f"Test page {printer.name}", content=_zpl(printer, wide, high, line), format=Format.ZPL,
        )  # fmt: skip
    document = _compiler().compile(
        _PAGE.encode(),
        format="pdf",
        sys_inputs={"it": json.dumps({"name": printer.name, "line": line, "width": wide, "height": high})},
    )
    assert isinstance(document, bytes)  # noqa: S101 -- one document, not one per page
    return Paper(name=f"Test page {printer.name}", content=document, format=Format.PDF)


def _zpl(printer: PrinterRef, wide: int, high: int, line: str) -> bytes:
    dots = printer.dots_per_mm
    width, height, size = wide * dots, high * dots, 4 * dots
    name = "".join(f"_{byte:02X}" if byte in b"^~_\\>" else chr(byte) for byte in printer.name.encode())
    parts = [
        f"^XA^CI28^PW{width}^LL{height}",
        f"^FO4,4^GB{width - 8},{height - 8},2^FS",
        f"^FO{2 * dots},{2 * dots}^A0N,{size},{size}^FH_^FD{name}^FS",
        f"^FO{2 * dots},{7 * dots}^A0N,{size // 2},{size // 2}^FD{line}^FS",
        f"^FO{2 * dots},{11 * dots}^BY{max(1, dots // 4)}^BCN,{max(5, min(15, high - 16)) * dots},Y,N,N,A^FD{CODE}^FS",
        "^PQ1^XZ",
    ]
    return ("\n".join(parts) + "\n").encode("latin-1")


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
