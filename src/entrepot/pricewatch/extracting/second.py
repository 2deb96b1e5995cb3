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
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import msgspec
import structlog
from isal import isal_zlib

from entrepot.kit.collector import keep_for_good
from entrepot.pricewatch.extracting.contract import Extraction, Page, Recipe
from entrepot.pricewatch.extracting.reading import extract

MANY = 20
"""Pages after which a second process is worth its start, which takes as long as they do."""
AHEAD = 16
"""Pages that it is told before it has read the first: whoever tells it has pages of its own to store meanwhile."""
PATIENCE = 30.0
"""Seconds for one page, and for its end."""
ROOM = 1024 * 1024
"""Bytes that it can be sent at once, while whoever sends them does something else: ten pages as they come, packed, or two."""
_SIZE = 4
_GZIP = 16 + isal_zlib.MAX_WBITS
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A page that somebody waits for."""

    page: Page
    recipe: Recipe
    answer: asyncio.Future[Extraction]


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
        self._pages: asyncio.WriteTransport | None = None
        self._waiting: deque[_Asked] = deque()
        self._told: deque[_Asked] = deque()
        self._patience: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._here: asyncio.Task[None] | None = None
        self.elsewhere = 0
        """Pages that the second process read."""

    async def read(self, page: Page, recipe: Recipe) -> Extraction:
        """Return what *page* says, as :func:`extract` does."""
        self._count += 1
        if self._count == self._many and self._cores > 1:
            self._starting = asyncio.create_task(self._serve(), name="page_reader")
        asked = _Asked(page, recipe, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._hand_out()
        return await asked.answer

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

    def _hand_out(self) -> None:
        """Let the second process have what it can take, and read the rest here."""
        pipe = self._pages
        while pipe is not None and self._process is not None and self._waiting and len(self._told) < AHEAD:
            asked = self._waiting.popleft()
            if asked.answer.done():
                continue
            page = msgspec.structs.replace(asked.page, body=b"") if asked.page.packed else asked.page
            told = msgspec.msgpack.encode((page, asked.recipe))
            pipe.writelines([len(told).to_bytes(_SIZE), told])
            self._told.append(asked)
        if self._told and self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)
        if self._waiting and self._here is None:
            self._here = asyncio.create_task(self._read_here(), name="page_reader_here")

    async def _read_here(self) -> None:
        while self._waiting:
            _read(self._waiting.popleft())
            await asyncio.sleep(0)  # one page holds up everybody for long enough, and the second process is to be heard
        self._here = None

    def _give_up(self) -> None:
        """End a second process that hangs."""
        log.warning("page_reader_hangs", url=self._told[0].page.url[:200] if self._told else "")
        process, self._process = self._process, None
        if process is not None:
            _kill(process)

    def _heard(self) -> None:
        """Be patient anew."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _close(self) -> None:
        """Tell the second process that there are no more."""
        if self._pages is not None:
            self._pages.close()
            self._pages = None

    async def _serve(self) -> None:
        """Start the second process, and hand out its answers until it ends."""
        process: Process | None = None
        try:
            process, self._pages = await _start()
            self._process = process
            self._hand_out()
            while process.stdout is not None:
                size = int.from_bytes(await process.stdout.readexactly(_SIZE))
                found = msgspec.msgpack.decode(await process.stdout.readexactly(size), type=Extraction | None)
                self._heard()
                asked = self._told.popleft()
                if found is None:
                    _read(asked)
                elif not asked.answer.done():
                    asked.answer.set_result(found)
                    self.elsewhere += 1
                self._hand_out()
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with it, pages are read here
            if self._process is not None or process is None:  # else we ended it ourselves
                log.warning("page_reader_ended", reason=type(error).__name__)
        finally:
            self._process = None
            self._heard()
            self._close()
            self._waiting.extendleft(reversed(self._told))
            self._told.clear()
            self._hand_out()
            if process is not None:
                await _end(process)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the second process."""
        process, self._process = self._process, None
        self._close()
        if self._starting is None:
            return
        if process is None:
            self._starting.cancel()
        await asyncio.wait([self._starting], timeout=PATIENCE)
        if process is not None and not self._starting.done():
            _kill(process)
            await asyncio.wait([self._starting])


def _read(asked: _Asked) -> None:
    """Read a page here, if somebody still waits for it."""
    if asked.answer.done():
        return
    try:
        asked.answer.set_result(extract(asked.page, asked.recipe))
    except Exception as error:  # noqa: BLE001 -- whoever waits is told
        asked.answer.set_exception(error)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _start() -> tuple[Process, asyncio.WriteTransport]:
    """Start it; return it, and where it is told pages: a pipe of our own, as a loop's holds a tenth of a page."""
    theirs, ours = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with contextlib.suppress(OSError):  # the system allows no more
            fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, ROOM)
    with os.fdopen(theirs, "rb", buffering=0) as pages, ExitStack() as opened:
        pipe = opened.enter_context(os.fdopen(ours, "wb", buffering=0))
        told, _ = await asyncio.get_running_loop().connect_write_pipe(asyncio.BaseProtocol, pipe)
        opened.callback(told.close)
        passed = {name: value for name in _PASSED_ON if (value := os.environ.get(name))}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __spec__.name, stdin=pages, stdout=PIPE, env=passed, limit=ROOM
        )
        opened.pop_all()
    return process, told


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def _end(process: Process) -> None:
    """See *process* end, by its own will or not."""
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
        if page.packed:
            page = msgspec.structs.replace(
                page, body=isal_zlib.decompressobj(_GZIP).decompress(page.packed), packed=b""
            )
        try:
            answer = msgspec.msgpack.encode(extract(page, recipe))
        except UnicodeEncodeError:  # half a character, which JSON can have: whoever asked reads it without sending it
            answer = msgspec.msgpack.encode(None)
        answers.write(len(answer).to_bytes(_SIZE) + answer)
        answers.flush()


if __name__ == "__main__":
    keep_for_good()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us is told, and ends us
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
