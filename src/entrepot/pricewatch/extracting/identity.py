"""The names of a product: article number, GTIN, maker's number, brand."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.contract import Field
from entrepot.pricewatch.extracting.document import Document
from entrepot.pricewatch.extracting.words import SKU_LABEL, SKU_LABEL_ENDS

_WEAK = re.compile(r"model|part n|mfr|mpn|isbn|ean\b|style", re.IGNORECASE)
_GTIN_LABEL = re.compile(r"^(?:isbn|ean)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?<=[\s:#：№.(])(?=[\w./+-]{0,40}?\d)[^\W_][\w./+-]{2,40}")
_IN_GROUPS = re.compile(r"(?<![\w/.-])\d{2,5}(?:[/.-]\d{2,5}){1,3}(?![\w/-])")
_DIGIT = re.compile(r"\d[^ ]*")
"""The rest of a word from its first digit on."""
_NO_DIGIT = re.compile(r"\D+")
_NO_NUMBER = re.compile(r"^(?:\d{1,2}|\d+[.,]\d{2}|\d+(?:mm|cm|kg|ml|gb|w|l|g|m)|20\d\d|[a-zà-ž]+)$", re.IGNORECASE)
_ID_ATTRIBUTES = (
    "data-sku",
    "data-product-sku",
    "data-productsku",
    "data-product_sku",
    "data-itemid",
    "data-item-id",
    "data-product-id",
    "data-productid",
    "data-product_id",
    "data-pid",
    "data-article-number",
    "data-asin",
)
_ANY_ID = ",".join(f"[{name}]" for name in _ID_ATTRIBUTES)
"""All in one walk: it costs less than to look into the source for each."""
_ID_NAMES = frozenset({"ASIN", "product", "item_id", "id_product", "add-to-cart", "pid"})
_ID_NAMES_FOLDED = frozenset({"sku", "productid", "product_id", "itemid"})
"""Names of inputs in which shops pass on what is bought; the latter however they are written."""
_KEYS = (
    b"sku",
    b"Sku",
    b"productId",
    b"product_id",
    b"productID",
    b"itemId",
    b"item_id",
    b"articleNumber",
    b"ecomm_prodid",
    b"prodid",
    b"product_code",
    b"productCode",
    b"ad_id",
    b"adId",
)
_AFTER_KEY = re.compile(rb"""["']?\s{0,3}[:=]\s{0,3}\[?\s{0,2}["']?([A-Za-z0-9][\w./-]{2,39})["']?""")
_HITS_OF_KEY = 12
_URL_ID = re.compile(
    r"(?<![\w])(?:[a-z]{0,3}\d{4,18}|[A-Z0-9]{8,14})(?![\w])|(?<=[-_/.x])[a-z]{0,4}\d{4,18}(?=$|[-_/.?])", re.IGNORECASE
)


def sku_of(document: Document) -> tuple[str, str, str]:
    """Return the article number that the page shows or uses, its text, and where; empty when none stands out."""
    for finder in (_in_attributes, _in_scripts):
        found = finder(document)
        if found[0]:
            return found
    return "", "", ""


def clean_gtin(text: str) -> str:
    """Return the GTIN in *text* without spaces and hyphens; nothing when its length or check digit is wrong."""
    digits = text.replace(" ", "").replace("-", "").strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) in {8, 12, 13, 14}):
        return ""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits if total % 10 == 0 and int(digits) > 0 else ""


def is_article_number(text: str) -> bool:
    """Return whether *text* could be an article number: with a digit, not a measure, not a year."""
    return 2 < len(text) <= 40 and any(sign.isdigit() for sign in text) and _NO_NUMBER.match(text) is None  # noqa: PLR2004


def labels_of(document: Document) -> dict[Field, tuple[str, str]]:
    """Return what follows "SKU", "Artikelnummer", "EAN", "Model number" and the like in the page's words, with these."""
    text = document.words
    found: dict[Field, tuple[str, str]] = {}
    for match in _numbered(text):
        start = match.start()
        before = text[max(0, start - 32) : start].rstrip(" :#：.№=-([*")
        if before.rpartition(" ")[2].rpartition("(")[2].lower().rstrip(".") not in SKU_LABEL_ENDS:
            continue
        full = next(
            (
                each
                for each in SKU_LABEL.finditer(text, max(0, start - 32), match.end())
                if each.start("value") == start
            ),
            None,
        )
        value = match[0].strip(" .-/+")
        if full is None or not is_article_number(value):
            continue
        label = full[0].strip()
        if _GTIN_LABEL.search(label):
            field, value = Field.GTIN, clean_gtin(value)
        elif _WEAK.search(label):
            field = Field.MPN if not label.lower().startswith("style") else Field.SKU
        else:
            field = Field.SKU
        if value and (field not in found or (label.upper().startswith("ASIN") and field is Field.SKU)):
            found[field] = (value, label)
    if Field.SKU not in found and (formatted := _formatted(document)):
        found[Field.SKU] = (formatted, formatted)
    return found


def _numbered(text: str) -> Iterator[re.Match[str]]:
    """Yield what could be a number of an article, looking only at those words of *text* that have a digit."""
    for digit in _DIGIT.finditer(text):
        start, end = digit.span()
        yield from _NUMBERED.finditer(text, text.rfind(" ", 0, start) + 1, end)


def _formatted(document: Document) -> str:
    """Return the number of the page's address as the page shows it to people: 1002/710 for p11002710."""
    digits = _NO_DIGIT.sub("", document.path)
    for match in _IN_GROUPS.finditer(document.words) if len(digits) >= 7 else ():  # noqa: PLR2004
        bare = _NO_DIGIT.sub("", match[0])
        if len(bare) >= 7 and bare in digits:  # noqa: PLR2004 - shorter ones are in there by chance
            return match[0]
    return ""


def _in_attributes(document: Document) -> tuple[str, str, str]:
    inputs = [node for node in document.visible().css("input,button[name=add-to-cart]") if _names_product(node)]
    for node in inputs[:5]:
        attributes = node.attributes
        value = (attributes.get("value") or "").strip()
        if is_article_number(value):
            return value, value, f"input {attributes.get('name')}"
    numbered = [node.attributes for node in document.visible().css(_ANY_ID)]
    for name in _ID_ATTRIBUTES:
        value = (next((each[name] for each in numbered if name in each), "") or "").strip()
        if is_article_number(value):
            return value, value, name
    return "", "", ""


def _names_product(node: LexborNode) -> bool:
    attributes = node.attributes
    name = attributes.get("name") or ""
    return name in _ID_NAMES or name.lower() in _ID_NAMES_FOLDED or (attributes.get("id") or "").lower() == "product_id"


def _in_scripts(document: Document) -> tuple[str, str, str]:
    address = document.path + "?" + document.query
    votes: dict[str, float] = {}
    for key in _KEYS:
        place = document.source.find(key)
        for _ in range(_HITS_OF_KEY):
            if place < 0:
                break
            match = _AFTER_KEY.match(document.source, place + len(key))
            value = match[1].decode("ascii", "ignore") if match else ""
            if value and is_article_number(value):
                votes[value] = votes.get(value, 0.0) + 1 + (10 if value in address else 0)
            place = document.source.find(key, place + len(key))
    for numbered in _URL_ID.finditer(address):
        value = numbered[0]
        if is_article_number(value) and document.source.count(value.encode()) > 2:  # noqa: PLR2004
            votes[value] = votes.get(value, 0.0) + 4
    if votes:
        best = max(votes, key=lambda value: votes[value])
        if votes[best] > 3:  # noqa: PLR2004
            return best, best, "scripts and address"
    return "", "", ""
