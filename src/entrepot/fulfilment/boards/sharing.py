"""Many who look at the same board at once share one look at the database, and nobody is shown anything stale."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

KEPT = 500
"""Answers remembered per process."""


@dataclass(slots=True)
class _Slot[V]:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: float = float("-inf")
    value: V | None = None


class Shared[V]:
    """Makes a value for a key once for all who ask while it is made.

    Whoever asks gets a value whose making *began* after they asked, so what they were woken for is in it; with *keep*, one
    that is up to so many seconds older.
    """

    def __init__(self, keep: float = 0.0) -> None:
        self._keep = keep
        self._slots: OrderedDict[Hashable, _Slot[V]] = OrderedDict()

    async def get(self, key: Hashable, make: Callable[[], Awaitable[V]]) -> V:
        """Return the value for *key*, made by *make* unless another one's serves."""
        asked = time.monotonic()
        slot = self._slots.setdefault(key, _Slot())
        self._slots.move_to_end(key)
        while len(self._slots) > KEPT:
            self._slots.popitem(last=False)
        async with slot.lock:
            if slot.value is not None and slot.begun >= asked - self._keep:
                return slot.value
            begun = time.monotonic()
            slot.value = await make()
            slot.begun = begun
            return slot.value
