"""``entrepot up``: prepares the database, runs the other processes and starts them again when they die.

It loads the program while the database is prepared, and its own processes are forks of it: what
was loaded takes its memory once, and what died is back without loading anything again.
"""

import enum
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkProcess
from typing import NoReturn

from setproctitle import setproctitle

from entrepot.cli.parent import PARENT_PIPE, READY_PIPE
from entrepot.cli.processes import load_web, load_worker, run_web, run_worker

GRACE = 15
"""Seconds a process has to finish what it does."""
LONGEST_PAUSE = 30
LOOK = 0.2
"""Seconds between two looks at who died."""
STOPS = frozenset({signal.SIGINT, signal.SIGTERM})


class When(enum.Enum):
    """What a program begins after."""

    NOTHING = enum.auto()
    LOADED = enum.auto()
    """Beside the preparation of the database, which it awaits by :func:`~entrepot.cli.parent.wait_until_ready`."""
    PREPARED = enum.auto()


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, in a process of its own."""

    name: str
    run: Callable[[], None]
    after: When = When.PREPARED


EVERYTHING = (Program("web", run_web, When.LOADED), Program("worker", run_worker))


@dataclass(slots=True)
class Child:
    """One process and how often it died lately."""

    program: Program
    process: ForkProcess | None = None
    deaths: int = 0
    started: float = 0.0
    due: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.exitcode is None


def supervise(programs: Sequence[Program], *, environment: Mapping[str, str], first: tuple[str, ...] = ()) -> NoReturn:
    """Run *programs* until SIGINT or SIGTERM, and end.

    Args:
        programs: what to run.
        environment: added to our own.
        first: a command of ``entrepot`` that runs when the database is prepared, before what begins after that.
    """
    os.environ.update(environment)
    setproctitle("entrepot up")
    sys.exit(Supervisor(programs, first).run())


def become(module: str, *arguments: str) -> NoReturn:
    """Go on as ``python -m`` *module*: a program that shares nothing with ours."""
    for pipe in (PARENT_PIPE, READY_PIPE):
        os.set_inheritable(int(os.environ[pipe]), True)  # noqa: FBT003
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 -- our own module


class Supervisor:
    """Runs processes until it is told to stop."""

    def __init__(self, programs: Sequence[Program], first: Sequence[str]) -> None:
        self._children = [Child(program) for program in programs]
        self._first = first
        self._stop = threading.Event()
        self._ends: list[int] = []

    def run(self) -> int:
        """Start everything, wait for SIGINT or SIGTERM, stop everything; return what the process ends with."""
        for number in STOPS:
            signal.signal(number, self._asked_to_stop)
        (alive, alive_end), (ready, ready_end) = os.pipe(), os.pipe()
        self._ends = [alive_end, ready_end]
        os.environ |= {PARENT_PIPE: str(alive), READY_PIPE: str(ready)}
        try:
            preparation = self._command("prepare")
            self._start_all(When.NOTHING)
            load_web()
            load_worker()  # before the first fork, or the two would share a third less
            self._start_all(When.LOADED)
            if failed := preparation.wait():
                return failed
            try:
                if self._first and (failed := self._command(*self._first).wait()):
                    return failed
                os.close(self._ends.pop())
                self._watch()
            finally:
                self._end()
                self._command("leave").wait()
        finally:
            self._end()
        return 0

    def _command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command of ``entrepot``, which says itself why it failed."""
        return subprocess.Popen([sys.executable, "-m", "entrepot", *arguments], start_new_session=True)  # noqa: S603 -- our own commands

    def _asked_to_stop(self, *_: object) -> None:
        self._stop.set()

    def _start_all(self, after: When) -> None:
        for child in self._children:
            if child.program.after is after:
                self._start(child)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK):
            for child in self._children:
                if child.process is not None and not child.alive:
                    child.deaths = child.deaths + 1 if time.monotonic() - child.started < LONGEST_PAUSE else 1
                    child.due = time.monotonic() + min(2 ** (child.deaths - 1), LONGEST_PAUSE)
                    print(
                        f"{child.program.name} ended with {child.process.exitcode}; starting it again",
                        file=sys.stderr,
                    )
                    child.process = None
                if child.process is None and time.monotonic() >= child.due:
                    self._start(child)

    def _start(self, child: Child) -> None:
        gc.freeze()  # so that the new process's collector writes into none of the pages it shares
        child.started = time.monotonic()
        child.process = ForkProcess(target=self._live, args=(child.program,), name=child.program.name)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # until the new process hears them itself
        child.process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def _live(self, program: Program) -> None:
        """Be *program*, in a process just forked."""
        os.setsid()  # Ctrl-C reaches the supervisor alone, which stops its processes in order
        for end in self._ends:
            os.close(end)
        for number in STOPS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        setproctitle(f"entrepot {program.name}")
        program.run()

    def _end(self) -> None:
        living = [child.process for child in self._children if child.process is not None and child.alive]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(process.exitcode is None for process in living):
            time.sleep(LOOK / 4)
        for process in living:
            if process.exitcode is None:
                process.kill()
                process.join()
