"""What an answer of a store means."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from entrepot.kit.clock import now
from entrepot.pricewatch.fetching.errors import (
    BlockedError,
    FetchAwayError,
    FetchRefusedError,
    GoneError,
    LimitedError,
    NotAPageError,
    StoreAwayError,
)

GONE = {404, 410}
PAUSE_WORTHY = {429, 503}
"""Answers whose ``Retry-After`` counts."""
OK, CLIENT, SERVER = 200, 400, 500
TEXTUAL = ("text/", "application/xhtml+xml", "application/xml", "application/json", "application/ld+json")
CHALLENGES = (("cf-mitigated", "challenge"), ("x-amzn-waf-action", ""), ("x-datadome", "protected"))
"""Headers of firewalls that want a person to prove to be one: (name, what its value begins with)."""


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds that ``Retry-After`` asks for, as a number or as a moment."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0, round((moment - now()).total_seconds()))


def refusal(
    host: str, status: int, headers: Mapping[str, str], *, pause: int | None = None, picture: bool = False
) -> FetchRefusedError | FetchAwayError | None:
    """Return why an answer is no page, or no picture; None: it is one.

    Args:
        host: who answered.
        status: its status.
        headers: by lower-case names.
        pause: the seconds for which the host will not be asked, if it wanted that.
        picture: a picture was asked for, no page.
    """
    if pause is not None:
        return LimitedError(host=host, retry_after=pause)
    challenged = any(headers.get(name, "").lower().startswith(value) for name, value in CHALLENGES if name in headers)
    if challenged and status != OK:  # some send the header with pages, too
        return BlockedError(host=host, status=status)
    if status in GONE:
        return GoneError(host=host, status=status)
    if status >= CLIENT:
        return (StoreAwayError if status >= SERVER else BlockedError)(host=host, status=status)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    wanted = kind.startswith("image/") if picture else kind.startswith(TEXTUAL) or kind.endswith(("+json", "+xml"))
    return NotAPageError(host=host, kind=kind[:60]) if kind and not wanted else None
