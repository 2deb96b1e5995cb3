"""Who reacts to which events: ``@reaction`` in a slice's ``jobs`` module."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.outbox import RecordedEvent

type Handler = Callable[[AsyncSession, Sequence[RecordedEvent]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reaction:
    """A handler and the topics it is fed."""

    name: str
    """Stored with its place in the event log, so it never changes."""
    topics: tuple[str, ...]
    handler: Handler
    batch: int
    """Most events in one call."""
    attempts: int
    """Tries of a single event before it is set aside."""


_REACTIONS: dict[str, Reaction] = {}


def reaction(name: str, *, topics: Sequence[str], batch: int = 500, attempts: int = 5) -> Callable[[Handler], Handler]:
    """Feed every event of *topics* to ``async def f(session, events)``, in the order of commits, exactly once.

    The session sees all sellers; its writes and the new place in the event log are committed together.  The handler
    must not call the outside world: enqueue a job for that.  It starts with what happens after it was first deployed.
    """

    def register(handler: Handler) -> Handler:
        _REACTIONS[name] = Reaction(name, tuple(topics), handler, batch, attempts)
        return handler

    return register


def all_reactions() -> tuple[Reaction, ...]:
    """Return every reaction registered in this process, by name."""
    return tuple(_REACTIONS[name] for name in sorted(_REACTIONS))
