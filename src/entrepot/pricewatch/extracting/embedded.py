"""Data inside a page's scripts: what drew it, or will draw it in a browser."""

import re
from collections.abc import Iterator

from entrepot.pricewatch.extracting.contract import Field, Kind
from entrepot.pricewatch.extracting.document import Document, likeness
from entrepot.pricewatch.extracting.json_reading import Json, assigned, objects, read_json
from entrepot.pricewatch.extracting.structured import Claim

_ASSIGNMENT = re.compile(
    r"(?:(?:var|let|const)\s{1,3}|window\.|self\.|globalThis\.)(?P<name>[\w$.\[\]\"']{1,60})\s{0,3}=\s{0,3}(?P<value>[{\[])"
)
_KEYS: dict[Field, tuple[str, ...]] = {
    Field.PRICE: (
        "price",
        "currentPrice",
        "current_price",
        "salePrice",
        "sale_price",
        "finalPrice",
        "final_price",
        "sellingPrice",
        "offerPrice",
    ),
    Field.CURRENCY: ("currency", "currencyCode", "currency_code", "priceCurrency", "currencyIso"),
    Field.AVAILABILITY: (
        "availability",
        "stockStatus",
        "stock_status",
        "inStock",
        "in_stock",
        "isInStock",
        "available",
    ),
    Field.SKU: ("sku", "articleNumber", "productCode"),
    Field.GTIN: ("gtin13", "gtin", "ean"),
}
_IN_PRICES = "rice"
"""A part of every key that a price may have."""
_NAMES = ("name", "title", "productName", "product_name")
_ENOUGH_LIKE = 0.7


def embedded_claim(document: Document) -> Claim | None:
    """Return the product in a script whose name is the page's; asked last, for pages that a browser would draw."""
    heading = document.headings[0].text(separator=" ") if document.headings else document.title
    for place, value in embedded_documents(document, having=_IN_PRICES):
        for item in objects(value):
            name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), "")
            if not isinstance(name, str) or len(name) < 3 or likeness(name, heading) < _ENOUGH_LIKE:  # noqa: PLR2004
                continue
            claim = Claim(Kind.JSON, name, "")
            for inner in objects(item):
                _read(claim, inner, place)
            if Field.PRICE in claim.texts:
                return claim
    return None


def _read(claim: Claim, item: dict[str, Json], place: str) -> None:
    for field, keys in _KEYS.items():
        for key in keys:
            said = item.get(key)
            if isinstance(said, dict):
                said = said.get("value") or said.get("amount")
            if isinstance(said, bool):
                said = ("InStock" if said else "OutOfStock") if field is Field.AVAILABILITY else None
            if isinstance(said, str | int | float):
                claim.say(field, said, f"{place} {key}")


def embedded_documents(document: Document, having: str = "") -> Iterator[tuple[str, Json]]:
    """Yield the JSON documents inside the page's scripts that have *having* in them, with their places.

    JSON scripts come first, then assignments.
    """
    assignments: list[tuple[str, Json]] = []
    for attributes, source in document.scripts[:200]:
        if having not in source:
            continue
        kind = (attributes.get("type") or "").lower()
        if "json" in kind:
            name = attributes.get("id") or kind
            if (value := read_json(source)) is not None:
                yield name, value
        elif "=" in source:
            for match in _ASSIGNMENT.finditer(source[:2_000_000]):
                if len(assignments) >= 40:  # noqa: PLR2004
                    break
                text = assigned(source, match.start("value"))
                value = read_json(text) if len(text) > 2 and having in text else None  # noqa: PLR2004
                if value is not None:
                    assignments.append((match["name"], value))
    yield from assignments
