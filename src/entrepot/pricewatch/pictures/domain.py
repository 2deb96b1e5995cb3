"""Pure decisions: what is a picture, and when one is asked for again."""

from datetime import timedelta

LARGEST = 1_000_000
"""Bytes of a picture; larger ones are not kept."""
MOST_TRIES = 5
FIRST_AGAIN = timedelta(hours=1)
_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def kind_of(content: bytes) -> str:
    """Return the media type that *content* itself shows; empty: no picture that is shown.

    What the shop says about it does not count.  SVG is none: it can hold scripts.
    """
    for signature, kind in _KINDS:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:12] in {b"ftypavif", b"ftypavis"}:
        return "image/avif"
    return ""


def again(tries: int) -> timedelta | None:
    """Return when a picture that did not come *tries* times is asked for again; None: no more."""
    return FIRST_AGAIN * 6 ** (tries - 1) if tries < MOST_TRIES else None
