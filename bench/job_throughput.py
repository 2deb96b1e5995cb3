"""Durable jobs that do nothing, on one worker process; and ten times as many.

The limit is the bare life of a row: inserted, claimed and finished by three committed statements, eight rows at a time.
"""

import asyncio
import json
import time
from pathlib import Path

import asyncpg

from bench.job_latency import Noop, finished, with_server, working
from entrepot.jobs import service as jobs
from entrepot.kit.database import Database
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope

RUNS = 1_500
BATCH = 500
LANES = 8


async def rate(database: Database, count: int) -> float:
    """Enqueue *count* jobs and return how many per second were started and finished."""
    ids: list[str] = []
    began = time.perf_counter()
    for first in range(0, count, BATCH):
        async with database.transaction(Scope.all_sellers()) as session:
            ids += map(str, await jobs.enqueue_many(session, [Noop(n) for n in range(first, first + BATCH)]))
    await finished(database, ids, count, 600)
    return count / (time.perf_counter() - began)


async def bare(server: Server) -> float:
    """Return how many rows per second live through three commits."""
    pool = await asyncpg.create_pool(server.plain(server.owner), min_size=LANES, max_size=LANES)
    await pool.execute("CREATE TABLE bench_life (id int PRIMARY KEY, state text)")

    async def lane(number: int) -> None:
        for row in range(number, RUNS, LANES):
            await pool.execute("INSERT INTO bench_life VALUES ($1, 'queued')", row)
            await pool.execute("UPDATE bench_life SET state = 'running' WHERE id = $1", row)
            await pool.execute("UPDATE bench_life SET state = 'succeeded' WHERE id = $1", row)

    began = time.perf_counter()
    await asyncio.gather(*map(lane, range(LANES)))
    await pool.close()
    return RUNS / (time.perf_counter() - began)


async def measure(server: Server, folder: Path) -> None:
    """Measure and print."""
    async with working(server, folder) as database:
        await rate(database, BATCH)
        once = await rate(database, RUNS)
        grown = await rate(database, RUNS * 10)
    limit = await bare(server)
    print(
        json.dumps(
            {
                "name": "job_throughput",
                "value": round(once),
                "unit": "jobs/s, goal >= 350",
                "limit": round(limit),
                "ratio": round(limit / once, 1),
                "notes": f"{RUNS} jobs, enqueueing included; {RUNS * 10}: {grown:.0f}/s",
            }
        )
    )


if __name__ == "__main__":
    with_server(measure)
