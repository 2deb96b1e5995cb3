"""A port for each shop, so that each has a domain of its own; behind every one stands the same server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from urllib.parse import urlsplit

from entrepot.sandbox.shops.styles import STYLES

_PIECE = 1 << 16


def address_of(key: str, base: str, first_port: int) -> str:
    """Where a shop is found, without a slash at the end; at *base*, unless shops have ports of their own."""
    if not first_port:
        return base
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.hostname}:{first_port + list(STYLES).index(key)}"


@asynccontextmanager
async def doors(host: str, port: int, first_port: int) -> AsyncGenerator[None]:
    """Pass on what comes to the shops' ports to the server at *port*."""

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            behind, front = await asyncio.open_connection(host, port)
            await asyncio.gather(_pass(reader, front), _pass(behind, writer))

    async with AsyncExitStack() as stack:
        for place in range(len(STYLES)):
            await stack.enter_async_context(await asyncio.start_server(enter, host, first_port + place))
        yield


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
