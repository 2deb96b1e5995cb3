"""Pure decisions about products: article numbers, names, bundles."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from unicodedata import category, normalize
from uuid import UUID

GTIN_LENGTHS = (8, 12, 13, 14)
SKU_LENGTH = 100
TITLE_LENGTH = 500
TAG_LENGTH = 60


class Kind(StrEnum):
    """What a product is for stock."""

    SIMPLE = "simple"
    """Lies on a shelf; a variant is one, too."""
    BUNDLE = "bundle"
    """Sold as one, made of others; has no stock of its own."""
    PARENT = "parent"
    """Groups variants; is neither sold nor stored."""


def check_digit(body: str) -> int:
    """Return the last digit that belongs to *body*, a GTIN without it.

    Weights are 3 and 1 in turn, from the right (https://www.gs1.org/services/how-calculate-check-digit-manually,
    read 2026-11-21), so the length does not matter.
    """
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return -total % 10


def compact_gtin(text: str) -> str:
    """Return *text* without the spaces and hyphens that people and scanners put in."""
    return "".join(text.split()).replace("-", "")


def looks_like_gtin(digits: str) -> bool:
    """Say if *digits* has the form of a GTIN; its check digit may still be wrong.

    Restricted ranges (02, 04, 2 and so on: in-store numbers) count: sellers do use them for their own goods.
    """
    return digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS


def right_gtin(digits: str) -> str:
    """Return *digits*, which look like a GTIN, with the right check digit."""
    return digits[:-1] + str(check_digit(digits[:-1]))


def gtin_14(digits: str) -> str:
    """Return the 14 digits under which equal GTINs of different lengths are one."""
    return digits.rjust(14, "0")


def clean_text(text: str) -> str:
    """Return *text* in one normal form, without space around it and with single spaces inside."""
    return " ".join(normalize("NFC", text).split())


def has_control_characters(text: str) -> bool:
    """Say if *text* holds characters that no label, file name or channel can show."""
    return any(category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text)


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Return *tags* trimmed, once each whatever their case, in alphabetical order."""
    unique = {tag.casefold(): tag for tag in map(clean_text, tags) if tag}
    return sorted(unique.values(), key=str.casefold)


def bundle_stock(components: Mapping[UUID, int], available: Mapping[UUID, int]) -> int:
    """Return how many bundles can be made: the scarcest component decides.

    Args:
        components: units of each component in one bundle.
        available: units of each component there are; a missing one counts as none.  A negative number (oversold on
            paper) counts as none, too.
    """
    if not components:
        return 0
    return min(max(available.get(component, 0), 0) // quantity for component, quantity in components.items())
