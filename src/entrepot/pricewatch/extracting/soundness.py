"""Pages that would keep a parser busy for minutes, and where to cut them."""

import re
from itertools import accumulate

SUSPICIOUS = 8_000
"""Tags without an end up to here: pages have hundreds of images and line breaks, and so many take a parser 0.1 s at most."""
PIECE = 32_000
DEEPEST_TREE = 400
_TAG = re.compile(rb"<(/?)([A-Za-z][^\s/>]{0,20})")
MOST_ATTRIBUTES = 1_000
LONG_TAG = 20_000
_ATTRIBUTES = re.compile(
    rb"""<[a-zA-Z](?:[^"'<>]{4000}[^"'<>]*+|[^"'<>]*+(?:"[^"]*+"[^"'<>]*+|'[^']*+'[^"'<>]*+){200,}+)"""
)
_QUOTED = re.compile(rb"""\s*=?\s*(?:"[^"]*+"|'[^']*+')""")
_NEVER_DEEP = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li td th tr option dd dt path use rect circle script style".split()
)
_DEEP = re.compile(rb"<(?!(?:" + b"|".join(sorted(_NEVER_DEEP)) + rb")[\s/>])[A-Za-z]", re.IGNORECASE)
MANY_TAGS = 12_000
"""Opening tags up to which it does no harm if all stand inside each other."""
MOST_TAGS = 40_000
"""Opening tags that are read: pages have a few thousand."""
DEEPEST_UNSURE = 1_500
"""Elements that may be open at once as far as the tags alone tell: ends of many may be left out."""
_MARKUP = re.compile(
    rb"""<!--.*?(?:-->|\Z)|<(/?)([A-Za-z][^\s/>]{0,20}+)(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')|["'=])*+""", re.DOTALL
)
_SIGN = re.compile(rb"</?")


def sound(body: bytes) -> bytes:
    """Return *body* up to where it nests deeper, or a tag has more attributes, than on any page.

    Parsers take quadratic time for both.  Counting angle brackets finds the pages that deserve a thorough look.
    """
    tags = body.count(b"<")
    if tags >= SUSPICIOUS:
        pieces = _counted(body)
        closing = sum(ends for _, ends in pieces)
        if tags > MANY_TAGS and tags - closing > MANY_TAGS:
            body = _few_tags(body)
            pieces = _counted(body)
            closing = sum(ends for _, ends in pieces)
        is_deep = _may_nest(body, pieces, tags, closing)
    else:
        is_deep = False
    many = (tags + 1) * 200
    has_many = _has_long_tag(body) or (many < len(body) and many < body.count(b"="))
    if is_deep:
        body = _shallow(body)
    return _few_attributes(body) if has_many else body


def _few_tags(body: bytes) -> bytes:
    """Return *body* up to its last tag that may count, or to where tags nest that seem balanced only.

    Closing tags may stand in attributes and comments, where they close nothing.
    """
    if len(_DEEP.findall(body)) <= MANY_TAGS:
        return body
    depth = opened = 0
    for match in _MARKUP.finditer(body):
        name = match[2]
        if name is None or name.lower() in _NEVER_DEEP:
            continue
        opened += not match[1]
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > DEEPEST_UNSURE or opened > MOST_TAGS:
            return body[: match.start()]
    return body


def _counted(body: bytes) -> list[tuple[int, int]]:
    """Return the tags that begin in each piece of *body*, and those of them that close."""
    return [
        (body.count(b"<", start, start + PIECE), body.count(b"</", start, start + PIECE + 1))
        for start in range(0, len(body), PIECE)
    ]


def _may_nest(body: bytes, pieces: list[tuple[int, int]], tags: int, closing: int) -> bool:
    """Return whether more tags may be open at once, or more be closed than opened, than on any page."""
    if tags - closing < SUSPICIOUS and closing - (tags - closing) <= SUSPICIOUS:
        return False
    if tags - 2 * closing + 1 < -SUSPICIOUS:
        return True
    if _most_open(pieces) < SUSPICIOUS:
        return False
    open_ends = accumulate(1 if sign == b"<" else -1 for sign in _SIGN.findall(body))
    return max(open_ends) >= SUSPICIOUS


def _most_open(pieces: list[tuple[int, int]]) -> int:
    """Return how many tags are open at once at most: exact at the borders of pieces, too high between."""
    depth = most = 0
    for tags, closing in pieces:
        most = max(most, depth + tags - closing)
        depth += tags - 2 * closing
    return most


def _has_long_tag(body: bytes) -> bool:
    """Return whether more than ``LONG_TAG`` bytes stand between two angle brackets, scripts and styles left out."""
    start, size = 0, len(body)
    while size - start > LONG_TAG:
        last = body.rfind(b"<", start, start + LONG_TAG + 1)
        if last >= 0:
            start = last + 1
            continue
        if body[start : start + 1].isalpha() and not body.startswith((b"script", b"style"), start):
            return True
        start = body.find(b"<", start) + 1
        if start == 0:
            break
    return False


def _few_attributes(body: bytes) -> bytes:
    for match in _ATTRIBUTES.finditer(body):
        bare = _QUOTED.sub(b" ", match[0])
        if len(bare.split()) > MOST_ATTRIBUTES:
            return body[: match.start()]
    return body


def _shallow(body: bytes) -> bytes:
    depth, of_name = 0, dict[bytes, int]()
    for match in _TAG.finditer(body):
        name = match[2].lower()
        if name in _NEVER_DEEP:
            continue
        if not match[1]:
            depth += 1
            of_name[name] = of_name.get(name, 0) + 1
        elif of_name.get(name):
            depth -= 1
            of_name[name] -= 1
        if depth > DEEPEST_TREE:
            return body[: match.start()]
    return body
