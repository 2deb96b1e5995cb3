"""Identifiers that sort by the time they were made."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

_RANDOM = 10
"""Random bytes of an identifier."""
_STOCK = 400
"""Identifiers whose randomness is fetched from the system at once; asking for each costs more than all the rest."""


class _Randomness:
    """Random integers; each is handed out once, and never to a forked process, too."""

    def __init__(self) -> None:
        self._left: Iterator[int] = iter(())
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        self._left = iter(())

    def take(self) -> int:
        taken = next(self._left, None)
        if taken is None:
            block = os.urandom(_RANDOM * _STOCK)
            fresh = iter([int.from_bytes(block[at : at + _RANDOM]) for at in range(0, len(block), _RANDOM)])
            taken = next(fresh)
            self._left = fresh
        return taken


_randomness = _Randomness()


def new_id() -> UUID:
    """Return a UUID version 7: 48 bits of milliseconds, then random bits.  Neighbours in time are neighbours in an index.

    Layout: https://www.rfc-editor.org/rfc/rfc9562#section-5.7 (read 2026-11-21).
    """
    value = (time.time_ns() // 1_000_000) << 80 | _randomness.take()
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def oldest_id(moment: datetime) -> UUID:
    """Return an id that is not greater than any made at or after *moment*: a bound for what is older."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
