"""The browser's way out: a SOCKS proxy on loopback whose connections go to checked addresses only.

The browser resolves no names and opens no connections of its own: it hands every name and port to this gateway, which
resolves it, checks the address and connects to what it checked.  A page, its scripts, its redirects and its web sockets
all take this way.
"""

import asyncio
import contextlib
import ipaddress
import struct
from collections.abc import Sequence

import httpcore

from entrepot.kit.addresses import Network
from entrepot.kit.network import AddressRefusedError, CheckedNetwork

VERSION, NO_SIGN_IN, CONNECT = 5, 0, 1
IPV4, NAME, IPV6 = 1, 3, 4
GRANTED, REFUSED, UNREACHABLE, NOT_SPOKEN = 0, 2, 4, 7
PIECE = 64 * 1024
PATIENCE = 10.0
"""Seconds to connect, and for the browser to say where to."""
SILENCE = 60.0
"""Seconds a connection may bring nothing."""


class Gateway:
    """Serves one browser.

    Args:
        allowed: networks that may be reached although they are private.
        largest: bytes that one connection may bring.
    """

    def __init__(self, allowed: Sequence[Network], *, largest: int) -> None:
        self._network = CheckedNetwork(allowed)
        self._largest = largest
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused: dict[str, None] = {}
        """Hosts that were refused, the latest last."""

    async def start(self) -> str:
        """Listen on loopback; return the address for the browser."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return f"socks5://127.0.0.1:{port}"

    async def aclose(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- asyncio runs each connection in one
        self._open.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, httpcore.NetworkError, httpcore.TimeoutException):
                async with asyncio.timeout(PATIENCE * 2):
                    stream = await self._connect(reader, writer)
                if stream is not None:
                    await self._carry(reader, writer, stream)
        finally:
            self._open.discard(task)
            writer.close()

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> httpcore.AsyncNetworkStream | None:
        """Speak SOCKS 5 (RFC 1928): no sign-in, CONNECT only."""
        _, ways = await reader.readexactly(2)
        await reader.readexactly(ways)
        writer.write(bytes((VERSION, NO_SIGN_IN)))
        _, command, _, kind = await reader.readexactly(4)
        if kind == NAME:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode("ascii", "replace")
        elif kind in {IPV4, IPV6}:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
        else:
            await _answer(writer, NOT_SPOKEN)
            return None
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        if command != CONNECT:
            await _answer(writer, NOT_SPOKEN)
            return None
        try:
            stream = await self._network.connect_tcp(host, port, PATIENCE)
        except AddressRefusedError:
            self._note(host)
            await _answer(writer, REFUSED)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            await _answer(writer, UNREACHABLE)
        else:
            await _answer(writer, GRANTED)
            return stream
        return None

    def _note(self, host: str) -> None:
        self.refused.pop(host, None)
        self.refused[host] = None
        while len(self.refused) > 1000:  # noqa: PLR2004 -- enough for the pages that are open
            self.refused.pop(next(iter(self.refused)))

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: httpcore.AsyncNetworkStream
    ) -> None:
        """Carry bytes both ways until one side ends."""

        async def out() -> None:
            while piece := await reader.read(PIECE):
                await stream.write(piece, SILENCE)

        async def back() -> None:
            came = 0
            while came <= self._largest and (piece := await stream.read(PIECE, SILENCE)):
                came += len(piece)
                writer.write(piece)
                await writer.drain()

        ways = [asyncio.create_task(out()), asyncio.create_task(back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await stream.aclose()


async def _answer(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes((VERSION, code, 0, IPV4)) + bytes(6))
    await writer.drain()
