"""Enqueue, cancel and try again; all in the caller's transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import repository
from entrepot.jobs.domain import ACTIVE
from entrepot.jobs.errors import (
    ArgumentsWrongError,
    FailureNotFoundError,
    RunActiveError,
    RunFinishedError,
    RunNotFoundError,
    ScheduleNotFoundError,
)
from entrepot.jobs.events import RunCancelled, RunsChanged
from entrepot.jobs.handover import submit
from entrepot.jobs.models import JobSchedule
from entrepot.jobs.registry import Job, Queue, job_named, job_of
from entrepot.jobs.retrying import Limits
from entrepot.jobs.schedules import remove_schedule, set_schedule
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

__all__ = [
    "WAKE",
    "cancel",
    "enqueue",
    "enqueue_many",
    "enqueue_named",
    "read_args",
    "remove_schedule",
    "retry",
    "retry_event",
    "run_schedule",
    "set_schedule",
]

WAKE = "entrepot_job"
"""What workers LISTEN to."""
MOST_TRIES_FOR_A_KEY = 5
AS_THE_JOB_SAYS = Limits()


async def enqueue(  # noqa: PLR0913 -- how a run is queued
    session: AsyncSession,
    args: msgspec.Struct,
    *,
    key: str | None = None,
    again: bool = False,
    delay: timedelta | float | None = None,
    priority: int | None = None,
    queue: Queue | None = None,
    seller_id: UUID | None = None,
    schedule_id: UUID | None = None,
    parent_id: UUID | None = None,
    limits: Limits = AS_THE_JOB_SAYS,
) -> UUID:
    """Start the job that *args* belong to, once the caller's transaction has committed; return the run's id.

    Args:
        session: the caller's transaction; rolled back, nothing has happened.
        args: the job's struct.
        key: at most one unfinished run of the job (and seller) has it; a second enqueue returns the first one's id.
        again: a run that has started does not count for *key*: for "something changed, look again".
        delay: not before; a timedelta or seconds.
        priority: lower goes first within the queue; default: the job's.
        queue: default: the job's.
        seller_id: whose run it is; default: ``args.seller_id``, else the one seller of the transaction's scope.
        schedule_id: the schedule that started it.
        parent_id: the run that started it.
        limits: what a person set for it.
    """
    definition = job_of(args)
    row = _row(session, definition, args, delay=delay, seller_id=seller_id)
    if definition.key is not None:
        key = definition.key(args)
    row.update(
        key=key,
        again=again,
        priority=definition.priority if priority is None else priority,
        queue=str(queue or definition.queue),
        schedule_id=schedule_id,
        parent_id=parent_id,
        timeout_seconds=limits.timeout_seconds,
        retries=limits.retries,
        retry_delay_seconds=limits.retry_delay_seconds,
    )
    for _ in range(MOST_TRIES_FOR_A_KEY):
        if await repository.add_runs(session, [row]):
            await _hand_over(session, [row])
            return UUID(str(row["id"]))
        holder = await repository.run_with_key(session, definition.name, row["seller_id"], key or "")
        if holder is not None:
            return holder
    raise RunActiveError(state="queued")


async def enqueue_many(
    session: AsyncSession, work: Sequence[msgspec.Struct], *, keys: Sequence[str] | None = None, again: bool = False
) -> list[UUID]:
    """Start many runs in one statement; those whose key is taken are left out of the answer.

    Big work is one run that goes through a batch; this is for many accounts, not for many items.
    """
    rows: list[dict[str, Any]] = []
    for number, args in enumerate(work):
        definition = job_of(args)
        row = _row(session, definition, args, delay=None, seller_id=None)
        row.update(
            key=definition.key(args) if definition.key else keys[number] if keys else None,
            again=again,
            priority=definition.priority,
            queue=str(definition.queue),
            schedule_id=None,
            parent_id=None,
        )
        rows.append(row)
    added = await repository.add_runs(session, rows)
    new = [row for row in rows if row["id"] in added]
    await _hand_over(session, new)
    return [row["id"] for row in new]


async def enqueue_named(
    session: AsyncSession,
    name: str,
    args: dict[str, Any],
    *,
    key: str | None = None,
    delay: timedelta | float | None = None,
    seller_id: UUID | None = None,
    schedule_id: UUID | None = None,
    limits: Limits = AS_THE_JOB_SAYS,
) -> UUID:
    """Start a job by its name: for schedules, the API and "run again".

    Raises:
        JobUnknownError: there is none.
        ArgumentsWrongError: it does not take *args*.
    """
    return await enqueue(
        session,
        read_args(job_named(name), args),
        key=key,
        delay=delay,
        seller_id=seller_id,
        schedule_id=schedule_id,
        limits=limits,
    )


def read_args(definition: Job[Any], args: dict[str, Any]) -> msgspec.Struct:
    """Build the job's struct from plain data.

    Raises:
        ArgumentsWrongError: it does not fit.
    """
    try:
        made: msgspec.Struct = msgspec.convert(args, definition.args_type)
    except msgspec.ValidationError as error:
        raise ArgumentsWrongError(job=definition.name, reason=str(error)) from error
    return made


async def cancel(session: AsyncSession, run_id: UUID) -> None:
    """Cancel a run: one that waits never starts; one that runs stops within about a second.

    Raises:
        RunNotFoundError: none in the scope.
        RunFinishedError: it has ended.
    """
    run = await repository.lock_run(session, run_id)
    if run is None:
        raise RunNotFoundError(run_id=run_id)
    if run.state not in ACTIVE:
        raise RunFinishedError(state=run.state)
    run.cancel_requested_at = now()
    if run.state != "running":
        run.state, run.finished_at = "cancelled", now()
    await session.flush()
    await outbox.record(
        session,
        RunCancelled(seller_id=run.seller_id, subject_id=run.id, job=run.job),
        RunsChanged(seller_id=run.seller_id, subject_id=run.id, runs=[run.id]),
    )
    context_of(session).wakes.add(WAKE)


async def retry(session: AsyncSession, run_id: UUID) -> None:
    """Try a failed or cancelled run again; finished steps stay finished.

    Raises:
        RunNotFoundError: none in the scope.
        RunActiveError: it has not failed, or another run with the same key is active.
    """
    run = await repository.lock_run(session, run_id)
    if run is None:
        raise RunNotFoundError(run_id=run_id)
    if run.state not in {"failed", "cancelled"}:
        raise RunActiveError(state=run.state)
    if run.key is not None and not run.again:
        holder = await repository.run_with_key(session, run.job, run.seller_id, run.key)
        if holder is not None:
            raise RunActiveError(state="queued")
    run.state, run.due_at, run.finished_at = "waiting", now(), None
    run.cancel_requested_at = None
    run.attempts_before = run.attempt
    await session.flush()
    await outbox.record(session, RunsChanged(seller_id=run.seller_id, subject_id=run.id, runs=[run.id]))
    context_of(session).wakes.add(WAKE)


async def run_schedule(session: AsyncSession, schedule_id: UUID) -> UUID:
    """Start a schedule's job now, besides its ticks; return the run's id, or that of the run still going on.

    Raises:
        ScheduleNotFoundError: none in the scope.
    """
    schedule = await repository.lock_schedule(session, schedule_id)
    if schedule is None:
        raise ScheduleNotFoundError(schedule=str(schedule_id))
    run_id = await enqueue_named(
        session,
        schedule.job,
        schedule.args,
        key=schedule_key(schedule.name),
        seller_id=schedule.seller_id,
        schedule_id=schedule.id,
        limits=limits_of(schedule),
    )
    schedule.last_run_at, schedule.last_run_id, schedule.skipped = now(), run_id, 0
    await session.flush()
    return run_id


def limits_of(schedule: JobSchedule) -> Limits:
    """Return what a person set for a schedule's runs."""
    return Limits(
        timeout_seconds=schedule.timeout_seconds,
        retries=schedule.retries,
        retry_delay_seconds=schedule.retry_delay_seconds,
    )


