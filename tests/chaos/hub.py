"""A hub that can be killed: a real database with fsync, a sandbox beside it, worker processes with kill -9."""

import asyncio
import os
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

from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope
from entrepot.kit.settings import Settings

CLIENT = "sandbox-seller-1"
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


class Sandbox:
    """The outside world, and what it knows to be true."""

    def __init__(self, address: str, process: Process, client: httpx.AsyncClient) -> None:
        self.address = address
        self.process = process
        self._client = client

    async def ask(self, path: str) -> Any:  # noqa: ANN401 -- JSON
        answer = await self._client.get(f"{self.address}/sandbox/api{path}")
        answer.raise_for_status()
        return answer.json()

    async def tell(self, path: str, **what: Any) -> Any:  # noqa: ANN401 -- JSON
        answer = await self._client.post(f"{self.address}/sandbox/api{path}", json=what)
        answer.raise_for_status()
        return answer.json()

    async def misbehave(self, *faults: Mapping[str, object]) -> None:
        for fault in faults:
            await self.tell("/faults", **fault)

    async def behave(self) -> None:
        (await self._client.delete(f"{self.address}/sandbox/api/faults")).raise_for_status()

    async def figures(self) -> dict[str, Any]:
        """Counts of the account that the hub is connected to."""
        found = await self.ask("/stats")
        return next(account for account in found["accounts"] if account["client_id"] == CLIENT)

    async def orders(self) -> dict[str, dict[str, Any]]:
        """Every order with its items, as the marketplace has them."""
        short = [one["order_id"] for one in (await self.ask("/state"))["orders"] if one["client_id"] == CLIENT]
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
    workers: list[Process] = field(default_factory=list[Process])
    born: int = 0

    @property
    def settings(self) -> Settings:
        """As the hub's own processes have them: the sandbox may be reached."""
        return self.instance.settings.model_copy(update={"outside_allow": [IPv4Network("127.0.0.0/8")]})

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Open a transaction in which a person of the seller does something."""
        return self.database.transaction(Scope.of(self.seller_id), actor=PERSON)

    async def sql(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as its owner, whom row-level security does not bind."""
        rows: list[asyncpg.Record] = await self.owner.fetch(query, *values)
        return rows

    async def value(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- whatever the query says
        return (await self.sql(query, *values))[0][0]

    def start_worker(self) -> Process:
        self.born += 1
        name = f"worker-process-{self.born}"
        environment = {**self.instance.environment, "ENTREPOT_LOG_LEVEL": "warning"}
        process = Process.start(name, ("entrepot", "worker"), environment, self.instance.folder)
        self.workers.append(process)
        return process

    async def slots(self) -> dict[str, Process]:
        """Which of our processes has which place."""
        of_pid = {row["pid"]: row["name"] for row in await self.sql("SELECT name, pid FROM worker_slot")}
        return {of_pid[one.running.pid]: one for one in self.workers if one.alive and one.running.pid in of_pid}

    async def ready(self, count: int) -> None:
        """Wait until so many workers have their places."""

        async def look() -> bool:
            for one in self.workers:
                if one.running.poll() not in {None, -9}:
                    raise StuckError(f"{one.name} ended by itself: {self.words(one)}")
            return len(await self.slots()) >= count

        await until(f"{count} workers had not started", look, seconds=STARTING)

    def stop_workers(self) -> None:
        for one in self.workers:
            one.stop()

    def words(self, process: Process, most: int = 1500) -> str:
        """Return the last words of a process."""
        return (self.instance.folder / f"{process.name}.log").read_text(errors="replace")[-most:]

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
    """Fill an instance like the demo, its marketplace account live; no worker runs yet."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    arguments = ["entrepot.sandbox", "--port", str(port), "--smtp-port", "0", "--speed", "all", "--seed", str(seed)]
    arguments += ["--state", str(made.folder / "sandbox"), "--process-seconds", "1"]
    if orders is not None:
        arguments += ["--orders", str(orders)]
    process = Process.start("sandbox", tuple(arguments), made.environment, made.folder)
    try:
        async with (
            httpx.AsyncClient(timeout=60) as client,
            made.database() as database,
            asyncpg.create_pool(made.server.plain(made.server.owner), min_size=1, max_size=3) as owner,
        ):
            sandbox = Sandbox(address, process, client)
            await until("the sandbox had not started", lambda: _answers(client, address), seconds=STARTING)
            await _fill(made, address)
            account = await owner.fetchrow("SELECT id, seller_id FROM channel_account WHERE channel = 'bol'")
            await owner.execute("UPDATE channel_account SET mode = 'paused' WHERE channel <> 'bol'")
            hub = Hub(made, sandbox, account["id"], account["seller_id"], database, owner)
            try:
                yield hub
            finally:
                hub.stop_workers()
    finally:
        process.stop()


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/sandbox/api/clock")).is_success
    except httpx.TransportError:
        return False


async def _fill(made: Instance, address: str) -> None:
    environment = {**made.environment, "ENTREPOT_DEMO_SANDBOX": address, "ENTREPOT_DEMO_PASSWORD": os.urandom(12).hex()}
    filling = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "entrepot", "demo-data", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = await filling.communicate()
    if filling.returncode:
        raise StuckError(f"The hub could not be filled: {said.decode(errors='replace')[-3000:]}")
