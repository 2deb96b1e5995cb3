"""What a job's function is given: its run."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, overload
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.errors import CancelledRunError
from entrepot.kit.database import Actor, Database
from entrepot.kit.errors import EntrepotError, Fact
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import Sentence, sentence
from entrepot.kit.settings import Settings

type Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Tools:
    """What the worker process has for every job."""

    database: Database
    box: SecretBox
    settings: Settings


class Engine(Protocol):
    """What carries a run: remembers finished steps, sleeps durably, and keeps the book of its progress."""

    async def step(self, name: str, work: Callable[[], Awaitable[object]]) -> object:
        """Run *work* unless an earlier attempt finished it; return its result as plain JSON data."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a resumed run only waits for the rest."""
        ...

    async def report(self, run_id: UUID, done: int, total: int, note: Sentence) -> None:
        """Show progress."""
        ...

    async def log(self, run_id: UUID, level: Level, line: Sentence, subject: tuple[str, UUID] | None) -> None:
        """Add a line to the run's log."""
        ...


class Run:
    """One run of a job.

    The function may be started again after a crash: what it does *between* steps is then done again, finished steps are
    not.  So everything with an effect belongs in a step, and a step opens its own transactions.  What a step does in
    one transaction happens exactly once only if it is idempotent: a process can die after the commit and before the
    step is remembered.
    """

    def __init__(
        self,
        *,
        id: UUID,  # noqa: A002 -- the word everywhere
        job: str,
        seller_id: UUID | None,
        attempt: int,
        actor: Actor,
        tools: Tools,
        engine: Engine,
    ) -> None:
        self.id = id
        self.job = job
        self.seller_id = seller_id
        self.attempt = attempt
        """1 the first time; a resumed run keeps its number."""
        self.actor = actor
        self.tools = tools
        self.cancelled = asyncio.Event()
        """Set when somebody cancels the run; long loops look at it, or call :meth:`check_cancelled`."""
        self._engine = engine

    @property
    def database(self) -> Database:
        return self.tools.database

    @property
    def box(self) -> SecretBox:
        return self.tools.box

    @property
    def settings(self) -> Settings:
        return self.tools.settings

    @property
    def scope(self) -> Scope:
        """The run's own seller, or all of them for a run of the instance."""
        return Scope.of(self.seller_id) if self.seller_id is not None else Scope.all_sellers()

    def transaction(self, scope: Scope | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction in *scope*, else the run's own; what it records is signed by the job and the run."""
        return self.tools.database.transaction(scope or self.scope, actor=self.actor, request_id=str(self.id))

    @overload
    async def step[R](self, name: str, work: Callable[[], Awaitable[R]]) -> R: ...
    @overload
    async def step[R](self, name: str, work: Callable[[], Awaitable[R]], *, returns: type[R]) -> R: ...
    async def step[R](self, name: str, work: Callable[[], Awaitable[R]], *, returns: type[R] | None = None) -> R:
        """Do *work* once: a resumed run gets the remembered result instead.

        Args:
            name: shown in the history; the order of a job's steps must not depend on chance.
            work: opens its own transactions; its result is small JSON data.
            returns: the result's type, where it is more than str, int, bool, None, list or dict of such.

        Raises:
            CancelledRunError: somebody cancelled the run.
        """
        self.check_cancelled()

        async def plain() -> object:
            # Keys as they come back from the engine's JSON: a resumed run must not see others.
            return msgspec.to_builtins(await self._until_cancelled(work), str_keys=True)

        result = await self._engine.step(name, plain)
        return msgspec.convert(result, returns, str_keys=True) if returns is not None else result  # type: ignore[return-value]  # plain data: what was built is what was returned

    async def _until_cancelled[R](self, work: Callable[[], Awaitable[R]]) -> R:
        """Await *work*, but drop it (its transaction is rolled back) as soon as the run is cancelled."""
        task = asyncio.ensure_future(work())
        watch = asyncio.ensure_future(self.cancelled.wait())
        try:
            await asyncio.wait((task, watch), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
            raise CancelledRunError
        finally:
            for pending in (task, watch):
                if not pending.done():
                    pending.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await pending

    async def sleep(self, seconds: float) -> None:
        """Wait durably: a resumed run only waits for the rest.  Occupies a place in the queue, so not for hours."""
        self.check_cancelled()
        await self._engine.sleep(seconds)

    async def progress(self, done: int, total: int = 0, text: str = "", **facts: Fact) -> None:
        """Show how far the run is; call it as often as you like, it is stored a few times a second at most.

        *text* is written like that of :meth:`log`.
        """
        self.check_cancelled()
        await self._engine.report(self.id, done, total, sentence(text, facts))

    async def log(
        self, level: Level, text: str | EntrepotError, *, subject: tuple[str, UUID] | None = None, **facts: Fact
    ) -> None:
        """Add a line to the run's log, optionally about one thing: ``("order", order_id)``.

        Our own sentences are templates with facts, so that each reader gets them in their language:
        ``run.log("info", N_("{count} orders imported."), count=3)``.  What the outside says is given as it is.
        """
        await self._engine.log(self.id, level, sentence(text, facts), subject)

    def check_cancelled(self) -> None:
        """Raise :class:`CancelledRunError` if somebody cancelled the run."""
        if self.cancelled.is_set():
            raise CancelledRunError
