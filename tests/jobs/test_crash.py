"""What a kill -9 of a worker does to its runs and reactions: nothing lost, nothing twice."""

import asyncio
import random
import time
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.jobs import service as jobs
from entrepot.jobs.worker import Worker
from entrepot.kit import outbox
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.scope import Scope
from tests.jobs.conftest import Spawn, ended, notes, row_of, until
from tests.jobs.samples import FiveSteps, Quick

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("jobs")]


class Happened(Event, frozen=True, kw_only=True):
    topic: ClassVar[str] = "tests.happened"
    subject_kind: ClassVar[str] = "test"

    number: int
    poison: bool = False


async def happen(database: Database, subject: UUID, *numbers: int, poison: frozenset[int] = frozenset()) -> None:
    async with database.transaction(Scope.all_sellers()) as session:
        await outbox.record(
            session,
            *(Happened(seller_id=None, subject_id=subject, number=n, poison=n in poison) for n in numbers),
        )


async def test_a_killed_run_goes_on_in_its_step_in_another_worker(probe: Database, spawn: Spawn) -> None:
    workers = dict(
        zip(("worker-7", "worker-8"), await asyncio.gather(spawn("worker-7"), spawn("worker-8")), strict=True)
    )
    async with probe.transaction(Scope.all_sellers()) as session:
        run_id = await jobs.enqueue(session, FiveSteps(hang_in=3, seconds=4))

    async def in_step_three() -> bool:
        return "begin 3" in await notes(probe, run_id)

    await until(in_step_three)
    dead = (await row_of(probe, run_id))["slot"]
    await workers[dead].kill()
    killed = time.monotonic()
    assert (await row_of(probe, run_id))["state"] == "running"

    async def taken_over() -> bool:
        return (await row_of(probe, run_id))["slot"] != dead

    await until(taken_over, 30)
    assert time.monotonic() - killed < 30
    row = await ended(probe, run_id)

    assert (row["state"], row["result"], row["attempt"], row["resumes"]) == ("succeeded", {"total": 15}, 1, 1)
    assert await notes(probe, run_id) == [
        "begin 1", "end 1", "begin 2", "end 2", "begin 3", "begin 3", "end 3", "begin 4", "end 4", "begin 5", "end 5",
    ]  # fmt: skip


async def test_no_run_is_lost_or_done_twice_when_its_worker_is_killed_at_random(probe: Database, spawn: Spawn) -> None:
    chance = random.Random(20261121)
    runs: list[UUID] = []
    for _ in range(3):
        process = await spawn("worker-11")
        async with probe.transaction(Scope.all_sellers()) as session:
            runs += await jobs.enqueue_many(session, [FiveSteps(hang_in=0) for _ in range(15)])
        await asyncio.sleep(chance.random())
        await process.kill()
    await spawn("worker-11")

    for run_id in runs:
        row = await ended(probe, run_id)
        assert (row["state"], row["result"]) == ("succeeded", {"total": 15})
        done = await notes(probe, run_id)
        # A step that was cut off is done again; one that was remembered never is, and their order holds.
        assert [what for what in dict.fromkeys(done) if what.startswith("end")] == [f"end {n}" for n in range(1, 6)]


async def test_reactions_see_every_event_once_through_a_crash(probe: Database, spawn: Spawn) -> None:
    subject = new_id()
    process = await spawn("worker-13", SLOW_REACTION="0.01")

    async def begun() -> bool:
        async with probe.transaction(Scope.nobody()) as session:
            return bool((await session.execute(text("SELECT count(*) FROM reaction_cursor"))).scalar_one())

    await until(begun)
    for start in range(0, 300, 20):
        await happen(probe, subject, *range(start, start + 20))
        if start in {100, 200}:
            await asyncio.sleep(0.3)
            await process.kill()
            process = await spawn("worker-13", SLOW_REACTION="0.002")

    async def all_there() -> bool:
        return len(await notes(probe, subject)) >= 300

    await until(all_there)
    assert await notes(probe, subject) == [f"event {number}" for number in range(300)]


async def test_a_poison_event_is_set_aside_and_the_others_go_on(worker: Worker, probe: Database) -> None:
    subject = new_id()
    await until(lambda: reacting(worker))
    await happen(worker.database, subject, *range(30), poison=frozenset({7, 8}))

    async def others() -> bool:
        return len(await notes(probe, subject)) == 28

    await until(others)
    async with probe.transaction(Scope.all_sellers()) as session:
        found = await session.execute(
            text("SELECT id, error FROM reaction_failure WHERE subject_id = :id ORDER BY event_id"), {"id": subject}
        )
        failures = found.all()
    assert [failure.error for failure in failures] == ["ValueError: poison"] * 2

    async with worker.database.transaction(Scope.all_sellers()) as session:
        await session.execute(text("INSERT INTO job_probe (mark, note, pid) VALUES ('healed', '', 0)"))
        for failure in failures:
            await jobs.retry_event(session, failure.id)

    async def healed() -> bool:
        return len(await notes(probe, subject)) == 30

    await until(healed)


async def reacting(worker: Worker) -> bool:
    return worker.reacting


async def test_a_worker_stops_within_seconds_and_loses_nothing(probe: Database, spawn: Spawn) -> None:
    process = await spawn("worker-15")
    async with probe.transaction(Scope.all_sellers()) as session:
        quick = await jobs.enqueue(session, Quick())
        slow = await jobs.enqueue(session, FiveSteps(hang_in=1, seconds=60))

    async def begun() -> bool:
        return bool(await notes(probe, slow))

    await until(begun)
    await ended(probe, quick)
    began = time.monotonic()
    assert await process.stop() == 0
    assert time.monotonic() - began < 20
    assert (await row_of(probe, slow))["state"] == "running"
    async with probe.transaction(Scope.all_sellers()) as session:
        await jobs.cancel(session, slow)
    await spawn("worker-15")
    assert (await ended(probe, slow))["state"] == "cancelled"
