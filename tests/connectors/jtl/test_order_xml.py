"""The XML of an order, byte for byte, and whatever people put into orders."""

import os
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.connectors.jtl.order_xml import XmlOptions, clean, money, net, order_xml, unusable
from entrepot.erp.contract import ErpAddress, ErpOrder, ErpOrderLine
from entrepot.sandbox.jtl.reading import Unreadable, read_orders
from tests.connectors.jtl.orders import ERIKA, line, order

GOLDEN = Path(__file__).parent / "golden"
RATES = [Decimal(rate) for rate in ("0", "7", "9", "19", "21")]


def parsed(document: bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 -- we wrote it


def positions(document: bytes, tag: str = "twarenkorbpos") -> list[ET.Element]:
    return parsed(document).findall(f"tBestellung/{tag}")


def total(document: bytes) -> Decimal:
    return sum(
        (
            Decimal(position.findtext("fPreis") or "") * Decimal(position.findtext("fAnzahl") or "")
            for position in positions(document)
        ),
        Decimal(0),
    )


def test_is_the_example_of_the_specification(shared_data: Path) -> None:
    example = shared_data / "specs" / "jtl" / "xml_auftragsimport_oldwawi.example.xml"

    assert order_xml(order(), XmlOptions()) == example.read_bytes()


FULL = order(
    "TEMU-PO-211-1",
    line("SKU-1", title="Füße & Käse <groß> “fein” – 5 €", quantity=3, unit_price=Decimal("4.995"), tax_rate=None),
    line("A&B", title="", quantity=2, unit_price=Decimal("10.00"), tax_rate=Decimal(7), discount=Decimal("1.01")),
    channel="temu",
    language="nl-BE",
    currency="PLN",
    placed_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC),
    payment_method="",
    comment="Bitte\r\nklingeln\x00\x1b[2J",
    ship_to=ErpAddress(
        first_name="Zoë",
        last_name="Đặng 李",
        company="X" * 200,
        street="Łódzka",
        house_number="1",
        house_number_extension="a",
        extra="2. Etage",
        postcode="00-001",
        city="Łódź",
        country="PL",
        phone="+48 " + "1" * 40,
    ),
    bill_to=ERIKA,
)


@pytest.mark.parametrize("dialect", ["oldwawi", "wawiextern"])
def test_is_as_it_was(dialect: str) -> None:
    options = XmlOptions(dialect="oldwawi" if dialect == "oldwawi" else "wawiextern", company=2, clerk=3)
    document = order_xml(FULL, options)
    golden = GOLDEN / f"order.{dialect}.xml"
    if os.environ.get("WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_bytes(document)

    assert document == golden.read_bytes()


def test_keeps_characters_that_latin_1_lacks() -> None:
    document = order_xml(FULL, XmlOptions())

    assert "Łódź" not in document.decode("iso-8859-1")
    assert parsed(document).findtext("tBestellung/tlieferadresse/cOrt") == "Łódź"
    assert parsed(document).findtext("tBestellung/tlieferadresse/cNachname") == "Đặng 李"
    assert parsed(document).findtext("tBestellung/cKommentar") == "Bitte klingeln[2J"


def test_dates_are_german_ones() -> None:
    assert parsed(order_xml(FULL, XmlOptions())).findtext("tBestellung/dErstellt") == "2027-01-01"


def test_a_discount_is_a_position_of_its_own() -> None:
    document = order_xml(FULL, XmlOptions())

    assert [position.findtext("fPreis") for position in positions(document)] == ["4.995", "10.00", "-1.01", "4.95"]
    assert all(position.findtext("fRabatt") == "0.00" for position in positions(document))
    assert total(document) == FULL.total


def test_shipping_has_the_rate_of_most_goods_and_is_left_out_when_free() -> None:
    cheap = line("SKU-2", tax_rate=Decimal(7), unit_price=Decimal(1))

    assert positions(order_xml(order("A", cheap, line()), XmlOptions()))[-1].findtext("fMwSt") == "19.00"
    free = positions(order_xml(order("A", cheap, shipping_price=Decimal(0)), XmlOptions()))
    assert [position.findtext("cPosTyp") for position in free] == ["standard"]


def test_the_other_dialect_names_positions_otherwise_and_prints_nothing() -> None:
    document = order_xml(FULL, XmlOptions(dialect="wawiextern"))

    assert positions(document) == []
    assert len(positions(document, "tbestellpos")) == 4
    head = parsed(document).find("tBestellung")
    assert head is not None
    assert head.attrib["nRechnungErstellen"] == "0"


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1", "1.00"), ("1.5", "1.50"), ("1.005", "1.005"), ("1.0000049", "1.00"), ("-0.1", "-0.10"), ("1E+3", "1000.00")],
)
def test_amounts(amount: str, expected: str) -> None:
    assert money(Decimal(amount)) == expected


