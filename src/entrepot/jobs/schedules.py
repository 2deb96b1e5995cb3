"""Schedules: jobs that start by themselves, by cron expression or by interval."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import repository
from entrepot.jobs.domain import next_tick, timing_problem
from entrepot.jobs.errors import ScheduleNotFoundError
from entrepot.jobs.events import ScheduleChanged
from entrepot.jobs.models import JobSchedule
from entrepot.jobs.registry import job_of
from entrepot.jobs.retrying import Limits
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

LONGEST = 7 * 24 * 3600
"""Seconds."""
MOST_RETRIES = 50
PROBLEMS = {
    "cron": ("cron", N_("Write five fields: minute, hour, day, month, weekday; for example “*/15 6-22 * * 1-5”.")),
    "interval": ("interval_seconds", N_("Enter one second or more.")),
    "time_zone": ("time_zone", N_("Enter a time zone such as “Europe/Amsterdam”.")),
}


async def set_schedule(  # noqa: PLR0913 -- how a schedule ticks
    session: AsyncSession,
    name: str,
    args: msgspec.Struct,
    *,
    every: timedelta | None = None,
    cron: str | None = None,
    time_zone: str = "UTC",
    seller_id: UUID | None = None,
    start_now: bool = False,
    paused: bool = False,
) -> UUID:
    """Make or change the schedule called *name*; a time that a person edited is left alone.

    Args:
        session: the caller's transaction.
        name: unique in the instance: ``orders.import:<account id>``.
        args: started with every tick.
        every: between two ticks.
        cron: five fields, on the clock of *time_zone*.
        time_zone: IANA name.
        seller_id: default: ``args.seller_id``, else the one seller of the transaction's scope.
        start_now: the first tick is now.
        paused: make it paused; an existing one stays as it is.

    Raises:
        InvalidInputError: the time makes no sense.
    """
    seconds = None if every is None else int(every.total_seconds())
    check_timing(cron, seconds, time_zone)
    present = now()
    first = (
        present
        if start_now
        else next_tick(cron=cron, interval_seconds=seconds, time_zone=time_zone, planned=present, present=present)
    )
    schedule = await repository.schedule_named(session, name)
    values: dict[str, Any] = msgspec.to_builtins(args)
    if schedule is None:
        await repository.add_schedule(
            session,
            {
                "id": new_id(),
                "name": name,
                "job": job_of(args).name,
                "args": values,
                "seller_id": seller_id or _seller(session, args),
                "cron": cron,
                "interval_seconds": seconds,
                "time_zone": time_zone,
                "paused": paused,
                "next_run_at": first,
            },
        )
        schedule = await repository.schedule_named(session, name)
        if schedule is None:
            raise ScheduleNotFoundError(schedule=name)
        await _tell(session, schedule, "set")
        return schedule.id
    schedule.job, schedule.args = job_of(args).name, values
    timing = (schedule.cron, schedule.interval_seconds, schedule.time_zone)
    if not schedule.edited and timing != (cron, seconds, time_zone):
        schedule.cron, schedule.interval_seconds, schedule.time_zone = cron, seconds, time_zone
        schedule.next_run_at = first
        await _tell(session, schedule, "set")
    await session.flush()
    return schedule.id


async def remove_schedule(session: AsyncSession, name: str) -> None:
    """Remove the schedule called *name*, if there is one; runs it started go on."""
    schedule = await repository.schedule_named(session, name)
    if schedule is not None:
        await _tell(session, schedule, "removed")
        await repository.remove_schedule(session, name)


async def pause_schedule(session: AsyncSession, schedule_id: UUID) -> None:
    """Stop the ticks until :func:`continue_schedule`."""
    schedule = await _locked(session, schedule_id)
    schedule.paused = True
    await session.flush()
    await _tell(session, schedule, "paused")


async def continue_schedule(session: AsyncSession, schedule_id: UUID) -> None:
    """Let a paused schedule tick again, from now on."""
    schedule = await _locked(session, schedule_id)
    schedule.paused = False
    schedule.next_run_at = _next(schedule)
    await session.flush()
    await _tell(session, schedule, "resumed")


async def edit_schedule(
    session: AsyncSession,
    schedule_id: UUID,
    *,
    cron: str | None,
    interval_seconds: int | None,
    time_zone: str,
    limits: Limits | None = None,
) -> None:
    """Change when a schedule ticks, for good: a new release does not change it back.

    Args:
        session: the caller's transaction.
        schedule_id: which.
        cron: five fields, or None for an interval.
        interval_seconds: between two ticks, or None for a cron expression.
        time_zone: IANA name.
        limits: how long its runs may take and how often they are tried; None: as before.

    Raises:
        InvalidInputError: the time makes no sense.
    """
    check_timing(cron, interval_seconds, time_zone)
    if limits is not None:
        check_limits(limits)
    schedule = await _locked(session, schedule_id)
    if limits is not None:
        schedule.timeout_seconds, schedule.retries = limits.timeout_seconds, limits.retries
        schedule.retry_delay_seconds = limits.retry_delay_seconds
    schedule.cron, schedule.interval_seconds, schedule.time_zone = cron, interval_seconds, time_zone
    schedule.edited = True
    schedule.next_run_at = _next(schedule)
    await session.flush()
    await _tell(session, schedule, "edited")


def check_timing(cron: str | None, interval_seconds: int | None, time_zone: str) -> None:
    """Raise :class:`InvalidInputError` if a schedule cannot tick like this."""
    problem = timing_problem(cron, interval_seconds, time_zone)
    if problem:
        field, sentence = PROBLEMS[problem]
        raise InvalidInputError({field: sentence})


def check_limits(limits: Limits) -> None:
    """Raise :class:`InvalidInputError` if a run cannot be limited like this."""
    problems: dict[str, str] = {}
    if limits.timeout_seconds is not None and not 1 <= limits.timeout_seconds <= LONGEST:
        problems["timeout_seconds"] = N_("Enter between 1 second and a week, or leave it empty.")
    if limits.retries is not None and not 0 <= limits.retries <= MOST_RETRIES:
        problems["retries"] = N_("Enter between 0 and 50 tries, or leave it empty.")
    if limits.retry_delay_seconds is not None and not 1 <= limits.retry_delay_seconds <= LONGEST:
        problems["retry_delay_seconds"] = N_("Enter between 1 second and a week, or leave it empty.")
    if problems:
        raise InvalidInputError(problems)


def _next(schedule: JobSchedule) -> datetime:
    present = now()
    return next_tick(
        cron=schedule.cron,
        interval_seconds=schedule.interval_seconds,
        time_zone=schedule.time_zone,
        planned=present,
        present=present,
    )


async def _locked(session: AsyncSession, schedule_id: UUID) -> JobSchedule:
    schedule = await repository.lock_schedule(session, schedule_id)
    if schedule is None:
        raise ScheduleNotFoundError(schedule=str(schedule_id))
    return schedule


def _seller(session: AsyncSession, args: msgspec.Struct) -> UUID | None:
    own = getattr(args, "seller_id", None)
    if isinstance(own, UUID):
        return own
    scope = context_of(session).scope
    return next(iter(scope.sellers)) if not scope.everyone and len(scope.sellers) == 1 else None


async def _tell(session: AsyncSession, schedule: JobSchedule, change: str) -> None:
    await outbox.record(
        session,
        ScheduleChanged(seller_id=schedule.seller_id, subject_id=schedule.id, schedule=schedule.name, change=change),
    )
