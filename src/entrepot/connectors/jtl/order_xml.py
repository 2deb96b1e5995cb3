"""An order as the XML that JTL-Wawi imports.

The encoding is ISO-8859-1.  Characters it lacks become numeric references, which every XML reader turns back; what XML
forbids altogether (control characters, halves of surrogate pairs) is left out.  ``fMwSt`` is a rate, never an amount.
(https://guide.jtl-software.com/jtl-wawi/orders/importing-sales-orders/, read 2026-11-21.)
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from entrepot.connectors.jtl.credentials import Dialect
from entrepot.erp.contract import ErpAddress, ErpOrder

ENCODING = "ISO-8859-1"
BERLIN = ZoneInfo("Europe/Berlin")
"""Dates in JTL-Wawi have no zone: they are German ones."""
LANGUAGES = {"de": "ger", "en": "eng", "nl": "dut", "fr": "fre", "es": "spa", "it": "ita", "pl": "pol"}
"""ISO 639-2/B codes, as JTL-Wawi names languages."""
USUAL_LANGUAGE = "ger"
POSITIONS: dict[Dialect, str] = {"oldwawi": "twarenkorbpos", "wawiextern": "tbestellpos"}
NOTHING_ELSE = (
    ' nRechnungErstellen="0" nRechnungDrucken="0" nLieferscheinErstellen="0" nLieferscheinDrucken="0"'
    ' nAuftragDrucken="0"'
)
"""JTLwawiExtern could print and invoice along the way; that is the ERP's own business."""

LONGEST_REFERENCE = 50
LONGEST_SKU = 100
WIDTHS = {"cFirma": 128, "cPLZ": 24, "cTel": 30, "cUSTID": 20}
"""Columns of JTL-Wawi that are narrower than the others; longer texts are cut."""
WIDTH = 255

HUNDRED = Decimal(100)
CENT = Decimal("0.01")
FINE = Decimal("0.00001")

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlOptions:
    """What an account decides about its XML."""

    dialect: Dialect = "oldwawi"
    company: int = 1
    clerk: int = 1
    shipping_method: str = "DHL Paket"
    payment_days: int = 8
    tax_rate: Decimal = Decimal("19.00")


def order_xml(order: ErpOrder, options: XmlOptions) -> bytes:
    """Return *order* as a document of its own."""
    lines = "\n".join(("<tBestellungen>", *_order(order, options), "</tBestellungen>", ""))
    return f'<?xml version="1.0" encoding="{ENCODING}"?>\n{lines}'.encode(ENCODING, "xmlcharrefreplace")


def unusable(order: ErpOrder) -> str:
    """Return why JTL-Wawi cannot take *order*, as a sentence, or nothing."""
    if clean(order.reference) != order.reference or len(order.reference) > LONGEST_REFERENCE:
        return f"JTL-Wawi takes order numbers of at most {LONGEST_REFERENCE} ordinary characters; this one is “{clean(order.reference, 80)}”."
    where = order.ship_to
    missing = [
        words
        for words, value in (
            ("a name", where.last_name or where.first_name or where.company),
            ("a street", where.street),
            ("a town", where.city),
            ("a country", where.country),
        )
        if not clean(value)
    ]
    if missing:
        return f"The delivery address lacks {' and '.join(missing)}. Correct the address of the order, then hand it over again."
    for line in order.lines:
        if not clean(line.sku) or len(line.sku) > LONGEST_SKU:
            return f"The line “{clean(line.title, 60)}” has no article number that JTL-Wawi could know."
    return ""


