"""The badge itself: a card with a name, a QR code and bars, for any printer and for thermal ones."""

import io
import json
from functools import lru_cache

import segno
import typst
from barcode.codex import Code128

WIDTH, HEIGHT = 86, 54
"""Millimetres of a card that fits the usual holders."""
DOTS_PER_MM = 8

_CARD = """
#let it = json(bytes(sys.inputs.it))
#set document(title: "Badge")
#set page(width: 86mm, height: 54mm, margin: 4mm)
#set text(font: "Libertinus Serif")
#grid(columns: (1fr, 24mm), gutter: 3mm,
  context {
    let wide = measure(text(size: 22pt, weight: "bold", it.name)).width
    text(size: 22pt * calc.max(0.4, calc.min(1.0, 49mm / wide)), weight: "bold", it.name)
    linebreak()
    text(size: 9pt, "…" + it.ending)
  },
  image(bytes(it.qr), format: "svg", width: 24mm))
#place(bottom + left, box(width: 78mm, height: 14mm, {
  let module = 78mm / it.bars.len()
  for (at, bar) in it.bars.clusters().enumerate() {
    if bar == "1" { std.place(top + left, dx: module * at, rect(width: module * 1.02, height: 14mm, fill: black, stroke: none)) }
  }
}))
"""


def qr_uri(code: str) -> str:
    """Return the QR code as a picture for a page."""
    return segno.make(code, error="m").svg_data_uri(scale=6, border=4, light="white")


def card_pdf(name: str, code: str) -> bytes:
    """Return the card as a PDF."""
    picture = io.BytesIO()
    segno.make(code, error="m").save(picture, kind="svg", border=0)
    content = {
        "name": name,
        "ending": code[-4:],
        "qr": picture.getvalue().decode(),
        "bars": "".join(Code128(code).build()),
    }
    drawn = _compiler().compile(_CARD.encode(), format="pdf", sys_inputs={"it": json.dumps(content)})
    assert isinstance(drawn, bytes)  # noqa: S101 -- one document, not one per page
    return drawn


def card_zpl(name: str, code: str) -> bytes:
    """Return the card for a thermal printer of 8 dots per millimetre."""
    plain = "".join(sign for sign in name if sign.isprintable())
    escaped = "".join(f"_{byte:02X}" if byte in b"^~_\\>" or byte > 126 else chr(byte) for byte in plain.encode())  # noqa: PLR2004 -- ASCII ends there
    return (
        f"^XA^CI28^PW{WIDTH * DOTS_PER_MM}^LL{HEIGHT * DOTS_PER_MM}\n"
        f"^FO32,32^A0N,56,48^FB420,2^FH_^FD{escaped}^FS\n"
        f"^FO470,24^BQN,2,6^FDMA,{code}^FS\n"
        f"^FO32,280^BY1^BCN,110,N,N,N,A^FD{code}^FS\n"
        "^PQ1^XZ\n"
    ).encode()


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)
