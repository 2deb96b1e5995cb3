"""A page without its programs: half of what shops send is scripts and styles, of which a parser makes nothing for us."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(rb"<(?:!--|/?(?:[sS][cC][rR][iI][pP][tT]|[sS][tT][yY][lL][eE])[ >/\t\n\r\f])")


def trimmed(body: bytes) -> bytes:
    """Return *body* with nothing between the tags of its scripts and styles, JSON-LD excepted.

    Leaving things in is safe, and done wherever a tag may be none: in comments, and where another begins before the end,
    as it would if the tag stood in an attribute.
    """
    kept: list[bytes] = []
    start = 0
    for begin, end in _programs(body):
        kept.append(body[start:begin])
        start = end
    return b"".join([*kept, body[start:]]) if start else body


def _programs(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield the beginnings and ends of what stands in scripts and styles, in order."""
    at = 0
    while match := _TOKEN.search(body, at):
        place, token = match.start(), match[0]
        at = match.end()
        if token == b"<!--":
            at = body.find(b"-->", place + 2) + 3
            if at < 3:  # noqa: PLR2004 -- it never ends
                return
        elif token[1:2] != b"/":
            begin = body.find(b">", at - 1) + 1
            at, whole = _end(body, token[1:-1].lower(), at)
            if whole and begin < at and _is_program(body[place:begin]):
                yield begin, at


def _end(body: bytes, name: bytes, start: int) -> tuple[int, bool]:
    """Return where the element *name* ends that begins at *start*, and whether none of its name begins before."""
    whole = True
    for match in _TOKEN.finditer(body, start):
        token = match[0].lower()
        if token[2:-1] == name and token[1:2] == b"/":
            return match.start(), whole
        whole = whole and token[1:-1] != name
    return len(body), False


def _is_program(tag: bytes) -> bool:
    """Return whether behind *tag* surely stands nothing to read: no JSON-LD, and no attribute that goes on."""
    return not (b"ld" in tag and b"json" in tag) and tag.count(b'"') % 2 == 0 == tag.count(b"'") % 2