def schedule_key(name: str) -> str:
    """Return the key of a schedule's runs: a tick that finds the last one unfinished starts nothing."""
    return f"schedule:{name}"


async def retry_event(session: AsyncSession, failure_id: UUID) -> None:
    """Let a reaction try again an event that was set aside.

    Raises:
        FailureNotFoundError: it no longer is.
    """
    failure = await repository.lock_failure(session, failure_id)
    if failure is None:
        raise FailureNotFoundError
    failure.retry_at = now()
    await session.flush()
    context_of(session).wakes.add(WAKE)


def _row(
    session: AsyncSession,
    definition: Job[Any],
    args: msgspec.Struct,
    *,
    delay: timedelta | float | None,
    seller_id: UUID | None,
) -> dict[str, Any]:
    context = context_of(session)
    if seller_id is None:
        own = getattr(args, "seller_id", None)
        seller_id = own if isinstance(own, UUID) else None
    if seller_id is None and not context.scope.everyone and len(context.scope.sellers) == 1:
        (seller_id,) = context.scope.sellers
    wait = delay if isinstance(delay, timedelta) else timedelta(seconds=delay or 0)
    waits = wait > timedelta()
    return {
        "id": new_id(),
        "job": definition.name,
        "seller_id": seller_id,
        "args": msgspec.to_builtins(args),
        "state": "waiting" if waits else "queued",
        "submitted": not waits,
        "due_at": now() + wait,
        "actor_kind": context.actor.kind,
        "actor_id": context.actor.id,
        "actor_name": context.actor.name,
    }


async def _hand_over(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    present = [row for row in rows if row["submitted"]]
    await submit(session, [(str(row["id"]), row["queue"], row["priority"]) for row in present])
    context_of(session).wakes.add(WAKE)
