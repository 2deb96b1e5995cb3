"""From what Temu says about an order to an order in the product's words."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import msgspec
from babel import Locale
from babel.numbers import get_currency_precision

from entrepot.channels.contract import ChannelOrder, ChannelOrderLine, Fulfilment, PostalAddress
from entrepot.connectors.temu import wire

REGION_COUNTRIES = {211: "US"}
"""The region numbers that Temu documents."""
OTHER_NAMES = {
    "usa": "US",
    "united states of america": "US",
    "czech republic": "CZ",
    "great britain": "GB",
    "the netherlands": "NL",
    "holland": "NL",
    "republic of ireland": "IE",
    "slovak republic": "SK",
}
_NUMBER_LAST = re.compile(
    r"^(?P<street>.*?[^\W\d].*?),?\s+(?P<number>\d{1,5})\s?(?P<extension>[-/]?\s?[A-Za-z0-9]{0,4})$"
)
_NUMBER_FIRST = re.compile(r"^(?P<number>\d{1,5})(?P<extension>[A-Za-z]?),?\s+(?P<street>\D.+)$")
_NUMBER_FIRST_COUNTRIES = frozenset({"FR", "GB", "IE", "LU", "US", "CA"})
BUYER_WANTS_OUT = "pending_buyer_cancellation"
PICKED_UP = 3
"""The shipping method of an order that its buyer collects."""


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was fetched about one order, as it is stored."""

    order: wire.Order
    amounts: wire.Amounts
    shipping: wire.ShippingInfo | None = None
    updated_at: int | None = None
    withheld: str = ""
    """Why there is no address, as a sentence."""
    codes: dict[str, str] = {}
    """The seller's SKUs by Temu's number, where the order does not name them."""
    shipped: dict[str, int] = {}
    """Units that left, by line, where only a part did."""


def read(document: Document) -> ChannelOrder:
    """Translate.

    Raises:
        ValueError: something that every order has is missing.
    """
    parent = document.order.parent_order_map
    amounts = {line.order_sn: line for line in document.amounts.order_list or ()}
    lines = [
        _line(line, amounts.get(line.order_sn), document, parent) for line in document.order.order_list if line.ordered
    ]
    if not lines:
        msg = "it has no lines"
        raise ValueError(msg)
    currencies = {currency for _, currency in lines}
    if len(currencies) > 1:
        msg = f"its lines are in different currencies ({', '.join(sorted(currencies))})"
        raise ValueError(msg)
    order = ChannelOrder(
        channel_order_id=parent.parent_order_sn,
        placed_at=_moment(parent.parent_order_time),
        changed_at=_moment(document.updated_at) if document.updated_at else None,
        currency=currencies.pop(),
        ship_to=_address(document.shipping, parent) if document.shipping else PostalAddress(),
        pick_up_point=parent.shipping_method == PICKED_UP,
        ship_by=_moment(parent.expect_ship_latest_time) if parent.expect_ship_latest_time else None,
        lines=tuple(line for line, _ in lines),
    )
    # Structs are checked when decoded, not when built: decode once, so that no impossible order gets through.
    return msgspec.convert(msgspec.to_builtins(order, builtin_types=(datetime, date, Decimal)), ChannelOrder)


