"""Labels of 4 by 6 inches: PDF for any printer, ZPL for thermal ones."""

from functools import lru_cache

import typst
from barcode.codex import Code128

from entrepot.sandbox.carrier.parcels import Address, Parcel

_PAGE = """
#let input = sys.inputs
#set document(title: "Label " + input.tracking)
#set page(width: 4in, height: 6in, margin: 0.2in)
#set text(size: 11pt, font: "Libertinus Serif")
#rect(width: 100%, stroke: 1.5pt, inset: 8pt)[
  #text(size: 17pt, weight: "bold")[SANDBOX EXPRESS] #h(1fr) #text(size: 17pt)[#input.country]
  \\ #text(size: 8pt)[Not a real carrier: do not post]
]
#text(size: 8pt)[From #input.sender]
#v(2pt)
#rect(width: 100%, stroke: 0.8pt, inset: 10pt)[
  #text(size: 8pt)[To]
  #for line in input.recipient.split("\\n") [\\ #text(size: 13pt)[#line]]
]
#grid(columns: (1fr, 1fr), [Weight: #input.weight kg], align(right)[#input.date])
#text(size: 9pt)[Reference: #input.reference]
#v(1fr)
#let module = 3.4in / input.bars.len()
#align(center, box(width: 3.4in, height: 1.1in, {
  for (place, bar) in input.bars.clusters().enumerate() {
    if bar == "1" {
      std.place(top + left, dx: module * place, rect(width: module * 1.02, height: 1.1in, fill: black, stroke: none))
    }
  }
}))
#align(center, text(size: 13pt, weight: "bold")[#input.tracking])
"""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


def pdf(parcel: Parcel) -> bytes:
    """Draw the label as a one-page PDF; the same parcel always gives the same bytes."""
    recipient = parcel.booking.recipient
    document = _compiler().compile(
        _PAGE.encode(),
        format="pdf",
        timestamp=int(parcel.created.timestamp()),
        sys_inputs={
            "tracking": parcel.tracking,
            "bars": "".join(Code128(parcel.tracking).build()),
            "country": recipient.country,
            "sender": ", ".join(_lines(parcel.booking.sender)),
            "recipient": "\n".join(_lines(recipient)),
            "weight": f"{parcel.booking.weight_grams / 1000:.3f}",
            "date": f"{parcel.created:%Y-%m-%d}",
            "reference": parcel.booking.reference,
        },
    )
    if not isinstance(document, bytes):
        raise TypeError("a label is a document of one file")
    return document


def zpl(parcel: Parcel) -> str:
    """The label in ZPL II, for a printer of 203 dots per inch."""
    booking = parcel.booking
    recipient = "".join(
        f"^FO40,{300 + number * 48}^A0N,40,40^FD{_field(line)}^FS\n"
        for number, line in enumerate(_lines(booking.recipient))
    )
    return (
        "^XA\n^CI28\n^PW812\n^LL1218\n"
        "^FO20,20^GB772,120,3^FS\n^FO40,40^A0N,50,50^FDSANDBOX EXPRESS^FS\n"
        f"^FO680,40^A0N,60,60^FD{_field(booking.recipient.country)}^FS\n"
        "^FO40,104^A0N,24,24^FDNot a real carrier: do not post^FS\n"
        f"^FO40,170^A0N,24,24^FDFrom {_field(', '.join(_lines(booking.sender)))}^FS\n"
        f"^FO20,230^GB772,400,2^FS\n^FO40,250^A0N,24,24^FDTo^FS\n{recipient}"
        f"^FO40,660^A0N,30,30^FDWeight: {booking.weight_grams / 1000:.3f} kg   {parcel.created:%Y-%m-%d}^FS\n"
        f"^FO40,710^A0N,26,26^FDReference: {_field(booking.reference)}^FS\n"
        f"^FO80,820^BY3\n^BCN,240,Y,N,N^FD{parcel.tracking}^FS\n^XZ\n"
    )


def _lines(address: Address) -> list[str]:
    lines = (
        address.company,
        address.name,
        f"{address.street} {address.house_number}",
        f"{address.postal_code} {address.city}",
        address.country,
    )
    return [line for line in lines if line.strip()]


def _field(text: str) -> str:
    """Text for a ZPL field: without the characters that begin a command, and on one line."""
    return " ".join(text.replace("^", " ").replace("~", " ").split())
