"""How a shop misbehaves."""

import asyncio
import zlib
from functools import cache

from litestar import Response

from entrepot.sandbox.shops.shop import ShopState

_INSIDE = "http://10.255.255.1/admin"
_BLOCK, _BLOCKS = 1 << 20, 512


async def misbehave(state: ShopState) -> Response[bytes] | None:
    """Do what is asked of a shop; None lets it answer as it should."""
    if state.trouble in {"silent", "slow"}:
        await asyncio.sleep(state.seconds)
    match state.trouble:
        case "" | "slow":
            return None
        case "429":
            answer = _said(429, b"Too many requests")
            answer.headers["Retry-After"] = str(int(state.seconds))
        case "redirect":
            answer = _said(302, b"")
            answer.headers["Location"] = _INSIDE
        case "bomb":
            answer = Response(bomb(), media_type="text/html", headers={"Content-Encoding": "gzip"})
        case "403":
            answer = _said(403, b"<title>Just a moment</title><h1>Are you a robot?</h1><p>Access denied.</p>")
        case "500":
            answer = _said(500, b"<h1>Internal Server Error</h1>")
        case "silent":
            answer = _said(504, b"")
    return answer


def _said(status: int, body: bytes) -> Response[bytes]:
    return Response(body, status_code=status, media_type="text/html")


@cache
def bomb() -> bytes:
    """Half a gigabyte of blanks, packed: one block of them, again and again."""
    block = b" " * _BLOCK
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(_BLOCKS):
        check = zlib.crc32(block, check)
    size = (_BLOCK * _BLOCKS) & 0xFFFFFFFF
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return head + packed * _BLOCKS + packer.flush() + check.to_bytes(4, "little") + size.to_bytes(4, "little")
