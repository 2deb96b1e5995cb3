"""JSON as pages have it: in scripts, with comments, stray commas and raw line ends, and as hostile as anybody likes."""

import json
import re
from collections.abc import Iterator

import msgspec

type Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

LARGEST = 3_000_000
MOST_NODES = 60_000
"""Values of one document that are looked at."""
_WRAPPING = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)\s*|\s*(?://\s*)?(?:-->|/\*\s*\]\]>\s*\*/|\]\]>)\s*;?\s*$"
)
_COMMA = re.compile(r",(\s{0,200}[}\]])")
_decode = msgspec.json.Decoder().decode


def read_json(text: str) -> Json:
    """Return what *text* says; None when it cannot be read even with good will."""
    if len(text) > LARGEST:
        return None
    try:
        return _decode(text)  # type: ignore[no-any-return]  # whatever it is, Json is all it can be
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    text = _WRAPPING.sub("", text.strip()).strip().rstrip(";")
    for attempt in (text, _COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)  # type: ignore[no-any-return]
        except (ValueError, RecursionError):
            continue
    return None


def objects(value: Json, but_not_under: frozenset[str] = frozenset()) -> Iterator[dict[str, Json]]:
    """Yield every object in *value*, outer ones first, in order; nothing below the keys *but_not_under*."""
    waiting: list[Json] = [value]
    looked_at = 0
    while waiting and looked_at < MOST_NODES:
        looked_at += 1
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            inner = [
                item for key, item in current.items() if isinstance(item, dict | list) and key not in but_not_under
            ]
            waiting.extend(reversed(inner))
        elif isinstance(current, list):
            waiting.extend(item for item in reversed(current[:MOST_NODES]) if isinstance(item, dict | list))


def assigned(source: str, start: int) -> str:
    """Return the JSON object or array that begins at *start* of a script, to its matching bracket; empty if there is none."""
    depth, position, size = 0, start, min(len(source), start + LARGEST)
    for match in _STRUCTURE.finditer(source, start, size):
        sign = match[0][0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if depth == 0:
                position = match.end()
                return source[start:position]
    return ""


_STRUCTURE = re.compile(r'[{}\[\]]|"(?:[^"\\]|\\.)*+"', re.DOTALL)
