"""How much one process has on its way, and in its hands."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal


class Room(asyncio.Semaphore):
    """Room for so many requests, and none while pages lie about that nobody has read: they would fill the memory.

    Args:
        most: requests on their way at the same moment.
        unread: pages that may wait for whoever reads them before nothing more is asked for.
    """

    def __init__(self, most: int, *, unread: int) -> None:
        super().__init__(most)
        self._most_unread = unread
        self._unread = 0
        self._few = asyncio.Event()
        self._few.set()

    async def acquire(self) -> Literal[True]:
        """Take a place; give it back with ``release``."""
        await super().acquire()
        try:
            await self._few.wait()
        except asyncio.CancelledError:
            self.release()
            raise
        return True

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Count a page that waits for its reader."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._unread += change
        if self._unread < self._most_unread:
            self._few.set()
        else:
            self._few.clear()
