"""Fetch and read real product pages of many shops from a local server, and store the evidence of each.

What is measured is what the job that checks prices does: HTTP mode, each page read by the generic extractor, here or in
its second process, its evidence and its page kept.  The server is a process beside them on the same machine.  A second
figure is that of browser mode.

The limit is bare work in the same run: httpx in two processes, each page parsed by Lexbor; nobody waits for a host's
turn, nothing is read from the page, nothing is stored.
"""

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, cast

import asyncpg
import httpx
import msgspec
import uvloop
from selectolax.lexbor import LexborHTMLParser

from bench.world import Instance, free_port, instance, report
from entrepot.kit.clock import now
from entrepot.kit.collector import keep_for_good
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.postgres import running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from entrepot.pricewatch.extracting.contract import Page, Recipe
from entrepot.pricewatch.extracting.second import Readers
from entrepot.pricewatch.fetching.service import Fetcher, FetchMode, FetchPlan
from entrepot.pricewatch.snapshots.contract import FetchRecord
from entrepot.pricewatch.snapshots.service import SnapshotService

PAGES = Path(__file__).parents[2] / "shared" / "data" / "product_pages" / "html"
SHOPS = 400
ROUNDS = int(os.environ.get("ENTREPOT_BENCH_ROUNDS", "8"))
"""Pages of each shop."""
PROCESSES = 2
"""That do the bare work; the job and its second process are as many."""
INTERVAL = 1.0
"""Seconds that each shop is left alone between two requests."""
AT_ONCE = 200
"""Pages of a process that are fetched, or wait for their turn, at the same moment; as in the job that checks prices."""
BATCH = 50
BROWSED = 100
"""Pages by browser, which is up before, as between two checks of prices."""


class Work(msgspec.Struct):
    """What a process is told to do."""

    mode: str
    port: int
    part: int = 0
    parts: int = 1
    seller_id: str = ""
    store_id: str = ""
    listings: list[str] = []


class Done(msgspec.Struct):
    """What it did."""

    began: float
    ended: float
    pages: int
    priced: int = 0
    memory_mb: int = 0
    """Of both processes."""
    cpu: float = 0
    """Seconds of a core, of both."""
    elsewhere: int = 0
    """Pages that the second process read."""


def hosts() -> list[str]:
    return [f"127.8.{number // 250}.{1 + number % 250}" for number in range(SHOPS)]


def addresses(work: Work) -> list[str]:
    """Return what one process asks for: all pages of its share of the shops."""
    pages = [(turn, number, host) for turn in range(ROUNDS) for number, host in enumerate(hosts())]
    if work.mode == "browse":
        pages = [(0, number, host) for number, host in enumerate(hosts()[:BROWSED])]
        return [f"http://{host}:{work.port}/{number}" for _, number, host in pages]
    mine = [page for page in pages if page[1] % work.parts == work.part]
    return [f"http://{host}:{work.port}/{number * 7 + turn}" for turn, number, host in mine]


def answer(body: bytes, kind: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: {kind}\r\n\r\n".encode() + body


class Shops(asyncio.Protocol):
    """Answers of one connection, written as they were made before: the server shall take little from what is measured."""

    asked: ClassVar[dict[str, list[float]]] = {}
    pages: ClassVar[list[bytes]] = []

    def __init__(self) -> None:
        self._come = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # as a server's are
        self._host = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        *requests, self._come = (self._come + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._answer(request.split(b" ", 2)[1][1:].decode()))

    def _answer(self, path: str) -> bytes:
        if path.isdigit():
            self.asked.setdefault(self._host, []).append(time.monotonic())
            return self.pages[int(path) % len(self.pages)]
        if path == "gaps":
            gaps = [after - before for times in self.asked.values() for before, after in pairwise(times)]
            self.asked.clear()
            return answer(json.dumps(min(gaps, default=INTERVAL)).encode(), "application/json")
        return answer(b"", "text/plain")


async def serve(port: int) -> None:
    """Serve the pages, packed as they are, at every shop's address; tell how soon a shop was asked again."""
    kind = "text/html; charset=utf-8\r\nContent-Encoding: gzip"
    Shops.pages = [answer(file.read_bytes(), kind) for file in sorted(PAGES.glob("*.html.gz"))]
    server = await asyncio.get_running_loop().create_server(Shops, ["127.0.0.1", *hosts()], port, backlog=512)
    print("ready", flush=True)
    await server.serve_forever()


async def bare(work: Work) -> int:
    """Fetch and parse, and nothing else."""
    room = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=128)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

        async def one(url: str) -> None:
            async with room:
                LexborHTMLParser((await client.get(url)).content)

        urls = addresses(work)
        await asyncio.gather(*map(one, urls))
    return len(urls)


