"""GS1 barcodes as scanners send them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.kit.gs1 import Gs1Label, read_gs1

GTIN = "09506000134352"


@pytest.mark.parametrize(
    "code",
    [
        f"]d201{GTIN}1726123110ABC\x1d21XY",
        f"]C101{GTIN}1726123110ABC\x1d21XY",
        f"01{GTIN}1726123110ABC\x1d21XY",
        f"\x1d01{GTIN}1726123110ABC\x1d21XY",
        f" (01){GTIN}(17)261231(10)ABC(21)XY\r",
    ],
)
def test_one_label_in_every_spelling(code: str) -> None:
    assert read_gs1(code) == Gs1Label(gtin=GTIN, lot="ABC", expires_on=date(2026, 12, 31), serial="XY")


def test_boxes_say_how_many() -> None:
    assert read_gs1(f"02{GTIN}3712") == Gs1Label(gtin=GTIN, count=12)


@pytest.mark.parametrize(
    "code",
    ["", "B-12", "A-01-02", "9506000134352", GTIN, "(01)123", "]d2", f"01{GTIN[:-1]}917261231", "(99)x" * 90, "]d200"],
)
def test_other_codes_and_damaged_ones_say_nothing(code: str) -> None:
    assert read_gs1(code) is None


@given(st.text(max_size=60) | st.from_regex(r"\](d2|C1)[0-9]{0,40}", fullmatch=True))
def test_no_code_breaks_it(code: str) -> None:
    read_gs1(code)
