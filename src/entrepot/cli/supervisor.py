"""``entrepot up``: prepares the database, runs the other processes and starts them again when they die.

Runs for as long as the hub does, so it imports nothing but the standard library: :func:`supervise` puts it in the place
of the command that has read the settings.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

PARENT_PIPE = "ENTREPOT_PARENT_PIPE"
"""Number of a file descriptor that reaches its end when the supervisor is gone, however it went."""
READY_PIPE = "ENTREPOT_READY_PIPE"
"""Number of a file descriptor that reaches its end when the database is prepared."""
GRACE = 15
"""Seconds a process has to finish what it does."""
LONGEST_PAUSE = 30


@dataclass(frozen=True, slots=True)
class Program:
    """What to run."""

    name: str
    module: str = "entrepot"
    arguments: tuple[str, ...] = ()
    early: bool = False
    """Starts beside the preparation of the database; it waits for that by :func:`wait_until_ready` or needs none."""


EVERYTHING = (Program("web", arguments=("web",), early=True), Program("worker", arguments=("worker",)))


@dataclass(slots=True)
class Child:
    """One process and how often it died lately."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = 0.0
    due: float = field(default=0.0)


def supervise(programs: Sequence[Program], *, environment: Mapping[str, str], first: tuple[str, ...] = ()) -> None:
    """Become the supervisor of *programs*.  Does not return.

    Args:
        programs: what to run.
        environment: added to our own.
        first: a command of ``entrepot`` that runs when the database is prepared, before those that are not early.
    """
    plan = json.dumps({"programs": [asdict(program) for program in programs], "first": first})
    sys.stdout.flush()
    os.execve(  # noqa: S606 -- our own module
        sys.executable, [sys.executable, "-m", "entrepot.cli.supervisor", plan], {**os.environ, **environment}
    )


class Supervisor:
    """Runs processes until it is told to stop."""

    def __init__(self, programs: Sequence[Program], first: Sequence[str]) -> None:
        self._children = [Child(program) for program in programs]
        self._first = first
        self._stop = threading.Event()
        self._environment = dict(os.environ)
        self._pipes: tuple[int, ...] = ()

    def run(self) -> int:
        """Start everything, wait for SIGINT or SIGTERM, stop everything; return what the process ends with."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        alive, alive_end = os.pipe()
        ready, ready_end = os.pipe()
        self._pipes = (alive, ready)
        self._environment |= {PARENT_PIPE: str(alive), READY_PIPE: str(ready)}
        try:
            for child in self._children:
                if child.program.early:
                    self._start(child)
            if failed := self._command("prepare"):
                return failed
            try:
                if self._first and (failed := self._command(*self._first)):
                    return failed
                os.close(ready_end)
                self._watch()
            finally:
                self._end()
                self._command("leave")
        finally:
            self._end()
            os.close(alive_end)
        return 0

    def _command(self, *arguments: str) -> int:
        """Run one command of ``entrepot`` to its end; return what it ended with.  It has said why."""
        done = subprocess.run(  # noqa: S603 -- our own commands
            [sys.executable, "-m", "entrepot", *arguments], check=False, env=self._environment, start_new_session=True
        )
        return done.returncode

    def _asked_to_stop(self, *_: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(0.2):
            for child in self._children:
                if child.process is not None and child.process.poll() is not None:
                    child.deaths = child.deaths + 1 if time.monotonic() - child.started < LONGEST_PAUSE else 1
                    child.due = time.monotonic() + min(2 ** (child.deaths - 1), LONGEST_PAUSE)
                    print(
                        f"{child.program.name} ended with {child.process.returncode}; starting it again",
                        file=sys.stderr,
                    )
                    child.process = None
                if child.process is None and time.monotonic() >= child.due:
                    self._start(child)

    def _start(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 -- our own modules
            [sys.executable, "-m", child.program.module, *child.program.arguments],
            env=self._environment,
            pass_fds=self._pipes,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops them in order
        )

    def _end(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        for child in self._children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def wait_until_ready() -> None:
    """Wait for the supervisor that started this process, if one did, to have prepared the database."""
    number = os.environ.get(READY_PIPE)
    if number is not None:
        os.read(int(number), 1)  # returns when the last write end is closed


def end_with_parent() -> None:
    """Make this process stop when the supervisor that started it is gone, even if that was killed."""
    number = os.environ.get(PARENT_PIPE)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)  # returns when the last write end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


if __name__ == "__main__":
    read = json.loads(sys.argv[1])
    sys.exit(Supervisor([Program(**program) for program in read["programs"]], read["first"]).run())
