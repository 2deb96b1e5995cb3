"""Cells of people's tables, as numbers and answers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.tabular import CellError, guess_mark, read_decimal, read_flag, read_whole, shorten

amounts = st.decimals(min_value=Decimal("-9999999.9999"), max_value=Decimal("9999999.9999"), places=4)


@given(amounts, st.sampled_from([",", "."]), st.booleans())
def test_a_number_is_read_as_it_was_written(amount: Decimal, mark: str, grouped: bool) -> None:  # noqa: FBT001 -- given by hypothesis
    text = f"{amount:,.4f}" if grouped else f"{amount:.4f}"
    if mark == ",":
        text = text.translate(str.maketrans(",.", ".,"))

    assert read_decimal(text, mark) == amount  # type: ignore[arg-type]  # sampled from the two marks


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("1.234,50", ",", "1234.50"),
        ("€ 12,5", ",", "12.5"),
        ("1 234.5", ".", "1234.5"),
        ("1'234.50", ".", "1234.50"),
        ("-7", ".", "-7"),
        ("5,", ",", "5"),
    ],
)
def test_reads_what_people_write(text: str, mark: str, expected: str) -> None:
    assert read_decimal(text, mark) == Decimal(expected)  # type: ignore[arg-type]  # the two marks


@pytest.mark.parametrize(
    "text", ["", "abc", "1,2,3", "1.2.3", "12,5", "NaN", "Infinity", "1e5", "--1", "1-2", "٣", "0x10"]
)
def test_refuses_what_is_no_number_and_shows_how(text: str) -> None:
    with pytest.raises(CellError) as caught:
        read_decimal(text, ".")

    assert "1234.50" in caught.value.sentence


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for mark in (",", "."):
        try:
            assert read_decimal(text, mark).is_finite()  # type: ignore[arg-type]  # the two marks
        except CellError as error:
            assert error.sentence  # noqa: PT017 -- both outcomes are right


def test_whole_numbers_have_no_decimals() -> None:
    assert read_whole("12.0") == 12
    with pytest.raises(CellError, match="has decimals"):
        read_whole("12.5")


@pytest.mark.parametrize(("text", "expected"), [("Ja", True), ("1", True), ("nein", False), (" NO ", False)])
def test_reads_yes_and_no_in_the_languages_of_the_hub(text: str, expected: bool) -> None:  # noqa: FBT001 -- a parameter of the test
    assert read_flag(text) is expected


def test_asks_for_yes_or_no() -> None:
    with pytest.raises(CellError, match="neither yes nor no"):
        read_flag("perhaps")


@pytest.mark.parametrize(
    ("samples", "mark"),
    [
        (["12,50", "7,95"], ","),
        (["12.50", "7.95"], "."),
        (["1.234,50"], ","),
        (["1,234.50"], "."),
        (["1.234", "1.500", "2,5"], ","),
        (["7", ""], "."),
        ([], "."),
    ],
)
def test_guesses_the_decimal_mark_from_the_column(samples: list[str], mark: str) -> None:
    assert guess_mark(samples) == mark


def test_sentences_stay_short_and_printable() -> None:
    assert shorten("a\x00" + "b" * 100) == "a�" + "b" * 57 + "…"
