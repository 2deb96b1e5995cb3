"""From enqueue to start on an idle worker, in a process of its own.

The limit is what the machine needs for the same distance at least: a commit, a NOTIFY, and the listener's answer.
"""

import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec
from sqlalchemy import make_url, text

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.database import Database
from entrepot.kit.logs import set_up_logs
from entrepot.kit.migrate import migrate
from entrepot.kit.postgres import Server, embedded_server, server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.wakeup import Wakeups

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="
RUNS = 150


class Noop(msgspec.Struct, frozen=True):
    """Does nothing, and says when."""

    number: int = 0


@job("bench.noop", queue=Queue.DEFAULT)
async def noop(run: Run, args: Noop) -> object:  # noqa: ARG001 -- the form of every job
    return {"started": time.time()}


def work(url: str, folder: str) -> None:
    """Be the worker."""
    from entrepot.jobs.worker import run_worker  # noqa: PLC0415 -- only here

    settings = Settings(data_dir=Path(folder), _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    set_up_logs(settings, "worker")
    box = SecretBox([KEY])
    import uvloop  # noqa: PLC0415 -- only here

    uvloop.run(run_worker(settings, box, server_at(make_url(url), box)))


@asynccontextmanager
async def working(server: Server, folder: Path) -> AsyncGenerator[Database]:
    """Run a worker process, and give a database to enqueue with."""
    box = SecretBox([KEY])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.job_latency", "worker", server.plain(server.owner), str(folder)
    )
    try:
        url = server.asyncpg(server.application)
        async with Database(url, box.derive("scope"), wakeups=Wakeups()) as database:
            await finished(database, [await put(database, 1)], 1)
            yield database
    finally:
        process.terminate()
        await process.wait()


async def put(database: Database, number: int) -> str:
    async with database.transaction(Scope.all_sellers()) as session:
        return str(await jobs.enqueue(session, Noop(number)))


async def finished(database: Database, ids: list[str], count: int, patience: float = 120) -> list[dict[str, float]]:
    """Wait until the runs have ended; return their results, which are read once: looking must not take the worker's core."""
    deadline = time.monotonic() + patience
    ended = "FROM job_run WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'succeeded'"
    done = 0
    while time.monotonic() < deadline:
        async with database.transaction(Scope.all_sellers()) as session:
            done = (await session.execute(text(f"SELECT count(*) {ended}"), {"ids": ids})).scalar_one()
            if done >= count:
                return list((await session.execute(text(f"SELECT result {ended}"), {"ids": ids})).scalars())
        await asyncio.sleep(0.05)
    msg = f"{done} of {count} runs ended"
    raise TimeoutError(msg)


async def bare(server: Server) -> float:
    """Return the median of a commit, a NOTIFY and its arrival, in milliseconds."""
    sender = await asyncpg.connect(server.plain(server.owner))
    listener = await asyncpg.connect(server.plain(server.owner))
    heard = asyncio.Event()

    def hear(*_: object) -> None:
        heard.set()

    await listener.add_listener("bench", hear)
    await sender.execute("CREATE TABLE bench_bare (at float8)")
    times: list[float] = []
    for _ in range(RUNS):
        heard.clear()
        began = time.perf_counter()
        await sender.execute("INSERT INTO bench_bare VALUES (1)")
        await sender.execute("NOTIFY bench")
        await heard.wait()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)
    await sender.close()
    await listener.close()
    return statistics.median(times) * 1000


async def measure(server: Server, folder: Path) -> None:
    """Measure and print."""
    chance = random.Random(1)  # noqa: S311 -- waiting times
    latencies: list[float] = []
    async with working(server, folder) as database:
        for number in range(RUNS):
            await asyncio.sleep(0.05 + chance.random() * 0.15)
            began = time.time()
            run_id = await put(database, number)
            (result,) = await finished(database, [run_id], 1)
            latencies.append((result["started"] - began) * 1000)
    limit = await bare(server)
    latencies.sort()
    median, p99 = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
    print(
        json.dumps(
            {
                "name": "job_latency",
                "value": round(median, 1),
                "unit": "ms p50, goal <= 80",
                "limit": round(limit, 2),
                "ratio": round(median / limit, 1),
                "notes": f"p99 {p99:.0f} ms, goal <= 250; limit: commit, NOTIFY, arrival",
            }
        )
    )


def with_server(measured: object) -> None:
    """Call *measured* with a fresh database and a folder."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name, embedded_server(Path(name) / "postgres") as url:
        box = SecretBox([KEY])
        server = server_at(url.set(database="bench"), box)
        migrate(server, box)
        asyncio.run(measured(server, Path(name)))  # type: ignore[operator]  # a coroutine function


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        # The jobs of this module belong to "bench.job_latency", not to "__main__".
        from bench.job_latency import work as work_here

        work_here(sys.argv[2], sys.argv[3])
    else:
        from bench.job_latency import measure as measure_here

        with_server(measure_here)
