"""Tells other processes that something was committed.

A NOTIFY inside a transaction makes PostgreSQL serialise the commits of all notifying transactions, which costs group
commit under load.  So the wake-up is sent after the commit, on a connection of its own, and many become one.  A lost
wake-up costs a second: every listener also looks by itself now and then.
"""

import asyncio
import contextlib
from collections.abc import Iterable

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from entrepot.kit.sql import text

PAUSE = 0.02
"""Seconds between two wake-ups: what is committed meanwhile shares one."""

log = structlog.get_logger()


class Wakeups:
    """Coalesces the wake-ups of one process."""

    def __init__(self) -> None:
        self._channels: set[str] = set()
        self._pending = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def send(self, channels: Iterable[str]) -> None:
        """Wake the listeners of *channels* soon; never waits, never fails."""
        self._channels.update(channels)
        self._pending.set()

    def start(self, engine: AsyncEngine) -> None:
        self._task = asyncio.create_task(self._run(engine), name="wakeups")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, engine: AsyncEngine) -> None:
        while True:
            await self._pending.wait()
            self._pending.clear()
            channels, self._channels = self._channels, set()
            try:
                async with engine.connect() as connection:
                    await connection.execution_options(isolation_level="AUTOCOMMIT")
                    await connection.execute(
                        text("SELECT pg_notify(channel, '') FROM unnest(CAST(:channels AS text[])) AS t(channel)"),
                        {"channels": sorted(channels)},
                    )
            except (SQLAlchemyError, OSError) as error:
                log.warning("wakeup_lost", channels=sorted(channels), error=str(error))
            await asyncio.sleep(PAUSE)
