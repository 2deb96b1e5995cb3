"""Pure decisions of the watch slice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.pricewatch.extracting.contract import Availability, Extraction, Field, Finding, Kind, Recipe, Selector
from entrepot.pricewatch.watching.addresses import canonical, domain_of, normalise
from entrepot.pricewatch.watching.domain import (
    Known,
    Pin,
    Verdict,
    Window,
    judge,
    next_check,
    pinned,
    recipe_for,
    unit_price,
    within,
)
from entrepot.pricewatch.watching.errors import AddressUnusableError
from entrepot.pricewatch.watching.guessing import locale_of
from entrepot.pricewatch.watching.looking import Secrets
from entrepot.pricewatch.watching.stores import read_pairs

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("HTTPS://Shop.Example:443/a?utm_source=x&b=2&gclid=1#top", "https://shop.example/a?b=2"),
        ("shop.example/mug", "https://shop.example/mug"),
        ("http://shop.example", "http://shop.example/"),
        ("https://shop.example/a?x=%20y&empty=", "https://shop.example/a?x=%20y&empty="),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
    ],
)
def test_addresses_of_one_page_are_written_alike(written: str, stored: str) -> None:
    assert normalise(written) == stored
    assert normalise(stored) == stored


@pytest.mark.parametrize(
    "written", ["", "mug", "ftp://shop.example/", "file:///etc/passwd", "javascript:alert(1)", "https://a:b@shop.example/", "https://shop.example/<x>", "http://[::1"]
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(written: str) -> None:
    with pytest.raises(AddressUnusableError):
        normalise(written)


def test_a_canonical_link_counts_on_its_own_host_only() -> None:
    link = b'<link rel="canonical" href="%b">'
    url = "https://www.shop.example/a?session=1"
    assert canonical(url, link % b"/a") == "https://www.shop.example/a"
    assert canonical(url, link % b"https://evil.example/a") == url
    assert canonical(url, link % b"/") == url, "the front page is not the product's page"
    assert canonical(url, b"") == url
    assert domain_of(url) == "shop.example"


def said(price: str | None, currency: str = "EUR", where: str = "a", stock: Availability = Availability.IN_STOCK) -> Extraction:  # fmt: skip
    findings = (Finding(Field.PRICE, price, "css", where),) if price else ()
    amount = None if price is None else Decimal(price)
    return Extraction(price=amount, currency=currency if price else "", availability=stock, findings=findings)


KNOWN = Known(
    price=Decimal("10.0000"),
    currency="EUR",
    availability="in_stock",
    unit_price=Decimal("10.0000"),
    price_where="css a",
    observed_at=MONDAY,
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (said("10"), Verdict.SAME),
        (said("9.50"), Verdict.CHANGED),
        (said("4"), Verdict.CHANGED),  # far, but read from the same place
        (said("4", where="b"), Verdict.DOUBTFUL),
        (said("1000"), Verdict.DOUBTFUL),  # a lost comma, wherever it stands
        (said("10", "USD"), Verdict.CURRENCY),
        (said("10", ""), Verdict.UNDECIDED),
        (said(None), Verdict.UNDECIDED),
        (said(None, stock=Availability.OUT_OF_STOCK), Verdict.CHANGED),
        (said("0"), Verdict.UNDECIDED),
        (said("99999999999999"), Verdict.UNDECIDED),
    ],
)
def test_an_answer_is_compared_with_what_is_known(answer: Extraction, verdict: Verdict) -> None:
    assert judge(answer, KNOWN).verdict is verdict


@settings(max_examples=40)
@given(st.decimals("0.01", "99999", places=2), st.decimals("0.01", "99999", places=2), st.sampled_from(["a", "b"]))
def test_a_doubtful_price_is_believed_when_it_is_said_twice(before: Decimal, price: Decimal, where: str) -> None:
    known = Known(price=before, currency="EUR", price_where="css a", availability="in_stock", observed_at=MONDAY)
    first = judge(said(str(price), where=where), known)
    again = Known(
        price=before,
        currency="EUR",
        price_where="css a",
        availability="in_stock",
        observed_at=MONDAY,
        doubt={"price": str(first.price), "currency": "EUR"},
    )
    assert judge(said(str(price), where=where), again).believed
    assert first.price == price


def test_a_pinned_selector_goes_first_and_a_pinned_value_last() -> None:
    store = Recipe(selectors=(Selector(Field.PRICE, Kind.CSS, ".b"),))
    pins = (Pin(Field.PRICE, "css", ".a"), Pin(Field.AVAILABILITY, value="pre_order"))
    assert [selector.expression for selector in recipe_for(store, pins).selectors] == [".a", ".b"]
    assert pinned(said("1"), pins).availability is Availability.PRE_ORDER


def test_units_and_shipping_make_prices_comparable() -> None:
    assert unit_price(Decimal(11), Decimal(1), 6) == Decimal(2)
    assert unit_price(None, Decimal(1), 6) is None


@given(st.decimals("0.01", 10**9, places=2), st.integers(1, 100_000))
def test_a_unit_is_never_free(price: Decimal, pack: int) -> None:
    assert (unit_price(price, None, pack) or 0) > 0


def test_checks_are_spread_backed_off_and_kept_in_their_hours() -> None:
    assert next_check(MONDAY, 60, spread=1) == MONDAY + timedelta(minutes=66)
    waits = [next_check(MONDAY, 60, failures=count) - MONDAY for count in range(1, 12)]
    assert waits[0] == timedelta(minutes=10)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)
    assert next_check(MONDAY, 60, retry_after=7) == MONDAY + timedelta(seconds=7)
    assert next_check(MONDAY, 60, doubtful=True) == MONDAY + timedelta(minutes=5)
    office = Window(days=(0, 1, 2, 3, 4), begin="09:00", end="17:00", time_zone="Europe/Amsterdam")
    friday_evening = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
    assert within(friday_evening, office) == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
    assert within(MONDAY, office) == MONDAY


@pytest.mark.parametrize(
    ("moment", "checked"),
    [
        ("2026-11-27T23:00", "2026-11-27T23:00"),
        ("2026-11-28T05:59", "2026-11-28T05:59"),  # Saturday, in the night that began on Friday
        ("2026-11-28T06:00", "2026-12-04T22:00"),
        ("2026-11-27T03:00", "2026-11-27T22:00"),  # the night before began on a Thursday
    ],
)
def test_hours_may_go_over_midnight(moment: str, checked: str) -> None:
    fridays = Window(days=(4,), begin="22:00", end="06:00", time_zone="UTC")
    found = within(datetime.fromisoformat(moment).replace(tzinfo=UTC), fridays)
    assert found == datetime.fromisoformat(checked).replace(tzinfo=UTC)


def test_a_page_names_its_locale_and_people_write_cookies_as_they_like() -> None:
    assert locale_of(b'<html lang="de-de">') == "de_DE"
    assert locale_of(b'<html lang="xx">') == ""
    assert locale_of(b'<html lang="nl"><meta property="og:locale" content="nl_BE">') == "nl_BE"
    assert read_pairs("a=1;\nX-Key: v=2\nnonsense") == {"a": "1", "X-Key": "v=2"}
    assert not Secrets()
