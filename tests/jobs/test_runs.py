"""Runs on one worker: enqueue, order, results, dedupe, delay, cancel, retry."""

import asyncio
import time
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.jobs import service as jobs
from entrepot.jobs.errors import RunActiveError, RunFinishedError
from entrepot.jobs.worker import Worker
from entrepot.kit.database import Actor, Database
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import shown
from entrepot.kit.settings import Settings
from tests.jobs.conftest import MakeSeller, ended, notes, row_of, until
from tests.jobs.samples import Fail, FiveSteps, Long, Quick, Timed

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("jobs")]
TESS = Actor("user", "tess", "Tess Tester")


async def put(database: Database, args: msgspec.Struct, *, seller: SellerRef | None = None, **options: object) -> UUID:
    scope = Scope.of(seller.id) if seller else Scope.all_sellers()
    async with database.transaction(scope, actor=TESS) as session:
        return await jobs.enqueue(session, args, **options)  # type: ignore[arg-type]  # passed through


async def test_a_run_succeeds_and_says_for_whom(worker: Worker, database: Database, seller: SellerRef) -> None:
    run_id = await put(worker.database, Quick(seller_id=seller.id, number=7), seller=seller)

    row = await ended(database, run_id)

    assert (row["state"], row["result"], row["attempt"]) == ("succeeded", {"number": 7}, 1)
    assert (row["seller_id"], row["actor_name"]) == (seller.id, "Tess Tester")
    assert await notes(database, run_id) == ["done"]


async def test_steps_progress_and_log_lines(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, FiveSteps())

    row = await ended(database, run_id)

    assert (row["result"], row["done"], row["total"], row["note"]) == ({"total": 15}, 5, 5, "step 5")


async def test_a_rolled_back_transaction_enqueues_nothing(probe: Database) -> None:
    class StopError(Exception):
        pass

    run_id = None
    with pytest.raises(StopError):
        async with probe.transaction(Scope.all_sellers()) as session:
            run_id = await jobs.enqueue(session, Quick())
            raise StopError
    async with probe.transaction(Scope.all_sellers()) as session:
        for table, column in (("job_run", "id::text"), ("dbos.workflow_status", "workflow_uuid")):
            found = await session.execute(
                text(f"SELECT count(*) FROM {table} WHERE {column} = :id"), {"id": str(run_id)}
            )
            assert found.scalar_one() == 0


async def test_a_key_is_held_until_the_run_has_ended(probe: Database, seller: SellerRef) -> None:
    scope = Scope.of(seller.id)
    async with probe.transaction(scope) as session:
        first = await jobs.enqueue(session, Quick(), key="one", delay=3600)
        assert await jobs.enqueue(session, Quick(number=2), key="one") == first
        assert await jobs.enqueue(session, Quick(number=2), key="two", delay=3600) != first

    async def racer() -> UUID:
        async with probe.transaction(scope) as session:
            return await jobs.enqueue(session, Quick(), key="race", delay=3600)

    assert len(set(await asyncio.gather(*(racer() for _ in range(8))))) == 1

    async with probe.transaction(scope) as session:
        await jobs.cancel(session, first)
        assert await jobs.enqueue(session, Quick(), key="one", delay=3600) != first


async def test_another_sellers_key_is_another_key(probe: Database, make_seller: MakeSeller) -> None:
    ids = set()
    for name in ("A", "B"):
        seller = await make_seller(name)
        async with probe.transaction(Scope.of(seller.id)) as session:
            ids.add(await jobs.enqueue(session, Quick(), key="same", delay=3600))

    assert len(ids) == 2


async def test_a_delayed_run_waits(worker: Worker, database: Database) -> None:
    began = time.monotonic()
    run_id = await put(worker.database, Quick(), delay=1.5)
    assert (await row_of(database, run_id))["state"] == "waiting"

    await ended(database, run_id)

    assert 1.4 <= time.monotonic() - began < 5