def _line(
    line: wire.Line, amounts: wire.AmountLine | None, document: Document, parent: wire.ParentOrder
) -> tuple[ChannelOrderLine, str]:
    price = (amounts.unit_retail_price_tax_incl or amounts.unit_retail_price) if amounts is not None else None
    if amounts is None or price is None:
        msg = f"line {line.order_sn} has no price"
        raise ValueError(msg)
    wants_out = any(label.name == BUYER_WANTS_OUT and label.value for label in parent.parent_order_label or ())
    title = " ".join((line.original_goods_name or line.goods_name or "").split())
    spec = (line.spec or "").strip()
    made = ChannelOrderLine(
        channel_line_id=line.order_sn,
        sku=line.code or document.codes.get(str(line.sku_id)) or None,
        channel_offer_id=line.offer_id,
        title=f"{title} ({spec})" if spec else title,
        quantity=line.ordered,
        quantity_shipped=_shipped(line, document.shipped),
        quantity_cancelled=min(line.cancelled, line.ordered),
        unit_price=amount_of(price),
        discount=_discount(amounts),
        commission=abs(amount_of(amounts.estimated_deduction)) if amounts.estimated_deduction else None,
        fulfilment=Fulfilment.CHANNEL
        if line.fulfillment_type == "fulfillByCooperativeWarehouse"
        else Fulfilment.SELLER,
        cancellation_requested=wants_out and line.order_status in {wire.PENDING, *wire.OPEN},
        deliver_by=_moment(parent.latest_delivery_time).date() if parent.latest_delivery_time else None,
    )
    return made, price.currency


def _shipped(line: wire.Line, shipped: Mapping[str, int]) -> int:
    left = line.ordered - line.cancelled
    match line.order_status:
        case wire.SHIPPED | wire.DELIVERED:
            return left
        case wire.PARTLY_SHIPPED | wire.PARTLY_DELIVERED:
            return min(shipped.get(line.order_sn, 0), left)
        case _:
            return 0


def amount_of(money: wire.Money) -> Decimal:
    """Return an amount: Temu counts in the smallest unit of the currency."""
    return Decimal(money.amount).scaleb(-get_currency_precision(money.currency))


def _discount(amounts: wire.AmountLine) -> Decimal:
    full, paid = amounts.retail_price_total_tax_incl, amounts.retail_price_discounted_total_tax_incl
    if full is None or paid is None or full.currency != paid.currency:
        return Decimal(0)
    return max(Decimal(0), amount_of(full) - amount_of(paid))


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Addresses


def _address(info: wire.ShippingInfo, parent: wire.ParentOrder) -> PostalAddress:
    country = country_code(info.region_name1 or "") or REGION_COUNTRIES.get(parent.region_id or 0, "")
    street, number, extension = split_street(info.address_line1 or "", country)
    names = info.address_extra or wire.NameParts()
    first, last = (names.first_name or "").strip(), (names.last_name or "").strip()
    if not (first or last):
        first, _, last = (info.receipt_name or "").strip().rpartition(" ")
    extra = (info.receipt_additional_name, info.address_line2, info.address_line3)
    return PostalAddress(
        first_name=first,
        last_name=last,
        street=street,
        house_number=number,
        house_number_extension=extension,
        extra=", ".join(part.strip() for part in extra if part and part.strip()),
        postcode=(info.post_code or "").strip(),
        city=(info.region_name3 or info.region_name4 or info.region_name2 or "").strip(),
        country=country,
        email=(info.mail or "").strip(),
        phone=(info.mobile or "").strip(),
    )


def split_street(line: str, country: str) -> tuple[str, str, str]:
    """Return street, house number and its extension; the whole line as street where it is not plain which is which."""
    text = " ".join(line.split())
    pattern = _NUMBER_FIRST if country in _NUMBER_FIRST_COUNTRIES else _NUMBER_LAST
    found = pattern.match(text)
    if found is None:
        return text, "", ""
    return found["street"].strip(" ,"), found["number"], found["extension"].strip(" -/")


def country_code(name: str) -> str:
    """Return the ISO code of a country that Temu names in English, or writes as its code; empty: none of that name."""
    said = name.strip()
    if len(said) == 2 and said.upper() in _codes():  # noqa: PLR2004 -- the length of a code
        return said.upper()
    return OTHER_NAMES.get(said.casefold()) or _names().get(said.casefold(), "")


@cache
def _codes() -> frozenset[str]:
    return frozenset(_names().values())


@cache
def _names() -> Mapping[str, str]:
    territories: Mapping[str, str] = Locale("en").territories
    return {name.casefold(): code for code, name in territories.items() if len(code) == 2 and code.isalpha()}  # noqa: PLR2004
