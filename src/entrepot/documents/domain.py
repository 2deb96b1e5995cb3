"""Pure decisions about files: what they are, and what they are called."""

from unicodedata import category, normalize
from urllib.parse import quote

NAME_LENGTH = 150
ENDING_LENGTH = 10
UNKNOWN = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Shown as pictures.  SVG is none of them: it can hold scripts."""
SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)


def sniff_type(content: bytes) -> str:
    """Return the media type that *content* itself shows; what the sender says about it does not count."""
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return UNKNOWN if "\0" in text else TEXT


def clean_name(name: str) -> str:
    """Return *name* as a file may be called anywhere: no folders, nothing invisible, not too long."""
    last = normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(character for character in last if category(character)[0] != "C" and character not in '<>:"|?*')
    visible = visible.strip(" .")
    if len(visible) > NAME_LENGTH:
        stem, dot, ending = visible.rpartition(".")
        visible = (
            f"{stem[: NAME_LENGTH - len(ending) - 1]}.{ending}"
            if dot and len(ending) < ENDING_LENGTH
            else visible[:NAME_LENGTH]
        )
    return visible or "file"


def attachment(name: str) -> str:
    """Return the ``Content-Disposition`` that makes a browser save the file under *name* and never show it.

    https://www.rfc-editor.org/rfc/rfc6266 (read 2026-11-21).
    """
    plain = "".join(character if character.isascii() and character not in '"\\%;' else "_" for character in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
