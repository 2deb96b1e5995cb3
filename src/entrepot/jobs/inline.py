"""Runs a job here and now, without a worker: for tests and for one-off commands."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from entrepot.jobs.registry import job_of
from entrepot.jobs.run import Level, Run, Tools
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import Sentence
from entrepot.kit.settings import Settings


class InlineEngine:
    """Remembers nothing: every step is done, every line is kept in :attr:`lines`."""

    def __init__(self) -> None:
        self.lines: list[tuple[Level, str]] = []

    async def step(self, name: str, work: Callable[[], Awaitable[object]]) -> object:  # noqa: ARG002 -- the protocol's form
        return await work()

    async def sleep(self, seconds: float) -> None:
        """Not at all."""

    async def report(self, run_id: UUID, done: int, total: int, note: Sentence) -> None:
        """Nobody looks."""

    async def log(self, run_id: UUID, level: Level, line: Sentence, subject: tuple[str, UUID] | None) -> None:  # noqa: ARG002 -- the protocol's form
        self.lines.append((level, line.english))


async def run_inline(
    database: Database,
    box: SecretBox,
    settings: Settings,
    args: msgspec.Struct,
    *,
    seller_id: UUID | None = None,
    engine: InlineEngine | None = None,
) -> object:
    """Call the function of the job that *args* belong to; return its result, raise what it raises."""
    definition = job_of(args)
    own = getattr(args, "seller_id", None)
    run_id = new_id()
    run = Run(
        id=run_id,
        job=definition.name,
        seller_id=seller_id or (own if isinstance(own, UUID) else None),
        attempt=1,
        actor=Actor("job", str(run_id), definition.name),
        tools=Tools(database, box, settings),
        engine=engine or InlineEngine(),
    )
    return await definition.function(run, args)
