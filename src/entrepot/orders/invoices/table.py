"""Invoices from tables: one row per line, the rows of an invoice under one another with the same number."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome, Result
from entrepot.kit.i18n import gettext
from entrepot.kit.tabular import CellError, DecimalMark, read_decimal
from entrepot.kit.text import N_
from entrepot.orders.invoices.refs import Problem, Taken
from entrepot.orders.invoices.refs import Result as Came
from entrepot.orders.invoices.service import InvoiceService

KIND = "invoices"
START = "/orders/invoices/import"
NEIGHBOUR_WRONG = N_("Another row of this invoice is wrong; the invoice is taken in whole or not at all.")
HEAD = (
    "number",
    "date",
    "kind",
    "credits",
    "cancelled",
    "salesman",
    "priority",
    "remarks",
    "reference",
    "currency",
    "ship_by",
    "shipping_total",
)
CUSTOMER = ("customer_number", "customer_name", "customer_area", "customer_route")
ADDRESS = (
    "first_name",
    "last_name",
    "company",
    "street",
    "house_number",
    "house_number_extension",
    "extra",
    "postcode",
    "city",
    "country",
    "email",
    "phone",
)
LINE = ("code", "barcode", "name", "quantity", "price", "discount", "packing", "shelf", "lot", "expires")
NUMBERS = {"quantity", "price", "discount", "shipping_total"}

RESULTS: dict[Came, Result] = {
    Came.CREATED: "created",
    Came.UPDATED: "updated",
    Came.RESUBMITTED: "updated",
    Came.CANCELLED: "updated",
    Came.CREDITED: "updated",
    Came.UNCHANGED: "unchanged",
    Came.ATTENTION: "failed",
}


async def apply_invoices(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> Sequence[Outcome]:
    """Take the invoices of *rows*.  One that fails also waits among the invoices that need attention."""
    service = InvoiceService(session)
    source = await service.source(seller_id, options.subject)
    groups = [list(group) for _, group in groupby(rows, key=lambda row: row.cells.get("number", ""))]
    raws = [raw_invoice([row.cells for row in group], options.mark) for group in groups]
    taken = await service.take(source, raws, origin=options.mode, import_id=options.import_id)
    outcomes: list[Outcome] = []
    for group, one in zip(groups, taken, strict=True):
        outcomes += _outcomes(len(group), one)
    return outcomes


def raw_invoice(rows: Sequence[Mapping[str, str]], mark: DecimalMark) -> dict[str, Any]:
    """Return the rows of one invoice in the form that programs send it."""
    first = {key: _number(key, cell, mark) for key, cell in rows[0].items()}
    raw: dict[str, Any] = {key: first[key] for key in HEAD if first.get(key)}
    customer = {key.removeprefix("customer_"): first[key] for key in CUSTOMER if first.get(key)}
    customer |= {key: first[key] for key in ADDRESS if first.get(key)}
    if customer:
        raw["customer"] = customer
    lines = [{key: _number(key, row[key], mark) for key in LINE if row.get(key)} for row in rows]
    raw["lines"] = [line for line in lines if line]
    return raw


def _number(key: str, cell: str, mark: DecimalMark) -> str:
    """Return numbers with a point, so that the invoice can be read again without knowing its file."""
    if key not in NUMBERS or not cell:
        return cell
    try:
        return f"{read_decimal(cell, mark):f}"
    except CellError:
        return cell


def _outcomes(count: int, one: Taken) -> list[Outcome]:
    if one.result is not Came.ATTENTION:
        return [Outcome(RESULTS[one.result])] * count
    wrong: list[dict[str, str]] = [{} for _ in range(count)]
    for problem in one.problems:
        row, key = _place(problem, count)
        known = wrong[row].get(key)
        wrong[row][key] = f"{known} {problem.sentence.shown}" if known else problem.sentence.shown
    return [Outcome("failed", problems or {"": gettext(NEIGHBOUR_WRONG)}) for problems in wrong]


def _place(problem: Problem, count: int) -> tuple[int, str]:
    """Return the row of an invoice and the column that a problem is about."""
    parts = problem.field.split(".")
    if parts[0] == "lines":
        row = int(parts[1]) - 1 if len(parts) > 1 and parts[1].isdecimal() else 0
        return min(row, count - 1), parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 -- lines, which, what
    if parts[0] == "customer":
        return 0, f"customer_{parts[-1]}"
    return 0, parts[-1]


async def remembered(session: AsyncSession, seller_id: UUID, subject: str) -> Mapping[str, str]:
    """Return what the columns of a source's files were called last time."""
    source = await InvoiceService(session).source(seller_id, subject)
    return {key: str(heading) for key, heading in source.mapping.items()}


