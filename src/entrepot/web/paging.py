"""Where "Previous" and "Next" of a list lead.

Lists page by cursor: a page knows where the next one begins, not where the one before did.  So the address keeps a trail
of the cursors gone through, and "Previous" takes the last one off again.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Request

SEPARATOR = "!"
"""Between two cursors of a trail; no cursor contains it."""
LONGEST = 25
"""Pages that a trail remembers; before them, "Previous" leads to the first page."""


def page_links(
    request: Request[Any, Any, Any], first: str | None, following: str | None
) -> tuple[str | None, str | None]:
    """Return the addresses of the page before this one and of the page after it.

    Args:
        request: of the page that is shown.
        first: address of the first page, None on it.
        following: address of the next page, None on the last.
    """
    cursor = request.query_params.get("cursor", "")
    trail = [part for part in request.query_params.get("trail", "").split(SEPARATOR) if part]
    gone = [*trail, cursor][-LONGEST:] if cursor else []
    after = _with(following, trail=SEPARATOR.join(gone)) if following else None
    if not first:
        return None, after
    if not trail:
        return _with(first), after
    *earlier, before = trail
    return _with(first, cursor=before, trail=SEPARATOR.join(earlier)), after


def _with(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"trail", *changes}]
    query = urlencode([*pairs, *((name, value) for name, value in changes.items() if value)])
    return f"{parts.path}?{query}" if query else parts.path
