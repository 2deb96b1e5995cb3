"""Schedules: once however many workers look, missed ticks once, pause, edit, run now."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.jobs import schedules, service, ticking, views
from entrepot.jobs.errors import ScheduleNotFoundError
from entrepot.jobs.worker import Worker
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.jobs.conftest import Spawn, notes, until
from tests.jobs.samples import Quick

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("jobs")]
EVERYONE = Scope.all_sellers()


async def make(database: Database, **options: object) -> tuple[str, UUID]:
    name = f"tests.{new_id()}"
    async with database.transaction(EVERYONE) as session:
        schedule_id = await schedules.set_schedule(session, name, Quick(), **options)  # type: ignore[arg-type]  # passed through
    return name, schedule_id


async def runs_of(database: Database, schedule_id: UUID) -> list[views.RunRow]:
    async with database.transaction(EVERYONE) as session:
        return (await views.list_runs(session, views.Filters(schedule_id=schedule_id)))[0]


async def row(database: Database, schedule_id: UUID) -> views.ScheduleRow:
    async with database.transaction(EVERYONE) as session:
        return await views.schedule(session, schedule_id)


async def make_due(database: Database, schedule_id: UUID, ago: str) -> None:
    async with database.transaction(EVERYONE) as session:
        await session.execute(
            text("UPDATE job_schedule SET next_run_at = now() - CAST(:ago AS interval) WHERE id = :id"),
            {"ago": timedelta(hours=int(ago)), "id": schedule_id},
        )


async def remove(database: Database, name: str) -> None:
    async with database.transaction(EVERYONE) as session:
        await schedules.remove_schedule(session, name)


async def test_a_tick_fires_once_however_many_look(probe: Database) -> None:
    name, schedule_id = await make(probe, every=timedelta(hours=1), start_now=True)

    await asyncio.gather(*(ticking.start_scheduled(probe) for _ in range(8)))

    assert len(await runs_of(probe, schedule_id)) == 1
    await remove(probe, name)


async def test_ticks_missed_while_nothing_ran_fire_once(probe: Database) -> None:
    name, schedule_id = await make(probe, every=timedelta(minutes=1))
    await make_due(probe, schedule_id, "5")

    await ticking.start_scheduled(probe)
    await ticking.start_scheduled(probe)

    assert len(await runs_of(probe, schedule_id)) == 1
    await remove(probe, name)


async def test_a_tick_that_finds_the_last_run_unfinished_is_skipped(probe: Database) -> None:
    name, schedule_id = await make(probe, every=timedelta(hours=1), start_now=True)
    await ticking.start_scheduled(probe)
    await make_due(probe, schedule_id, "1")

    await ticking.start_scheduled(probe)

    assert len(await runs_of(probe, schedule_id)) == 1
    assert (await row(probe, schedule_id)).skipped == 1
    await remove(probe, name)


async def test_two_workers_and_a_schedule_of_every_second(probe: Database, spawn: Spawn) -> None:
    await asyncio.gather(spawn("worker-21"), spawn("worker-22"))
    name, schedule_id = await make(probe, every=timedelta(seconds=1))

    async def some() -> bool:
        return len(await runs_of(probe, schedule_id)) >= 4

    await until(some)
    await remove(probe, name)
    runs = await runs_of(probe, schedule_id)
    starts = sorted(run.enqueued_at for run in runs)
    assert len(starts) <= (starts[-1] - starts[0]).total_seconds() + 2, "once a second, whoever looks at the clock"

    async def all_once() -> bool:
        return all(await asyncio.gather(*(notes(probe, run.id) for run in runs)))

    await until(all_once)
    assert [await notes(probe, run.id) for run in runs] == [["done"]] * len(runs)


async def test_pause_continue_and_run_now(worker: Worker) -> None:
    database = worker.database
    name, schedule_id = await make(database, cron="0 3 * * *", time_zone="Europe/Amsterdam")
    async with database.transaction(EVERYONE) as session:
        await schedules.pause_schedule(session, schedule_id)
    await make_due(database, schedule_id, "1")
    await ticking.start_scheduled(database)
    assert await runs_of(database, schedule_id) == []

    async with database.transaction(EVERYONE) as session:
        run_id = await service.run_schedule(session, schedule_id)
        await schedules.continue_schedule(session, schedule_id)
    await until(lambda: notes(database, run_id))

    after = await row(database, schedule_id)
    assert (after.paused, after.last_run_id) == (False, run_id)
    await remove(database, name)


async def test_a_person_has_the_last_word_about_the_time(probe: Database) -> None:
    name, schedule_id = await make(probe, every=timedelta(minutes=5))
    async with probe.transaction(EVERYONE) as session:
        await schedules.set_schedule(session, name, Quick(number=2), every=timedelta(minutes=7))
    assert (await row(probe, schedule_id)).interval_seconds == 420

    async with probe.transaction(EVERYONE) as session:
        await schedules.edit_schedule(session, schedule_id, cron="0 6 * * *", interval_seconds=None, time_zone="UTC")
        await schedules.set_schedule(session, name, Quick(number=3), every=timedelta(minutes=9))
    after = await row(probe, schedule_id)
    assert (after.cron, after.args["number"], after.edited) == ("0 6 * * *", 3, True)
    await remove(probe, name)


async def test_nonsense_is_refused_in_words(probe: Database) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await make(probe, cron="every now and then")
    assert "five fields" in refused.value.problems["cron"]
    async with probe.transaction(EVERYONE) as session:
        with pytest.raises(ScheduleNotFoundError):
            await schedules.pause_schedule(session, new_id())
