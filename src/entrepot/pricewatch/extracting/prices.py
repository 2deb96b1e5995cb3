"""Prices as people write them: grouped and with decimals in the manner of their country, with sign, code or word."""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

import msgspec
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import format_currency

from entrepot.pricewatch.extracting.contract import Amount
from entrepot.pricewatch.extracting.currencies import MARK, NOT_IN_PROSE, is_mark, meaning, precision

LONGEST = 1_000
"""Characters of a text that are looked at: a price is short."""
LARGEST = Decimal(10) ** 12
_ZEROS = (
    0x660,
    0x6F0,
    0x966,
    0x9E6,
    0xA66,
    0xAE6,
    0xB66,
    0xBE6,
    0xC66,
    0xCE6,
    0xD66,
    0xE50,
    0xED0,
    0x1040,
    0x17E0,
    0xFF10,
)
_UNSEEN = (0x200B, 0x200E, 0x200F, 0x061C, 0x202A, 0x202B, 0x202C, 0x2066, 0x2067, 0x2068, 0x2069, 0xFEFF, 0xAD)
_SHARED: dict[int, str | None] = {
    **{zero + digit: str(digit) for zero in _ZEROS for digit in range(10)},
    **dict.fromkeys(_UNSEEN),
    0x66B: ",",
    0x66C: "'",
    0x60C: ",",
    0xA0: " ",
    0x202F: " ",
    0x2009: " ",
    0x2019: "'",
    0xB4: "'",
    0x2212: "-",
}
"""Signs of other scripts, and what they are in ours."""
_RAISED = re.compile("(?<=[0-9€])[⁰¹²³⁴-⁹]{2}(?![⁰¹²³⁴-⁹])")

