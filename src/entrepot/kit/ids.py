"""Identifiers that sort by the time they were made."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a UUID version 7: 48 bits of milliseconds, then random bits.  Neighbours in time are neighbours in an index.

    Layout: https://www.rfc-editor.org/rfc/rfc9562#section-5.7 (read 2026-11-21).
    """
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
