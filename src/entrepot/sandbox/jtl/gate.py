"""The door of the simulated database server: a TCP port in front of its socket, which can be shut or made slow."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

_BLOCK = 65536

type Inside = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Gate:
    """Passes bytes on, unless it is told not to.

    Args:
        inside: connects to the server behind.
    """

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._server: asyncio.Server | None = None
        self._where: tuple[str, int] = ("127.0.0.1", 0)
        self._open: set[asyncio.Task[None]] = set()
        self.slow = 0.0
        """Seconds that every new connection waits."""

    @property
    def port(self) -> int:
        return self._where[1]

    @property
    def away(self) -> bool:
        """Nobody listens."""
        return self._server is None

    async def open(self, host: str, port: int) -> None:
        """Listen; 0 for any free port."""
        self._server = await asyncio.start_server(self._pass, host, port)
        self._where = (host, int(self._server.sockets[0].getsockname()[1]))

    async def set_away(self, *, away: bool) -> None:
        """Stop listening and break every connection, or listen again."""
        if away and self._server is not None:
            await self.close()
        elif not away and self._server is None:
            await self.open(*self._where)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - for the type checkers
        self._open.add(task)
        inner: asyncio.StreamWriter | None = None
        try:
            if self.slow:
                await asyncio.sleep(self.slow)
            answers, inner = await self._inside()
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, inner))
                both.create_task(_pump(answers, writer))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # one side hung up, or the gate was shut
        finally:
            self._open.discard(task)
            for side in (writer, inner):
                if side is not None:
                    side.close()
                    with contextlib.suppress(OSError, asyncio.CancelledError):
                        await side.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(_BLOCK):
        writer.write(block)
        await writer.drain()
    writer.write_eof()
