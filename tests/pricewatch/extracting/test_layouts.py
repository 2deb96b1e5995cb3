"""Product pages as the usual shop systems write them, put down by hand: what is read without configuration."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from entrepot.pricewatch.extracting.contract import Page
from entrepot.pricewatch.extracting.service import extract

LAYOUTS = {file.stem: file for file in sorted((Path(__file__).parent / "layouts").glob("*.html"))}
"""Each begins with a comment: what a person would say of it."""


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_usual_layout_is_read_without_configuration(name: str) -> None:
    comment, _, html = LAYOUTS[name].read_text(encoding="utf-8").partition("\n")
    said = json.loads(comment.removeprefix("<!--").removesuffix("-->"))
    found = extract(Page(said["url"], html.encode(), "text/html; charset=utf-8"))
    assert found.price == (Decimal(said["price"]) if "price" in said else None)
    assert found.currency == said.get("currency", "")
    assert found.availability == said["availability"]
    assert found.sku == said.get("sku", found.sku)
    assert found.original_price == (
        Decimal(said["original_price"]) if "original_price" in said else found.original_price
    )


def test_there_are_many() -> None:
    assert len(LAYOUTS) > 30
