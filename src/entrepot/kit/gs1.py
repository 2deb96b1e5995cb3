"""GS1 barcodes (GS1-128, DataMatrix, QR) as scanners and people type them: product, lot, expiry, serial number."""

from datetime import date

import msgspec

SEPARATOR = "\x1d"
"""FNC1, between elements of any length."""
SYMBOLOGIES = ("]C1", "]d2", "]Q3", "]e0", "]J1")
"""What scanners put in front of a GS1 barcode."""
SHORTEST = 16
LONGEST = 200


class Gs1Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a GS1 barcode says."""

    gtin: str = ""
    """Of the product, 14 digits; of what is in the box where it is a box."""
    lot: str = ""
    expires_on: date | None = None
    serial: str = ""
    count: int | None = None
    """Pieces in the box."""


def read_gs1(code: str) -> Gs1Label | None:
    """Return what *code* says if it is a GS1 barcode; None for any other code, and for a damaged one.

    Plain GTINs are none: they say nothing but themselves.
    """
    text = code.strip(" \t\r\n")
    if len(text) > LONGEST:
        return None
    readable = text.startswith("(")
    for prefix in SYMBOLOGIES:
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            break
    else:
        if not readable and SEPARATOR not in text and not (len(text) > SHORTEST and text[:SHORTEST].isdecimal()):
            return None
    # Takes 16 MB for the prefixes of all countries: whoever scans no such code does without.
    from biip import ParseError  # noqa: PLC0415
    from biip.gs1_messages import GS1Message  # noqa: PLC0415

    try:
        message = GS1Message.parse_hri(text) if readable else GS1Message.parse(text.strip(SEPARATOR))
    except (ParseError, ValueError):
        return None
    found = {element.ai.ai: element for element in message.element_strings}
    product = found.get("01") or found.get("02")
    if product is not None and product.gtin is None:
        return None  # its check digit is wrong: the label is damaged
    dated = found.get("17") or found.get("15")
    count = found.get("37") or found.get("30")
    label = Gs1Label(
        gtin=product.value if product else "",
        lot=found["10"].value if "10" in found else "",
        expires_on=dated.date if dated else None,
        serial=found["21"].value if "21" in found else "",
        count=int(count.value) if count and count.value.isdecimal() else None,
    )
    return label if label != Gs1Label() else None
