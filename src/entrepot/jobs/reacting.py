"""Feeds reactions from the event log: each event once, in the order of commits.

One worker does it for all reactions, the one that holds the lease of that name.  The place in the log is kept in the
transaction of the handler's own writes, and moves only from where it was: even two workers that both believe they hold
the lease cannot handle an event twice.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from itertools import batched

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import repository
from entrepot.jobs.errors import CursorMovedError
from entrepot.jobs.events import EventSetAside
from entrepot.jobs.reactions import Reaction
from entrepot.kit import outbox
from entrepot.kit.database import Actor, Database, DatabaseAwayError
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Cursor, RecordedEvent
from entrepot.kit.scope import Scope

BEGINNING = Cursor("1:1:")
"""Before every event: where reactions begin in a database that has never had a worker."""
FIRST_LIMIT = 2_000
FIRST_WAIT = 0.2
"""Seconds before a failed batch is tried again; doubles."""
KEEP_PLACE = 30.0
"""Seconds after which a place is stored although nothing matched, so that a restart has little to read."""

log = structlog.get_logger()


@dataclass(slots=True)
class Place:
    """Where a reaction is."""

    reaction: Reaction
    stored: Cursor
    seen: Cursor
    """Up to here nothing matches that is not handled; runs ahead of *stored* while nothing does."""
    failures: int = 0
    not_before: float = 0.0
    stored_at: float = field(default_factory=time.monotonic)


class Reactor:
    """Works on all reactions of this process."""

    def __init__(self, database: Database, reactions: Sequence[Reaction]) -> None:
        self._database = database
        self._reactions = reactions
        self._places: list[Place] = []

    async def begin(self) -> None:
        """Read where each reaction is; a new one begins with what is committed from now on."""
        async with self._transaction() as session:
            stored = await repository.reaction_cursors(session)
            here = BEGINNING if not stored else await outbox.cursor_now(session)
            for reaction in self._reactions:
                if reaction.name not in stored:
                    await repository.add_cursor(session, reaction.name, here)
            stored = await repository.reaction_cursors(session)
        self._places = [
            Place(reaction, Cursor(stored[reaction.name]), Cursor(stored[reaction.name]))
            for reaction in self._reactions
        ]

    async def work(self) -> float | None:
        """Handle what is new; return after how many seconds to come again although nobody calls, or None."""
        present = time.monotonic()
        ready = [place for place in self._places if place.not_before <= present]
        for seen in {place.seen for place in ready}:
            await self._advance([place for place in ready if place.seen == seen], seen)
        waiting = [place.not_before - time.monotonic() for place in self._places if place.failures]
        return max(0.01, min(waiting)) if waiting else None

    async def retry_set_aside(self) -> None:
        """Try again what somebody asked to try again."""
        by_name = {reaction.name: reaction for reaction in self._reactions}
        async with self._transaction() as session:
            for failure in await repository.lock_failures_to_retry(session, 50):
                failure.retry_at = None
                failure.attempts += 1
                reaction = by_name.get(failure.reaction)
                if reaction is None:
                    continue
                problem = await _try(session, reaction, [msgspec.convert(failure.event, RecordedEvent)])
                if problem is None:
                    await session.delete(failure)
                else:
                    failure.error = problem
            await session.flush()

    async def _advance(self, places: list[Place], seen: Cursor) -> None:
        topics = sorted({topic for place in places for topic in place.reaction.topics})
        limit, here = FIRST_LIMIT, None
        events: list[RecordedEvent] = []
        while here is None:
            async with self._transaction() as session:
                events, here = await outbox.read_after(session, seen, topics=topics, limit=limit)
            limit *= 8
        for place in places:
            wanted = [event for event in events if event.topic in place.reaction.topics]
            if wanted:
                await self._feed(place, wanted, here)
            else:
                place.seen = here
                if place.stored != here and time.monotonic() - place.stored_at > KEEP_PLACE:
                    await self._feed(place, [], here)

    async def _feed(self, place: Place, events: Sequence[RecordedEvent], here: Cursor) -> None:
        reaction = place.reaction
        try:
            async with self._transaction(reaction.name) as session:
                for batch in batched(events, reaction.batch, strict=False):
                    await reaction.handler(session, batch)
                await self._move(session, place, here, len(events))
        except CursorMovedError:
            raise
        except Exception as error:
            place.failures += 0 if isinstance(error, DatabaseAwayError) else 1
            place.not_before = time.monotonic() + FIRST_WAIT * 2 ** min(place.failures, 6)
            log.warning("reaction_failed", reaction=reaction.name, attempt=place.failures, exc_info=error)
            if place.failures < reaction.attempts:
                return
            await self._isolate(place, events, here)
        _moved(place, here)

    async def _isolate(self, place: Place, events: Sequence[RecordedEvent], here: Cursor) -> None:
        """Handle what can be handled and set the rest aside, in one transaction."""
        async with self._transaction(place.reaction.name) as session:
            for batch in batched(events, place.reaction.batch, strict=False):
                await self._halve(session, place.reaction, batch)
            await self._move(session, place, here, len(events))

    async def _halve(self, session: AsyncSession, reaction: Reaction, events: Sequence[RecordedEvent]) -> None:
        problem = await _try(session, reaction, events)
        if problem is None:
            return
        if len(events) > 1:
            middle = len(events) // 2
            await self._halve(session, reaction, events[:middle])
            await self._halve(session, reaction, events[middle:])
            return
        (event,) = events
        failure_id = new_id()
        log.error("event_set_aside", reaction=reaction.name, event_id=event.id, topic=event.topic, problem=problem)
        await repository.set_aside(
            session,
            {
                "id": failure_id,
                "reaction": reaction.name,
                "event_id": event.id,
                "seller_id": event.seller_id,
                "topic": event.topic,
                "subject_kind": event.subject_kind,
                "subject_id": event.subject_id,
                "event": msgspec.to_builtins(event),
                "attempts": reaction.attempts,
                "error": problem,
            },
        )
        await outbox.record(
            session,
            EventSetAside(
                seller_id=event.seller_id,
                subject_id=failure_id,
                reaction=reaction.name,
                event_topic=event.topic,
                reason=problem,
            ),
        )

    async def _move(self, session: AsyncSession, place: Place, here: Cursor, handled: int) -> None:
        if not await repository.move_cursor(session, place.reaction.name, place.stored, here, handled):
            raise CursorMovedError(reaction=place.reaction.name)

    def _transaction(self, name: str = "reactions") -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(Scope.all_sellers(), actor=Actor("system", name, name))


async def _try(session: AsyncSession, reaction: Reaction, events: Sequence[RecordedEvent]) -> str | None:
    """Handle *events* in a savepoint; return what went wrong."""
    try:
        async with session.begin_nested():
            await reaction.handler(session, events)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if isinstance(error, DatabaseAwayError):
            raise
        return f"{type(error).__name__}: {error}"[:1000]
    return None


def _moved(place: Place, here: Cursor) -> None:
    place.stored = place.seen = here
    place.failures, place.not_before, place.stored_at = 0, 0.0, time.monotonic()
