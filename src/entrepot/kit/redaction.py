"""Takes secrets out of what is written down about outside calls."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit, urlunsplit

import msgspec

MASK = "•••"
LONGEST_BODY = 16_000
"""Characters of a body that are kept."""
SHORTEST_SECRET = 6
"""Known values shorter than this are not looked for: they would blacken innocent text."""

_SECRET_NAME = re.compile(
    r"passw|secret|token|authori[sz]ation|cookie|credential|signature|api[-_]?key|private[-_]?key|^(key|sign|pin|otp|jwt|code|assertion)$",
    re.IGNORECASE,
)
_HARMLESS_NAME = re.compile(r"^(token_type|x-csrf-protection)$", re.IGNORECASE)
_TEXTUAL = re.compile(r"json|xml|text/|x-www-form-urlencoded|javascript|csv", re.IGNORECASE)
_PAIR = re.compile(
    r"""(?<![\w-])([\w-]{0,60}?(?:passw|secret|token|authorization|api[-_]?key|signature)[\w-]{0,60}["']?\s{0,9}[:=]\s{0,9})"""
    r"""("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,;&}<]+)""",
    re.IGNORECASE,
)
_PAIR_HARMLESS = re.compile(r"token_type", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Tell whether a header, field or parameter of this name holds a secret."""
    return bool(_SECRET_NAME.search(name)) and not _HARMLESS_NAME.match(name)


class Redactor:
    """Removes secrets by the names they go under, and known secrets wherever they stand.

    Args:
        secrets: known values; also found URL-quoted.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Look for these values too, from now on."""
        for secret in secrets:
            if len(secret) >= SHORTEST_SECRET:
                self._secrets |= {secret, quote(secret, safe=""), msgspec.json.encode(secret).decode()[1:-1]}

    def text(self, text: str) -> str:
        """Return *text* without the known secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def url(self, url: str) -> str:
        """Return *url* without userinfo and without the values of secret parameters."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        netloc = f"{MASK}@{host}" if "@" in parts.netloc else host
        return self.text(urlunsplit((parts.scheme, netloc, parts.path, _masked_pairs(parts.query), "")))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return *headers* with the values of secret ones masked."""
        return {name: MASK if is_secret_name(name) else self.text(value) for name, value in headers.items()}

    def body(self, body: bytes, content_type: str) -> str:
        """Return a body as text without secrets, cut to what is worth keeping; of other bytes only how many."""
        if not body:
            return ""
        if content_type and not _TEXTUAL.search(content_type):
            return f"<{len(body)} bytes of {content_type.partition(';')[0]}>"
        if "json" in content_type.lower() or body[:1] in b"{[":
            try:
                document = msgspec.json.decode(body)
            except msgspec.DecodeError:
                pass  # redacted as text below
            else:
                return _cut(self.text(msgspec.json.encode(_masked(document)).decode()))
        text = body[: LONGEST_BODY * 2].decode(errors="replace")
        if "x-www-form-urlencoded" in content_type:
            text = _masked_pairs(text)
        else:
            text = _PAIR.sub(lambda found: found[0] if _PAIR_HARMLESS.search(found[1]) else f"{found[1]}{MASK}", text)
        return _cut(self.text(text))


def _masked_pairs(query: str) -> str:
    """Mask secrets in ``name=value&...``."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}={MASK}" if value and is_secret_name(unquote_plus(name)) else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )


def _masked(document: Any) -> Any:  # noqa: ANN401 -- any JSON document
    if isinstance(document, dict):
        return {
            name: MASK if is_secret_name(name) and _is_value(value) else _masked(value)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [_masked(item) for item in document]
    return document


def _is_value(value: object) -> bool:
    return isinstance(value, str | int | list | dict) and not isinstance(value, bool)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_BODY else f"{text[:LONGEST_BODY]}… ({len(text)} characters)"
