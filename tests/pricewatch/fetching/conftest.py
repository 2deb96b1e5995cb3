"""A small web of our own: every host is an address of loopback, so that each keeps its own limits."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from ipaddress import IPv4Network

import pytest

from entrepot.kit.settings import Settings
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.service import Fetcher

PAGE = b"<!doctype html><title>Mug</title><p class=price>12,50</p>"
HOSTS = itertools.count(2)


def answer(body: bytes = PAGE, *headers: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def moved(to: str, *headers: str) -> bytes:
    return answer(b"", f"Location: {to}", *headers, status="302 Found")


@dataclass
class Shop:
    """A server with one answer for each path, and what it was asked."""

    address: str = ""
    answers: dict[str, tuple[bytes, ...]] = field(default_factory=dict[str, tuple[bytes, ...]])
    asked: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://").partition(":")[0]

    def request(self, path: str) -> str:
        """Return the last request for *path*, headers in lower case."""
        found = [head for head in self.asked if head.startswith(b"GET " + path.encode() + b" ")]
        return found[-1].decode().lower()


type Serve = Callable[..., Awaitable[Shop]]


@pytest.fixture
async def serve() -> AsyncGenerator[Serve]:
    """Return a function that opens a shop: path -> what it sends; the path "" stands for all others.

    An answer whose last part is empty never ends; that of the path "\\0" is sent before anything is asked.
    """
    async with AsyncExitStack() as stack:

        async def start(answers: dict[str, bytes | tuple[bytes, ...]] | None = None, *, host: str = "") -> Shop:
            shop = Shop()
            for path, told in (answers or {}).items():
                shop.answers[path] = told if isinstance(told, tuple) else (told,)

            async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                shop.connections += 1
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    if hasty := shop.answers.get("\0"):
                        writer.write(hasty[0])
                    head = await reader.readuntil(b"\r\n\r\n")
                    shop.asked.append(head)
                    path = head.split(b" ", 2)[1].decode()
                    parts = shop.answers.get(path) or shop.answers.get("") or (answer(status="404 Not Found"),)
                    for part in parts:
                        writer.write(part)
                        await writer.drain()
                    if not parts[-1]:
                        await reader.read()
                writer.close()

            name = host or f"127.9.{next(HOSTS) % 250}.{next(HOSTS) % 250}"
            server = await asyncio.start_server(serve_one, name, 0)
            stack.callback(server.close)
            shop.address = f"http://{name}:{server.sockets[0].getsockname()[1]}"
            return shop

        yield start


SHOPS = IPv4Network("127.9.0.0/16")
"""Where the shops are; the rest of loopback is as private as it is for everybody."""


def fetch_settings(**changes: object) -> Settings:
    values: dict[str, object] = {"outside_allow": [SHOPS], "fetch_largest_mb": 1, **changes}
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]  # pydantic-settings


@pytest.fixture
async def fetcher() -> AsyncGenerator[Fetcher]:
    async with Fetcher.of(None, fetch_settings()) as opened:
        yield opened


@pytest.fixture(scope="session")
async def browsing() -> AsyncGenerator[Fetcher]:
    """A fetcher whose browser runs already."""
    async with Fetcher.of(None, fetch_settings()) as opened:
        yield opened


type Fetch = Callable[..., Awaitable[Fetched]]


def plan_for(url: str, mode: FetchMode = FetchMode.HTTP, **rest: object) -> FetchPlan:
    values: dict[str, object] = {
        "interval_ms": 0,
        "concurrency": 4,
        "timeout": 10 if mode is FetchMode.HTTP else 60,
        **rest,
    }
    return FetchPlan(url=url, mode=mode, **values)  # type: ignore[arg-type]  # a test's own
