"""A page without its programs: half of what shops send is scripts and styles, of which a parser makes nothing for us."""

import re
from collections.abc import Iterator

_NAME = rb"(?:[cC][rR][iI][pP][tT]|[tT][yY][lL][eE])[ >/\t\n\r\f]"
_BEGIN = re.compile(rb"<[!sS](?:--|" + _NAME + rb")")
_TAG = re.compile(rb"<(?:[sS]|/[sS])" + _NAME)


def trimmed(body: bytes) -> bytes:
    """Return *body* with nothing between the tags of its scripts and styles, JSON-LD excepted.

    Leaving things in is safe, and done wherever a tag may be none: in comments, and where another begins before the end,
    as it would if the tag stood in an attribute.
    """
    kept: list[bytes] = []
    start = 0
    for place, begin, end, is_sure in _programs(body):
        if is_sure and begin < end and not _is_declaration(body[place:begin]):
            kept.append(body[start:begin])
            start = end
    return b"".join([*kept, body[start:]]) if start else body


def scripts_of(body: bytes) -> bytes:
    """Return a page that has the scripts of *body* and nothing else; all of it where it is not sure what they are."""
    kept: list[bytes] = []
    for place, _, end, is_sure in _programs(body):
        if not is_sure:
            return body
        if body[place + 2 : place + 3] in b"cC":
            kept.append(body[place:end] + b"</script>")
    return b"".join(kept)


def _programs(body: bytes) -> Iterator[tuple[int, int, int, bool]]:
    """Yield where scripts and styles begin, their content begins and ends, and whether that is sure; in order."""
    at = 0
    while match := _BEGIN.search(body, at):
        place, at = match.span()
        name = body[place + 1 : at - 1].lower()
        if name == b"!-":
            at = body.find(b"-->", place + 2) + 3
            if at < 3:  # noqa: PLR2004 -- it never ends
                return
        else:
            begin = body.find(b">", at - 1) + 1
            at, whole = _end(body, name, at)
            yield place, begin, at, whole and 0 < begin <= at and _is_even(body[place:begin])


def _end(body: bytes, name: bytes, start: int) -> tuple[int, bool]:
    """Return where the element *name* ends that begins at *start*, and whether none of its name begins before."""
    whole = True
    for match in _TAG.finditer(body, start):
        token = match[0].lower()
        if token[2:-1] == name and token[1:2] == b"/":
            return match.start(), whole
        whole = whole and token[1:-1] != name
    return len(body), False


def _is_even(tag: bytes) -> bool:
    """Return whether no attribute of *tag* goes on behind it."""
    return tag.count(b'"') % 2 == 0 == tag.count(b"'") % 2


def _is_declaration(tag: bytes) -> bool:
    """Return whether behind *tag* JSON-LD may stand."""
    return b"ld" in tag and b"json" in tag
