"""Workers for the tests of jobs: in this process, or in one of their own that can be killed."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.jobs.worker import Worker
from entrepot.kit.database import Database
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.conftest import scratch_database
from tests.jobs.samples import PROBE
from tests.preloaded import Forked, Forking, preloaded

PATIENCE = 60.0


@pytest.fixture(scope="package")
async def server(cluster: str, box: SecretBox) -> Server:
    """A database without the work that other tests leave to a worker that never comes."""
    return await scratch_database(cluster, box, "jobs")


@pytest.fixture(scope="package")
async def database(server: Server, box: SecretBox) -> AsyncGenerator[Database]:
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=8) as opened:
        yield opened


@pytest.fixture(scope="package")
async def probe(server: Server, database: Database) -> Database:
    """The database with the table that test jobs write to."""
    connection = await asyncpg.connect(server.plain(server.owner))
    await connection.execute(PROBE)
    await connection.close()
    return database


@pytest.fixture
async def worker(server: Server, box: SecretBox, probe: Database, settings: Settings) -> AsyncGenerator[Worker]:
    """A worker on this event loop."""
    assert probe
    made = Worker(settings, box, server)
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    yield made
    stop.set()
    await running


type MakeSeller = Callable[..., Awaitable[SellerRef]]
type Spawn = Callable[..., Awaitable["Process"]]


class Process:
    """A worker that can be killed."""

    def __init__(self, process: Forked) -> None:
        self._process = process
        self.pid = process.pid

    async def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return await self._process.wait()


@pytest.fixture(scope="package")
async def forking() -> AsyncGenerator[Forking]:
    async with preloaded("tests.jobs.process") as made:
        yield made


@pytest.fixture
async def spawn(server: Server, probe: Database, tmp_path: Path, forking: Forking) -> AsyncGenerator[Spawn]:
    """Return a function that starts a worker process."""
    assert probe
    started: list[Process] = []

    async def start(slot: str = "", **environment: str) -> Process:
        process = await forking.fork(
            server.plain(server.owner),
            str(tmp_path),
            slot,
            environment={**os.environ, **environment},
            output=tmp_path / f"worker-{len(started)}.log",
        )
        made = Process(process)
        started.append(made)
        await until(lambda: lives(probe, made.pid), 120)
        return made

    yield start
    await asyncio.gather(*(process.kill() for process in started))


async def lives(database: Database, pid: int) -> bool:
    async with database.transaction(Scope.nobody()) as session:
        found = await session.execute(text("SELECT count(*) FROM worker_slot WHERE pid = :pid"), {"pid": pid})
        return bool(found.scalar_one())


async def until[T](ask: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T:
    """Ask again and again until the answer is true."""
    deadline = time.monotonic() + patience
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {patience} s"
        await asyncio.sleep(0.05)


async def row_of(database: Database, run_id: UUID) -> dict[str, Any]:
    async with database.transaction(Scope.all_sellers()) as session:
        found = await session.execute(text("SELECT * FROM job_run WHERE id = :id"), {"id": run_id})
        return dict(found.mappings().one())


async def notes(database: Database, mark: object) -> list[str]:
    async with database.transaction(Scope.nobody()) as session:
        found = await session.execute(
            text("SELECT note FROM job_probe WHERE mark = :mark ORDER BY id"), {"mark": str(mark)}
        )
        return list(found.scalars())


async def ended(database: Database, run_id: UUID, patience: float = PATIENCE) -> dict[str, Any]:
    """Wait for the end of a run; return its row."""

    async def ask() -> dict[str, Any] | None:
        row = await row_of(database, run_id)
        return row if row["state"] in {"succeeded", "failed", "cancelled"} else None

    found = await until(ask, patience)
    assert found is not None
    return found
