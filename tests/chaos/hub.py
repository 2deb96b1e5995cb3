"""A hub that can be killed: a real database with fsync, a sandbox beside it, worker processes with kill -9."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import asyncpg
import httpx
from bench.world import Instance, free_port
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import Mode
from entrepot.channels.service import ChannelService
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from entrepot.kit.settings import Settings
from entrepot.sandbox.jtl.schema import CLERK, DATABASE, PASSWORD
from entrepot.sandbox.options import DEFAULT_ACCOUNTS, TEMU_ACCOUNTS

CLIENT = DEFAULT_ACCOUNTS[0].client_id
TEMU = TEMU_ACCOUNTS[0].client_id
PERSON = Actor("user", "chaos", "Carla Chaos")
MISTAKES = ('"job_bug"', '"worker_loop_failed"', '"reader_broke"', "Traceback")
STARTING = 120
"""Seconds that a process may take to start on a busy machine."""


class StuckError(AssertionError):
    """Something did not happen in time."""


async def until[T](what: str, look: Callable[[], Awaitable[T | None]], *, seconds: float, every: float = 0.1) -> T:
    """Look again and again until there is something true to see."""
    deadline = time.monotonic() + seconds
    while True:
        if found := await look():
            return found
        if time.monotonic() > deadline:
            raise StuckError(f"After {seconds:.0f} s: {what}")
        await asyncio.sleep(every)


@dataclass(slots=True)
class Process:
    """A process of ours, its words in a file."""

    name: str
    running: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def start(cls, name: str, arguments: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> Self:
        with (folder / f"{name}.log").open("ab") as log:
            running = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stdout=log, stderr=log)
        return cls(name, running)

    def kill(self) -> None:
        self.running.kill()
        self.running.wait()

    def stop(self) -> None:
        if self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def alive(self) -> bool:
        return self.running.poll() is None


@dataclass(slots=True)
class Worker:
    """A worker, a fork of the nursery's process."""

    name: str
    pid: int
    ours: bool = False
    """We ended it."""

    def kill(self) -> None:
        self._end(signal.SIGKILL)
        while self.alive:
            time.sleep(0.005)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        deadline = time.monotonic() + 20
        while self.alive:
            if time.monotonic() > deadline:
                self.kill()
            time.sleep(0.05)

    def _end(self, number: signal.Signals) -> None:
        self.ours = True
        if self.alive:
            os.kill(self.pid, number)

    @property
    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Nursery:
    """Starts workers without waiting for Python to read their modules."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        with (folder / "nursery.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.nursery", str(folder)],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def bear(self, name: str) -> Worker:
        """Start a worker."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        asks.write(f"{name}\n")
        asks.flush()
        return Worker(name, int(answers.readline()))

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(20)


class Sandbox:
    """The outside world, and what it knows to be true."""

    def __init__(self, address: str, process: Process, client: httpx.AsyncClient) -> None:
        self.address = address
        self.process = process
        self._client = client

    async def ask(self, path: str) -> Any:  # noqa: ANN401 -- JSON
        return (await self._request("GET", path)).json()

    async def tell(self, path: str, **what: Any) -> Any:  # noqa: ANN401 -- JSON
        return (await self._request("POST", path, what)).json()

    async def _request(self, method: str, path: str, what: Mapping[str, Any] | None = None) -> httpx.Response:
        """Ask once more over a new connection if one is lost: those who steer the world are not under attack."""
        address = f"{self.address}/sandbox/api{path}"
        try:
            answer = await self._client.request(method, address, json=what)
        except httpx.ReadError:
            answer = await self._client.request(method, address, json=what)
        return answer.raise_for_status()

    async def misbehave(self, *faults: Mapping[str, object]) -> None:
        for fault in faults:
            await self.tell("/faults", **fault)

    async def behave(self) -> None:
        await self._request("DELETE", "/faults")

    async def figures(self, client: str = CLIENT) -> dict[str, Any]:
        """Counts of an account that the hub is connected to."""
        found = await self.ask("/stats")
        return next(account for account in found["accounts"] if account["client_id"] == client)

    async def orders(self, client: str = CLIENT) -> dict[str, dict[str, Any]]:
        """Every order of an account with its items, as the marketplace has them."""
        short = [one["order_id"] for one in (await self.ask("/state"))["orders"] if one["client_id"] == client]
        return {order_id: await self.ask(f"/orders/{order_id}") for order_id in short}


