"""What pages and the API read about runs, schedules, workers and reactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from entrepot.jobs.domain import ACTIVE
from entrepot.jobs.errors import RunNotFoundError, ScheduleNotFoundError
from entrepot.jobs.models import JobLog, JobRun, JobSchedule, ReactionCursor, ReactionFailure, WorkerSlot
from entrepot.kit.clock import now
from entrepot.kit.sentence import shown

RECENT = timedelta(days=30)
"""What the figures of a schedule look back on."""


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as lists and programs see it."""

    id: UUID
    job: str
    queue: str
    seller_id: UUID | None
    key: str | None
    state: str
    attempt: int
    done: int
    total: int
    note: str
    enqueued_at: datetime
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_kind: str
    error_code: str
    error_text: str
    actor_name: str
    schedule_id: UUID | None
    parent_id: UUID | None
    timeout_seconds: int | None
    retries: int | None
    retry_delay_seconds: int | None
    cancel_requested_at: datetime | None
    slot: str
    args: dict[str, Any]
    result: dict[str, Any] | None

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def seconds(self) -> int | None:
        """How long it took, or has taken."""
        if self.started_at is None:
            return None
        return max(0, round(((self.finished_at or now()) - self.started_at).total_seconds()))


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a run's log."""

    id: int
    at: datetime
    level: str
    text: str
    subject_kind: str
    subject_id: UUID | None


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as lists and programs see it."""

    id: UUID
    name: str
    job: str
    args: dict[str, Any]
    seller_id: UUID | None
    cron: str | None
    interval_seconds: int | None
    time_zone: str
    timeout_seconds: int | None
    retries: int | None
    retry_delay_seconds: int | None
    paused: bool
    edited: bool
    next_run_at: datetime
    last_run_at: datetime | None
    last_run_id: UUID | None
    skipped: int


class WorkerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A worker that lives, or was not yet found dead."""

    name: str
    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    running: int


class ReactionRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a reaction is."""

    name: str
    handled: int
    moved_at: datetime


class FailureRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was set aside."""

    id: UUID
    reaction: str
    event_id: int
    seller_id: UUID | None
    topic: str
    subject_kind: str
    subject_id: UUID
    attempts: int
    error: str
    failed_at: datetime
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class Filters:
    """Which runs."""

    state: str = ""
    """A state, ``active``, or empty for all."""
    job: str = ""
    seller_id: UUID | None = None
    schedule_id: UUID | None = None
    account_id: UUID | None = None
    """The account they work for."""


def _columns(model: type[Any], row: type[msgspec.Struct]) -> list[InstrumentedAttribute[Any]]:
    return [getattr(model, name) for name in row.__struct_fields__]


async def _rows[R: msgspec.Struct](session: AsyncSession, row: type[R], query: Select[*tuple[Any, ...]]) -> list[R]:
    return [row(**found) for found in (await session.execute(query)).mappings()]


def _filtered(query: Select[*tuple[Any, ...]], filters: Filters) -> Select[*tuple[Any, ...]]:
    if filters.state == "active":
        query = query.where(JobRun.state.in_(ACTIVE))
    elif filters.state:
        query = query.where(JobRun.state == filters.state)
    if filters.job:
        query = query.where(JobRun.job == filters.job)
    if filters.seller_id is not None:
        query = query.where(JobRun.seller_id == filters.seller_id)
    if filters.schedule_id is not None:
        query = query.where(JobRun.schedule_id == filters.schedule_id)
    if filters.account_id is not None:
        query = query.where(JobRun.args["account_id"].astext == str(filters.account_id))
    return query


RUN_COLUMNS = [*_columns(JobRun, RunRow), JobRun.note_facts, JobRun.error_facts]


