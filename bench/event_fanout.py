"""500 browsers on live pages, 50 events; then every connection is cut and all come back.

The limit is the same number of bytes to the same number of connections through a bare asyncio server in the same run.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import ClassVar

from bench.world import Instance, instance, report
from entrepot.access.credentials import readable_password
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.service.setup import set_up
from entrepot.access.service.sign_in import SignInService
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.scope import Scope

CLIENTS = 500
EVENTS = 50
PAUSE = 0.05


class OrderTouched(Event, frozen=True, kw_only=True):
    """Stands for any change of an order."""

    topic: ClassVar[str] = "orders.order_touched"
    subject_kind: ClassVar[str] = "order"

    number: int


def plain_number(line: bytes) -> int | None:
    """Return the number of the event that a line tells, None if it tells none."""
    if not line.startswith(b"data: {") or b'"number":' not in line:
        return None
    return int(line.rpartition(b'"number":')[2].rstrip(b"}\r\n"))


@dataclass(slots=True)
class Browser:
    """One connection: what arrived and when, and the last id."""

    number_in: Callable[[bytes], int | None] = plain_number
    arrived: dict[int, float] = field(default_factory=dict[int, float])
    last_id: str = ""
    writer: asyncio.StreamWriter | None = None

    async def follow(self, port: int, cookie: str) -> None:
        """Read events until the connection ends."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        since = f"last-event-id: {self.last_id}\r\n" if self.last_id else ""
        request = f"GET /live HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncookie: {cookie}\r\n{since}accept: text/event-stream\r\n\r\n"
        self.writer.write(request.encode())
        try:
            while line := await reader.readline():
                number = self.number_in(line)
                if number is not None:
                    self.arrived.setdefault(number, time.perf_counter())
                elif line.startswith(b"id: "):
                    self.last_id = line[4:].decode().strip()
        except (ConnectionError, asyncio.CancelledError):
            return


async def bare() -> float:
    """Return the p99 of pushing a line to as many connections with nothing behind it."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CLIENTS)]
    delays: list[float] = []

    async def read(reader: asyncio.StreamReader) -> None:
        for _ in range(EVENTS):
            sent = float((await reader.readline()).split()[0])
            delays.append(time.perf_counter() - sent)

    readers = [asyncio.create_task(read(reader)) for reader, _ in clients]
    await asyncio.sleep(0.2)
    for _ in range(EVENTS):
        line = f"{time.perf_counter()} {'x' * 120}\n".encode()
        for writer in writers:
            writer.write(line)
        await asyncio.sleep(PAUSE)
    await asyncio.gather(*readers)
    server.close()
    for _, writer in clients:
        writer.close()
    return percentile(delays) * 1000


def percentile(delays: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(delays, n=100)[98]


async def measure(
    port: int,
    cookie: str,
    publish: Callable[[int], Awaitable[None]],
    number_in: Callable[[bytes], int | None] = plain_number,
) -> tuple[list[float], int, int]:
    """Return the delays of every delivery, and how many were lost in each half."""
    browsers = [Browser(number_in) for _ in range(CLIENTS)]
    tasks = [asyncio.create_task(browser.follow(port, cookie)) for browser in browsers]
    await asyncio.sleep(4)
    committed: dict[int, float] = {}
    for number in range(EVENTS):
        await publish(number)
        committed[number] = time.perf_counter()
        await asyncio.sleep(PAUSE)
    await asyncio.sleep(1.5)
    delays = [
        max(0.0, browser.arrived[n] - at) for browser in browsers for n, at in committed.items() if n in browser.arrived
    ]
    lost = CLIENTS * EVENTS - len(delays)

    for browser, task in zip(browsers, tasks, strict=True):
        if browser.writer:
            browser.writer.close()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for number in range(EVENTS, 2 * EVENTS):
        await publish(number)
    tasks = [asyncio.create_task(browser.follow(port, cookie)) for browser in browsers]
    await asyncio.sleep(6)
    missing = sum(n not in browser.arrived for browser in browsers for n in range(EVENTS, 2 * EVENTS))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return delays, lost, missing


async def fan_out(hub: Instance, address: str) -> tuple[list[float], int, int]:
    """Measure with pages that the owner has open."""
    async with hub.database() as database:
        async with database.transaction(Scope.all_sellers()) as session:
            owner, seller = await set_up(
                session, email="bench@example.org", name="Bench", password=readable_password(), seller="Bench",
                currency="EUR", country="NL", locale="en",
            )  # fmt: skip
            opened = await SignInService(session).open(owner, address="127.0.0.1", user_agent="bench")

        async def publish(number: int) -> None:
            async with database.transaction(Scope.of(seller.id)) as session:
                await outbox.record(session, OrderTouched(seller_id=seller.id, subject_id=new_id(), number=number))

        return await measure(int(address.rpartition(":")[2]), f"{SESSION_COOKIE}={opened.token}", publish)


def main() -> None:
    limit = asyncio.run(bare())
    with instance() as hub, hub.web() as address:
        delays, lost, missing = asyncio.run(fan_out(hub, address))
    notes = (
        f"{CLIENTS} clients x {EVENTS} events, lost {lost}; after cutting all: missing {missing} of {CLIENTS * EVENTS}"
    )
    report("event_fanout", percentile(delays) * 1000, "ms p99 from commit", limit=limit, notes=notes)


if __name__ == "__main__":
    main()