_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:[ ']\d{3}(?!\d))+(?:[.,]\d+)*|\d+(?:[.,]\d+)*")
_NOW = re.compile(
    r"(?<!\w)(?:now|jetzt|nu|voor|por|ahora|maintenant|adesso|agora|teraz|nyn[íi]|nyt|nå)(?: only| nur| slechts| apenas| solo| kun)?\s?:?\s?"
    rf"(?:{MARK})?\s?$",
    re.IGNORECASE,
)
"""What stands right before the price of now, in texts that tell that of before, too."""
_BEFORE = re.compile(rf"({MARK})\.?:?\s{{0,2}}(-\s?)?$")
_AFTER = re.compile(
    rf"(?:[.,:]\s?(?:[-–—―]{{1,2}}|\*)|\*)?\s{{0,2}}(¢|(?i:cents?\b|ct\b)|{MARK})(\s?\d{{2}}(?![\d.,]))?"
)
_LONGEST_MARK = 9
"""Characters around a number in which its currency stands."""
_LONGEST_TAIL = 24
"""Characters behind a number with which its currency and raised cents end, and one that shows that they do."""


class Reading(msgspec.Struct, frozen=True):
    """One number of a text, with the mark of a currency beside it, if any."""

    amount: Decimal
    mark: str
    start: int
    end: int


def clean(text: str) -> str:
    """Return *text* with the digits, spaces and signs that all scripts share."""
    text = text[:LONGEST]
    if text.isascii():
        return text
    text = _RAISED.sub(lambda match: "." + unicodedata.normalize("NFKC", match[0]), text.translate(_SHARED))
    return text.replace("￥", "¥").replace("＄", "$").replace("﷼", "SAR").replace("．", ".").replace("，", ",")


def readings(text: str, locale: str = "", currency: str = "") -> Iterator[Reading]:
    """Yield every amount of *text*, which ``clean`` has seen: no percentages, nothing below zero."""
    taken = 0
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if start < taken:
            continue
        head = text[max(0, start - _LONGEST_MARK) : start]
        before = _mark_before(head) if head and not head.isspace() else None
        if _is_no_price(text, start, end, before):
            continue
        after = _mark_after(text[end : end + _LONGEST_TAIL]) if end < len(text) else None
        number = match[0]
        mark = before[1] if before else after[1] if after and _counts(after[1]) else ""
        amount = number_in(number, locale, meaning(mark, expected=currency) or currency)
        if amount is None:
            continue
        if after is not None and mark == after[1]:
            number_end, end = end, end + after.end(1)
            if mark[0] == "¢" or mark.lower() in {"ct", "cent", "cents"}:
                amount, mark = amount / 100, "$" if mark == "¢" else "€"
            elif mark == "p":
                amount /= 100
            elif after[2] and number.isdigit():
                amount, end = amount + Decimal(after[2].strip()) / 100, number_end + after.end()
        taken = end
        yield Reading(amount, mark, start, end)


def price_of(text: str, locale: str = "") -> Reading | None:
    """Return the first amount of *text*, which ``clean`` has seen; where it says "was 20, now 15", that of now."""
    found = (each for each in readings(text, locale) if each.amount > 0)
    first = next(found, None)
    if first is None:
        return None
    now = (each for each in found if may_precede(first.amount, each.amount))
    return next((each for each in now if _NOW.search(text, first.end, each.start)), first)


def may_precede(amount: Decimal, price: Decimal) -> bool:
    """Return whether *amount* may have been the price before *price*."""
    return price < amount < price * 5


@lru_cache(maxsize=8_192)
def _mark_before(head: str) -> re.Match[str] | None:
    """Return the currency at the end of *head*; pages repeat what stands before their prices."""
    before = _BEFORE.search(head)
    return before if before is not None and is_mark(before[1]) else None


@lru_cache(maxsize=8_192)
def _mark_after(tail: str) -> re.Match[str] | None:
    """Return the currency at the beginning of *tail*."""
    return _AFTER.match(tail)


def _is_no_price(text: str, start: int, end: int, before: re.Match[str] | None) -> bool:
    """Tell percentages, amounts below zero and the digits of names from prices."""
    if before is not None:
        minus = (
            before[2] is not None or text[max(0, start - len(before[0]) - 2) : start - len(before[0])].strip() == "-"
        )
    else:
        last = text[start - 1 : start]
        if last.isalnum() or last in {".", ",", "_", "/", "#"}:
            return True
        minus = last == "-" and not text[max(0, start - 3) : start - 1].strip()[-1:].isalnum()
    return minus or text[end : end + 2].lstrip()[:1] in {"%", "٪"}


def _counts(mark: str) -> bool:
    return is_mark(mark) or mark[0] == "¢" or mark.lower() in {"ct", "cent", "cents"}


def read_price(text: str, locale: str = "", currency: str = "", country: str = "") -> Amount | None:
    """Return the first price in *text*: the first number with a currency beside it, else the first number.

    A currency named in the text is stronger than *currency*, which stands in when there is none and decides what
    an ambiguous symbol means; then the *country* does.
    """
    country = country or territory(locale)
    first: Reading | None = None
    for reading in readings(clean(text), locale, currency):
        if reading.mark and not (reading.mark.lower() in NOT_IN_PROSE and len(text) > 40):  # noqa: PLR2004 - prose
            return Amount(reading.amount, meaning(reading.mark, country, currency))
        first = first or reading
    return Amount(first.amount, currency) if first else None


def write_price(amount: Decimal, currency: str, locale: str = "en") -> str:
    """Return *amount* as people of *locale* write it."""
    return format_currency(amount, currency, locale=_parsed(locale) or "en")


def number_in(text: str, locale: str = "", currency: str = "") -> Decimal | None:
    """Return the number that *text*, digits and separators only, writes; None when no human could mean it."""
    grouped = " " in text or "'" in text
    if grouped:
        text = text.replace(" ", "").replace("'", "")
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        decimal = "." if text.rfind(".") > text.rfind(",") else ","
        text = text.replace("," if decimal == "." else ".", "")
        if text.count(decimal) > 1:
            return None
        text = text.replace(decimal, ".")
    elif dots or commas:
        text = _one_kind(text, "." if dots else ",", dots or commas, locale, currency, grouped=grouped)
    if len(text) > 20:  # noqa: PLR2004 - an article number, not a price
        return None
    amount = Decimal(text)
    return amount if amount < LARGEST else None


def _one_kind(text: str, mark: str, count: int, locale: str, currency: str, *, grouped: bool) -> str:
    """Decide whether the only kind of separator groups digits or begins the decimals."""
    head, _, tail = text.rpartition(mark)
    if count > 1:
        return text.replace(mark, "") if len(tail) == 3 else f"{head.replace(mark, '')}.{tail}"  # noqa: PLR2004
    if len(tail) != 3 or len(head) > 3 or head.startswith("0") or grouped:  # noqa: PLR2004
        return f"{head}.{tail}"
    # "1.299": nobody writes money with three decimals, except where the currency has them.
    three = precision(currency) == 3 and decimal_mark(locale) in {mark, ""}  # noqa: PLR2004
    return f"{head}.{tail}" if three else head + tail


def machine_number(value: object, locale: str = "", currency: str = "") -> Decimal | None:
    """Return a price from structured data: a number, or a text that should be one ("12.99") but often is not."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float | Decimal):
        amount = Decimal(str(value))
        return amount if amount.is_finite() and 0 <= amount < LARGEST else None
    text = clean(str(value)).strip()
    if re.fullmatch(r"\d{1,12}\.\d{1,10}|\d{1,12}", text):
        head, _, tail = text.partition(".")
        if len(tail) != 3 or len(head) > 3 or head == "0" or decimal_mark(locale) != ",":  # noqa: PLR2004
            return Decimal(text)
    found = read_price(text, locale, currency)
    return found.amount if found else None


@lru_cache(maxsize=256)
def _parsed(locale: str) -> Locale | None:
    try:
        return Locale.parse(locale.replace("-", "_"), sep="_") if locale else None
    except (UnknownLocaleError, ValueError):
        language = locale.replace("_", "-").partition("-")[0]
        return _parsed(language) if language != locale else None


@lru_cache(maxsize=256)
def decimal_mark(locale: str) -> str:
    """Return what begins the decimals in *locale*; nothing when the locale is not known."""
    parsed = _parsed(locale)
    if parsed is None:
        return ""
    return str(parsed.number_symbols["latn"]["decimal"])


@lru_cache(maxsize=256)
def territory(locale: str) -> str:
    """Return the country that *locale* names, or that its language is at home in; English is at home everywhere."""
    parsed = _parsed(locale)
    if parsed is None:
        return ""
    likely = get_global("likely_subtags").get(parsed.language, "") if parsed.language not in {"en", "pt", "ar"} else ""
    return parsed.territory or likely.rpartition("_")[2]
