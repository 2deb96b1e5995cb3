"""The book of runs: what starts, gets further and ends, written together for all runs of a worker.

One transaction for everything that happened within a few milliseconds: a busy worker would spend its time on commits
otherwise.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog

from entrepot.jobs import repository
from entrepot.jobs.events import RunFailed, RunProgressed, RunsChanged
from entrepot.jobs.repository import Started
from entrepot.jobs.run import Level
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database, DatabaseAwayError
from entrepot.kit.outbox import Event
from entrepot.kit.scope import Scope
from entrepot.kit.sentence import Sentence

GATHER = 0.004
"""Seconds to wait for more that can share a transaction."""
APART = 0.01
"""Seconds between two transactions of a busy worker, which share more of them then."""
PAUSE = 0.25
"""Seconds that progress and log lines may wait."""
TELL = 0.5
"""Seconds between two events about runs."""
MOST_NAMED = 100
"""Runs in one event: a page reloads for any of them, naming every one of thousands helps nobody."""
AWAY = 0.5
"""Seconds between two tries while the database is away."""

log = structlog.get_logger()


@dataclass(slots=True)
class Page:
    """What is to be written next."""

    starts: dict[UUID, asyncio.Future[Started | None]] = field(default_factory=dict)
    ends: dict[UUID, tuple[dict[str, Any], asyncio.Future[None]]] = field(default_factory=dict)
    progress: dict[UUID, tuple[int, int, Sentence]] = field(default_factory=dict)
    further: set[UUID] = field(default_factory=set[UUID])
    """Resumed runs that finished a step."""
    lines: list[dict[str, Any]] = field(default_factory=list)


class RunBook:
    """Writes for one worker.

    Args:
        database: the worker's.
        slot: the worker's name.
    """

    def __init__(self, database: Database, slot: str) -> None:
        self._database = database
        self._slot = slot
        self._actor = Actor("job", slot, slot)
        self._page = Page()
        self._urgent = asyncio.Event()
        self._some = asyncio.Event()
        self._runs: dict[UUID, Started] = {}
        self._changed: dict[UUID | None, set[UUID]] = {}
        self._latest: dict[UUID, tuple[int, int, Sentence]] = {}
        self._told = 0.0
        self._began = 0.0

    async def start(self, run_id: UUID) -> Started | None:
        """Note that a run starts, or goes on; None if it has ended meanwhile (cancelled)."""
        future: asyncio.Future[Started | None] = asyncio.get_running_loop().create_future()
        self._page.starts[run_id] = future
        self._wake(urgent=True)
        return await future

    async def end(self, run_id: UUID, row: dict[str, Any]) -> None:
        """Note how an attempt ended; returns when that is committed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._page.ends[run_id] = ({"id": run_id, **row}, future)
        self._wake(urgent=True)
        await future
        self._runs.pop(run_id, None)

    def report(self, run_id: UUID, done: int, total: int, note: Sentence) -> None:
        """Note progress; written soon."""
        self._page.progress[run_id] = (done, total, note)
        self._wake(urgent=False)

    def got_further(self, run_id: UUID) -> None:
        """Note that a resumed run finished a step; written soon."""
        self._page.further.add(run_id)
        self._wake(urgent=False)

    def add_line(self, run_id: UUID, level: Level, line: Sentence, subject: tuple[str, UUID] | None) -> None:
        """Note a log line; written soon."""
        run = self._runs.get(run_id)
        kind, subject_id = subject or ("", None)
        self._page.lines.append(
            {
                "run_id": run_id,
                "seller_id": run.seller_id if run else None,
                "at": now(),
                "level": level,
                "text": line.text,
                "facts": line.facts,
                "subject_kind": kind,
                "subject_id": subject_id,
            }
        )
        self._wake(urgent=False)

    async def keep(self) -> None:
        """Write until cancelled."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), PAUSE)
            if self._urgent.is_set():
                await asyncio.sleep(max(GATHER, self._began + APART - time.monotonic()))
            await self.write()

    async def write(self) -> None:
        """Write what there is."""
        self._began = time.monotonic()
        page, self._page = self._page, Page()
        self._some.clear()
        self._urgent.clear()
        while True:
            try:
                started = await self._store(page)
            except DatabaseAwayError as error:
                log.warning("database_away", detail=error.detail)
                await asyncio.sleep(AWAY)
            except Exception as error:
                log.exception("run_book_failed")
                _settle(page, error)
                return
            else:
                break
        self._runs.update(started)
        for run_id, start in page.starts.items():
            if not start.done():
                start.set_result(started.get(run_id))
        for _, end in page.ends.values():
            if not end.done():
                end.set_result(None)

    async def _store(self, page: Page) -> dict[UUID, Started]:
        async with self._database.transaction(Scope.all_sellers(), actor=self._actor) as session:
            started = await repository.start_runs(session, list(page.starts), self._slot) if page.starts else {}
            if page.progress:
                await repository.report_progress(session, page.progress)
            if page.further:
                await repository.note_steps(session, sorted(page.further))
            if page.lines:
                await repository.add_log_lines(session, page.lines)
            if page.ends:
                await repository.finish_runs(session, [row for row, _ in page.ends.values()])
            events = [*self._failures(page), *self._changes(page, started)]
            await outbox.record(session, *events)
        return started

    def _failures(self, page: Page) -> list[Event]:
        return [
            RunFailed(
                seller_id=run.seller_id,
                subject_id=run_id,
                job=run.job,
                code=row["error_code"],
                reason=Sentence(row["error_text"], row["error_facts"]).english,
            )
            for run_id, (row, _) in page.ends.items()
            if row["state"] == "failed" and (run := self._runs.get(run_id)) is not None
        ]

    def _changes(self, page: Page, started: dict[UUID, Started]) -> list[Event]:
        """Return what live pages need to know, a few times a second at most."""
        for run_id in {*page.starts, *page.ends, *page.progress, *(line["run_id"] for line in page.lines)}:
            run = started.get(run_id) or self._runs.get(run_id)
            if run is not None:
                self._changed.setdefault(run.seller_id, set()).add(run_id)
        self._latest.update(page.progress)
        if not self._changed:
            return []
        if time.monotonic() - self._told < TELL:
            asyncio.get_running_loop().call_later(TELL, self._some.set)
            return []
        changed, self._changed = self._changed, {}
        latest, self._latest = self._latest, {}
        self._told = time.monotonic()
        events: list[Event] = []
        for seller_id, runs in changed.items():
            events.append(RunsChanged(seller_id=seller_id, subject_id=min(runs), runs=sorted(runs)[:MOST_NAMED]))
            for run_id in sorted(runs & latest.keys())[:MOST_NAMED]:
                done, total, note = latest[run_id]
                # A template is for the page, which knows its reader's language; the bar moves meanwhile.
                text = note.text if note.facts is None else None
                events.append(RunProgressed(seller_id=seller_id, subject_id=run_id, done=done, total=total, text=text))
        return events

    def _wake(self, *, urgent: bool) -> None:
        if urgent:
            self._urgent.set()
        self._some.set()


def _settle(page: Page, error: Exception) -> None:
    for start in page.starts.values():
        if not start.done():
            start.set_exception(error)
    for _, end in page.ends.values():
        if not end.done():
            end.set_exception(error)
