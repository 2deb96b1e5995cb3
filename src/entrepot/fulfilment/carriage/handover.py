"""The list of parcels that the driver signs, where the carrier gives none of its own."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import msgspec
import typst

from entrepot.fulfilment.carriage.repository import WaitingParcel
from entrepot.kit import i18n
from entrepot.kit.text import N_

TITLE = N_("Handed to {carrier}")
PARCELS = N_("{count} parcels, {weight} kg")
HEADS = (N_("Parcel"), N_("Tracking"), N_("To"), N_("kg"))
SIGNED = N_("Received by (name, signature, time)")

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set page(paper: "a4", margin: 18mm, footer: align(right, context counter(page).display("1 / 1", both: true)))
#set text(size: 9.5pt, font: "Libertinus Serif")
#text(size: 16pt, weight: "bold")[#data.title] #h(1fr) #text(size: 12pt)[#data.day]

#data.summary

#table(
  columns: (auto, auto, 1fr, auto),
  stroke: 0.4pt + luma(160),
  inset: 4pt,
  align: (left, left, left, right),
  table.header(..data.heads.map(head => strong(head))),
  ..data.rows.flatten().map(cell => [#cell]),
)
#v(14mm)
#line(length: 9cm, stroke: 0.6pt)
#data.signed
"""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


def handover_list(carrier: str, day: date, parcels: Sequence[WaitingParcel]) -> bytes:
    """Draw the list as PDF.  What outsiders wrote travels as data and is never read as markup."""
    weight = f"{sum(parcel.weight_g for parcel in parcels) / 1000:.2f}"
    data = {
        "title": i18n.gettext(TITLE).format(carrier=carrier),
        "day": day.isoformat(),
        "summary": i18n.gettext(PARCELS).format(count=len(parcels), weight=weight),
        "heads": [i18n.gettext(head) for head in HEADS],
        "rows": [
            [
                parcel.parcel_number,
                parcel.tracking_code,
                f"{parcel.ship_name}, {parcel.ship_postcode} {parcel.ship_country}",
                f"{parcel.weight_g / 1000:.2f}",
            ]
            for parcel in parcels
        ],
        "signed": i18n.gettext(SIGNED),
    }
    document = _compiler().compile(
        _PAGE.encode(), format="pdf", sys_inputs={"data": msgspec.json.encode(data).decode()}
    )
    if not isinstance(document, bytes):
        raise TypeError("a list is a document of one file")
    return document
