"""Processes that are there at once: one that has loaded the program forks for each of them.

Loading takes one to three seconds of processor time, more than most processes of tests need after it.
``python -m tests.preloaded MODULE`` calls the module's ``load``, then reads orders from standard input, one line of JSON
each, and forks for each order a process that runs the module's ``main`` with its arguments, environment and files.  It
says on standard output which processes it began and how they ended.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

CHILDREN = {signal.SIGCHLD}


class Order(msgspec.Struct, frozen=True):
    """What a new process finds."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    stdin: str
    stdout: str
    stderr: str


def command(module: str) -> list[str]:
    """Return the command that loads *module*, and forks."""
    return [sys.executable, "-m", "tests.preloaded", module]


class Forked:
    """A process that was forked: to be signalled and awaited as one that was started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(self, code: int) -> None:
        self._code.set_result(code)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if not self._code.done():
            os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait for its end; return its exit code, or the negative number of the signal that killed it."""
        return await asyncio.shield(self._code)


class Forking:
    """The process that forks others."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders = process.stdin
        self._reports = process.stdout
        self._begun: asyncio.Queue[Forked] = asyncio.Queue()
        self._one_by_one = asyncio.Lock()

    async def listen(self) -> None:
        """Hear which processes begin and end, until there are none."""
        living: dict[int, Forked] = {}
        while line := await self._reports.readline():
            pid, code = json.loads(line)
            if code is None:
                living[pid] = Forked(pid)
                self._begun.put_nowait(living[pid])
            else:
                living.pop(pid).end(code)

    async def fork(self, *arguments: str, environment: Mapping[str, str], output: Path) -> Forked:
        """Begin a process."""
        order = Order(arguments, dict(environment), os.devnull, str(output), str(output))
        async with self._one_by_one:
            self._orders.write(msgspec.json.encode(order) + b"\n")
            return await self._begun.get()

    async def end(self) -> None:
        """Tell it that there are no more orders."""
        self._orders.close()


@asynccontextmanager
async def preloaded(module: str) -> AsyncGenerator[Forking]:
    """Run the process that loads *module*."""
    process = await asyncio.create_subprocess_exec(*command(module), stdin=PIPE, stdout=PIPE)
    forking = Forking(process)
    listening = asyncio.create_task(forking.listen())
    try:
        yield forking
    finally:
        await forking.end()
        await process.wait()
        await listening


def report(pid: int, code: int | None = None) -> None:
    """Say that a process has begun, or how it has ended."""
    os.write(1, json.dumps([pid, code]).encode() + b"\n")


def bury(*_: object) -> None:
    """Report every process that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            report(found[0], os.waitstatus_to_exitcode(found[1]))


def become(order: Order) -> None:
    """Make this process find what one would that was started as ordered."""
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (name, how) in enumerate(
        ((order.stdin, os.O_RDONLY), (order.stdout, writing), (order.stderr, writing))
    ):
        opened = os.open(name, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv[1:] = order.arguments


def main() -> None:
    """Load, and fork until there are no more orders; a forked process goes on as what it was ordered to be."""
    module = importlib.import_module(sys.argv[1])
    module.load()
    gc.freeze()
    signal.signal(signal.SIGCHLD, bury)
    with open(0, "rb", buffering=0, closefd=False) as orders:  # without a buffer, which a fork would copy
        while line := orders.readline():
            signal.pthread_sigmask(signal.SIG_BLOCK, CHILDREN)  # its end is reported after its beginning
            pid = os.fork()
            if not pid:
                break
            report(pid)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILDREN)
        else:
            return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, CHILDREN)
    become(msgspec.json.decode(line, type=Order))
    module.main()


if __name__ == "__main__":
    main()
