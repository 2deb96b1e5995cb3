"""The words of extraction: pages go in with a recipe, answers with their evidence come out."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Field(StrEnum):
    """What can be found on a product page."""

    PRICE = "price"
    ORIGINAL_PRICE = "original_price"
    CURRENCY = "currency"
    AVAILABILITY = "availability"
    SKU = "sku"
    GTIN = "gtin"
    MPN = "mpn"
    BRAND = "brand"
    TITLE = "title"
    IMAGE = "image"
    SHIPPING = "shipping"
    PACK = "pack"


class Availability(StrEnum):
    """Whether the product can be had."""

    IN_STOCK = "in_stock"
    PRE_ORDER = "pre_order"
    BACK_ORDER = "back_order"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """The ways of pointing at a value, in the order in which they are tried."""

    JSON_LD = "json_ld"
    MICRODATA = "microdata"
    OPEN_GRAPH = "open_graph"
    CSS = "css"
    XPATH = "xpath"
    JSON = "json"
    REGEX = "regex"
    ATTRIBUTE = "attribute"


GENERIC = "generic"
"""The strategy named in findings of the extractor that needs no selectors."""


class Selector(msgspec.Struct, frozen=True):
    """Where one field stands on the pages of a store."""

    field: Field
    kind: Kind
    expression: str = ""
    """By kind: a path of properties ("offers.price"; empty means the usual one), a property ("product:price:amount"),
    a CSS selector, an XPath, a JSON path, a regular expression (its first group counts), the CSS selector of an element."""
    attribute: str = ""
    """The attribute to read in place of the text; needed by ``attribute``, allowed with ``css``."""


class Recipe(msgspec.Struct, frozen=True):
    """How the pages of one store are read."""

    locale: str = ""
    """As "nl" or "nl_NL"; empty: the page's own language."""
    currency: str = ""
    """ISO 4217 code that a bare number or an ambiguous symbol means; a currency named on the page is stronger."""
    selectors: tuple[Selector, ...] = ()
    generic: bool = True
    """Whether fields that no selector answers are looked for without configuration."""


class Page(msgspec.Struct, frozen=True):
    """A page as it was fetched."""

    url: str
    body: bytes
    content_type: str = ""
    packed: bytes = b""
    """The body as gzip, where it came so: there is less to hand to another process."""


class Finding(msgspec.Struct, frozen=True):
    """The evidence for one answer: the text that was read, by which strategy, where."""

    field: Field
    text: str
    strategy: str
    """A ``Kind``, or "generic"."""
    where: str
    """For people: a selector, a path, or a description of the place."""


class Extraction(msgspec.Struct, frozen=True):
    """What a page says.  None and empty mean that it does not say, or not so that one can be sure."""

    price: Decimal | None = None
    original_price: Decimal | None = None
    currency: str = ""
    availability: Availability = Availability.UNKNOWN
    sku: str = ""
    gtin: str = ""
    mpn: str = ""
    brand: str = ""
    title: str = ""
    image: str = ""
    shipping: Decimal | None = None
    """Zero when the page says that shipping is free."""
    pack: int | None = None
    """How many pieces the price is for, when the page says so."""
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    """Sentences in English, translatable as they stand or not at all (they quote the page)."""

    def answers(self) -> dict[Field, str]:
        """Return every answer in one canonical text form, for comparing and for storing as truth."""
        texts: dict[Field, str] = {}
        for field in Field:
            value = getattr(self, field.value)
            if field is not Field.AVAILABILITY and value is not None:
                texts[field] = plain(value)
        if self.availability is not Availability.UNKNOWN:
            texts[Field.AVAILABILITY] = self.availability.value
        return {field: text for field, text in texts.items() if text}


def plain(value: Decimal | int | str) -> str:
    """Return *value* so that equal amounts are equal texts: 12.50 and 12.5 are "12.5"."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


class Amount(msgspec.Struct, frozen=True):
    """A price that was read; the currency is empty when it could not be decided."""

    amount: Decimal
    currency: str = ""


class Case(msgspec.Struct, frozen=True):
    """A kept page with what is known about it: an old answer that must stay, unless a person said otherwise."""

    id: str
    page: Page
    truth: dict[Field, str] = {}
    """What a person confirmed or corrected, as in ``Extraction.answers``; an empty text: the page does not say."""
    wrong: dict[Field, str] = {}
    """Answers that a person called wrong without saying what is right: anything else will do."""


class Difference(msgspec.Struct, frozen=True):
    """One answer that a changed recipe would change."""

    case_id: str
    url: str
    field: Field
    expected: str
    got: str
    by_person: bool
    """Whether a person said what is right; else the old recipe did."""
