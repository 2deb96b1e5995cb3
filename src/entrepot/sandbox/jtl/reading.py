"""Reads the XML of an order as JTL-Wawi's importer does: strictly, and with a reason for every refusal."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

_POSITIONS = ("twarenkorbpos", "tbestellpos")
_ENCODING = b'encoding="ISO-8859-1"'
_RATES = {Decimal(rate) for rate in ("0", "5", "5.5", "6", "7", "8", "9", "10", "12", "13", "16", "17", "18", "19")} | {
    Decimal(rate) for rate in ("20", "21", "22", "23", "24", "25", "27")
}
"""A tax rate beyond these is most likely an amount."""


class Position(msgspec.Struct):
    """What one position asks for; goods have an article number."""

    sku: str
    quantity: int


class Order(msgspec.Struct):
    """An order that can be imported."""

    reference: str
    shipping_method: str
    total: Decimal
    positions: list[Position]


class Unreadable(Exception):  # noqa: N818 - an answer of the importer
    """The order is refused; the text says why."""

    def __init__(self, reason: str, reference: str = "") -> None:
        super().__init__(reason)
        self.reference = reference


def read_orders(document: bytes) -> list[Order]:
    """Read a document of one or more orders.

    Raises:
        Unreadable: the importer would refuse it.
    """
    if _ENCODING not in document[:100]:
        raise Unreadable("The document does not say that it is ISO-8859-1.")
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise Unreadable("Document types are not allowed.")
    try:
        root = ET.fromstring(document)  # noqa: S314 - without document types there are no entities to blow up
    except ET.ParseError as error:
        raise Unreadable(f"The document is not well-formed: {error}.") from error
    if root.tag != "tBestellungen" or not len(root):
        raise Unreadable("The document holds no tBestellung in tBestellungen.")
    return [_order(element) for element in root]


def _order(element: ET.Element) -> Order:
    reference = (element.findtext("cExterneBestellNr") or "").strip()
    if element.tag != "tBestellung" or not reference:
        raise Unreadable("An order has no cExterneBestellNr.")

    def refuse(reason: str) -> Unreadable:
        return Unreadable(f"Order {reference}: {reason}", reference)

    _check_head(element, refuse)
    found = [position for tag in _POSITIONS for position in element.findall(tag)]
    if not found:
        raise refuse("it has no position.")
    try:
        total = sum((_amount(position, refuse) for position in found), Decimal(0))
    except InvalidOperation:
        raise refuse("a number is none.") from None
    if total < 0:
        raise refuse("its sum is negative.")
    positions = [
        Position((position.findtext("cArtNr") or "").strip(), int(Decimal(position.findtext("fAnzahl") or "0")))
        for position in found
        if (position.findtext("cArtNr") or "").strip()
    ]
    method = (element.findtext("cVersandartName") or "").strip()
    return Order(reference=reference, shipping_method=method or "DHL Paket", total=total, positions=positions)


def _check_head(element: ET.Element, refuse: Callable[[str], Unreadable]) -> None:
    if len(element.findtext("cWaehrung") or "") != 3:  # noqa: PLR2004 - ISO 4217
        raise refuse("cWaehrung is no currency.")
    try:
        date.fromisoformat(element.findtext("dErstellt") or "")
    except ValueError:
        raise refuse("dErstellt is no date of the form JJJJ-MM-TT.") from None
    for place in ("tkunde", "tlieferadresse"):
        address = element.find(place)
        if address is None:
            raise refuse(f"{place} is missing.")
        for name in ("cStrasse", "cOrt", "cLand"):
            if not (address.findtext(name) or "").strip():
                raise refuse(f"{name} of {place} is empty.")


def _amount(position: ET.Element, refuse: Callable[[str], Unreadable]) -> Decimal:
    gross, rate = Decimal(position.findtext("fPreis") or ""), Decimal(position.findtext("fMwSt") or "")
    net, quantity = Decimal(position.findtext("fPreisEinzelNetto") or ""), Decimal(position.findtext("fAnzahl") or "")
    name = position.findtext("cName") or ""
    if rate not in _RATES:
        raise refuse(f"fMwSt of “{name}” is {rate}, which is no tax rate.")
    if abs(net * (100 + rate) / 100 - gross) > Decimal("0.01"):
        raise refuse(f"net and gross price of “{name}” do not fit.")
    if quantity <= 0 or (position.findtext("cPosTyp") or "") not in {"standard", "versandkosten"}:
        raise refuse(f"amount or kind of “{name}” is unknown.")
    return gross * quantity
