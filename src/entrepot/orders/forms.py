"""The forms of orders: their fields, and what was entered in them."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from entrepot.access.forms import field
from entrepot.channels.contract import PostalAddress
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.orders.creating import NewLine, NewOrder

LINES_OFFERED = 5
MOST_UNITS = 1_000_000


def address_fields(values: Mapping[str, Any], problems: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the fields of an address."""

    def one(name: str, label: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- passed on to field
        return field(name, label, value=values.get(name, ""), problems=problems, half=True, **more)

    return [
        one("first_name", N_("First name"), required=False, autocomplete="off"),
        one("last_name", N_("Last name"), required=False, autocomplete="off"),
        one("company", N_("Company"), required=False, autocomplete="off"),
        one("extra", N_("Addition"), required=False, hint=N_("Floor, building, pick-up point.")),
        one("street", N_("Street")),
        one("house_number", N_("House number"), required=False),
        one("house_number_extension", N_("Number addition"), required=False),
        one("postcode", N_("Postcode"), required=False),
        one("city", N_("City")),
        one("country", N_("Country"), maxlength=2, hint=N_("Two letters, like NL.")),
        one("email", N_("E-mail address"), kind="email", required=False),
        one("phone", N_("Phone"), required=False),
    ]


def read_address(values: Mapping[str, str]) -> PostalAddress:
    """Return the address that was entered.

    Raises:
        InvalidInputError: the country is not written as it should be.
    """
    parts = {name: values.get(name, "").strip() for name in PostalAddress.__struct_fields__}
    parts["country"] = parts["country"].upper()
    try:
        return msgspec.convert(parts, PostalAddress)
    except msgspec.ValidationError:
        raise InvalidInputError({"country": N_("Write the country as two letters, like NL or DE.")}) from None


def read_quantity(text: str, name: str = "quantity", *, least: int = 0) -> int:
    """Return the number of units that was entered.

    Raises:
        InvalidInputError: it is none.
    """
    if text.strip().isdecimal() and least <= int(text) <= MOST_UNITS:
        return int(text)
    raise InvalidInputError({name: N_("Enter a whole number of units, at most 1,000,000.")})


def read_price(text: str, name: str = "unit_price") -> Decimal:
    """Return the price that was entered, with a point or a comma.

    Raises:
        InvalidInputError: it is none, or negative.
    """
    try:
        price = Decimal(text.strip().replace(",", ".") or "0")
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price < 100_000_000:  # noqa: PLR2004 -- the database's limit
        raise InvalidInputError({name: N_("Enter a price like 12.50.")})
    return price


def new_order_fields(values: Mapping[str, str], problems: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the fields of a new order that stand above its lines."""
    return [
        field(
            "number",
            N_("Number"),
            value=values.get("number", ""),
            problems=problems,
            half=True,
            required=False,
            hint=N_("Empty: the next one."),
        ),
        field(
            "currency", N_("Currency"), value=values.get("currency", "EUR"), problems=problems, half=True, maxlength=3
        ),
        field(
            "buyer_reference",
            N_("Buyer's reference"),
            value=values.get("buyer_reference", ""),
            problems=problems,
            half=True,
            required=False,
        ),
        field(
            "shipping_total",
            N_("Shipping costs"),
            value=values.get("shipping_total", ""),
            problems=problems,
            half=True,
            required=False,
            inputmode="decimal",
        ),
    ]


def line_fields(values: Mapping[str, str], problems: Mapping[str, str] | None = None) -> list[list[dict[str, Any]]]:
    """Return rows of fields for lines."""
    columns = (
        ("sku", N_("SKU"), "text"),
        ("quantity", N_("Quantity"), "numeric"),
        ("unit_price", N_("Price each"), "decimal"),
    )
    return [
        [
            field(
                f"{name}-{row}",
                label,
                value=values.get(f"{name}-{row}", ""),
                problems=problems,
                half=True,
                required=False,
                inputmode=mode,
            )
            for name, label, mode in columns
        ]
        for row in range(LINES_OFFERED)
    ]


def read_new_order(values: Mapping[str, str]) -> NewOrder:
    """Return the order that was entered.

    Raises:
        InvalidInputError: with a sentence for each field that is wrong.
    """
    problems: dict[str, str] = {}
    lines: list[NewLine] = []
    for row in range(LINES_OFFERED):
        sku = values.get(f"sku-{row}", "").strip()
        if not sku:
            continue
        try:
            quantity = read_quantity(values.get(f"quantity-{row}", "") or "1", f"quantity-{row}", least=1)
            price = read_price(values.get(f"unit_price-{row}", ""), f"unit_price-{row}")
        except InvalidInputError as error:
            problems |= error.problems
        else:
            lines.append(NewLine(sku=sku, quantity=quantity, unit_price=price))
    if not lines and not problems:
        problems["sku-0"] = N_("Enter at least one line: a SKU and how many.")
    address, shipping = PostalAddress(), Decimal(0)
    try:
        address = read_address(values)
        shipping = read_price(values.get("shipping_total", ""), "shipping_total")
    except InvalidInputError as error:
        problems |= error.problems
    if problems:
        raise InvalidInputError(problems)
    return NewOrder(
        lines=tuple(lines),
        ship_to=address,
        currency=values.get("currency", "EUR").strip().upper() or "EUR",
        number=values.get("number", "").strip()[:60],
        buyer_reference=values.get("buyer_reference", "").strip()[:120],
        shipping_total=shipping,
    )