def test_net_is_gross_without_tax() -> None:
    assert net(Decimal("19.99"), Decimal(19)) == "16.79832"
    assert net(Decimal("4.95"), Decimal(0)) == "4.95000"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reference": "x" * 51}, "at most 50"),
        ({"reference": "a\nb"}, "ordinary characters"),
        ({"ship_to": ErpAddress()}, "a name and a street and a town and a country"),
        ({"ship_to": ErpAddress(last_name="\x00", street="S", city="C", country="DE")}, "lacks a name"),
        ({"lines": (line(" "),)}, "no article number"),
        ({"lines": (line("x" * 101),)}, "no article number"),
    ],
)
def test_says_what_jtl_cannot_take(changed: dict[str, object], words: str) -> None:
    import msgspec  # noqa: PLC0415 -- only here

    assert words in unusable(msgspec.structs.replace(order(), **changed))


TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
MONEY = st.decimals(0, 99999, places=2)
# Made once: made anew for each order, they took most of the time.
ADDRESS = st.builds(
    ErpAddress,
    **dict.fromkeys(("first_name", "last_name", "company", "street", "house_number", "extra", "city"), TEXT),
    **dict.fromkeys(("postcode", "email", "phone", "vat_number"), TEXT),
    country=st.sampled_from(["", "DE", "NL"]),
)
SOLD = st.lists(st.tuples(st.integers(1, 999), MONEY), min_size=1, max_size=4)
RATE = st.none() | st.sampled_from(RATES)
REFERENCE = st.text(min_size=1, max_size=20)
MOMENT = st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1))  # noqa: DTZ001 -- hypothesis wants it
BILLED_TO = st.none() | ADDRESS


@st.composite
def any_order(draw: st.DrawFn) -> ErpOrder:
    lines = [
        ErpOrderLine(
            line_id="1",
            sku=draw(TEXT),
            title=draw(TEXT),
            quantity=quantity,
            unit_price=price,
            tax_rate=draw(RATE),
            discount=draw(st.decimals(0, price * quantity, places=2)),
        )
        for quantity, price in draw(SOLD)
    ]
    return ErpOrder(
        reference=draw(REFERENCE),
        channel=draw(TEXT),
        channel_order_id="x",
        placed_at=draw(MOMENT),
        currency="EUR",
        language=draw(TEXT),
        ship_to=draw(ADDRESS),
        bill_to=draw(BILLED_TO),
        lines=tuple(lines),
        shipping_price=draw(MONEY),
        payment_method=draw(TEXT),
        comment=draw(TEXT),
    )


@given(any_order(), st.sampled_from(["oldwawi", "wawiextern"]))
def test_any_order_is_well_formed_and_adds_up(whatever: ErpOrder, dialect: str) -> None:
    document = order_xml(whatever, XmlOptions(dialect="oldwawi" if dialect == "oldwawi" else "wawiextern"))

    text = document.decode("iso-8859-1")
    assert document.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<tBestellungen>\n')
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), "a control character"
    root = parsed(document)
    assert len(root) == 1
    tag = "twarenkorbpos" if dialect == "oldwawi" else "tbestellpos"
    amounts = [
        Decimal(position.findtext("fPreis") or "") * Decimal(position.findtext("fAnzahl") or "")
        for position in positions(document, tag)
    ]
    assert sum(amounts, Decimal(0)) == whatever.total
    for position in positions(document, tag):
        rate, gross = Decimal(position.findtext("fMwSt") or ""), Decimal(position.findtext("fPreis") or "")
        exact = Decimal(position.findtext("fPreisEinzelNetto") or "") * (100 + rate) / 100
        assert rate in RATES
        assert abs(exact - gross) < Decimal("0.0001")
    assert root.findtext("tBestellung/tlieferadresse/cOrt", "") == clean(whatever.ship_to.city)


@given(any_order())
def test_what_we_call_usable_is_imported(whatever: ErpOrder) -> None:
    document = order_xml(whatever, XmlOptions())
    if unusable(whatever):
        return
    try:
        found = read_orders(document)
    except Unreadable as error:
        pytest.fail(str(error))
    assert [one.reference for one in found] == [whatever.reference]
    assert found[0].total == whatever.total


@given(TEXT)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


HOSTILE = [
    "</cOrt><cOrt>Bonn",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "&x;",
    "]]>",
    "<![CDATA[",
    "\ud800",
    "&#0;",
    "'\"--;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_stays_text(text: str) -> None:
    where = ErpAddress(last_name=text, street="S", city=text, country="DE")
    document = order_xml(order("A", line(title=text), ship_to=where, comment=text), XmlOptions())

    assert parsed(document).findtext("tBestellung/tlieferadresse/cOrt", "") == clean(text)
    assert len(parsed(document).findall("tBestellung/tlieferadresse/cOrt")) == 1
