"""The worker process: does jobs, feeds reactions, starts schedules, takes over from dead workers."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import structlog
from dbos import DBOS, DBOSConfig
from dbos._dbos import DBOSRegistry

from entrepot.jobs import repository, ticking
from entrepot.jobs.book import RunBook
from entrepot.jobs.discovery import discover, plans
from entrepot.jobs.errors import CursorMovedError
from entrepot.jobs.execution import Executor
from entrepot.jobs.handover import APPLICATION, WORKFLOW
from entrepot.jobs.lease import Lease
from entrepot.jobs.polling import Polling, launch
from entrepot.jobs.reacting import Reactor
from entrepot.jobs.reactions import all_reactions
from entrepot.jobs.run import Tools
from entrepot.jobs.serialization import PlainJson
from entrepot.jobs.service import WAKE
from entrepot.kit import outbox
from entrepot.kit.database import Database, DatabaseAwayError
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.wakeup import Wakeups

VERSION = "1"
"""What the engine takes for our version.  Pinned: runs of one release go on in the next.  A job whose steps change
their order so that old runs cannot go on gets a new name instead."""
PULSE = 1.0
"""Seconds between two looks at everything that NOTIFY may have failed to tell."""
PATROL = 5.0
"""Seconds between two looks for dead workers, and between two signs of life."""
SETTLING = 15.0
"""Seconds after the start in which the engine may still put back what this worker did before it died."""
IDLE_EVENTS = 2.0
GRACE = 5.0
"""Seconds that running jobs have to end when the worker stops, what does not goes on in another; and then to let go."""
REACTIONS = "reactions"
"""The lease of the one worker that feeds reactions."""
SHORTEST_PASS = 0.03
THREADS = 16
ENGINE_CONNECTIONS = 6

log = structlog.get_logger()


class Worker:
    """One worker.

    Args:
        settings: of this process.
        box: opens credentials for jobs.
        server: where the database is.
    """

    def __init__(self, settings: Settings, box: SecretBox, server: Server) -> None:
        self._settings = settings
        self._server = server
        self.database = Database(
            server.asyncpg(server.application), box.derive("scope"), pool=settings.database_pool, wakeups=Wakeups()
        )
        self._tools = Tools(self.database, box, settings)
        self._lease = Lease(server.plain(server.application))
        self._polling = Polling()
        self._work_rung = asyncio.Event()
        self._events_rung = asyncio.Event()
        self.slot = ""
        self._settled = 0.0
        self._reactor: Reactor | None = None

    @property
    def reacting(self) -> bool:
        """Whether this worker is the one that feeds reactions."""
        return self._reactor is not None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop* is set or the lease is lost."""
        discover()
        async with self.database:
            self.slot = await self._lease.acquire(self._settings.worker_slot)
            with structlog.contextvars.bound_contextvars(worker=self.slot):
                try:
                    await self._serve(stop)
                finally:
                    await self._lease.release()

    async def _serve(self, stop: asyncio.Event) -> None:
        self._book = RunBook(self.database, self.slot)
        self._executor = Executor(self._book, self._tools, self._polling.place_free)
        await self._introduce()
        registry = self._launch()
        writing = asyncio.create_task(self._book.keep(), name="book")
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._lease.listen(WAKE, self._work_rung.set)
            await self._lease.listen(outbox.CHANNEL, self._events_rung.set)
            await self._polling.start(registry)
            self._settled = time.monotonic() + SETTLING
            tasks = [
                asyncio.create_task(self._keep_on(work), name=work.__name__)
                for work in (self._pulse, self._patrol, self._react)
            ]
            log.info("worker_started", slot=self.slot)
            waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self._lease.lost.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        finally:
            await self._stop(tasks, writing)

    def _launch(self) -> DBOSRegistry:
        """Start the engine on this event loop, on our database."""
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it adds a handler that prints
        logging.getLogger("dbos").propagate = True
        executor = self._executor

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
        async def carry_out(run_id: str) -> None:
            await executor.execute(UUID(run_id))

        engine = DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_url=self._server.plain(self._server.application),
                sys_db_pool_size=ENGINE_CONNECTIONS,
                db_engine_kwargs={
                    "connect_args": {"application_name": "entrepot jobs"},
                    "pool_timeout": 30,
                    "max_overflow": 0,
                    "pool_pre_ping": False,  # the engine repeats what a lost connection interrupted
                },
                executor_id=self.slot,
                application_version=VERSION,
                serializer=PlainJson(),
                run_migrations=False,
                max_executor_threads=THREADS,
                log_level="WARNING",
                console_log_level="WARNING",
            )
        )
        launch()
        return engine._registry  # noqa: SLF001 -- there is no public way to add a polling thread  # pyright: ignore[reportPrivateUsage]

    async def _stop(self, tasks: list[asyncio.Task[None]], writing: asyncio.Task[None]) -> None:
        self._polling.stop()
        running = self._executor.tasks
        if running and not self._lease.lost.is_set():
            await asyncio.wait(set(running), timeout=GRACE)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        if not self._lease.lost.is_set():
            await self._book.write()
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # The engine made its own threads the loop's, and has just ended them.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        # Only now, when the engine can no longer take it for the run's own failure.
        left = list(running)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=GRACE)
        else:
            with contextlib.suppress(DatabaseAwayError):
                async with self.database.transaction(Scope.all_sellers()) as session:
                    await repository.forget_worker(session, self.slot)
        log.info("worker_stopped", slot=self.slot, left=len(left))

    async def _introduce(self) -> None:
        async with self.database.transaction(Scope.all_sellers()) as session:
            await repository.remember_worker(
                session, {"name": self.slot, "host": socket.gethostname(), "pid": os.getpid(), "version": VERSION}
            )
            for set_up in plans():
                await set_up(session)

    async def _keep_on(self, work: Callable[[], Awaitable[None]]) -> None:
        """Repeat *work* for ever; an error costs a second, not the worker."""
        while True:
            try:
                await work()
            except DatabaseAwayError as error:
                log.warning("database_away", detail=error.detail)
                await asyncio.sleep(1)
            except Exception:
                log.exception("worker_loop_failed", loop=work.__name__)
                await asyncio.sleep(1)

    async def _pulse(self) -> None:
        """Look what there is to do, at once when told, else every second."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._work_rung.wait(), PULSE)
        if self._work_rung.is_set():
            self._work_rung.clear()
            self._polling.ring()
        async with self.database.transaction(Scope.all_sellers()) as session:
            pulse = await repository.take_pulse(session, self.slot)
        for run_id in pulse.cancelled:
            self._executor.cancel(run_id)
        if pulse.due:
            await ticking.release_due(self.database)
        if pulse.scheduled:
            await ticking.start_scheduled(self.database)
        if pulse.retries and self._reactor is not None:
            await self._reactor.retry_set_aside()
        if pulse.queued or pulse.due or pulse.scheduled or time.monotonic() < self._settled:
            self._polling.ring()

    async def _patrol(self) -> None:
        """Show a sign of life, and take over the runs of workers that died."""
        async with self.database.transaction(Scope.all_sellers()) as session:
            others = await repository.see_worker(session, self.slot, len(self._executor.active))
        for name in others:
            if await self._lease.take(name):
                try:
                    if await ticking.take_over(self.database, name):
                        self._polling.ring()
                finally:
                    await self._lease.give_back(name)
        await asyncio.sleep(PATROL)

    async def _react(self) -> None:
        """Feed reactions, if no other worker does."""
        reactions = all_reactions()
        if not reactions or not await self._lease.take(REACTIONS):
            await asyncio.sleep(PATROL)
            return
        reactor = Reactor(self.database, reactions)
        try:
            await reactor.begin()
            self._reactor = reactor
            while True:
                self._events_rung.clear()
                again = await reactor.work()
                await asyncio.sleep(SHORTEST_PASS)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._events_rung.wait(), min(again or IDLE_EVENTS, IDLE_EVENTS))
        except CursorMovedError as error:
            log.info("reactions_taken_over", detail=error.detail)
        finally:
            self._reactor = None
            if not self._lease.lost.is_set():
                await self._lease.give_back(REACTIONS)


async def run_worker(settings: Settings, box: SecretBox, server: Server) -> None:
    """Be a worker until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await Worker(settings, box, server).run(stop)
