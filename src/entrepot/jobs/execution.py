"""Carries out one run: finds the job, calls its function, decides what an error means."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import structlog
from dbos import DBOS, StepOptions

from entrepot.jobs.book import RunBook
from entrepot.jobs.domain import MOST_RESUMES, Failure, failure_of, wait_before_retry
from entrepot.jobs.errors import CancelledRunError, ReplayedError, RunTimeoutError, WorkerLostError
from entrepot.jobs.registry import Job, Retry, job_named
from entrepot.jobs.repository import Started
from entrepot.jobs.run import Level, Run, Tools
from entrepot.jobs.service import read_args
from entrepot.kit.database import Actor
from entrepot.kit.sentence import Sentence

log = structlog.get_logger()
GIVE_UP = Retry(unavailable=0, bug=0)


class DurableEngine:
    """The engine's side of one run."""

    def __init__(self, book: RunBook, started: Started) -> None:
        self._book = book
        self._run_id = started.id
        self._resumed = started.resumes > started.resumes_before
        self.failed: tuple[BaseException, int] | None = None
        """The last failed step's error and number."""

    async def step(self, name: str, work: Callable[[], Awaitable[object]]) -> object:
        """See :class:`entrepot.jobs.run.Engine`.

        A failure is remembered like a result, in our own form: what the engine would make of an exception says neither
        its kind nor what to do.
        """
        caught: Exception | None = None
        done_now = False

        async def once() -> dict[str, Any]:
            nonlocal caught, done_now
            done_now = True
            number = DBOS.step_id
            try:
                return {"value": await work()}
            except Exception as error:  # noqa: BLE001 -- raised again below, after it is remembered
                caught = error
                return {"failure": msgspec.to_builtins(failure_of(error)), "step": number}

        outcome = await DBOS.run_step_async(StepOptions(name=name), once)
        if "failure" not in outcome:
            if self._resumed and done_now:
                self._resumed = False
                self._book.got_further(self._run_id)
            return outcome["value"]
        error = caught or replayed(msgspec.convert(outcome["failure"], Failure))
        self.failed = (error, outcome["step"])
        raise error

    async def sleep(self, seconds: float) -> None:
        """See :class:`entrepot.jobs.run.Engine`."""
        await DBOS.sleep_async(seconds)

    async def report(self, run_id: UUID, done: int, total: int, note: Sentence) -> None:
        """See :class:`entrepot.jobs.run.Engine`."""
        self._book.report(run_id, done, total, note)

    async def log(self, run_id: UUID, level: Level, line: Sentence, subject: tuple[str, UUID] | None) -> None:
        """See :class:`entrepot.jobs.run.Engine`."""
        self._book.add_line(run_id, level, line, subject)


class Executor:
    """Runs what the engine hands to this worker."""

    def __init__(self, book: RunBook, tools: Tools, ended: Callable[[str], None]) -> None:
        self._book = book
        self._tools = tools
        self._ended = ended
        self.active: dict[UUID, Run] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        """The engine's tasks that have begun an attempt and are not through with writing down how it ended."""

    def cancel(self, run_id: UUID) -> None:
        """Tell a run that somebody cancelled it."""
        run = self.active.get(run_id)
        if run is not None:
            run.cancelled.set()

    async def execute(self, run_id: UUID) -> None:
        """Do one attempt of a run; how it ended is in the book when this returns."""
        task = asyncio.current_task()
        if task is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        started = await self._book.start(run_id)
        if started is None:
            return
        try:
            await self._book.end(run_id, await self._attempt(started))
        finally:
            self._ended(started.queue)

    async def _attempt(self, started: Started) -> dict[str, Any]:
        engine = DurableEngine(self._book, started)
        retry = GIVE_UP
        try:
            _refuse(started)
            definition = job_named(started.job)
            retry = definition.retry.changed(started.retries, started.retry_delay_seconds)
            result = await self._call(definition, started, engine)
        except Exception as error:  # noqa: BLE001 -- every error ends the attempt, none ends the worker
            return self._failed(started, engine, error, retry)
        plain = msgspec.to_builtins(result)
        return _end("succeeded", result=plain if isinstance(plain, dict) or plain is None else {"value": plain})

    async def _call(self, definition: Job[Any], started: Started, engine: DurableEngine) -> object:
        run = Run(
            id=started.id,
            job=definition.name,
            seller_id=started.seller_id,
            attempt=started.attempt,
            actor=Actor("job", str(started.id), definition.name),
            tools=self._tools,
            engine=engine,
        )
        self.active[run.id] = run
        args = read_args(definition, started.args)
        own = definition.timeout.total_seconds() if definition.timeout else None
        limit = started.timeout_seconds or own
        clock = asyncio.timeout(limit)
        try:
            with structlog.contextvars.bound_contextvars(run=str(run.id), job=definition.name):
                async with clock:
                    return await definition.function(run, args)
        except TimeoutError:
            if clock.expired():
                raise RunTimeoutError(seconds=int(limit or 0)) from None
            raise
        finally:
            del self.active[run.id]

    def _failed(self, started: Started, engine: DurableEngine, error: Exception, retry: Retry) -> dict[str, Any]:
        failure = failure_of(error)
        attempt = started.attempt - started.attempts_before
        wait = wait_before_retry(failure, attempt, retry)
        if failure.kind == "bug":
            log.error("job_bug", run=str(started.id), job=started.job, attempt=attempt, exc_info=error)
        state = "cancelled" if failure.kind == "cancelled" else "failed" if wait is None else "waiting"
        if state in {"waiting", "failed"}:
            self._book.add_line(started.id, "warning" if wait else "error", Sentence(failure.text, failure.facts), None)
        step = engine.failed[1] if engine.failed and engine.failed[0] is error else None
        return _end(
            state,
            error_kind=failure.kind,
            error_code=failure.code,
            error_text=failure.text,
            error_facts=failure.facts,
            failed_step=step,
            wait=None if wait is None else wait.total_seconds(),
        )


def _refuse(started: Started) -> None:
    """Raise if the attempt must not begin."""
    if started.cancelled:
        raise CancelledRunError
    if started.resumes - started.resumes_before >= MOST_RESUMES:
        raise WorkerLostError(times=started.resumes - started.resumes_before)


def _end(state: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 -- columns
    empty: dict[str, Any] = {
        "error_kind": "",
        "error_code": "",
        "error_text": "",
        "error_facts": None,
        "failed_step": None,
        "wait": None,
        "result": None,
    }
    return {"state": state, **empty, **values}


def replayed(failure: Failure) -> ReplayedError:
    """Return the error that a remembered failure is raised as."""
    facts: dict[str, str | int] = {"kind": failure.kind, "code": failure.code, "sentence": failure.text}
    if failure.wait is not None:
        facts["wait"] = failure.wait
    error = ReplayedError(**facts)
    error.stored = failure.facts
    return error
