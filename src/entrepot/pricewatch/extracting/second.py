"""A second process that reads pages, so that a big batch has two cores: one page takes ten milliseconds of a core.

It is told pages over its standard input and answers on its standard output, one after the other.  It has no database, no
secrets and no network to use, and ends when its input does: with whoever started it, however that ended.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from pathlib import Path
from typing import BinaryIO, Self

import msgspec
import structlog

from entrepot.pricewatch.extracting.contract import Extraction, Page, Recipe
from entrepot.pricewatch.extracting.reading import extract

MANY = 20
"""Pages after which a second process is worth its start, which takes as long as they do."""
AHEAD = 8
"""Pages that it is told before it has read the first.

Whoever tells it hears its answers late, having pages of its own to read and to store meanwhile: told two, it waited for
a third of the time.
"""
PATIENCE = 30.0
"""Seconds for one page, and for its end."""
ROOM = 1024 * 1024
"""Bytes of a page that it can be sent at once, while whoever sends them does something else."""
_SIZE = 4
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT")

log = structlog.get_logger()


class Readers:
    """Reads pages here, and in a second process once there were many; ``async with Readers() as readers``.

    Args:
        many: pages after which the second process is started.
        cores: that may be used; one: there is no second process.
    """

    def __init__(self, *, many: int = MANY, cores: int | None = None) -> None:
        self._many = many
        self._cores = cores or _cores()
        self._count = 0
        self._process: Process | None = None
        self._asked: deque[asyncio.Future[Extraction | None]] = deque()
        self._starting: asyncio.Task[None] | None = None
        self.elsewhere = 0
        """Pages that the second process read."""

    async def read(self, page: Page, recipe: Recipe) -> Extraction:
        """Return what *page* says, as :func:`extract` does."""
        self._count += 1
        if self._count == self._many and self._cores > 1:
            self._starting = asyncio.create_task(self._serve(), name="page_reader")
        if self._process is not None and len(self._asked) < AHEAD:
            found = await self._ask(self._process, page, recipe)
            if found is not None:
                self.elsewhere += 1
                return found
        return extract(page, recipe)

    def memory_mb(self) -> int:
        """Return the most that the second process needed so far; 0 where there is none, or the system does not say."""
        if self._process is None:
            return 0
        try:
            said = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        except OSError:
            return 0
        peak = re.search(r"VmHWM:\s*(\d+)", said)
        return int(peak[1]) // 1024 if peak else 0

    async def _ask(self, process: Process, page: Page, recipe: Recipe) -> Extraction | None:
        """Let the second process read; None: it cannot."""
        answer: asyncio.Future[Extraction | None] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        told = msgspec.msgpack.encode((page, recipe))
        if process.stdin is not None:
            process.stdin.write(len(told).to_bytes(_SIZE) + told)
        done, _ = await asyncio.wait([answer], timeout=PATIENCE)
        if not done:
            log.warning("page_reader_hangs", url=page.url[:200])
            self._process = None
            _kill(process)
        return answer.result() if done else None

    async def _serve(self) -> None:
        """Start the second process, and hand out its answers until it ends."""
        process: Process | None = None
        try:
            process = await _start()
            self._process = process
            while process.stdout is not None:
                size = int.from_bytes(await process.stdout.readexactly(_SIZE))
                found = msgspec.msgpack.decode(await process.stdout.readexactly(size), type=Extraction | None)
                answer = self._asked.popleft()
                if not answer.done():
                    answer.set_result(found)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with it, pages are read here
            if self._process is not None or process is None:  # else we ended it ourselves
                log.warning("page_reader_ended", reason=type(error).__name__)
        finally:
            self._process = None
            while self._asked:
                answer = self._asked.popleft()
                if not answer.done():
                    answer.set_result(None)
            if process is not None:
                await _end(process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the second process."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
        if self._starting is None:
            return
        if process is None:
            self._starting.cancel()
        await asyncio.wait([self._starting], timeout=PATIENCE)
        if process is not None and not self._starting.done():
            _kill(process)
            await asyncio.wait([self._starting])


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _start() -> Process:
    passed = {name: value for name in _PASSED_ON if (value := os.environ.get(name))}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __spec__.name, stdin=PIPE, stdout=PIPE, env=passed, limit=ROOM
    )
    pipe = process.stdin.get_extra_info("pipe") if process.stdin is not None else None
    if pipe is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError, ValueError):  # the system allows no more, it is a socket, or closed
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, ROOM)
    return process


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def _end(process: Process) -> None:
    """See *process* end, by its own will or not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(PATIENCE):
            await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        _kill(process)
        await process.wait()


def serve(told: BinaryIO, answers: BinaryIO) -> None:
    """Read pages that are *told*, until there are no more."""
    while len(head := told.read(_SIZE)) == _SIZE:
        body = told.read(int.from_bytes(head))
        page, recipe = msgspec.msgpack.decode(body, type=tuple[Page, Recipe])
        try:
            answer = msgspec.msgpack.encode(extract(page, recipe))
        except UnicodeEncodeError:  # half a character, which JSON can have: whoever asked reads it without sending it
            answer = msgspec.msgpack.encode(None)
        answers.write(len(answer).to_bytes(_SIZE) + answer)
        answers.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told, and ends us
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
