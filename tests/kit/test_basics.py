"""Small tools, checked as laws."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit import i18n
from entrepot.kit.ids import new_id
from entrepot.kit.money import Money, round_money
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox, SecretUnreadableError
from entrepot.kit.settings import Settings


def test_ids_sort_by_time_and_say_their_version() -> None:
    first = new_id()
    time.sleep(0.002)
    second = new_id()

    assert first < second
    assert (first.version, first.variant) == (7, "specified in RFC 4122")


@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from(["EUR", "USD", "JPY", "KWD"]))
def test_rounding_moves_an_amount_by_at_most_half_a_unit(amount: Decimal, currency: str) -> None:
    digits = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}[currency]
    rounded = round_money(amount, currency)

    assert abs(rounded - amount) <= Decimal(5).scaleb(-digits - 1)
    assert rounded == round_money(rounded, currency)


def test_amounts_of_two_currencies_do_not_add() -> None:
    with pytest.raises(ValueError, match="cannot add USD to EUR"):
        _ = Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")


@given(st.binary(max_size=200))
def test_a_secret_survives_the_rotation_of_keys(secret: bytes) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = SecretBox([old]).seal(secret)
    both = SecretBox([new, old])

    assert both.open(sealed, what="it") == secret
    assert SecretBox([new]).open(both.rotate(sealed), what="it") == secret
    assert both.derive("scope") == SecretBox([old]).derive("scope"), "what is derived outlives the rotation"


def test_a_secret_without_its_key_says_what_to_do() -> None:
    sealed = SecretBox([Fernet.generate_key().decode()]).seal(b"x")

    with pytest.raises(SecretUnreadableError, match=r"encrypted the bol password is missing\. Add the old key"):
        SecretBox([Fernet.generate_key().decode()]).open(sealed, what="the bol password")


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path, _env_file=None).keys  # type: ignore[call-arg]  # pydantic-settings
    second = Settings(data_dir=tmp_path, _env_file=None).keys  # type: ignore[call-arg]  # pydantic-settings

    assert first == second
    assert (tmp_path / "secret.keys").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret.keys"]


def test_a_scope_is_sealed() -> None:
    scope = Scope.of(new_id())

    assert scope.sealed("key") != scope.sealed("another key")
    assert scope.sealed("key").partition(".")[0] == str(next(iter(scope.sellers)))
    assert Scope.all_sellers().sealed("key").startswith("*.")


@pytest.mark.parametrize(
    ("header", "expected"),
    [("nl-NL,nl;q=0.9,en;q=0.8", "nl"), ("fr,de;q=0.5", "de"), ("", "en"), ("xx;q=oops,en", "en"), ("*", "en")],
)
def test_the_browser_may_choose_the_language(header: str, expected: str) -> None:
    assert i18n.preferred(header) == expected


def test_numbers_and_moments_follow_the_reader() -> None:
    moment = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    language, zone = i18n.locale.set("de"), i18n.time_zone.set("Europe/Berlin")
    try:
        assert i18n.show_money(Decimal("1234.5"), "EUR") == "1.234,50\xa0€"
        assert i18n.show_number(1234567) == "1.234.567"
        assert i18n.show_day(moment) == "21.11.2026"
        assert i18n.show_moment(moment).startswith("21.11.2026, 00:30")
    finally:
        i18n.locale.reset(language)
        i18n.time_zone.reset(zone)
