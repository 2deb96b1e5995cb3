"""Decisions about kept pages: pure."""

import hashlib
import json
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from entrepot.pricewatch.extracting.contract import Field

GZIP = 16 + zlib.MAX_WBITS
FAST = 1
"""Four milliseconds a page; thorough is three times that for a sixth of the size."""
FRESH = timedelta(days=1)
"""A page that says the same as the one kept before is kept again after so long."""


class Kept(NamedTuple):
    """The last page that is kept of a listing."""

    answer_sha256: str
    good: bool
    fetched_at: datetime


def answer_digest(answers: Mapping[Field, str]) -> str:
    """Return what a page says as a short text that is equal for equal answers."""
    return hashlib.sha256(json.dumps(dict(answers), sort_keys=True).encode()).hexdigest()


def says_the_same(last: Kept, *, answer: str, good: bool, at: datetime) -> bool:
    """Tell whether the page kept last is evidence for a fetch that brought this answer."""
    return last.answer_sha256 == answer and last.good == good and at - last.fetched_at < FRESH


def pack(body: bytes) -> bytes:
    """Return *body* as gzip."""
    packer = zlib.compressobj(FAST, zlib.DEFLATED, GZIP)
    return packer.compress(body) + packer.flush()


def unpack(packed: bytes, size: int) -> bytes:
    """Return the first *size* bytes of what was packed: no more than once was read, whatever else is in it."""
    return zlib.decompressobj(GZIP).decompress(packed, size) if size else b""
