# ruff: noqa: PLR2004 -- the numbers are those of the formats
"""Proofs as files, pure: what may be kept, and pictures without what the phone wrote into them.

A phone notes where and when a picture was taken, with what, and sometimes a small copy of what was cut off.  None of that
is needed as proof, and where somebody lives is nobody's business.  Only the turn of the picture is kept.
"""

import struct
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

LARGEST: Final = 10 * 1024 * 1024
KINDS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "application/pdf": "pdf",
}
"""What a proof may be, and how its file is called."""
_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
_ORIENTATION: Final = 0x0112
_IN_SCANS: Final = frozenset(bytes([value]) for value in (0x00, 0xFF, *range(0xD0, 0xD8)))
"""What follows FF inside the coded data of a JPEG: a plain FF, a filler, a restart."""
_KEPT_PNG: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"}
)
_KEPT_WEBP: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


class ProofKind(StrEnum):
    """What a proof is."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    SLIP = "slip"
    """A signed delivery note, or a carrier's receipt."""


def media_type_of(content: bytes) -> str:
    """Return what a file is by its content; empty: nothing that is kept as proof."""
    for start, media_type in _STARTS:
        if content.startswith(start):
            return media_type
    return "image/webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


def without_notes(content: bytes, media_type: str) -> bytes:
    """Return a picture without anything but the picture; other files as they are.

    Raises:
        ValueError: it is damaged.
    """
    if media_type == "image/jpeg":
        return _jpeg(content)
    if media_type == "image/png":
        return _png(content)
    if media_type == "image/webp":
        return _webp(content)
    return content


def _jpeg(content: bytes) -> bytes:
    """https://www.w3.org/Graphics/JPEG/itu-t81.pdf, B.1.1 (read 2026-11-21)."""
    kept, turn = list[bytes](), 1
    for marker, segment in _segments(content):
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            turn = _turn(segment[10:])
        # APP0 says how dense, APP2 which colours, APP14 how coded; all other notes go.
        if (not 0xE1 <= marker <= 0xEF and marker != 0xFE) or marker == 0xEE or _is_profile(marker, segment):
            kept.append(segment)
    return b"".join([b"\xff\xd8", _turned(turn) if turn != 1 else b"", *kept])


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the parts of a picture, coded data with their head; what follows its end is another file, with its notes."""
    place, marker = 2, 0
    while marker != 0xD9:
        if content[place : place + 1] != b"\xff":
            raise ValueError("no segment")
        while content[place + 1 : place + 2] == b"\xff":
            place += 1
        marker = content[place + 1] if place + 1 < len(content) else 0
        if marker == 0xD9:
            end = place + 2
        elif place + 4 > len(content):
            raise ValueError("cut off")
        else:
            (length,) = struct.unpack_from(">H", content, place + 2)
            end = place + 2 + length
            if length < 2 or end > len(content):
                raise ValueError("cut off")
            if marker == 0xDA:
                end = _scan_end(content, end)
        yield marker, content[place:end]
        place = end


def _scan_end(content: bytes, place: int) -> int:
    """Return where the coded data that begin at *place* end: at the next marker that is no restart."""
    while (place := content.find(b"\xff", place)) != -1:
        follows = content[place + 1 : place + 2]
        if follows and follows not in _IN_SCANS:
            return place
        place += 1
    raise ValueError("cut off")


def _is_profile(marker: int, segment: bytes) -> bool:
    return marker == 0xE2 and segment[4:16] == b"ICC_PROFILE\0"


def _turn(tiff: bytes) -> int:
    """Return how a picture is to be turned; 1: not."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    for number in range(count):
        at = start + 2 + 12 * number
        if at + 12 > len(tiff):
            return 1
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
            return int(value)
    return 1


def _turned(turn: int) -> bytes:
    """Return the smallest note that says how a picture is turned."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, turn, 0, 0)
    return struct.pack(">2sH6s", b"\xff\xe1", len(tiff) + 8, b"Exif\0\0") + tiff


def _png(content: bytes) -> bytes:
    """https://www.w3.org/TR/png-3/#5DataRep (read 2026-11-21)."""
    kept, place = [content[:8]], 8
    while place < len(content):
        if place + 12 > len(content):
            raise ValueError("cut off")
        (length,) = struct.unpack_from(">I", content, place)
        end = place + 12 + length
        if end > len(content):
            raise ValueError("cut off")
        name = content[place + 4 : place + 8]
        if name in _KEPT_PNG:
            kept.append(content[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end
    raise ValueError("no end")


def _webp(content: bytes) -> bytes:
    """https://developers.google.com/speed/webp/docs/riff_container (read 2026-11-21)."""
    kept, place = [b"WEBP"], 12
    while place + 8 <= len(content):
        name = content[place : place + 4]
        (length,) = struct.unpack_from("<I", content, place + 4)
        end = place + 8 + length + length % 2
        chunk = content[place:end]
        if len(chunk) < 8 + length or (name == b"VP8X" and length < 10):
            raise ValueError("cut off")
        if name == b"VP8X":
            flags = chunk[8] & ~0b0000_1100  # it has no notes any more
            kept.append(chunk[:8] + bytes([flags]) + chunk[9:])
        elif name in _KEPT_WEBP:
            kept.append(chunk)
        place = end
    body = b"".join(kept)
    if len(kept) < 2:
        raise ValueError("no picture")
    return b"RIFF" + struct.pack("<I", len(body)) + body