class Watching:
    """Fetches, reads and stores, as the job that checks prices does."""

    def __init__(self, fetcher: Fetcher, readers: Readers, database: Database, settings: Settings, work: Work) -> None:
        self._fetcher = fetcher
        self.readers = readers
        self._database = database
        self._storage = open_storage(settings)
        self._work = work
        self._room = asyncio.Semaphore(AT_ONCE)
        self._records: list[FetchRecord] = []
        self.priced = 0

    async def warm_up(self) -> None:
        """Have the browser started."""
        plan = FetchPlan(url=f"http://{hosts()[BROWSED]}:{self._work.port}/0", mode=FetchMode.BROWSER, timeout=120)
        await self._fetcher.fetch(plan)

    async def all(self) -> int:
        urls = addresses(self._work)
        await asyncio.gather(
            *(self._one(url, listing) for url, listing in zip(urls, self._work.listings, strict=False))
        )
        await self._keep()
        return len(urls)

    async def _one(self, url: str, listing_id: str) -> None:
        mode = FetchMode.BROWSER if self._work.mode == "browse" else FetchMode.HTTP
        plan = FetchPlan(url=url, mode=mode, interval_ms=round(INTERVAL * 1000), patience=600, timeout=120)
        async with self._room:
            fetched = await self._fetcher.fetch(plan)
            found = await self.readers.read(
                Page(fetched.url, fetched.body, fetched.content_type, fetched.packed), Recipe()
            )
        self.priced += found.price is not None
        self._records.append(
            FetchRecord(
                seller_id=msgspec.convert(self._work.seller_id, type(new_id())),
                store_id=msgspec.convert(self._work.store_id, type(new_id())),
                listing_id=msgspec.convert(listing_id, type(new_id())),
                url=fetched.url,
                at=now(),
                mode=mode,
                status=fetched.status,
                took_ms=fetched.took_ms,
                call_id=fetched.call_id,
                answers=found.answers(),
                findings=found.findings,
                content_type=fetched.content_type,
                body=fetched.body,
                packed=fetched.packed,
            )
        )
        if len(self._records) >= BATCH:
            await self._keep()

    async def _keep(self) -> None:
        records, self._records = self._records, []
        if records:
            async with self._database.transaction(Scope.of(records[0].seller_id)) as session:
                await SnapshotService(session, self._storage).keep_many(records)


@asynccontextmanager
async def watching(work: Work) -> AsyncGenerator[Watching]:
    """Open what a process of the instance has."""
    settings = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    box = SecretBox(settings.keys)
    with running_server(settings, box) as server:
        url = server.asyncpg(server.application)
        async with Database(url, box.derive("scope")) as database, Fetcher.of(database, settings) as fetcher:
            yield Watching(fetcher, Readers(), database, settings, work)


async def only_here() -> None:
    """Let no name be found: saved pages must not ask anybody for their scripts."""
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def look_up(host: str, port: int, **rest: Any) -> list[Any]:  # noqa: ANN401 -- as the loop has it
        return await real(host, port, flags=socket.AI_NUMERICHOST, **rest)

    loop.getaddrinfo = look_up  # type: ignore[method-assign, assignment]


def started() -> float:
    print("ready", flush=True)
    sys.stdin.readline()
    return time.time()


async def take_part(work: Work) -> None:
    """Do one process's part when told to begin, and tell what was done."""
    await only_here()
    priced = elsewhere = beside = 0
    if work.mode == "bare":
        began, cpu = started(), time.process_time()
        pages = await bare(work)
        ended, cpu = time.time(), time.process_time() - cpu
    else:
        async with watching(work) as watch:
            if work.mode == "browse":
                await watch.warm_up()
            keep_for_good()
            began, cpu = started(), time.process_time()
            async with watch.readers:
                pages = await watch.all()
                ended, beside = time.time(), watch.readers.memory_mb()
            second = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = time.process_time() - cpu + second.ru_utime + second.ru_stime
            priced, elsewhere = watch.priced, watch.readers.elsewhere
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + beside
    print(msgspec.json.encode(Done(began, ended, pages, priced, memory, cpu, elsewhere)).decode(), flush=True)