async def _runs(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[RunRow]:
    """Return runs with their sentences in the language of the request."""
    runs: list[RunRow] = []
    for found in (await session.execute(query)).mappings():
        row = dict(found)
        row["note"] = shown(row["note"], row.pop("note_facts"))
        row["error_text"] = shown(row["error_text"], row.pop("error_facts"))
        runs.append(RunRow(**row))
    return runs


async def list_runs(
    session: AsyncSession, filters: Filters, *, before: UUID | None = None, limit: int = 50
) -> tuple[list[RunRow], UUID | None]:
    """Return runs, newest first, and what to give as *before* for the next page."""
    query = _filtered(select(*RUN_COLUMNS), filters)
    if before is not None:
        query = query.where(JobRun.id < before)
    found = await _runs(session, query.order_by(JobRun.id.desc()).limit(limit + 1))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


async def run(session: AsyncSession, run_id: UUID) -> RunRow:
    """Return one run.

    Raises:
        RunNotFoundError: none in the scope.
    """
    found = await _runs(session, select(*RUN_COLUMNS).where(JobRun.id == run_id))
    if not found:
        raise RunNotFoundError(run_id=run_id)
    return found[0]


async def log_lines(session: AsyncSession, run_id: UUID, *, limit: int = 300) -> list[LogLine]:
    """Return the last lines of a run's log, oldest first."""
    query = select(*LINE_COLUMNS).where(JobLog.run_id == run_id).order_by(JobLog.id.desc()).limit(limit)
    return list(reversed(await _lines(session, query)))


async def log_after(session: AsyncSession, run_id: UUID, after: int, *, limit: int = 500) -> list[LogLine]:
    """Return the lines of a run's log after the line *after*, oldest first."""
    query = select(*LINE_COLUMNS).where(JobLog.run_id == run_id, JobLog.id > after).order_by(JobLog.id).limit(limit)
    return await _lines(session, query)


LINE_COLUMNS = [*_columns(JobLog, LogLine), JobLog.facts]


async def _lines(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[LogLine]:
    lines: list[LogLine] = []
    for found in (await session.execute(query)).mappings():
        row = dict(found)
        row["text"] = shown(row["text"], row.pop("facts"))
        lines.append(LogLine(**row))
    return lines


async def count_states(session: AsyncSession) -> dict[str, int]:
    """Return how many runs are in each unfinished state, and how many of the last day failed."""
    rows = await session.execute(
        select(JobRun.state, func.count())
        .where(
            JobRun.state.in_(ACTIVE)
            | ((JobRun.state == "failed") & (JobRun.finished_at > func.now() - func.make_interval(0, 0, 0, 1)))
        )
        .group_by(JobRun.state)
    )
    return {row[0]: row[1] for row in rows}


LATE = 300
"""Seconds a queued run may wait before something is wrong."""


async def oldest_queued(session: AsyncSession) -> int:
    """Return for how many seconds the run that has been queued longest has been."""
    found = await session.execute(
        select(func.extract("epoch", func.now() - func.min(JobRun.due_at))).where(JobRun.state == "queued")
    )
    return max(0, int(found.scalar_one_or_none() or 0))


async def list_schedules(session: AsyncSession) -> list[ScheduleRow]:
    """Return every schedule of the scope, by name."""
    return await _rows(session, ScheduleRow, select(*_columns(JobSchedule, ScheduleRow)).order_by(JobSchedule.name))


class ScheduleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How the runs of one schedule went in the last 30 days."""

    runs: int = 0
    succeeded: int = 0
    failed: int = 0
    seconds: float | None = None
    """How long a run that succeeded took, on average."""
    items: int = 0

    @property
    def rate(self) -> float | None:
        """The share of finished runs that succeeded; None: none has finished."""
        ended = self.succeeded + self.failed
        return self.succeeded / ended if ended else None


async def schedule_figures(session: AsyncSession) -> dict[UUID, ScheduleFigures]:
    """Return the figures of every schedule whose work was done lately, whoever started it."""
    succeeded, failed = JobRun.state == "succeeded", JobRun.state == "failed"
    took = func.extract("epoch", JobRun.finished_at - JobRun.started_at)
    rows = await session.execute(
        select(
            JobSchedule.id,
            func.count(),
            func.count().filter(succeeded),
            func.count().filter(failed),
            func.avg(took).filter(succeeded),
            func.coalesce(func.sum(JobRun.done), 0),
        )
        .join(JobRun, _SAME_WORK)
        .where(JobRun.enqueued_at > now() - RECENT)
        .group_by(JobSchedule.id)
    )
    return {
        row[0]: ScheduleFigures(
            runs=row[1],
            succeeded=row[2],
            failed=row[3],
            seconds=_seconds(row[4]),
            items=int(row[5]),
        )
        for row in rows
    }


def _seconds(average: Decimal | None) -> float | None:
    return None if average is None else float(average)  # a duration, neither money nor measure


_SAME_WORK = and_(
    JobRun.job == JobSchedule.job,
    JobRun.seller_id.is_not_distinct_from(JobSchedule.seller_id),
    JobRun.args["account_id"].astext.is_not_distinct_from(JobSchedule.args["account_id"].astext),
)
"""A run does what a schedule does: for the same account, whether a tick, a person or an event started it."""


async def last_runs(session: AsyncSession) -> dict[UUID, RunRow]:
    """Return by schedule the last run that did its work, whoever started it."""
    newest = select(JobRun.id).where(_SAME_WORK).order_by(JobRun.id.desc()).limit(1).lateral("newest")
    rows = (await session.execute(select(JobSchedule.id, newest.c.id).join(newest, true()))).all()
    runs = await runs_by_id(session, [row[1] for row in rows])
    return {row[0]: runs[row[1]] for row in rows if row[1] in runs}


async def runs_by_id(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, RunRow]:
    """Return these runs."""
    found = await _runs(session, select(*RUN_COLUMNS).where(JobRun.id.in_(run_ids)))
    return {row.id: row for row in found}


async def schedule(session: AsyncSession, schedule_id: UUID) -> ScheduleRow:
    """Return one schedule.

    Raises:
        ScheduleNotFoundError: none in the scope.
    """
    query = select(*_columns(JobSchedule, ScheduleRow)).where(JobSchedule.id == schedule_id)
    found = await _rows(session, ScheduleRow, query)
    if not found:
        raise ScheduleNotFoundError(schedule=str(schedule_id))
    return found[0]


async def states_of(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the states of these runs."""
    rows = await session.execute(select(JobRun.id, JobRun.state).where(JobRun.id.in_(run_ids)))
    return {row[0]: row[1] for row in rows}


async def list_workers(session: AsyncSession) -> list[WorkerRow]:
    """Return the workers, by name."""
    return await _rows(session, WorkerRow, select(*_columns(WorkerSlot, WorkerRow)).order_by(WorkerSlot.name))


async def list_reactions(session: AsyncSession) -> list[ReactionRow]:
    """Return the reactions, by name."""
    return await _rows(
        session, ReactionRow, select(*_columns(ReactionCursor, ReactionRow)).order_by(ReactionCursor.name)
    )


async def list_failures(session: AsyncSession, *, limit: int = 200) -> list[FailureRow]:
    """Return events that were set aside, newest first."""
    query = select(*_columns(ReactionFailure, FailureRow)).order_by(ReactionFailure.failed_at.desc()).limit(limit)
    return await _rows(session, FailureRow, query)
