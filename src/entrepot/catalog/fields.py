"""The fields of a product: how each is read from a form, a table or a program, and what it may hold.

Values come as text (forms, CSV) or as they are (API); both go through the same readers, so the same rules hold and the
same sentences are shown everywhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from entrepot.catalog.domain import (
    SKU_LENGTH,
    TAG_LENGTH,
    TITLE_LENGTH,
    Kind,
    clean_tags,
    clean_text,
    compact_gtin,
    has_control_characters,
    looks_like_gtin,
    right_gtin,
)
from entrepot.kit.money import CURRENCIES
from entrepot.kit.tabular import CellError, DecimalMark, read_decimal, read_flag, read_whole, shorten
from entrepot.kit.text import N_

WHOLE_LIMIT = 2_000_000_000
PRICE_LIMIT = Decimal(10) ** 12
TAGS_LIMIT = 50
URL_LENGTH = 2000
VAT_CLASSES = {
    "standard": N_("Standard rate"),
    "reduced": N_("Reduced rate"),
    "second_reduced": N_("Second reduced rate"),
    "zero": N_("Zero rate"),
    "exempt": N_("Exempt"),
}

type Reader = Callable[[object, DecimalMark], object]


def read_sku(value: object, mark: DecimalMark = ".") -> str:  # noqa: ARG001 -- a Reader
    """Return the SKU, trimmed.  Its case counts, as it does on every channel."""
    sku = str(value).strip()
    if not sku:
        raise CellError(N_("A SKU is needed: the seller's own number of the product."))
    if len(sku) > SKU_LENGTH:
        raise CellError(
            N_("A SKU has at most {limit} characters; this one has {count}."), limit=SKU_LENGTH, count=len(sku)
        )
    if has_control_characters(sku):
        raise CellError(N_("The SKU holds an invisible character. Type it again instead of copying it."))
    return sku


def read_title(value: object, mark: DecimalMark = ".") -> str:  # noqa: ARG001
    """Return the title on one line."""
    title = clean_text(str(value))
    if not title:
        raise CellError(N_("A title is needed."))
    if len(title) > TITLE_LENGTH:
        raise CellError(
            N_("A title has at most {limit} characters; this one has {count}."), limit=TITLE_LENGTH, count=len(title)
        )
    if has_control_characters(title):
        raise CellError(N_("The title holds an invisible character. Type it again instead of copying it."))
    return title


def read_gtin(value: object, mark: DecimalMark = ".") -> str | None:  # noqa: ARG001
    """Return the digits of the GTIN, checked; None for nothing."""
    gtin = compact_gtin(str(value or ""))
    if not gtin:
        return None
    if not looks_like_gtin(gtin):
        raise CellError(
            N_("“{gtin}” is not a GTIN: it has 8, 12, 13 or 14 digits and nothing else."), gtin=shorten(gtin)
        )
    if (right := right_gtin(gtin)) != gtin:
        raise CellError(
            N_(
                "The check digit of {gtin} is wrong: the last digit would have to be {digit}. Compare with the package."
            ),
            gtin=gtin,
            digit=right[-1],
        )
    return gtin


def read_kind(value: object, mark: DecimalMark = ".") -> str:  # noqa: ARG001
    """Return one of :class:`Kind`."""
    word = str(value).strip().lower()
    if word not in set(Kind):
        raise CellError(N_("“{kind}” is not a kind of product. Write simple, bundle or parent."), kind=shorten(word))
    return word


def whole(lowest: int) -> Reader:
    """Return a reader of whole numbers from *lowest*; nothing stays nothing."""

    def read(value: object, mark: DecimalMark) -> int | None:
        if value is None or value == "":
            return None
        number = value if isinstance(value, int) else read_whole(str(value), mark)
        if not lowest <= number <= WHOLE_LIMIT:
            raise CellError(N_("{number} is out of range; at least {lowest} is needed."), number=number, lowest=lowest)
        return number

    return read


def read_buffer(value: object, mark: DecimalMark) -> int:
    """Return the units withheld; nothing means none."""
    number = whole(0)(value, mark)
    return number if isinstance(number, int) else 0


def read_price(value: object, mark: DecimalMark) -> Decimal | None:
    """Return the price; None for nothing."""
    if value is None or value == "":
        return None
    price = value if isinstance(value, Decimal) else read_decimal(str(value), mark)
    if not price.is_finite() or not 0 <= price < PRICE_LIMIT:
        raise CellError(N_("A price cannot be {price}. Write zero or more."), price=str(price))
    if price != round(price, 4):
        raise CellError(N_("A price has at most 4 decimals; {price} has more."), price=str(price))
    return price.normalize() + 0


def read_currency(value: object, mark: DecimalMark = ".") -> str:  # noqa: ARG001
    """Return the three letters; nothing means EUR."""
    currency = str(value).strip().upper() or "EUR"
    if currency not in CURRENCIES:
        raise CellError(
            N_("“{currency}” is not a currency. Write its three letters, like EUR."), currency=shorten(currency)
        )
    return currency


def read_vat_class(value: object, mark: DecimalMark = ".") -> str:  # noqa: ARG001
    """Return one of :data:`VAT_CLASSES`."""
    word = str(value).strip().lower().replace(" ", "_") or "standard"
    if word not in VAT_CLASSES:
        raise CellError(
            N_("“{word}” is not a VAT class. Write one of: {known}."), word=shorten(word), known=", ".join(VAT_CLASSES)
        )
    return word


def read_url(value: object, mark: DecimalMark = ".") -> str | None:  # noqa: ARG001
    """Return the address of a picture on the web; None for nothing."""
    address = str(value or "").strip()
    if not address:
        return None
    parts = urlsplit(address)
    if (
        parts.scheme not in {"https", "http"}
        or not parts.hostname
        or len(address) > URL_LENGTH
        or has_control_characters(address)
    ):
        raise CellError(N_("This is not the address of a picture. It starts with https:// and names a server."))
    return address


def read_tags(value: object, mark: DecimalMark = ".") -> list[str]:  # noqa: ARG001
    """Return the tags, from a list or separated by commas."""
    parts: Iterable[str] = value.split(",") if isinstance(value, str) else [str(tag) for tag in _items(value)]
    tags = clean_tags(parts)
    if len(tags) > TAGS_LIMIT:
        raise CellError(N_("A product has at most {limit} tags."), limit=TAGS_LIMIT)
    for tag in tags:
        if len(tag) > TAG_LENGTH or has_control_characters(tag):
            raise CellError(N_("The tag “{tag}” is too long or holds an invisible character."), tag=shorten(tag))
    return tags


def read_active(value: object, mark: DecimalMark = ".") -> bool:  # noqa: ARG001
    """Return whether the product may be sold."""
    return value if isinstance(value, bool) else read_flag(str(value))


def read_options(value: object, mark: DecimalMark = ".") -> dict[str, str]:  # noqa: ARG001
    """Return what tells a variant from its siblings: a mapping, or text like ``Colour: red; Size: L``."""
    if isinstance(value, Mapping):
        pairs = [(str(name), str(content)) for name, content in value.items()]
    else:
        pairs = []
        for part in filter(None, map(str.strip, str(value or "").replace("\n", ";").split(";"))):
            name, found, content = part.partition(":")
            if not found:
                raise CellError(
                    N_("“{part}” is not an option. Write name and value, like Colour: red."), part=shorten(part)
                )
            pairs.append((name, content))
    options = {clean_text(name): clean_text(content) for name, content in pairs}
    if (
        "" in options
        or "" in options.values()
        or any(len(text) > TAG_LENGTH for pair in options.items() for text in pair)
    ):
        raise CellError(N_("An option needs a name and a value of at most {limit} characters."), limit=TAG_LENGTH)
    return options


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


READERS: dict[str, Reader] = {
    "sku": read_sku,
    "title": read_title,
    "kind": read_kind,
    "gtin": read_gtin,
    "weight_g": whole(1),
    "length_mm": whole(1),
    "width_mm": whole(1),
    "height_mm": whole(1),
    "purchase_price": read_price,
    "purchase_currency": read_currency,
    "sales_price": read_price,
    "sales_currency": read_currency,
    "vat_class": read_vat_class,
    "image_url": read_url,
    "tags": read_tags,
    "active": read_active,
    "buffer": read_buffer,
    "options": read_options,
}
"""Field -> its reader.  The order is the order of forms and exports."""

DEFAULTS: dict[str, Any] = {
    "kind": "simple",
    "gtin": None,
    "weight_g": None,
    "length_mm": None,
    "width_mm": None,
    "height_mm": None,
    "purchase_price": None,
    "purchase_currency": "EUR",
    "sales_price": None,
    "sales_currency": "EUR",
    "vat_class": "standard",
    "image_url": None,
    "tags": [],
    "active": True,
    "buffer": 0,
    "options": {},
}
"""What a new product has where nothing was said.  SKU and title have no default."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came out of reading fields."""

    values: dict[str, Any]
    problems: dict[str, str]
    """Field -> sentence, in the language of the request."""


def read_fields(raw: Mapping[str, object], mark: DecimalMark = ".") -> Reading:
    """Read every known field in *raw*; all problems at once."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, reader in READERS.items():
        if field in raw:
            try:
                values[field] = reader(raw[field], mark)
            except CellError as error:
                problems[field] = error.sentence
    return Reading(values, problems)