@contextmanager
def process(hub: Instance, work: Work) -> Generator[subprocess.Popen[str]]:
    """Start a process that is ready to begin."""
    told = [sys.executable, "-m", "bench.price_fetch", msgspec.json.encode(work).decode()]
    child = subprocess.Popen(told, env=hub.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline() if child.stdout else ""
        if line.strip() != "ready":
            sys.exit(f"{work.mode} did not start: {line}")
        yield child
    finally:
        child.kill() if work.mode == "serve" else child.terminate()
        child.wait(30)


def measured(hub: Instance, works: Sequence[Work]) -> tuple[float, list[Done]]:
    """Return the pages in a second that processes did together, and what each did."""
    with ExitStack() as stack:
        children = [stack.enter_context(process(hub, work)) for work in works]
        for child in children:
            child.stdin.write("go\n")  # type: ignore[union-attr]  # it is a pipe
            child.stdin.flush()  # type: ignore[union-attr]
        done = [msgspec.json.decode(child.stdout.readline(), type=Done) for child in children]  # type: ignore[union-attr]
    seconds = max(one.ended for one in done) - min(one.began for one in done)
    return sum(one.pages for one in done) / seconds, done


async def plant(hub: Instance, seller_id: str, store_id: str) -> list[str]:
    """Write a seller with a store and a listing for every page; return those."""
    listings = [str(new_id()) for _ in range(SHOPS * ROUNDS)]
    product_id = str(new_id())
    owner = await asyncpg.connect(hub.server.plain(hub.server.owner))
    await owner.execute("INSERT INTO seller (id, name, slug) VALUES ($1, 'Bench', 'bench')", seller_id)
    await owner.execute("INSERT INTO price_store (id, seller_id, name) VALUES ($1, $2, 'Shop')", store_id, seller_id)
    await owner.execute(
        "INSERT INTO watched_product (id, seller_id, title, created_by) VALUES ($1, $2, 'Mug', '')",
        product_id,
        seller_id,
    )
    await owner.execute(
        "INSERT INTO price_listing (id, seller_id, watched_product_id, store_id, url, next_check_at)"
        " SELECT id, $1, $2, $3, 'https://shop.example/' || id, now() FROM unnest($4::uuid[]) AS t(id)",
        seller_id,
        product_id,
        store_id,
        listings,
    )
    await owner.close()
    return listings


def main() -> None:
    if len(sys.argv) > 1:
        work = msgspec.json.decode(sys.argv[1], type=Work)
        uvloop.run(serve(work.port) if work.mode == "serve" else take_part(work))
        return
    if not PAGES.is_dir():
        sys.exit(f"{PAGES} is missing: real product pages stand beside the checkout")
    port, seller_id, store_id = free_port(), str(new_id()), str(new_id())
    with instance() as hub:
        listings = asyncio.run(plant(hub, seller_id, store_id))
        with process(hub, Work("serve", port)):
            limit, _ = measured(hub, [Work("bare", port, part, PROCESSES) for part in range(PROCESSES)])
            httpx.get(f"http://127.0.0.1:{port}/gaps")
            work = Work("watch", port, seller_id=seller_id, store_id=store_id, listings=listings)
            value, [done] = measured(hub, [work])
            gap = httpx.get(f"http://127.0.0.1:{port}/gaps").json()
            browsed, seen = measured(hub, [msgspec.structs.replace(work, mode="browse")])
    report(
        "price_fetch",
        round(value, 1),
        "listings/s",
        limit=round(limit, 1),
        notes=f"{done.pages:,} real pages of {SHOPS} shops, read ({done.elsewhere:,} by the second process) and kept,"
        f" a price on {done.priced:,};"
        f" no shop asked again within {gap:.2f} s (its interval: {INTERVAL:g} s);"
        f" {done.cpu / done.pages * 1000:.1f} ms of a core for each and {done.memory_mb} MB; budget 150/s, 500 MB",
    )
    report(
        "price_fetch_browser",
        round(browsed, 2),
        "pages/s",
        notes=f"{seen[0].pages} real pages by Chromium, read and kept; budget 4/s",
    )


if __name__ == "__main__":
    main()
