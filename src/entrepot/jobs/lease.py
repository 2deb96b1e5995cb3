"""A worker's place: a name that no other living worker has.

The lease is a session lock of PostgreSQL: it is gone the moment the worker's connection is, however the worker died,
and never a moment earlier.  The same connection listens for wake-ups.
"""

import asyncio
from collections.abc import Callable

import asyncpg

from entrepot.jobs.errors import SlotTakenError

MOST_WORKERS = 64
PREFIX = "worker-"
PATIENCE = 30
"""Seconds to wait for a fixed name whose last holder is still going down."""


class Lease:
    """Holds one name, and listens."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: asyncpg.Connection | None = None
        self._busy = asyncio.Lock()  # one connection answers one question at a time
        self.name = ""
        self.lost = asyncio.Event()
        """Set when the connection is gone, and with it the name."""

    async def acquire(self, wanted: str = "") -> str:
        """Take *wanted*, or the first free name; return it.

        Raises:
            SlotTakenError: another worker has it.
        """
        connection = await asyncpg.connect(self._address, server_settings={"application_name": "entrepot lease"})
        connection.add_termination_listener(self._cut)
        self._connection = connection
        names = [wanted] * PATIENCE if wanted else [f"{PREFIX}{number + 1}" for number in range(MOST_WORKERS)]
        for name in names:
            if await self.take(name):
                self.name = name
                return name
            if wanted:
                await asyncio.sleep(1)
        await self.release()
        raise SlotTakenError(slot=wanted or PREFIX + str(MOST_WORKERS))

    async def take(self, name: str) -> bool:
        """Take a name if nobody has it."""
        async with self._busy:
            return bool(await self._live.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", _lock(name)))

    async def give_back(self, name: str) -> None:
        """Let go of a name that was taken over."""
        async with self._busy:
            await self._live.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", _lock(name))

    async def listen(self, channel: str, heard: Callable[[], None]) -> None:
        """Call *heard* whenever *channel* is notified."""

        def notified(*_: object) -> None:
            heard()

        async with self._busy:
            await self._live.add_listener(channel, notified)

    def _cut(self, _: object) -> None:
        self.lost.set()

    async def release(self) -> None:
        """Close the connection, which frees the name."""
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()

    @property
    def _live(self) -> asyncpg.Connection:
        if self._connection is None:
            raise SlotTakenError(slot=self.name)
        return self._connection


def _lock(name: str) -> str:
    return f"entrepot.worker.{name}"
