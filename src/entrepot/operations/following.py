"""Follows a run for a program: every line once, progress, and the end, for as long as the program listens."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from entrepot.access.principal import Principal
from entrepot.jobs import views
from entrepot.jobs.views import LogLine, RunRow
from entrepot.kit import i18n
from entrepot.kit.database import Database

LOOK = 1.0
"""Seconds between two looks when nothing wakes us."""
HEARTBEAT = 15
LIFETIME = 600
"""Seconds until a stream ends and the program asks again, with the last line it saw: revoked rights end with it."""
PAGE = 500


class Wakes(Protocol):
    """What knows when runs change: the application's hub."""

    def listen(self, slice_: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Return an event that is set whenever something of *slice_* is committed."""
        ...


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing a follower is told."""

    type: Literal["line", "run", "alive"]
    line: LogLine | None = None
    run: RunRow | None = None
    """State and progress; a run that has ended is the last message."""


async def follow(
    database: Database, wakes: Wakes | None, who: Principal, run_id: UUID, *, after: int = 0
) -> AsyncGenerator[Message]:
    """Yield what happens to a run, beginning with the lines after *after*.

    Every look is a transaction of its own in what *who* may see, so nothing of another seller can appear.

    Raises:
        RunNotFoundError: there is no such run for them; before the first message.
    """
    clock = asyncio.get_running_loop().time
    end, quiet_since = clock() + LIFETIME, clock()
    seen: RunRow | None = None
    listening = wakes.listen("jobs") if wakes is not None else contextlib.nullcontext(asyncio.Event())
    async with listening as changed:
        while clock() < end:
            changed.clear()
            i18n.locale.set(who.locale)
            async with database.transaction(who.scope, actor=who.actor) as session:
                run = await views.run(session, run_id)
                lines = await views.log_after(session, run_id, after, limit=PAGE)
            for line in lines:
                after = line.id
                yield Message(type="line", line=line)
            if len(lines) == PAGE:
                continue
            if run != seen:
                seen = run
                yield Message(type="run", run=run)
                quiet_since = clock()
            if not run.active:
                return
            if clock() - quiet_since > HEARTBEAT:
                quiet_since = clock()
                yield Message(type="alive")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK)
