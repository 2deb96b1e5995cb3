"""``entrepot up``: starts the database, runs the other processes and starts them again when they die."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from entrepot.kit.postgres import running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

PARENT_PIPE = "ENTREPOT_PARENT_PIPE"
"""Number of a file descriptor that reaches its end when the supervisor is gone, however it went."""
GRACE = 15
"""Seconds a process has to finish what it does."""
LONGEST_PAUSE = 30


@dataclass(slots=True)
class Child:
    """One process and how often it died lately."""

    name: str
    module: str = "entrepot"
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = 0.0
    due: float = field(default=0.0)


class Supervisor:
    """Runs processes until it is told to stop.

    Args:
        children: what to run.
        environment: added to our own.
        first: a command of ``entrepot`` that runs beside the first child, before the others start.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        environment: Mapping[str, str] | None = None,
        first: tuple[str, ...] = (),
    ) -> None:
        self._children = list(children)
        self._first = first
        self._stop = threading.Event()
        self._environment = {**os.environ, **(environment or {})}

    def run(self) -> None:
        """Start everything, wait for SIGINT or SIGTERM, stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._asked_to_stop)
        settings = Settings()
        with running_server(settings, SecretBox(settings.keys)):
            self.command("migrate")
            read_end, write_end = os.pipe()
            self._environment[PARENT_PIPE] = str(read_end)
            try:
                if self._first:
                    self._start(self._children[0], read_end)
                    self.command(*self._first)
                self._watch(read_end)
            finally:
                self._end()
                os.close(write_end)
                os.close(read_end)

    def command(self, *arguments: str) -> None:
        """Run one command of ``entrepot`` to its end."""
        done = subprocess.run(  # noqa: S603 -- our own commands
            [sys.executable, "-m", "entrepot", *arguments], check=False, env=self._environment
        )
        if done.returncode:
            sys.exit(done.returncode)  # it has said why

    def _asked_to_stop(self, *_: object) -> None:
        self._stop.set()

    def _watch(self, pipe: int) -> None:
        while not self._stop.wait(0.2):
            for child in self._children:
                if child.process is not None and child.process.poll() is not None:
                    child.deaths = child.deaths + 1 if time.monotonic() - child.started < LONGEST_PAUSE else 1
                    child.due = time.monotonic() + min(2 ** (child.deaths - 1), LONGEST_PAUSE)
                    print(f"{child.name} ended with {child.process.returncode}; starting it again", file=sys.stderr)
                    child.process = None
                if child.process is None and time.monotonic() >= child.due:
                    self._start(child, pipe)

    def _start(self, child: Child, pipe: int) -> None:
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 -- our own modules
            [sys.executable, "-m", child.module, *child.arguments],
            env=self._environment,
            pass_fds=(pipe,),
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


def end_with_parent() -> None:
    """Make this process stop when the supervisor that started it is gone, even if that was killed."""
    number = os.environ.get(PARENT_PIPE)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)  # returns when the last write end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
