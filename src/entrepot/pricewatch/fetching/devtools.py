"""A Chromium of our own, spoken to over a pipe in its DevTools protocol: what a visit needs of it, and nothing between."""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import msgspec

READS, WRITES = 3, 4
"""File descriptors at which Chromium expects the pipes."""
ABOVE = 10
"""Descriptors from here on are not in the way of those."""
LONGEST = 256_000_000
"""Bytes of one message; a browser that says more at once is beside itself."""
START = 30.0
"""Seconds until it answers."""
END = 5.0
"""Seconds it may take to end."""
PASSED_ON = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""What Chromium gets to see of our environment; the rest, in which secrets may stand, is none of its business."""
PASSED_ON_FROM = ("LC_", "XDG_", "FONTCONFIG_", "CHROME")
NOTHING = msgspec.Raw(b"{}")

type Hear = Callable[[str, msgspec.Raw], None]


class DevToolsError(Exception):
    """The browser refused a command, or is gone."""


class _Problem(msgspec.Struct):
    message: str = ""


class _Message(msgspec.Struct, rename="camel"):
    id: int = 0
    method: str = ""
    session_id: str = ""
    params: msgspec.Raw = NOTHING
    result: msgspec.Raw = NOTHING
    error: _Problem | None = None


_decode = msgspec.json.Decoder(_Message).decode
_encode = msgspec.json.Encoder().encode


class DevTools(asyncio.Protocol):
    """One running Chromium.  Get it by :meth:`start`, end it by :meth:`aclose`."""

    def __init__(self, pid: int, folder: str) -> None:
        self._pid = pid
        self._folder = folder
        self._come = bytearray()
        self._last = 0
        self._asked: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._hear: dict[str, Hear] = {}
        self._writer: asyncio.WriteTransport | None = None
        self._reader: asyncio.BaseTransport | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.alive = True
        """It has not hung up."""
        self.frames = asyncio.Lock()
        """Held while a page makes a frame."""

    @classmethod
    async def start(cls, path: str, flags: Sequence[str]) -> Self:
        """Start the Chromium at *path* with a folder of its own.

        Raises:
            DevToolsError: it does not start, or does not answer.
        """
        folder = tempfile.mkdtemp(prefix="entrepot-browser-")
        command = [path, "--remote-debugging-pipe", f"--user-data-dir={folder}", *flags]
        try:
            pid, ours_in, ours_out = _spawned(command)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise DevToolsError(error.strerror or str(error)) from error
        self = cls(pid, folder)
        loop = asyncio.get_running_loop()
        self._reader, _ = await loop.connect_read_pipe(lambda: self, os.fdopen(ours_in, "rb", 0))
        self._writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(ours_out, "wb", 0))
        return self

    def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, session: str = ""
    ) -> asyncio.Future[msgspec.Raw]:
        """Send a command at once; the future returned is its result, or a DevToolsError.

        Several commands may be sent before the first is answered: they are done in the order in which they are sent.
        """
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        if not self.alive or self._writer is None:
            future.set_exception(DevToolsError("it is gone"))
        else:
            self._last += 1
            self._asked[self._last] = future
            message: dict[str, Any] = {"id": self._last, "method": method, "params": params or {}}
            if session:
                message["sessionId"] = session
            self._writer.write(_encode(message) + b"\0")
        future.add_done_callback(_seen)
        return future

    def listen(self, session: str, hear: Hear) -> None:
        """Let *hear* be called with the name and the parameters of every event of *session*, until :meth:`forget`."""
        self._hear[session] = hear

    def forget(self, session: str) -> None:
        """Hear no more of *session*."""
        self._hear.pop(session, None)

    def keep(self, task: asyncio.Task[None]) -> None:
        """Hold on to a task that ends by itself, at the latest with the browser."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def data_received(self, data: bytes) -> None:
        """Take what came; messages end with a zero byte."""
        searched = len(self._come)
        self._come += data
        if (end := self._come.rfind(0, searched)) >= 0:
            whole = bytes(self._come[:end])
            del self._come[: end + 1]
            for message in whole.split(b"\0"):
                self._take(message)
        if len(self._come) > LONGEST:
            self.kill()

    def _take(self, message: bytes) -> None:
        try:
            told = _decode(message)
        except msgspec.DecodeError:  # pages may hold half characters
            told = _decode(json.dumps(json.loads(message), ensure_ascii=False).encode("utf-8", "replace"))
        if told.id:
            future = self._asked.pop(told.id, None)
            if future is None or future.done():
                return
            if told.error is not None:
                future.set_exception(DevToolsError(told.error.message))
            else:
                future.set_result(told.result)
        elif (hear := self._hear.get(told.session_id)) is not None:
            hear(told.method, told.params)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whatever is still asked: it is gone."""
        self.alive = False
        asked, self._asked = self._asked, {}
        for future in asked.values():
            if not future.done():
                future.set_exception(DevToolsError(f"it is gone: {exc}" if exc else "it is gone"))

    async def aclose(self) -> None:
        """End the browser with all its processes, and remove its folder."""
        self.alive = False
        for pipe in (self._writer, self._reader):  # it ends when nobody is there
            if pipe is not None:
                pipe.close()
        for task in self._tasks:
            task.cancel()
        try:
            for _ in range(round(END / 0.05)):
                if self._ended():
                    return
                await asyncio.sleep(0.05)
        finally:
            if not self._ended():
                self.kill()
                pid, self._pid = self._pid, 0
                await asyncio.to_thread(os.waitpid, pid, 0)
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _ended(self) -> bool:
        if self._pid and os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = 0
        return not self._pid

    def kill(self) -> None:
        """End it at once."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)


def _spawned(command: list[str]) -> tuple[int, int, int]:
    """Start it; return its process, and our ends of the pipes to read from and to write to."""
    theirs_in, ours_out = map(_raised, os.pipe())
    ours_in, theirs_out = map(_raised, os.pipe())
    silence: list[tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    pipes = [(os.POSIX_SPAWN_DUP2, theirs_in, READS), (os.POSIX_SPAWN_DUP2, theirs_out, WRITES)]
    try:
        pid = os.posix_spawn(
            command[0],
            command,
            _environment(os.environ),
            file_actions=[*silence, *pipes],
            setsid=True,  # a Ctrl-C at our terminal is not for it
        )
    except OSError:
        os.close(ours_in)
        os.close(ours_out)
        raise
    finally:
        os.close(theirs_in)
        os.close(theirs_out)
    return pid, ours_in, ours_out


def _raised(descriptor: int) -> int:
    """Return the same pipe's end under a number that is not in the way."""
    raised = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, ABOVE)
    os.close(descriptor)
    return raised


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in ours.items() if name in PASSED_ON or name.startswith(PASSED_ON_FROM)}


def _seen(future: asyncio.Future[msgspec.Raw]) -> None:
    """Nobody may wait for it any more."""
    if not future.cancelled():
        future.exception()