async def test_cancelling_a_running_run_stops_it(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Long())
    await until(lambda: notes(database, run_id))

    async with worker.database.transaction(Scope.all_sellers()) as session:
        await jobs.cancel(session, run_id)

    row = await ended(database, run_id, 5)
    assert row["state"] == "cancelled"
    async with worker.database.transaction(Scope.all_sellers()) as session:
        with pytest.raises(RunFinishedError):
            await jobs.cancel(session, run_id)


async def test_a_cancelled_run_that_waited_never_starts(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Quick(), delay=0.5)
    async with worker.database.transaction(Scope.all_sellers()) as session:
        await jobs.cancel(session, run_id)
    later = await put(worker.database, Quick(), delay=1.2)

    await ended(database, later)

    assert await notes(database, run_id) == []


async def test_unavailable_is_tried_again_from_the_failed_step(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Fail("away", times=2))

    row = await ended(database, run_id)

    assert (row["state"], row["attempt"], row["result"]) == ("succeeded", 3, {"kept": "kept"})
    assert await notes(database, run_id) == ["first", "second", "second", "second"]


async def test_rate_limited_waits_as_told(worker: Worker, database: Database) -> None:
    began = time.monotonic()
    run_id = await put(worker.database, Fail("limited", times=1))

    row = await ended(database, run_id)

    assert row["state"] == "succeeded"
    assert time.monotonic() - began >= 1


async def test_unavailable_for_too_long_fails(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Fail("away"))

    row = await ended(database, run_id)

    assert (row["state"], row["attempt"], row["error_code"]) == ("failed", 4, "tests.away")


async def test_refused_is_not_tried_again_by_itself_but_by_a_person(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Fail("refused", times=1))

    row = await ended(database, run_id)
    assert (row["state"], row["attempt"]) == ("failed", 1)
    assert shown(row["error_text"], row["error_facts"]) == "The other side says no to this."

    async with worker.database.transaction(Scope.all_sellers()) as session:
        await jobs.retry(session, run_id)
    row = await ended(database, run_id)
    assert (row["state"], row["attempt"]) == ("succeeded", 2)
    assert await notes(database, run_id) == ["first", "second", "second"]
    async with worker.database.transaction(Scope.all_sellers()) as session:
        with pytest.raises(RunActiveError):
            await jobs.retry(session, run_id)


async def test_a_bug_is_tried_a_few_times(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Fail("bug"))

    row = await ended(database, run_id)

    assert (row["state"], row["attempt"], row["error_kind"]) == ("failed", 3, "bug")


async def test_a_run_that_takes_too_long_is_stopped(worker: Worker, database: Database) -> None:
    run_id = await put(worker.database, Timed())

    row = await ended(database, run_id)

    assert (row["state"], row["error_code"]) == ("failed", "jobs.timeout")


async def test_delayed_runs_of_one_key_start_one_after_the_other(worker: Worker, database: Database) -> None:
    delayed = [await put(worker.database, Quick(number=one), key="look", again=True, delay=1.5) for one in (1, 2, 3)]
    at_once = await put(worker.database, Quick(number=4), key="look", again=True)

    assert len({*delayed, at_once}) == 4
    for run_id in (*delayed, at_once):
        assert (await ended(database, run_id))["state"] == "succeeded"


async def test_a_worker_that_stops_leaves_nothing_running(
    probe: Database, server: Server, box: SecretBox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.jobs.worker.GRACE", 0.5)
    before = asyncio.all_tasks()
    stop = asyncio.Event()
    worker = Worker(settings, box, server)
    working = asyncio.create_task(worker.run(stop))
    run_id = await put(probe, Long())
    await until(lambda: notes(probe, run_id))

    stop.set()
    await working

    assert asyncio.all_tasks() <= before
    assert (await row_of(probe, run_id))["state"] == "running"  # the next worker goes on with it
    async with probe.transaction(Scope.all_sellers()) as session:
        await jobs.cancel(session, run_id)
