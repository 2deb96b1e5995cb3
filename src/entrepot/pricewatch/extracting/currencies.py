"""Which currency a code, a symbol or a word means, and where."""

import re
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies, list_currencies

CODES = frozenset(code for code in list_currencies() if code != "XTS" and len(set(code)) > 1)
COMMON_WORDS = frozenset({"ALL", "TOP", "CUP", "PEN", "GEL", "SOS", "MOP", "BOB", "LAK", "BAM", "CHE", "SIT", "DEM"})
"""Codes that capitals in running text more often mean otherwise; as a declared currency they count."""

_DOLLARS = (
    "USD",
    "CAD",
    "AUD",
    "NZD",
    "SGD",
    "HKD",
    "TWD",
    "MXN",
    "CLP",
    "COP",
    "ARS",
    "UYU",
    "JMD",
    "TTD",
    "NAD",
    "FJD",
)
_CROWNS = ("SEK", "NOK", "DKK", "ISK")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR")
SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "euro": ("EUR",), "euros": ("EUR",), "eur": ("EUR",),
    "£": ("GBP", "EGP", "LBP", "SYP", "GIP", "FKP"), "₹": ("INR",), "₽": ("RUB",), "₺": ("TRY",), "tl": ("TRY",),
    "₴": ("UAH",), "грн": ("UAH",), "₩": ("KRW", "KPW"), "원": ("KRW",), "₪": ("ILS",), "฿": ("THB",), "₫": ("VND",), "đ": ("VND",),
    "₱": ("PHP",), "₦": ("NGN",), "₡": ("CRC",), "₲": ("PYG",), "₸": ("KZT",), "тг": ("KZT",), "₼": ("AZN",), "₾": ("GEL",),
    "₵": ("GHS",), "₮": ("MNT",), "₭": ("LAK",), "៛": ("KHR",), "৳": ("BDT",), "֏": ("AMD",),
    "zł": ("PLN",), "zl": ("PLN",), "kč": ("CZK",), "ft": ("HUF",), "lei": ("RON", "MDL"), "лв": ("BGN",), "kn": ("HRK",),
    "din": ("RSD",), "дин": ("RSD",), "rsd": ("RSD",), "руб": ("RUB", "BYN"), "р": ("RUB", "BYN"), "br": ("BYN", "ETB"),
    "r$": ("BRL",), "br$": ("BRL",), "us$": ("USD",), "u$s": ("USD",), "usd": ("USD",), "$us": ("USD",), "c$": ("CAD",), "ca$": ("CAD",), "$ca": ("CAD",),
    "a$": ("AUD",), "au$": ("AUD",), "$au": ("AUD",), "nz$": ("NZD",), "$nz": ("NZD",), "s$": ("SGD",), "sg$": ("SGD",), "hk$": ("HKD",),
    "nt$": ("TWD",), "mx$": ("MXN",), "$mx": ("MXN",), "s/": ("PEN",), "s/.": ("PEN",), "$": _DOLLARS,
    "fr.": ("CHF",), "sfr": ("CHF",), "sfr.": ("CHF",), "chf": ("CHF",), "kr": _CROWNS, "rs": _RUPEES, "₨": _RUPEES, "rp": ("IDR",), "rm": ("MYR",),
    "¥": ("JPY", "CNY"), "円": ("JPY",), "元": ("CNY", "TWD"), "cn¥": ("CNY",), "jp¥": ("JPY",), "r": ("ZAR",), "ksh": ("KES",),
    "ر.س": ("SAR",), "د.إ": ("AED",), "ج.م": ("EGP",), "د.ك": ("KWD",), "sar": ("SAR",), "aed": ("AED",), "dh": ("AED", "MAD"), "dhs": ("AED", "MAD"),
    "p": ("GBP",),
}  # fmt: skip
"""What a symbol or a word, folded, may mean; the first is no default when there are several."""
NOT_IN_PROSE = frozenset({"p", "r", "р", "br", "din", "s/", "rm", "dh", "tl", "ft", "kn"})
"""Too short to mean money unless they stand against a number in a price."""

_words = sorted((re.escape(symbol) for symbol in SYMBOLS), key=len, reverse=True)
_letters = "|".join(word for word in _words if word[0].isalpha() and word[-1].isalpha())
_signs = "|".join(word for word in _words if not (word[0].isalpha() and word[-1].isalpha()))
MARK = rf"(?:(?i:{_signs})|(?<![^\W\d_])(?:[A-Z]{{3}}|(?i:{_letters}))(?![^\W\d_]))"
"""A pattern for what may be a currency; words must stand alone, codes be in capitals."""

GENERIC_COUNTRY_DOMAINS = frozenset({"io", "co", "ai", "me", "tv", "cc", "ly", "to", "fm", "gg", "sh", "ws", "la", "nu", "st", "su", "am", "im", "is", "it.com"})  # fmt: skip
"""Domains of countries that shops from anywhere use."""


@lru_cache(maxsize=512)
def currency_of(country: str) -> str:
    """Return the currency that is legal tender in *country* today, when there is one."""
    found = get_territory_currencies(country, tender=True) if country else []
    return found[0] if found else ""


@lru_cache(maxsize=512)
def currency_named(code: str) -> str:
    """Return the ISO code that a declaration like ``eur`` or ``€`` means, or nothing."""
    folded = code.strip()
    if folded.upper() in CODES:
        return folded.upper()
    candidates = SYMBOLS.get(folded.lower().rstrip("."), SYMBOLS.get(folded.lower(), ()))
    return candidates[0] if len(candidates) == 1 else ""


def meaning(mark: str, country: str = "", expected: str = "") -> str:
    """Return the currency that *mark*, found beside a number, means; nothing when it could be several.

    Where the mark is ambiguous, *expected* decides if it is possible at all, then the *country* of the shop.
    """
    if mark in CODES and mark not in COMMON_WORDS:
        return mark
    folded = mark.lower()
    candidates = SYMBOLS.get(folded) or SYMBOLS.get(folded.rstrip(".")) or ()
    if len(candidates) == 1:
        return candidates[0]
    if expected in candidates:
        return expected
    local = currency_of(country)
    if local in candidates:
        return local
    return "GBP" if mark == "£" else ""


def is_mark(mark: str) -> bool:
    """Return whether *mark* may be a currency at all."""
    return (
        (mark in CODES and mark not in COMMON_WORDS) or mark.lower() in SYMBOLS or mark.lower().rstrip(".") in SYMBOLS
    )


@lru_cache(maxsize=256)
def precision(currency: str) -> int:
    """Return how many decimals amounts of *currency* have; 2 when it is not known."""
    return get_currency_precision(currency) if currency else 2


@lru_cache(maxsize=512)
def country_of_host(host: str) -> str:
    """Return the country that the last label of *host* stands for, if shops of only that country use it."""
    label = host.rpartition(".")[2].lower()
    if len(label) != 2 or label in GENERIC_COUNTRY_DOMAINS:  # noqa: PLR2004 - country codes have two letters
        return ""
    country = "GB" if label == "uk" else label.upper()
    return country if country in get_global("territory_currencies") else ""
