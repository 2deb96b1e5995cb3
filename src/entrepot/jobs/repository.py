"""Every statement that writes or claims runs.  Reading for pages and the API is in :mod:`entrepot.jobs.views`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, delete, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from entrepot.jobs.domain import ACTIVE
from entrepot.jobs.models import JobLog, JobRun, JobSchedule, ReactionCursor, ReactionFailure, WorkerSlot
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.sentence import Sentence
from entrepot.kit.sql import text


async def add_runs(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Add runs; return the ids of those whose key was free."""
    added = await insert_rows(session, JobRun, rows, suffix="ON CONFLICT DO NOTHING RETURNING id")
    return {row.id for row in added}


async def run_with_key(session: AsyncSession, job: str, seller_id: UUID | None, key: str) -> UUID | None:
    """Return the unfinished run that holds *key*."""
    found = await session.execute(
        select(JobRun.id)
        .where(
            JobRun.job == job,
            JobRun.seller_id.is_not_distinct_from(seller_id),
            JobRun.key == key,
            JobRun.state.in_(ACTIVE),
        )
        .order_by(JobRun.state == "running", JobRun.id)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def lock_run(session: AsyncSession, run_id: UUID) -> JobRun | None:
    """Return a run that nobody changes meanwhile."""
    found = await session.execute(select(JobRun).where(JobRun.id == run_id).with_for_update())
    return found.scalar_one_or_none()


async def lock_due_runs(session: AsyncSession, limit: int) -> Sequence[JobRun]:
    """Return runs whose waiting time is over, each to one worker only.

    Of the runs of one *again* key only one may be queued: the others wait until it has started.
    """
    other = aliased(JobRun)
    ahead = or_(other.state == "queued", and_(other.state == "waiting", other.due_at <= now(), other.id < JobRun.id))
    same_key = and_(
        other.again,
        other.job == JobRun.job,
        other.key == JobRun.key,
        other.seller_id.is_not_distinct_from(JobRun.seller_id),
        ahead,
    )
    found = await session.execute(
        select(JobRun)
        .where(JobRun.state == "waiting", JobRun.due_at <= now())
        .where(not_(and_(JobRun.again, select(1).where(same_key).exists())))
        .order_by(JobRun.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=JobRun)
    )
    return found.scalars().all()


async def queue_runs(session: AsyncSession, run_ids: Sequence[UUID]) -> None:
    """Note that runs are in the engine's queue."""
    await session.execute(update(JobRun).where(JobRun.id.in_(run_ids)).values(state="queued", submitted=True))


async def enqueue_workflows(
    session: AsyncSession, runs: Sequence[tuple[str, str, int]], application: str, workflow: str
) -> None:
    """Put runs, given as id, queue and priority, into the engine's queues."""
    await session.execute(
        text(
            """
            SELECT count(dbos.enqueue_workflow(
                workflow_name => :workflow, application_name => :application, workflow_id => r.id,
                queue_name => r.queue, priority => r.priority, positional_args => ARRAY[to_json(r.id)]
            ))
            FROM unnest(CAST(:ids AS text[]), CAST(:queues AS text[]), CAST(:priorities AS int[]))
                AS r(id, queue, priority)
            """
        ),
        {
            "application": application,
            "workflow": workflow,
            "ids": [id_ for id_, _, _ in runs],
            "queues": [queue for _, queue, _ in runs],
            "priorities": [priority for _, _, priority in runs],
        },
    )


@dataclass(frozen=True, slots=True)
class Started:
    """What a worker needs to know about a run that it starts."""

    id: UUID
    job: str
    queue: str
    args: dict[str, Any]
    seller_id: UUID | None
    attempt: int
    attempts_before: int
    resumes: int
    resumes_before: int
    cancelled: bool
    enqueued_at: datetime
    timeout_seconds: int | None
    retries: int | None
    retry_delay_seconds: int | None


async def start_runs(session: AsyncSession, run_ids: Sequence[UUID], slot: str) -> dict[UUID, Started]:
    """Mark runs as running on *slot*; those that ended meanwhile are missing in the answer."""
    rows = await session.execute(
        text(
            """
            UPDATE job_run SET
                attempt = attempt + (state <> 'running')::int,
                resumes = CASE WHEN state = 'running' THEN resumes + 1 ELSE 0 END,
                resumes_before = CASE WHEN state = 'running' THEN resumes_before ELSE 0 END,
                state = 'running', slot = :slot, started_at = coalesce(started_at, now()),
                finished_at = NULL, error_kind = '', error_code = '', error_text = '', error_facts = NULL
            WHERE id = ANY(:ids) AND state IN ('queued', 'waiting', 'running')
            RETURNING id, job, queue, args, seller_id, attempt, attempts_before, resumes, resumes_before, enqueued_at,
                timeout_seconds, retries, retry_delay_seconds,
                cancel_requested_at IS NOT NULL AS cancelled
            """
        ),
        {"ids": list(run_ids), "slot": slot},
    )
    return {row["id"]: Started(**row) for row in rows.mappings()}


async def note_steps(session: AsyncSession, run_ids: Sequence[UUID]) -> None:
    """These runs got a step further since they were resumed."""
    await session.execute(
        text("UPDATE job_run SET resumes_before = resumes WHERE id = ANY(:ids) AND state = 'running'"),
        {"ids": list(run_ids)},
    )


async def finish_runs(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write how attempts ended.

    Args:
        session: the running transaction.
        rows: ``id``, ``state``, ``error_kind``, ``error_code``, ``error_text``, ``failed_step``, ``wait`` (seconds or
            None), ``result`` (plain data or None).
    """
    names = ("id", "state", "error_kind", "error_code", "error_text", "failed_step", "wait")
    values: dict[str, Any] = {name: [row[name] for row in rows] for name in names}
    for name in ("result", "error_facts"):
        values[name] = [None if row[name] is None else msgspec.json.encode(row[name]).decode() for row in rows]
    await session.execute(
        text(
            """
            UPDATE job_run r SET
                state = n.state, error_kind = n.error_kind, error_code = n.error_code, error_text = n.error_text,
                error_facts = n.error_facts::jsonb, failed_step = n.failed_step, result = n.result::jsonb,
                due_at = CASE WHEN n.wait IS NULL THEN r.due_at ELSE now() + make_interval(secs => n.wait) END,
                finished_at = CASE WHEN n.state = 'waiting' THEN NULL ELSE now() END,
                cancel_requested_at = CASE WHEN n.state = 'cancelled' THEN r.cancel_requested_at END
            FROM unnest(
                CAST(:id AS uuid[]), CAST(:state AS text[]), CAST(:error_kind AS text[]), CAST(:error_code AS text[]),
                CAST(:error_text AS text[]), CAST(:failed_step AS int[]), CAST(:wait AS float8[]),
                CAST(:result AS text[]), CAST(:error_facts AS text[])
            ) AS n(id, state, error_kind, error_code, error_text, failed_step, wait, result, error_facts)
            WHERE r.id = n.id
            """
        ),
        values,
    )


async def report_progress(session: AsyncSession, reports: Mapping[UUID, tuple[int, int, Sentence]]) -> None:
    """Write how far runs are."""
    await session.execute(
        text(
            """
            UPDATE job_run r SET done = n.done, total = n.total, note = n.note, note_facts = n.facts::jsonb
            FROM unnest(
                CAST(:ids AS uuid[]), CAST(:done AS int[]), CAST(:total AS int[]), CAST(:note AS text[]),
                CAST(:facts AS text[])
            ) AS n(id, done, total, note, facts)
            WHERE r.id = n.id
            """
        ),
        {
            "ids": list(reports),
            "done": [done for done, _, _ in reports.values()],
            "total": [total for _, total, _ in reports.values()],
            "note": [note.text for _, _, note in reports.values()],
            "facts": [
                None if note.facts is None else msgspec.json.encode(note.facts).decode()
                for _, _, note in reports.values()
            ],
        },
    )


async def add_log_lines(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add log lines."""
    await insert_rows(session, JobLog, rows)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a worker looks at every second, in one statement."""

    queued: bool
    due: bool
    scheduled: bool
    retries: bool
    cancelled: list[UUID]


async def take_pulse(session: AsyncSession, slot: str) -> Pulse:
    """Ask whether there is anything to do besides what NOTIFY told."""
    row = (
        (
            await session.execute(
                text(
                    """
                SELECT
                    EXISTS (SELECT FROM job_run WHERE state = 'queued') AS queued,
                    EXISTS (SELECT FROM job_run WHERE state = 'waiting' AND due_at <= now()) AS due,
                    EXISTS (SELECT FROM job_schedule WHERE NOT paused AND next_run_at <= now()) AS scheduled,
                    EXISTS (SELECT FROM reaction_failure WHERE retry_at <= now()) AS retries,
                    ARRAY (
                        SELECT id FROM job_run
                        WHERE state = 'running' AND slot = :slot AND cancel_requested_at IS NOT NULL
                    ) AS cancelled
                """
                ),
                {"slot": slot},
            )
        )
        .mappings()
        .one()
    )
    return Pulse(**row)


async def lock_due_schedules(session: AsyncSession) -> Sequence[JobSchedule]:
    """Return schedules whose tick has come, each to one worker only."""
    found = await session.execute(
        select(JobSchedule)
        .where(~JobSchedule.paused, JobSchedule.next_run_at <= now())
        .order_by(JobSchedule.next_run_at)
        .limit(200)
        .with_for_update(skip_locked=True)
    )
    return found.scalars().all()


async def lock_schedule(session: AsyncSession, schedule_id: UUID) -> JobSchedule | None:
    """Return a schedule that nobody changes meanwhile."""
    found = await session.execute(select(JobSchedule).where(JobSchedule.id == schedule_id).with_for_update())
    return found.scalar_one_or_none()


async def schedule_named(session: AsyncSession, name: str) -> JobSchedule | None:
    """Return the schedule called *name*."""
    found = await session.execute(select(JobSchedule).where(JobSchedule.name == name).with_for_update())
    return found.scalar_one_or_none()


async def add_schedule(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Add a schedule, unless another process just did."""
    await insert_rows(session, JobSchedule, [row], suffix="ON CONFLICT (name) DO NOTHING")


async def remove_schedule(session: AsyncSession, name: str) -> UUID | None:
    """Remove the schedule called *name*; return its id if there was one."""
    found = await session.execute(delete(JobSchedule).where(JobSchedule.name == name).returning(JobSchedule.id))
    return found.scalar_one_or_none()


async def forget_runs(session: AsyncSession, before: datetime, failed_before: datetime, limit: int) -> list[UUID]:
    """Remove finished runs and their log lines, oldest first; return their ids."""
    old = (
        select(JobRun.id)
        .where(
            JobRun.finished_at.is_not(None),
            JobRun.finished_at < before,
            (JobRun.state == "succeeded") | (JobRun.finished_at < failed_before),
        )
        .order_by(JobRun.finished_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = await session.execute(delete(JobRun).where(JobRun.id.in_(old)).returning(JobRun.id))
    return list(found.scalars())


async def reaction_cursors(session: AsyncSession) -> dict[str, str]:
    """Return how far each reaction has read."""
    rows = await session.execute(select(ReactionCursor.name, ReactionCursor.cursor))
    return {row[0]: row[1] for row in rows}


async def add_cursor(session: AsyncSession, name: str, cursor: str) -> None:
    """Let a reaction begin at *cursor*, unless it has begun."""
    await insert_rows(session, ReactionCursor, [{"name": name, "cursor": cursor}], suffix="ON CONFLICT DO NOTHING")


async def move_cursor(session: AsyncSession, name: str, before: str, after: str, handled: int) -> bool:
    """Move a reaction on; False if another worker did so since it was at *before*."""
    moved = await session.execute(
        update(ReactionCursor)
        .where(ReactionCursor.name == name, ReactionCursor.cursor == before)
        .values(cursor=after, handled=ReactionCursor.handled + handled, moved_at=now())
        .returning(ReactionCursor.name)
    )
    return moved.scalar_one_or_none() is not None


async def set_aside(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Keep an event that a reaction cannot handle."""
    await insert_rows(session, ReactionFailure, [row], suffix="ON CONFLICT (reaction, event_id) DO NOTHING")


async def lock_failure(session: AsyncSession, failure_id: UUID) -> ReactionFailure | None:
    """Return an event that was set aside."""
    found = await session.execute(select(ReactionFailure).where(ReactionFailure.id == failure_id).with_for_update())
    return found.scalar_one_or_none()


async def lock_failures_to_retry(session: AsyncSession, limit: int) -> Sequence[ReactionFailure]:
    """Return events that somebody asked to try again."""
    found = await session.execute(
        select(ReactionFailure)
        .where(ReactionFailure.retry_at <= now())
        .order_by(ReactionFailure.event_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return found.scalars().all()


async def remember_worker(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Write down that a worker lives."""
    await insert_rows(
        session,
        WorkerSlot,
        [row],
        suffix="ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid, version = excluded.version,"
        " started_at = now(), seen_at = now(), running = 0",
    )


async def see_worker(session: AsyncSession, name: str, running: int) -> list[str]:
    """Renew the sign of life of *name*; return the other workers that are written down."""
    await session.execute(update(WorkerSlot).where(WorkerSlot.name == name).values(seen_at=now(), running=running))
    return list((await session.execute(select(WorkerSlot.name).where(WorkerSlot.name != name))).scalars())


async def forget_worker(session: AsyncSession, name: str) -> None:
    """Strike a worker out."""
    await session.execute(delete(WorkerSlot).where(WorkerSlot.name == name))
