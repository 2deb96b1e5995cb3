"""Jobs for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.jobs import schedules, service, views
from entrepot.jobs.discovery import discover
from entrepot.jobs.registry import job_named
from entrepot.jobs.retrying import Limits
from entrepot.jobs.views import Filters, LogLine, RunRow, ScheduleRow

PAGE_LIMIT = 200


class RunIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A job to start."""

    job: str
    args: dict[str, Any] = {}
    key: str | None = None
    """At most one unfinished run of the job has it; a second start answers with the first one's run."""
    delay: Annotated[int, msgspec.Meta(ge=0, le=31_536_000)] = 0
    """Seconds before it starts."""


class RunPageOut(msgspec.Struct, kw_only=True):
    """One page of runs, newest first."""

    items: list[RunRow]
    next: str | None
    """Give it as ``cursor`` to get the next page; null at the end."""


class RunOut(msgspec.Struct, kw_only=True):
    """A run and the last lines of its log."""

    run: RunRow
    log: list[LogLine]


class ScheduleListOut(msgspec.Struct, kw_only=True):
    """Every schedule."""

    items: list[ScheduleRow]
    next: str | None = None


class ScheduleIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """When a schedule ticks: by a cron expression or by an interval."""

    cron: str | None = None
    interval_seconds: int | None = None
    time_zone: str = "UTC"
    timeout_seconds: int | None = None
    """A run that lasts longer is stopped; null: as the job says."""
    retries: int | None = None
    """Tries after the first; null: as the job says."""
    retry_delay_seconds: int | None = None
    """Before the first of them; later ones wait longer."""


class JobController(Controller):
    """Runs of jobs."""

    path = "/api/v1/jobs"
    tags = ("jobs",)
    opt = needs(Right.JOBS_READ)

    @get(operation_id="listRuns", summary="List runs")
    async def index(
        self,
        session: AsyncSession,
        wanted: Annotated[str, QueryParameter(name="state")] = "",
        job: FromQuery[str] = "",
        cursor: FromQuery[UUID | None] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=PAGE_LIMIT)] = 50,
    ) -> RunPageOut:
        """Return runs, newest first; ``state`` may also be ``active``."""
        rows, after = await views.list_runs(session, Filters(state=wanted, job=job), before=cursor, limit=limit)
        return RunPageOut(items=rows, next=str(after) if after else None)

    @get("/{run_id:uuid}", operation_id="getRun", summary="Show a run")
    async def show(self, session: AsyncSession, run_id: FromPath[UUID]) -> RunOut:
        """Return a run and the last 300 lines of its log."""
        return RunOut(run=await views.run(session, run_id), log=await views.log_lines(session, run_id))

    @post(operation_id="startJob", summary="Start a job", opt=needs(Right.JOBS_MANAGE), status_code=202)
    async def start(self, session: AsyncSession, principal: Principal, data: JSONBody[RunIn]) -> RunRow:
        """Queue a job for the caller's seller."""
        discover()
        seller_id = principal.seller_id() if not principal.everywhere or principal.seller else None
        given = data.args
        if seller_id is not None and "seller_id" in job_named(data.job).args_type.__struct_fields__:
            given = {**given, "seller_id": str(seller_id)}
        run_id = await service.enqueue_named(
            session, data.job, given, key=data.key, delay=data.delay or None, seller_id=seller_id
        )
        return await views.run(session, run_id)

    @post(
        "/{run_id:uuid}/cancel",
        operation_id="cancelRun",
        summary="Cancel a run",
        opt=needs(Right.JOBS_MANAGE),
        status_code=200,
    )
    async def cancel(self, session: AsyncSession, run_id: FromPath[UUID]) -> RunRow:
        """Cancel a run that has not ended."""
        await service.cancel(session, run_id)
        return await views.run(session, run_id)

    @post(
        "/{run_id:uuid}/retry",
        operation_id="retryRun",
        summary="Try a run again",
        opt=needs(Right.JOBS_MANAGE),
        status_code=202,
    )
    async def retry(self, session: AsyncSession, run_id: FromPath[UUID]) -> RunRow:
        """Try a failed or cancelled run again; finished steps stay finished."""
        await service.retry(session, run_id)
        return await views.run(session, run_id)


class ScheduleController(Controller):
    """Schedules of jobs."""

    path = "/api/v1/schedules"
    tags = ("jobs",)
    opt = needs(Right.JOBS_READ)

    @get(operation_id="listSchedules", summary="List schedules")
    async def index(self, session: AsyncSession) -> ScheduleListOut:
        """Return every schedule, by name."""
        return ScheduleListOut(items=await views.list_schedules(session))

    @post(
        "/{schedule_id:uuid}",
        operation_id="editSchedule",
        summary="Change a schedule",
        opt=needs(Right.JOBS_MANAGE),
        status_code=200,
    )
    async def edit(self, session: AsyncSession, schedule_id: FromPath[UUID], data: JSONBody[ScheduleIn]) -> ScheduleRow:
        """Change when a schedule ticks."""
        await schedules.edit_schedule(
            session,
            schedule_id,
            cron=data.cron,
            interval_seconds=data.interval_seconds,
            time_zone=data.time_zone,
            limits=Limits(
                timeout_seconds=data.timeout_seconds,
                retries=data.retries,
                retry_delay_seconds=data.retry_delay_seconds,
            ),
        )
        return await views.schedule(session, schedule_id)

    @post(
        "/{schedule_id:uuid}/run",
        operation_id="runSchedule",
        summary="Run a schedule now",
        opt=needs(Right.JOBS_MANAGE),
        status_code=202,
    )
    async def run(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> RunRow:
        """Start the schedule's job now; answers with the run still going on if there is one."""
        discover()
        return await views.run(session, await service.run_schedule(session, schedule_id))

    @post(
        "/{schedule_id:uuid}/pause",
        operation_id="pauseSchedule",
        summary="Pause a schedule",
        opt=needs(Right.JOBS_MANAGE),
        status_code=200,
    )
    async def pause(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> ScheduleRow:
        """Stop the ticks."""
        await schedules.pause_schedule(session, schedule_id)
        return await views.schedule(session, schedule_id)

    @post(
        "/{schedule_id:uuid}/continue",
        operation_id="continueSchedule",
        summary="Let a schedule go on",
        opt=needs(Right.JOBS_MANAGE),
        status_code=200,
    )
    async def go_on(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> ScheduleRow:
        """Let the ticks go on, from now."""
        await schedules.continue_schedule(session, schedule_id)
        return await views.schedule(session, schedule_id)


ROUTES = [JobController, ScheduleController]
