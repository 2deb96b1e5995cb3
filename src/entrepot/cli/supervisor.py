"""``entrepot up``: starts the database, runs the other processes and starts them again when they die."""

import os
import signal
import subprocess
import sys
import threading
import time
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

    command: str
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    started: float = 0.0
    due: float = field(default=0.0)


class Supervisor:
    """Runs the named commands of ``entrepot`` until it is told to stop."""

    def __init__(self, commands: tuple[str, ...], *, environment: dict[str, str] | None = None) -> None:
        self._children = [Child(command) for command in commands]
        self._stop = threading.Event()
        self._environment = {**os.environ, **(environment or {})}

    def run(self) -> None:
        """Start everything, wait for SIGINT or SIGTERM, stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        settings = Settings()
        with running_server(settings, SecretBox(settings.keys)):
            self.prepare()
            read_end, write_end = os.pipe()
            self._environment[PARENT_PIPE] = str(read_end)
            try:
                self._watch(read_end)
            finally:
                self._end()
                os.close(write_end)
                os.close(read_end)

    def prepare(self) -> None:
        """Bring the database up to date before anything uses it."""
        subprocess.run([sys.executable, "-m", "entrepot", "migrate"], check=True, env=self._environment)

    def _watch(self, pipe: int) -> None:
        while not self._stop.wait(0.2):
            for child in self._children:
                if child.process is not None and child.process.poll() is not None:
                    child.deaths = child.deaths + 1 if time.monotonic() - child.started < LONGEST_PAUSE else 1
                    child.due = time.monotonic() + min(2 ** (child.deaths - 1), LONGEST_PAUSE)
                    print(f"{child.command} ended with {child.process.returncode}; starting it again", file=sys.stderr)
                    child.process = None
                if child.process is None and time.monotonic() >= child.due:
                    child.started = time.monotonic()
                    child.process = subprocess.Popen(
                        [sys.executable, "-m", "entrepot", child.command],
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
