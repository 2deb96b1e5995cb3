"""Lets the engine look into its queues when there is something in them, instead of several times a second.

The engine polls each queue in a thread of its own and waits between two looks for its stop event.  We start those same
threads ourselves with a stop event that can also be rung: by NOTIFY, by the worker's pulse, and by a run that ends and
leaves its place to the next.  The claiming itself stays the engine's.
"""

import math
import threading
import time
from typing import Any, override

import dbos._dbos as launching
from dbos import DBOS
from dbos._dbos import DBOSRegistry
from dbos._queue import queue_worker_thread

from entrepot.jobs.registry import Queue

IDLE = 20.0
"""Seconds between two looks when nobody rings; the pulse rings within one."""
SHORTEST = 0.015
"""Seconds between two looks when everybody rings."""
GATHER = 0.02
"""Seconds between two looks when runs end: a look costs as much as a short run, so it fills several places."""
PLACES = {Queue.HIGH: 40, Queue.DEFAULT: 40, Queue.LOW: 10, Queue.MAIL: 10}
"""Runs of each queue that one worker does at a time."""

UNUSED = ("queue_thread", "background_jobs_thread", "dynamic_scheduler_loop")
"""Threads of the engine that look for queues, delays, time-outs and schedules every second.  We have our own."""


def launch() -> None:
    """Launch the engine on the running event loop, without the threads that would query for nothing for ever."""
    kept = {name: getattr(launching, name) for name in UNUSED}
    try:
        for name in UNUSED:
            setattr(launching, name, _nothing)
        DBOS.launch()
    finally:
        for name, thread in kept.items():
            setattr(launching, name, thread)


def _nothing(*_: object) -> None:
    """Stand in for a thread that is not needed."""


class Bell(threading.Event):
    """A stop event whose waiting can be cut short."""

    def __init__(self) -> None:
        super().__init__()
        self._condition = threading.Condition()
        self._due = math.inf
        self._last = 0.0

    def ring(self, apart: float = SHORTEST) -> None:
        """End the present wait, or the next one, but not sooner than *apart* seconds after the last one ended."""
        with self._condition:
            due = self._last + apart
            if due < self._due:
                self._due = due
                self._condition.notify_all()

    @override
    def set(self) -> None:
        super().set()
        self.ring(0)

    @override
    def wait(self, timeout: float | None = None) -> bool:
        with self._condition:
            end = math.inf if timeout is None else time.monotonic() + timeout
            while not self.is_set() and (left := min(self._due, end) - time.monotonic()) > 0:
                self._condition.wait(None if left == math.inf else left)
            self._due = math.inf
            self._last = time.monotonic()
        return self.is_set()


class Polling:
    """The four queues of one worker."""

    def __init__(self) -> None:
        self._bells = {queue: Bell() for queue in Queue}

    async def start(self, registry: DBOSRegistry) -> None:
        """Start a thread per queue; the engine must be launched."""
        for queue, bell in self._bells.items():
            known = await DBOS.register_queue_async(
                str(queue), worker_concurrency=PLACES[queue], polling_interval_sec=IDLE, on_conflict="always_update"
            )
            known.database_backed_queue = False  # else every look reads the queue's settings again
            arguments: tuple[Any, ...] = (bell, registry.dbos, known)
            registry.register_poller(bell, queue_worker_thread, *arguments)

    def ring(self) -> None:
        """Look into every queue now."""
        for bell in self._bells.values():
            bell.ring()

    def place_free(self, queue: str) -> None:
        """Look for the next run of a queue, of which one has ended."""
        self._bells[Queue(queue)].ring(GATHER)

    def stop(self) -> None:
        """Claim nothing more."""
        for bell in self._bells.values():
            bell.set()
