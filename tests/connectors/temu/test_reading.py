"""Orders in the product's words: states, amounts, addresses, and what cannot be read."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.channels.contract import Fulfilment
from entrepot.connectors.temu import wire
from entrepot.connectors.temu.reading import Document, amount_of, country_code, read, split_street


def document(status: int = 2, line: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    parent = {"parentOrderSn": "PO-1", "parentOrderStatus": status, "parentOrderTime": 1_700_000_000}
    made = {"orderSn": "1-1", "orderStatus": status, "originalOrderQuantity": 3, "quantity": 3, "goodsName": "A mug"}
    amounts = {
        "orderSn": "1-1",
        "unitRetailPriceTaxIncl": {"amount": 1050, "currency": "EUR"},
        "retailPriceTotalTaxIncl": {"amount": 3150, "currency": "EUR"},
        "retailPriceDiscountedTotalTaxIncl": {"amount": 3000, "currency": "EUR"},
        "estimatedDeduction": {"amount": -120, "currency": "EUR"},
    }
    return {
        "order": {"parentOrderMap": parent, "orderList": [made | (line or {})]},
        "amounts": {"orderList": [amounts]},
        **changes,
    }


def order_of(**given: Any) -> Any:  # noqa: ANN401 -- an order
    return read(msgspec.convert(document(**given), Document))


def test_amounts() -> None:
    [line] = order_of().lines

    assert (line.unit_price, line.discount, line.commission) == (Decimal("10.50"), Decimal("1.50"), Decimal("1.20"))


@pytest.mark.parametrize(
    ("money", "amount"),
    [({"amount": 1234, "currency": "EUR"}, "12.34"), ({"amount": "1234", "currency": "JPY"}, "1234")],
)
def test_temu_counts_in_the_smallest_unit(money: dict[str, Any], amount: str) -> None:
    assert amount_of(msgspec.convert(money, wire.Money)) == Decimal(amount)


@pytest.mark.parametrize(
    ("status", "line", "shipped", "cancelled"),
    [
        (1, {}, 0, 0),
        (2, {}, 0, 0),
        (2, {"quantity": 2, "canceledQuantityBeforeShipment": 1}, 0, 1),
        (3, {"quantity": 0, "canceledQuantityBeforeShipment": 3}, 0, 3),
        (3, {}, 0, 3),
        (4, {}, 3, 0),
        (4, {"quantity": 2, "canceledQuantityBeforeShipment": 1}, 2, 1),
        (5, {}, 3, 0),
        (41, {}, 2, 0),
        (51, {}, 2, 0),
    ],
)
def test_states(status: int, line: dict[str, Any], shipped: int, cancelled: int) -> None:
    [read_line] = order_of(status=status, line=line, shipped={"1-1": 2}).lines

    assert (read_line.quantity, read_line.quantity_shipped, read_line.quantity_cancelled) == (3, shipped, cancelled)


def test_a_line_from_temus_own_warehouse_is_the_channels() -> None:
    assert order_of(line={"fulfillmentType": "fulfillByCooperativeWarehouse"}).lines[0].fulfilment is Fulfilment.CHANNEL


def test_skus() -> None:
    assert order_of().lines[0].sku is None
    assert order_of(line={"productList": [{"extCode": " MUG-1 "}], "skuId": 7}).lines[0].sku == "MUG-1"
    line = order_of(line={"skuId": 7, "goodsId": 8}, codes={"7": "MUG-2"}).lines[0]
    assert (line.sku, line.channel_offer_id) == ("MUG-2", "8:7")


def test_the_wish_to_cancel_is_shown() -> None:
    wish = document()
    wish["order"]["parentOrderMap"]["parentOrderLabel"] = [{"name": "pending_buyer_cancellation", "value": 1}]

    assert read(msgspec.convert(wish, Document)).lines[0].cancellation_requested


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amounts": {"orderList": []}}, "no price"),
        ({"amounts": {}}, "no price"),
        ({"line": {"originalOrderQuantity": 0, "quantity": 0}}, "no lines"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        order_of(**changes)


def test_an_address() -> None:
    shipping = {
        "receiptName": "Anna Maria Größe",
        "regionName1": "Germany",
        "regionName3": "Köln",
        "addressLine1": "Alte Straße 12 a",
        "addressLine2": "3. Stock",
        "postCode": "50667",
        "mobile": "+49",
    }

    address = order_of(shipping=shipping).ship_to

    assert (address.first_name, address.last_name) == ("Anna Maria", "Größe")
    assert (address.street, address.house_number, address.house_number_extension) == ("Alte Straße", "12", "a")
    assert (address.city, address.country, address.postcode, address.extra) == ("Köln", "DE", "50667", "3. Stock")
    assert order_of().ship_to.street == ""


@pytest.mark.parametrize(
    ("line", "country", "parts"),
    [
        ("Hauptstraße 12", "DE", ("Hauptstraße", "12", "")),
        ("Keizersgracht 12-III", "NL", ("Keizersgracht", "12", "III")),
        ("1e Oosterparkstraat 5 bis", "NL", ("1e Oosterparkstraat", "5", "bis")),
        ("Straße des 17. Juni 135", "DE", ("Straße des 17. Juni", "135", "")),
        ("12 rue de la Paix", "FR", ("rue de la Paix", "12", "")),
        ("221B Baker Street", "GB", ("Baker Street", "221", "B")),
        ("Am Bahnhof", "DE", ("Am Bahnhof", "", "")),
        ("Postfach 1", "DE", ("Postfach", "1", "")),
        ("", "DE", ("", "", "")),
    ],
)
def test_streets_and_numbers(line: str, country: str, parts: tuple[str, str, str]) -> None:
    assert split_street(line, country) == parts


@given(line=st.text(max_size=60), country=st.sampled_from(["DE", "FR", ""]))
def test_no_letter_of_a_street_is_lost(line: str, country: str) -> None:
    kept = "".join(split_street(line, country))

    wanted = [letter for letter in line if letter.isalnum()]
    assert sorted(letter for letter in kept if letter.isalnum()) == sorted(wanted)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Germany", "DE"), ("the Netherlands", "NL"), ("de", "DE"), ("Czech Republic", "CZ"), ("Atlantis", ""), ("", "")],
)
def test_countries(name: str, code: str) -> None:
    assert country_code(name) == code
