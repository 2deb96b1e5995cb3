"""What a worker does because time has passed: due runs, schedules, runs of dead workers."""

from collections import defaultdict

import structlog
from dbos import DBOS
from dbos import error as engine_errors

from entrepot.jobs import repository
from entrepot.jobs.domain import next_tick
from entrepot.jobs.errors import ArgumentsWrongError, JobUnknownError
from entrepot.jobs.handover import submit_runs
from entrepot.jobs.service import enqueue_named, limits_of, schedule_key
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.scope import Scope

BATCH = 200
AFTER_ALL_STEPS = 1_000_000
"""A step number no run reaches: go on after every remembered step."""

log = structlog.get_logger()


async def release_due(database: Database) -> None:
    """Hand runs whose waiting time is over to the engine: delayed ones, and those to be tried again."""
    async with database.transaction(Scope.all_sellers()) as session:
        due = await repository.lock_due_runs(session, BATCH)
        fresh = [run for run in due if not run.submitted]
        await submit_runs(session, fresh)
        ready = [run.id for run in fresh]
        for run in due:
            if not run.submitted:
                continue
            try:
                await DBOS.rewind_workflow_async(
                    str(run.id), start_step=run.failed_step or AFTER_ALL_STEPS, queue_name=run.queue
                )
            except engine_errors.DBOSException as error:
                # Its last attempt is not quite over, or the engine has it already: the next pulse looks again.
                log.info("rewind_refused", run=str(run.id), reason=str(error))
            else:
                ready.append(run.id)
        await repository.queue_runs(session, ready)


async def start_scheduled(database: Database) -> None:
    """Start every schedule whose tick has come, once however many workers look."""
    async with database.transaction(Scope.all_sellers(), actor=Actor("system", "schedule", "Schedule")) as session:
        for schedule in await repository.lock_due_schedules(session):
            present = now()
            schedule.next_run_at = next_tick(
                cron=schedule.cron,
                interval_seconds=schedule.interval_seconds,
                time_zone=schedule.time_zone,
                planned=schedule.next_run_at,
                present=present,
            )
            try:
                run_id = await enqueue_named(
                    session,
                    schedule.job,
                    schedule.args,
                    key=schedule_key(schedule.name),
                    seller_id=schedule.seller_id,
                    schedule_id=schedule.id,
                    limits=limits_of(schedule),
                )
            except (JobUnknownError, ArgumentsWrongError) as error:
                log.warning("schedule_broken", schedule=schedule.name, detail=error.detail)
                schedule.skipped += 1
                continue
            if run_id == schedule.last_run_id:
                schedule.skipped += 1
            else:
                schedule.last_run_at, schedule.last_run_id, schedule.skipped = present, run_id, 0
        await session.flush()


async def take_over(database: Database, name: str) -> int:
    """Put what the dead worker *name* was doing back into the queues; return how many runs that were.

    The caller holds the dead worker's lease, so neither it nor a third worker can do the same meanwhile.
    """
    pending = await DBOS.list_workflows_async(status="PENDING", executor_id=name, load_input=False, load_output=False)
    by_queue: defaultdict[str | None, list[str]] = defaultdict(list)
    for workflow in pending:
        by_queue[workflow.queue_name].append(workflow.workflow_id)
    for queue, ids in by_queue.items():
        await DBOS.resume_workflows_async(ids, queue_name=queue)
    async with database.transaction(Scope.all_sellers()) as session:
        await repository.forget_worker(session, name)
    log.warning("worker_taken_over", dead=name, runs=len(pending))
    return len(pending)
