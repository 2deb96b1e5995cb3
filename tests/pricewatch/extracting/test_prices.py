"""Prices as people write them: every spelling is read as the amount it means, in the currency it names."""

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.kit.i18n import LOCALES
from entrepot.kit.money import round_money
from entrepot.pricewatch.extracting.contract import Amount
from entrepot.pricewatch.extracting.prices import machine_number, price_of
from entrepot.pricewatch.extracting.service import read_price, write_price

COMMON_LOCALES = [
    *LOCALES, "en_GB", "en_IN", "en_AU", "en_CA", "nl_BE", "de_CH", "de_AT", "fr", "fr_CH", "fr_BE", "es", "es_MX", "it", "pt", "pt_PT", "pl", "cs", "sk", "da", "sv", "nb",
    "fi", "hu", "ro", "bg", "hr", "sl", "et", "lv", "lt", "el", "tr", "ru", "uk", "ja", "zh", "ko", "ar", "he", "hi", "th", "vi", "id",
]  # fmt: skip
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "JPY", "INR", "BRL", "CAD", "KWD"]


@given(
    amount=st.decimals(0, 10_000_000, places=3),
    currency=st.sampled_from(CURRENCIES),
    locale=st.sampled_from(COMMON_LOCALES),
)
@example(amount=Decimal(1299), currency="SEK", locale="sv")
@example(amount=Decimal("1.299"), currency="KWD", locale="nl")
@settings(max_examples=100)
def test_what_is_written_is_read_again(amount: Decimal, currency: str, locale: str) -> None:
    amount = round_money(amount, currency)

    assert read_price(write_price(amount, currency, locale), locale, currency) == Amount(amount, currency)


@pytest.mark.parametrize(
    ("text", "locale", "amount", "currency"),
    [
        ("12,12 EUR", "", "12.12", "EUR"),
        ("EUR12", "", "12", "EUR"),
        ("1.299,00 €", "", "1299", "EUR"),
        ("€ 1.299,-", "nl", "1299", "EUR"),
        ("1 299,00 kr", "sv_SE", "1299", "SEK"),
        ("1 299,00 kr.", "da_DK", "1299", "DKK"),
        ("₹1,29,999", "", "129999", "INR"),
        ("CHF 1'299.–", "", "1299", "CHF"),
        ("Fr. 12.50", "", "12.50", "CHF"),
        ("99¢", "en_US", "0.99", "USD"),
        ("79p", "en_GB", "0.79", "GBP"),
        ("￥1,980", "ja", "1980", "JPY"),
        ("19€99", "fr", "19.99", "EUR"),
        ("19⁹⁹ €", "", "19.99", "EUR"),
        ("1.299", "de", "1299", ""),
        ("0.299", "en", "0.299", ""),
        ("$24.990", "es_CL", "24990", "CLP"),
        ("A$1,000.50", "", "1000.50", "AUD"),
        ("502,20 руб.", "ru_BY", "502.20", "BYN"),  # noqa: RUF001
        ("١٬٢٩٩٫٠٠ ر.س", "ar", "1299", "SAR"),  # noqa: RUF001
        ("20% off: now $12.00", "en_US", "12", "USD"),
        ("3x 12,99 €", "", "12.99", "EUR"),
        ("ab 12,50 € statt 15,00 €", "de", "12.50", "EUR"),
        ("12:-", "sv", "12", ""),
    ],
)
def test_spellings(text: str, locale: str, amount: str, currency: str) -> None:
    assert read_price(text, locale) == Amount(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["", "free", "-12,00 €", "20 %", "K3", "1." * 400, "9" * 400, "€" * 900, "\ud800"])
def test_what_is_no_price_is_none(text: str) -> None:
    assert read_price(text) is None


def test_a_currency_on_the_page_is_stronger_than_the_expected_one() -> None:
    assert read_price("12,12 €", "en_US", "USD") == Amount(Decimal("12.12"), "EUR")
    assert read_price("12.12", "en_US", "USD") == Amount(Decimal("12.12"), "USD")
    assert read_price("$5", "", "CAD") == Amount(Decimal(5), "CAD")
    assert read_price("$5") == Amount(Decimal(5), "")  # whose dollars, nobody can say


@pytest.mark.parametrize(
    ("value", "locale", "amount"),
    [("12.99", "de", "12.99"), ("129.000", "en", "129"), ("129.000", "es", "129000"), ("1299.0000", "", "1299"), ("1.299,00", "", "1299"), (12.5, "", "12.5"), (7, "", "7")],
)  # fmt: skip
def test_numbers_for_machines(value: object, locale: str, amount: str) -> None:
    assert machine_number(value, locale) == Decimal(amount)


@pytest.mark.parametrize("value", [None, True, "", "call us", float("nan"), -1, 1e300])
def test_what_is_no_number_for_machines_is_none(value: object) -> None:
    assert machine_number(value) is None


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("was € 20,00 now € 15,00", "15"),
        ("De: R$ 1.299,00 Por: R$ 999,90 ou 10x de R$ 99,99", "999.90"),
        ("van € 25 voor € 19,95", "19.95"),
        ("€ 20 now € 25 or € 15", "20"),  # what stands right before it counts
        ("€ 100 now € 5", "100"),  # too little to be the price of the same
        ("€ 12,99 € 9,99", "12.99"),
    ],
)
def test_of_was_and_now_the_price_is_that_of_now(text: str, price: str) -> None:
    found = price_of(text)
    assert found is not None
    assert found.amount == Decimal(price)