async def remember(session: AsyncSession, seller_id: UUID, subject: str, headings: Mapping[str, str]) -> None:
    """Keep what the columns of a source's files are called."""
    service = InvoiceService(session)
    source = await service.source(seller_id, subject)
    if source.mapping != headings:
        await service.remember_mapping(source.id, dict(headings))


INVOICES = ImportSpec(
    kind=KIND,
    title=N_("Import invoices"),
    right=Right.INVOICES_IMPORT,
    columns=(
        Column(
            key="number",
            label=N_("Invoice number"),
            aliases=(
                "invoice",
                "number",
                "factuurnummer",
                "factuur",
                "rechnungsnummer",
                "rechnung",
                "belegnummer",
                "nr",
            ),
            required=True,
            help=N_("Rows of one invoice have the same number and stand together."),
            example="INV-2026-0001",
        ),
        Column(
            key="date",
            label=N_("Date"),
            aliases=("invoice date", "datum", "factuurdatum", "rechnungsdatum"),
            example="2026-11-21",
        ),
        Column(
            key="code",
            label=N_("Product code"),
            aliases=("sku", "item", "item code", "artikel", "artikelnummer", "artikelcode", "line code"),
            example="MUG-BLUE",
        ),
        Column(
            key="barcode",
            label=N_("Barcode"),
            aliases=("ean", "gtin", "streepjescode", "line barcode"),
            example="8712345678906",
        ),
        Column(
            key="quantity",
            label=N_("Quantity"),
            aliases=("qty", "aantal", "menge", "units", "stueck"),
            required=True,
            number=True,
            example="2",
        ),
        Column(
            key="price",
            label=N_("Price each"),
            aliases=("price", "unit price", "prijs", "preis", "stukprijs"),
            number=True,
            example="7.95",
        ),
        Column(
            key="discount",
            label=N_("Discount"),
            aliases=("korting", "rabatt"),
            number=True,
            help=N_("On the whole line."),
        ),
        Column(
            key="name",
            label=N_("Title"),
            aliases=("description", "omschrijving", "bezeichnung", "line name", "product"),
        ),
        Column(
            key="packing",
            label=N_("Packing"),
            aliases=("verpakking", "verpackung", "pack", "colli"),
            example="box of 6",
        ),
        Column(
            key="shelf",
            label=N_("Shelf"),
            aliases=("location", "locatie", "schap", "lagerplatz", "regal"),
            help=N_("A wish that the picker sees."),
        ),
        Column(
            key="lot", label=N_("Lot"), aliases=("batch", "charge", "partij"), help=N_("A wish that the picker sees.")
        ),
        Column(key="expires", label=N_("Expires on"), aliases=("expiry", "expiry date", "tht", "mhd", "best before")),
        Column(
            key="salesman",
            label=N_("Salesman"),
            aliases=("sales rep", "rep", "verkoper", "vertegenwoordiger", "vertreter", "verkaeufer"),
        ),
        Column(
            key="priority",
            label=N_("Priority"),
            aliases=("prioriteit", "prioritaet", "prio"),
            help=N_("From 0 (none) to 9 (at once)."),
        ),
        Column(
            key="remarks", label=N_("Remarks"), aliases=("opmerkingen", "opmerking", "bemerkung", "notes", "comment")
        ),
        Column(
            key="reference",
            label=N_("Buyer's reference"),
            aliases=("referentie", "referenz", "po number", "bestelnummer"),
        ),
        Column(
            key="customer_number",
            label=N_("Customer number"),
            aliases=("klantnummer", "debiteur", "kundennummer", "customer code"),
        ),
        Column(key="customer_name", label=N_("Customer"), aliases=("customer name", "klant", "kunde", "klantnaam")),
        Column(key="customer_area", label=N_("Area"), aliases=("gebied", "rayon", "gebiet", "region", "regio")),
        Column(key="customer_route", label=N_("Route"), aliases=("tour", "rit", "routenummer")),
        Column(key="first_name", label=N_("First name"), aliases=("voornaam", "vorname", "ship_to_first_name")),
        Column(
            key="last_name", label=N_("Last name"), aliases=("achternaam", "nachname", "surname", "ship_to_last_name")
        ),
        Column(key="company", label=N_("Company"), aliases=("bedrijf", "firma", "customer_company", "ship_to_company")),
        Column(
            key="street",
            label=N_("Street"),
            aliases=(
                "straat",
                "straße",
                "address",
                "adres",
                "customer_street",
                "ship_to_street",
                "customer_address_street",
            ),
        ),
        Column(
            key="house_number",
            label=N_("House number"),
            aliases=(
                "huisnummer",
                "hausnummer",
                "customer_house_number",
                "ship_to_house_number",
                "customer_address_house_number",
            ),
        ),
        Column(key="house_number_extension", label=N_("Number addition"), aliases=("toevoeging", "zusatz")),
        Column(key="extra", label=N_("Address line 2"), aliases=("adresregel 2", "adresszusatz")),
        Column(
            key="postcode",
            label=N_("Postcode"),
            aliases=("zip", "plz", "postal code", "customer_postcode", "ship_to_postcode", "customer_address_postcode"),
        ),
        Column(
            key="city",
            label=N_("City"),
            aliases=("plaats", "ort", "stad", "stadt", "customer_city", "ship_to_city", "customer_address_city"),
        ),
        Column(
            key="country",
            label=N_("Country"),
            aliases=("land", "country code", "customer_country", "ship_to_country", "customer_address_country"),
            example="NL",
        ),
        Column(key="email", label=N_("E-mail address"), aliases=("e-mail", "mail", "customer_email", "ship_to_email")),
        Column(
            key="phone",
            label=N_("Phone"),
            aliases=("telefoon", "telefon", "telephone", "customer_phone", "ship_to_phone"),
        ),
        Column(key="currency", label=N_("Currency"), aliases=("valuta", "währung"), example="EUR"),
        Column(key="ship_by", label=N_("Ship by"), aliases=("leverdatum", "lieferdatum", "delivery date")),
        Column(
            key="shipping_total",
            label=N_("Shipping costs"),
            aliases=("verzendkosten", "versandkosten", "freight"),
            number=True,
        ),
        Column(key="kind", label=N_("Kind"), aliases=("type", "soort", "belegart"), help=N_("invoice or credit.")),
        Column(
            key="credits",
            label=N_("Credits invoice"),
            aliases=("credit for", "creditfactuur van", "gutschrift zu"),
            help=N_("Of a credit note: the invoice it takes back."),
        ),
        Column(key="cancelled", label=N_("Cancelled"), aliases=("geannuleerd", "storniert"), help=N_("yes or no.")),
    ),
    modes={"file": N_("Take them; those that cannot be taken wait among the invoices that need attention")},
    apply=apply_invoices,
    back="/orders/invoices",
    start=START,
    remembered=remembered,
    remember=remember,
    group=lambda row: row.cells.get("number", ""),
)
