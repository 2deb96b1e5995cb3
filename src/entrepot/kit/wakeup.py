"""Tells other processes that something was committed.

A NOTIFY inside a transaction makes PostgreSQL serialise the commits of all notifying transactions, which costs group
commit under load.  So the wake-up is sent after the commit, on a connection of its own, and many become one.  A lost
wake-up costs a second: every listener also looks by itself now and then.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.errors import UnavailableError
from entrepot.kit.sql import text

PAUSE = 0.02
"""Seconds between two wake-ups: what is committed meanwhile shares one."""

type Glance = Callable[[], AbstractAsyncContextManager[AsyncSession]]

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

    def start(self, glance: Glance) -> None:
        """Send from now on, over what *glance* opens: a session without a transaction."""
        self._task = asyncio.create_task(self._run(glance), name="wakeups")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, glance: Glance) -> None:
        while True:
            await self._pending.wait()
            self._pending.clear()
            channels, self._channels = self._channels, set()
            try:
                async with glance() as session:
                    await session.execute(
                        text("SELECT pg_notify(channel, '') FROM unnest(CAST(:channels AS text[])) AS t(channel)"),
                        {"channels": sorted(channels)},
                    )
            except (UnavailableError, SQLAlchemyError) as error:
                log.warning("wakeup_lost", channels=sorted(channels), error=str(error))
            await asyncio.sleep(PAUSE)
