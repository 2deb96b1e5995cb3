"""The slice's own job: forgets old runs."""

from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import repository
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.jobs.schedules import set_schedule
from entrepot.kit.clock import now
from entrepot.kit.text import N_

BATCH = 1000
MOST = 200
"""Batches of one night: what is left waits for the next."""


class ForgetRuns(msgspec.Struct, frozen=True):
    """Arguments of :data:`forget_runs`."""


@job("jobs.forget_runs", label=N_("Remove old runs"), queue=Queue.LOW)
async def forget_runs(run: Run, args: ForgetRuns) -> object:  # noqa: ARG001 -- the form of every job
    """Remove finished runs, their log lines and what the engine remembers of them, a thousand at a time."""
    from dbos import DBOS  # noqa: PLC0415 -- the web process knows this job and has no engine

    removed = 0
    keep = timedelta(days=run.settings.keep_runs_days)
    keep_failed = timedelta(days=run.settings.keep_failed_runs_days)

    async def remove() -> int:
        async with run.transaction() as session:
            ids = await repository.forget_runs(session, now() - keep, now() - keep_failed, BATCH)
        known = (
            [
                status.workflow_id
                for status in await DBOS.list_workflows_async(
                    workflow_ids=[str(run_id) for run_id in ids], load_input=False, load_output=False
                )
            ]
            if ids
            else []
        )
        if known:
            await DBOS.delete_workflows_async(known)
        return len(ids)

    for _ in range(MOST):
        count = await run.step("remove", remove)
        removed += count
        await run.progress(removed, removed, "")
        if count < BATCH:
            break
    return {"removed": removed}


async def set_up(session: AsyncSession) -> None:
    """Make the slice's schedules."""
    await set_schedule(session, "jobs.forget_runs", ForgetRuns(), cron="30 3 * * *", time_zone="Europe/Amsterdam")
