"""Article numbers, names and bundles, checked as laws."""

import string
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.catalog.domain import (
    bundle_stock,
    check_digit,
    clean_tags,
    clean_text,
    compact_gtin,
    gtin_14,
    looks_like_gtin,
    right_gtin,
)
from entrepot.catalog.fields import read_fields, read_gtin, read_options, read_sku, read_tags
from entrepot.catalog.spelling import edits, nearest, terms_of
from entrepot.kit.tabular import CellError

bodies = st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text(string.digits, min_size=n, max_size=n))
stocks = st.dictionaries(st.uuids(), st.tuples(st.integers(1, 20), st.integers(-5, 500)), min_size=1, max_size=6)


@pytest.mark.parametrize("gtin", ["96385074", "036000291452", "4006381333931", "00012345600012", "2012345678903"])
def test_known_numbers_are_right(gtin: str) -> None:
    assert read_gtin(gtin) == gtin


@given(bodies)
def test_each_body_has_exactly_one_check_digit(body: str) -> None:
    right = [digit for digit in string.digits if right_gtin(body + digit) == body + digit]

    assert right == [str(check_digit(body))]


@given(bodies, st.data())
def test_one_wrong_digit_is_always_found(body: str, data: st.DataObject) -> None:
    gtin = body + str(check_digit(body))
    place = data.draw(st.integers(0, len(gtin) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in string.digits if digit != gtin[place]]))
    mistyped = gtin[:place] + wrong + gtin[place + 1 :]

    with pytest.raises(CellError) as caught:
        read_gtin(mistyped)
    assert f"have to be {check_digit(mistyped[:-1])}" in caught.value.sentence


@given(bodies)
def test_leading_zeros_change_nothing(body: str) -> None:
    gtin = body + str(check_digit(body))

    assert check_digit(gtin_14(gtin)[:-1]) == int(gtin[-1])


@pytest.mark.parametrize("text", ["123", "40063813339311111", "ABC6381333931", "٤٠٠٦٣٨١٣٣٣٩٣١", "4.006381333931"])
def test_other_texts_are_no_gtin(text: str) -> None:
    assert not looks_like_gtin(text)
    with pytest.raises(CellError, match="8, 12, 13 or 14 digits"):
        read_gtin(text)


def test_groups_and_hyphens_do_not_count() -> None:
    assert compact_gtin(" 978-3-16 148410-0 ") == "9783161484100"
    assert read_gtin("978-3-16-148410-0") == "9783161484100"


@given(stocks)
def test_a_bundle_is_as_plentiful_as_its_scarcest_component(stock: dict[UUID, tuple[int, int]]) -> None:
    parts = {part: quantity for part, (quantity, _) in stock.items()}
    there = {part: units for part, (_, units) in stock.items()}

    bundles = bundle_stock(parts, there)

    assert bundles >= 0
    assert all(bundles * quantity <= max(there[part], 0) for part, quantity in parts.items())
    assert any((bundles + 1) * quantity > max(there[part], 0) for part, quantity in parts.items())


def test_a_bundle_of_nothing_or_of_something_unknown_has_no_stock() -> None:
    assert bundle_stock({}, {}) == 0
    assert bundle_stock({UUID(int=1): 1}, {}) == 0


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)


@given(st.lists(st.text("abAB ", max_size=4), max_size=8))
def test_tags_are_clean_and_unique_whatever_their_case(tags: list[str]) -> None:
    cleaned = clean_tags(tags)

    assert clean_tags(cleaned) == cleaned
    assert len({tag.casefold() for tag in cleaned}) == len(cleaned)


@pytest.mark.parametrize("sku", ["", "   ", "A\x00B", "A\u200bB", "A\u202eB", "x" * 101])
def test_skus_that_cannot_be(sku: str) -> None:
    with pytest.raises(CellError):
        read_sku(sku)


def test_every_problem_of_a_product_is_told_at_once() -> None:
    reading = read_fields(
        {
            "sku": "",
            "title": " ",
            "kind": "thing",
            "gtin": "4006381333930",
            "weight_g": "0",
            "length_mm": "12,5x",
            "purchase_price": "-1",
            "sales_price": "1.23456",
            "sales_currency": "EURO",
            "vat_class": "luxury",
            "image_url": "javascript:alert(1)",
            "tags": "x" * 61,
            "active": "perhaps",
            "buffer": "-1",
            "options": "red",
        }
    )

    assert set(reading.problems) == {
        "sku", "title", "kind", "gtin", "weight_g", "length_mm", "purchase_price", "sales_price", "sales_currency",
        "vat_class", "image_url", "tags", "active", "buffer", "options",
    }  # fmt: skip
    assert "would have to be 1" in reading.problems["gtin"]


def test_options_and_tags_as_text() -> None:
    assert read_options("Colour: red; Size: L") == {"Colour": "red", "Size": "L"}
    assert read_options({"Colour": "red"}) == {"Colour": "red"}
    assert read_tags("b, A,,a") == ["a", "b"]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_a_distance(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert (edits(one, other) == 0) == (one == other)
    assert edits(one, other) <= max(len(one), len(other))


def test_swapped_letters_are_one_edit() -> None:
    assert edits("fraem", "frame") == 1


def test_the_nearest_word_is_meant() -> None:
    assert nearest(["hanging", "lanten"], [("lanten", "lantern"), ("lanten", "latent")]) == ["hanging", "lantern"]
    assert nearest(["zzzzzz"], [("zzzzzz", "lantern")]) == ["zzzzzz"]


def test_terms_of_a_query() -> None:
    assert terms_of("  Blue   MUG ") == ["blue", "mug"]
    assert terms_of("4 006381 333931") == ["4006381333931"]
    assert terms_of(" ") == []