def clean(text: str, width: int = WIDTH) -> str:
    """Return *text* in one line, without what XML forbids, cut to *width*."""
    plain = _FORBIDDEN.sub("", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", plain).strip()[:width].rstrip()


def money(amount: Decimal) -> str:
    """Return an amount with two digits, or as many more (up to five) as it needs."""
    exact = amount.quantize(FINE, ROUND_HALF_UP)
    cents = exact.quantize(CENT, ROUND_HALF_UP)
    return str(cents) if cents == exact else str(exact).rstrip("0")


def net(gross: Decimal, rate: Decimal) -> str:
    """Return what is left of *gross* without the tax of *rate* percent, with five digits."""
    return str((gross * HUNDRED / (HUNDRED + rate)).quantize(FINE, ROUND_HALF_UP))


def _tag(name: str, value: str = "") -> str:
    text = clean(value, WIDTHS.get(name, WIDTH)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{name}>{text}</{name}>" if text else f"<{name}/>"


def _order(order: ErpOrder, options: XmlOptions) -> Iterator[str]:
    day = order.placed_at.astimezone(BERLIN).date().isoformat()
    more = NOTHING_ELSE if options.dialect == "wawiextern" else ""
    yield f'  <tBestellung kFirma="{options.company}" kBenutzer="{options.clerk}"{more}>'
    for name, value in (
        ("cSprache", LANGUAGES.get(order.language[:2].lower(), USUAL_LANGUAGE)),
        ("cWaehrung", order.currency),
        ("cBestellNr", ""),
        ("cExterneBestellNr", order.reference),
        ("cVersandartName", options.shipping_method),
        ("cVersandInfo", ""),
        ("dVersandDatum", ""),
        ("cTracking", ""),
        ("dLieferDatum", ""),
        ("cKommentar", order.comment),
        ("cBemerkung", ""),
        ("dErstellt", day),
        ("cZahlungsartName", order.payment_method or order.channel),
        ("dBezahltDatum", ""),
        ("nZahlungsziel", str(options.payment_days)),
    ):
        yield f"    {_tag(name, value)}"
    yield from _positions(order, options)
    yield from _customer(_payer(order), order.channel.upper(), day)
    yield from _delivery(order.ship_to)
    yield "    <tzahlungsinfo>"
    yield f"      {''.join(_tag(name) for name in ('cBankName', 'cBLZ', 'cKontoNr', 'cKartenNr', 'dGueltigkeit', 'cCVV', 'cKartenTyp', 'cInhaber', 'cIBAN', 'cBIC'))}"
    yield "    </tzahlungsinfo>"
    yield "  </tBestellung>"


def _positions(order: ErpOrder, options: XmlOptions) -> Iterator[str]:
    """Yield the goods; discounts as positions of their own, because ``fRabatt`` is a rate and would round; shipping."""
    tag = POSITIONS[options.dialect]
    worth: dict[Decimal, Decimal] = {}
    for line in order.lines:
        rate = options.tax_rate if line.tax_rate is None else line.tax_rate
        worth[rate] = worth.get(rate, Decimal(0)) + line.total
        yield from _position(tag, line.title or line.sku, line.sku, line.unit_price, rate, line.quantity)
        if line.discount:
            yield from _position(tag, "Rabatt", "", -line.discount, rate)
    if order.shipping_price:
        rate = max(worth, key=lambda one: (worth[one], one))  # shipping shares the rate of most of the goods
        yield from _position(tag, "Versand", "", order.shipping_price, rate, kind="versandkosten")


def _position(
    tag: str, title: str, sku: str, gross: Decimal, rate: Decimal, quantity: int = 1, *, kind: str = "standard"
) -> Iterator[str]:
    yield f"    <{tag}>"
    for name, value in (
        ("cName", title),
        ("cArtNr", sku),
        ("cBarcode", ""),
        ("cEinheit", ""),
        ("fPreisEinzelNetto", net(gross, rate)),
        ("fPreis", money(gross)),
        ("fMwSt", str(rate.quantize(CENT, ROUND_HALF_UP))),
        ("fAnzahl", f"{quantity}.00"),
        ("cPosTyp", kind),
        ("fRabatt", "0.00"),
    ):
        yield f"      {_tag(name, value)}"
    yield f"    </{tag}>"


def _payer(order: ErpOrder) -> ErpAddress:
    """Return the billing address if it is one; channels often know no more than a name."""
    payer = order.bill_to
    if payer is not None and all(clean(part) for part in (payer.street, payer.city, payer.country)):
        return payer
    return order.ship_to


def _customer(who: ErpAddress, origin: str, day: str) -> Iterator[str]:
    yield "    <tkunde>"
    yield f"      {_tag('cKundenNr')}{_tag('cAnrede')}{_tag('cTitel')}"
    yield f"      {_tag('cVorname', who.first_name)}{_tag('cNachname', who.last_name)}{_tag('cFirma', who.company)}"
    yield f"      {_place(who)}"
    yield (
        f"      {_tag('cTel', who.phone)}{_tag('cMobil')}{_tag('cFax')}{_tag('cMail', who.email)}"
        f"{_tag('cUSTID', who.vat_number)}{_tag('cWWW')}{_tag('cHerkunft', origin)}{_tag('dErstellt', day)}"
    )
    yield "    </tkunde>"


def _delivery(who: ErpAddress) -> Iterator[str]:
    yield "    <tlieferadresse>"
    yield (
        f"      {_tag('cAnrede')}{_tag('cVorname', who.first_name)}{_tag('cNachname', who.last_name)}{_tag('cTitel')}"
        f"{_tag('cFirma', who.company)}"
    )
    yield f"      {_place(who)}"
    yield f"      {_tag('cTel', who.phone)}{_tag('cMobil')}{_tag('cFax')}{_tag('cMail', who.email)}"
    yield "    </tlieferadresse>"


def _place(who: ErpAddress) -> str:
    return (
        f"{_tag('cStrasse', who.street_line)}{_tag('cAdressZusatz', who.extra)}{_tag('cPLZ', who.postcode)}"
        f"{_tag('cOrt', who.city)}{_tag('cBundesland')}{_tag('cLand', who.country)}"
    )