@dataclass(slots=True)
class Hub:
    """The hub under test."""

    instance: Instance
    sandbox: Sandbox
    account_id: UUID
    seller_id: UUID
    database: Database
    """As the application, for what people do."""
    owner: asyncpg.Pool
    nursery: Nursery
    temu_id: UUID
    """An account at Temu, paused until :meth:`open_temu`."""
    erp_id: UUID
    """The JTL-Wawi that Temu works with."""
    wawi: str
    """Address of its database."""
    environment: Mapping[str, str]
    web: Process | None = None
    workers: list[Worker] = field(default_factory=list[Worker])
    born: int = 0

    @property
    def settings(self) -> Settings:
        """As the hub's own processes have them: the sandbox may be reached."""
        allowed = {"outside_allow": [IPv4Network("127.0.0.0/8")], "drop_allow": [self.drop]}
        return self.instance.settings.model_copy(update=allowed)

    @property
    def drop(self) -> Path:
        """The folder that the JTL-Wawi imports from."""
        return self.instance.folder / "drop"

    async def open_temu(self) -> None:
        """Let Temu join: its account is live, and there is somebody who takes its notices."""
        if self.web is not None:
            return
        self.web = Process.start("web", ("entrepot", "web"), self.environment, self.instance.folder)
        async with self.transaction() as session:
            await ChannelService(session).switch(self.temu_id, Mode.LIVE)
        address = f"http://127.0.0.1:{self.environment['ENTREPOT_PORT']}/healthz"
        async with httpx.AsyncClient(timeout=60) as client:
            await until("the web process had not started", lambda: _answers(client, address), seconds=STARTING)

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction in which a person of the seller does something."""
        return self.database.transaction(Scope.of(self.seller_id), actor=PERSON)

    async def sql(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as its owner, whom row-level security does not bind."""
        rows: list[asyncpg.Record] = await self.owner.fetch(query, *values)
        return rows

    async def value(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- whatever the query says
        return (await self.sql(query, *values))[0][0]

    def start_worker(self) -> Worker:
        self.born += 1
        worker = self.nursery.bear(f"worker-process-{self.born}")
        self.workers.append(worker)
        return worker

    async def slots(self) -> dict[str, Worker]:
        """Which of our processes has which place."""
        of_pid = {row["pid"]: row["name"] for row in await self.sql("SELECT name, pid FROM worker_slot")}
        return {of_pid[one.pid]: one for one in self.workers if one.alive and one.pid in of_pid}

    async def ready(self, count: int) -> None:
        """Wait until so many workers have their places."""

        async def look() -> bool:
            for one in self.workers:
                if not (one.alive or one.ours):
                    raise StuckError(f"{one.name} ended by itself: {self.words(one)}")
            return len(await self.slots()) >= count

        await until(f"{count} workers had not started", look, seconds=STARTING)

    def stop(self) -> None:
        for one in self.workers:
            one.stop()
        self.nursery.close()
        if self.web is not None:
            self.web.stop()

    def words(self, process: Worker, most: int = 1500) -> str:
        """Return the last words of a process."""
        return _words(process, self.instance.folder, most)

    def complaints(self) -> list[str]:
        """Return what workers called a mistake of ours."""
        found: list[str] = []
        for file in sorted(self.instance.folder.glob("worker-process-*.log")):
            lines = file.read_text(errors="replace").splitlines()
            for number, line in enumerate(lines):
                if any(word in line for word in MISTAKES):
                    found.append(f"{file.stem}: {' | '.join(lines[number : number + 60])[:4000]}")
                    break
        return found


@asynccontextmanager
async def open_hub(made: Instance, *, orders: int | None, seed: int) -> AsyncGenerator[Hub]:
    """Fill an instance like the demo, its marketplace account live and Temu paused; no worker runs yet."""
    port, jtl = free_port(), free_port()
    address, wawi = f"http://127.0.0.1:{port}", f"postgresql://{CLERK}:{PASSWORD}@127.0.0.1:{jtl}/{DATABASE}"
    drop = made.folder / "drop"
    drop.mkdir()
    arguments = ["entrepot.sandbox", "--port", str(port), "--smtp-port", "0", "--speed", "all", "--seed", str(seed)]
    arguments += ["--state", str(made.folder / "sandbox"), "--process-seconds", "1", "--temu-withheld-one-in", "0"]
    arguments += ["--temu-pending-seconds", "1", "--jtl-port", str(jtl), "--jtl-folder", str(drop)]
    if orders is not None:
        arguments += ["--orders", str(orders)]
    environment = {
        **made.environment,
        "ENTREPOT_LOG_LEVEL": "warning",
        "ENTREPOT_PORT": str(free_port()),
        "ENTREPOT_DROP_ALLOW": json.dumps([str(drop)]),
        "ENTREPOT_DEMO_SANDBOX": address,
        "ENTREPOT_DEMO_JTL": wawi,
    }
    process = Process.start("sandbox", tuple(arguments), environment, made.folder)
    try:
        async with (
            httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_keepalive_connections=0)) as client,
            made.database() as database,
            asyncpg.create_pool(made.server.plain(made.server.owner), min_size=1, max_size=3) as owner,
        ):
            sandbox = Sandbox(address, process, client)
            clock = f"{address}/sandbox/api/clock"
            await until("the sandbox had not started", lambda: _answers(client, clock), seconds=STARTING)
            await _fill(environment)
            ids = {row["channel"]: row["id"] for row in await owner.fetch("SELECT channel, id FROM channel_account")}
            erp = await owner.fetchrow("SELECT id, seller_id FROM erp_account")
            await owner.execute("UPDATE channel_account SET mode = 'paused' WHERE channel <> 'bol'")
            nursery = Nursery(environment, made.folder)
            hub = Hub(
                made,
                sandbox,
                ids["bol"],
                erp["seller_id"],
                database,
                owner,
                nursery,
                ids["temu"],
                erp["id"],
                wawi,
                environment,
            )
            try:
                yield hub
            finally:
                hub.stop()
    finally:
        if not process.alive:
            sys.stderr.write(
                f"The sandbox ended by itself ({process.running.poll()}): {_words(process, made.folder)}\n"
            )
        process.stop()


def _words(process: Process | Worker, folder: Path, most: int = 1500) -> str:
    return (folder / f"{process.name}.log").read_text(errors="replace")[-most:]


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(address)).is_success
    except httpx.TransportError:
        return False


async def _fill(environment: Mapping[str, str]) -> None:
    secret = {"ENTREPOT_DEMO_PASSWORD": os.urandom(12).hex()}
    filling = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "entrepot", "demo-data"),
        env={**environment, **secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await filling.communicate()
    if filling.returncode:
        raise StuckError(f"The hub could not be filled: {said.decode(errors='replace')[-3000:]}")
