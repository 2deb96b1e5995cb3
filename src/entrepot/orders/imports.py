"""Orders from a table: one row per line, the rows of an order under one another with the same number."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.channels.contract import PostalAddress
from entrepot.imports.contract import Column, ImportRow, ImportSpec, Options, Outcome
from entrepot.kit.i18n import gettext
from entrepot.kit.money import CURRENCIES
from entrepot.kit.tabular import CellError, read_decimal, read_whole
from entrepot.kit.text import N_
from entrepot.orders.creating import NewLine, NewOrder
from entrepot.orders.invoices.table import INVOICES
from entrepot.orders.repository import OrderRepository
from entrepot.orders.service import OrderService

MOST_UNITS = 1_000_000
COUNTRY_WRONG = N_("Write the country as two letters, like NL or DE.")
CURRENCY_WRONG = N_("There is no such currency. Use the three letters of ISO 4217, such as EUR.")
QUANTITY_WRONG = N_("The quantity must be between 1 and 1,000,000.")
PRICE_WRONG = N_("The price must not be negative.")
SKU_MISSING = N_("The row names no SKU.")
NUMBER_MISSING = N_("The row names no order number.")
NEIGHBOUR_WRONG = N_("Another row of this order is wrong; the order is taken in whole or not at all.")

ADDRESS_COLUMNS = (
    "first_name",
    "last_name",
    "company",
    "street",
    "house_number",
    "house_number_extension",
    "postcode",
    "city",
    "country",
    "email",
    "phone",
)


async def apply_orders(
    session: AsyncSession, seller_id: UUID, rows: Sequence[ImportRow], options: Options
) -> Sequence[Outcome]:
    """Store the orders of *rows* that are not there yet."""
    taken = await OrderRepository(session).manual_taken(seller_id, {row.cells.get("number", "") for row in rows})
    outcomes: list[Outcome] = []
    new: list[NewOrder] = []
    for number, group in groupby(rows, key=lambda row: row.cells.get("number", "")):
        together = list(group)
        if number in taken:
            outcomes += [Outcome("unchanged")] * len(together)
            continue
        read, problems = _read_order(number, together, options)
        if read is None:
            wrong = {"": gettext(NEIGHBOUR_WRONG)}
            outcomes += [Outcome("failed", problem or wrong) for problem in problems]
            continue
        taken.add(number)
        new.append(read)
        outcomes += [Outcome("created")] * len(together)
    if new:
        await OrderService(session).create_many(seller_id, new)
    return outcomes


def _read_order(
    number: str, rows: Sequence[ImportRow], options: Options
) -> tuple[NewOrder | None, list[Mapping[str, str]]]:
    """Return the order, or a list with the problems of each row."""
    lines: list[NewLine] = []
    problems: list[Mapping[str, str]] = []
    for row in rows:
        wrong: dict[str, str] = {} if number else {"number": gettext(NUMBER_MISSING)}
        line = _read_line(row.cells, options, wrong)
        problems.append(wrong)
        if line is not None:
            lines.append(line)
    first = rows[0].cells
    currency = first.get("currency", "").upper() or "EUR"
    if currency not in CURRENCIES:
        problems[0] = {**problems[0], "currency": gettext(CURRENCY_WRONG)}
    try:
        parts = {name: first.get(name, "") for name in ADDRESS_COLUMNS}
        address = msgspec.convert({**parts, "country": parts["country"].upper()}, PostalAddress)
    except msgspec.ValidationError:
        address = PostalAddress()
        problems[0] = {**problems[0], "country": gettext(COUNTRY_WRONG)}
    if any(problems):
        return None, problems
    reference = first.get("buyer_reference", "")[:120]
    order = NewOrder(lines=tuple(lines), ship_to=address, currency=currency, number=number, buyer_reference=reference)
    return order, problems


def _read_line(cells: Mapping[str, str], options: Options, wrong: dict[str, str]) -> NewLine | None:
    sku, quantity, price = cells.get("sku", ""), 1, read_decimal("0", ".")
    if not sku:
        wrong["sku"] = gettext(SKU_MISSING)
    try:
        if cells.get("quantity"):
            quantity = read_whole(cells["quantity"], options.mark)
        if not 1 <= quantity <= MOST_UNITS:
            wrong["quantity"] = gettext(QUANTITY_WRONG)
    except CellError as error:
        wrong["quantity"] = error.sentence
    try:
        if cells.get("unit_price"):
            price = read_decimal(cells["unit_price"], options.mark)
        if price < 0:
            wrong["unit_price"] = gettext(PRICE_WRONG)
    except CellError as error:
        wrong["unit_price"] = error.sentence
    return None if wrong else NewLine(sku=sku, quantity=quantity, unit_price=price)


IMPORTS = [
    ImportSpec(
        kind="orders",
        title=N_("Import orders"),
        right=Right.ORDERS_WRITE,
        columns=(
            Column(
                key="number",
                label=N_("Order number"),
                aliases=("order", "order id", "number", "bestelnummer", "bestellnummer", "auftragsnummer"),
                required=True,
                help=N_("Rows of one order have the same number and stand together."),
                example="WEB-1001",
            ),
            Column(key="sku", label=N_("SKU"), aliases=("artikel", "artikelnummer", "product"), required=True),
            Column(key="quantity", label=N_("Quantity"), aliases=("qty", "aantal", "menge", "units"), number=True),
            Column(key="unit_price", label=N_("Price each"), aliases=("price", "prijs", "preis"), number=True),
            Column(key="currency", label=N_("Currency"), aliases=("valuta", "währung"), example="EUR"),
            Column(key="first_name", label=N_("First name"), aliases=("voornaam", "vorname")),
            Column(key="last_name", label=N_("Last name"), aliases=("name", "achternaam", "nachname", "surname")),
            Column(key="company", label=N_("Company"), aliases=("bedrijf", "firma")),
            Column(key="street", label=N_("Street"), aliases=("straat", "straße", "address")),
            Column(key="house_number", label=N_("House number"), aliases=("huisnummer", "hausnummer")),
            Column(key="house_number_extension", label=N_("Number addition"), aliases=("toevoeging", "zusatz")),
            Column(key="postcode", label=N_("Postcode"), aliases=("zip", "zip code", "plz", "postal code")),
            Column(key="city", label=N_("City"), aliases=("plaats", "ort", "stad", "stadt", "town")),
            Column(key="country", label=N_("Country"), aliases=("land", "country code"), example="NL"),
            Column(key="email", label=N_("E-mail address"), aliases=("e-mail", "mail")),
            Column(key="phone", label=N_("Phone"), aliases=("telefoon", "telefon", "telephone")),
            Column(
                key="buyer_reference", label=N_("Buyer's reference"), aliases=("reference", "referentie", "referenz")
            ),
        ),
        modes={"create": N_("Add new orders only")},
        apply=apply_orders,
        back="/orders",
        group=lambda row: row.cells.get("number", ""),
    ),
    INVOICES,
]
