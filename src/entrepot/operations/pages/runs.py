"""The run dashboard: schedules and what goes on, the history, one run with its live log, reactions."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import PAGING
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.flows import views as flows
from entrepot.jobs import schedules, service, views
from entrepot.jobs.discovery import discover
from entrepot.jobs.registry import all_jobs
from entrepot.jobs.retrying import Limits
from entrepot.jobs.views import Filters
from entrepot.kit import i18n
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.text import N_
from entrepot.operations.board import account_of, board, duration
from entrepot.operations.views import CallFilters, list_calls

PAGE = 50
LIMITS = ("timeout_seconds", "retries", "retry_delay_seconds")
STATES = {
    "active": N_("Not finished"),
    "queued": N_("Queued"),
    "running": N_("Running"),
    "waiting": N_("Waiting"),
    "succeeded": N_("Succeeded"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
}
TONES = {
    "queued": "neutral",
    "running": "info",
    "waiting": "warning",
    "succeeded": "success",
    "failed": "danger",
    "cancelled": "neutral",
}


LINKS = {
    "order": (N_("Order"), "/orders/"),
    "offer": (N_("Offer"), "/offers/"),
    "shipment": (N_("Shipment"), "/fulfilment/shipments/"),
    "product": (N_("Product"), "/products/"),
    "channel_account": (N_("Account"), "/channels/"),
}
"""Subject of a log line -> what the link to it says, and where it leads."""


def labels() -> dict[str, str]:
    """Return what each job is called in the language of the request."""
    discover()
    return {job.name: i18n.gettext(job.label) for job in all_jobs()}


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


class RunPages(Controller):
    """Runs for people."""

    path = "/jobs"
    include_in_schema = False
    opt = needs(Right.JOBS_READ)

    @get("/")
    async def dashboard(self, session: AsyncSession, principal: Principal) -> Template:
        """Show every schedule with how its runs go, and what goes on now."""
        return Template(
            "operations/dashboard.html",
            context={
                **await board(session),
                "counts": await views.count_states(session),
                "workers": await views.list_workers(session),
                "labels": labels(),
                "states": STATES,
                "tones": TONES,
                "duration": duration,
                "made_at": now(),
                "sellers": {seller.id: seller.name for seller in principal.sellers} if principal.seller is None else {},
            },
        )

    @get("/history")
    async def history(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """List runs, newest first."""
        query = {name: value for name, value in request.query_params.items() if value and name not in PAGING}
        cursor = _uuid(request.query_params.get("cursor", ""))
        filters = Filters(
            state=query.get("state", "") if query.get("state", "") in STATES else "",
            job=query.get("job", ""),
            schedule_id=_uuid(query.get("schedule", "")),
            account_id=_uuid(query.get("account", "")),
        )
        rows, after = await views.list_runs(session, filters, before=cursor, limit=PAGE)
        return Template(
            "operations/history.html",
            context={
                "rows": rows,
                "query": query,
                "counts": await views.count_states(session),
                "workers": await views.list_workers(session),
                "labels": labels(),
                "states": STATES,
                "tones": TONES,
                "duration": duration,
                "next": f"/jobs/history?{urlencode({**query, 'cursor': str(after)})}" if after else None,
                "previous": f"/jobs/history?{urlencode(query)}" if cursor else None,
                "sellers": {seller.id: seller.name for seller in principal.sellers} if principal.seller is None else {},
            },
        )

    @get("/{run_id:uuid}")
    async def show(self, session: AsyncSession, run_id: FromPath[UUID]) -> Template:
        """Show one run: progress, steps, log, what it was given, how it ended."""
        row = await views.run(session, run_id)
        accounts = await ChannelService(session).accounts()
        account_id = account_of(row.args)
        return Template(
            "operations/run.html",
            context={
                "run": row,
                "account": next((known for known in accounts if known.id == account_id), None),
                "steps": (await flows.steps(session, [run_id])).get(run_id, []),
                "lines": await views.log_lines(session, run_id),
                "calls": await list_calls(session, CallFilters(run_id=run_id), limit=1),
                "labels": labels(),
                "links": LINKS,
                "states": STATES,
                "tones": TONES,
                "duration": duration,
            },
        )

    @post("/{run_id:uuid}/cancel", opt=needs(Right.JOBS_MANAGE))
    async def cancel(self, session: AsyncSession, run_id: FromPath[UUID]) -> Redirect:
        """Cancel a run."""
        await service.cancel(session, run_id)
        return Redirect(f"/jobs/{run_id}")

    @post("/{run_id:uuid}/retry", opt=needs(Right.JOBS_MANAGE))
    async def retry(self, session: AsyncSession, run_id: FromPath[UUID]) -> Redirect:
        """Try a run again."""
        await service.retry(session, run_id)
        return Redirect(f"/jobs/{run_id}")

    @get("/reactions")
    async def reactions(self, session: AsyncSession) -> Template:
        """Show how far the reactions are, and which events were set aside."""
        return Template(
            "operations/reactions.html",
            context={
                "reactions": await views.list_reactions(session),
                "failures": await views.list_failures(session),
            },
        )

    @post("/reactions/{failure_id:uuid}/retry", opt=needs(Right.JOBS_MANAGE))
    async def retry_event(self, session: AsyncSession, failure_id: FromPath[UUID]) -> Redirect:
        """Let a reaction try an event again."""
        await service.retry_event(session, failure_id)
        return Redirect("/jobs/reactions")


class SchedulePages(Controller):
    """Schedules for people."""

    path = "/jobs/schedules"
    include_in_schema = False
    opt = needs(Right.JOBS_READ)

    @get("/{schedule_id:uuid}", opt=needs(Right.JOBS_MANAGE))
    async def edit(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> Template:
        """Ask when a schedule should tick."""
        row = await views.schedule(session, schedule_id)
        values = {
            "cron": row.cron or "",
            "interval_seconds": str(row.interval_seconds or ""),
            "time_zone": row.time_zone,
            **{name: "" if (limit := getattr(row, name)) is None else str(limit) for name in LIMITS},
        }
        return _form(row, values, {})

    @post("/{schedule_id:uuid}", opt=needs(Right.JOBS_MANAGE))
    async def save(
        self, request: Request[Any, Any, Any], session: AsyncSession, schedule_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Change when a schedule ticks."""
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in ("cron", "interval_seconds", "time_zone", *LIMITS)}
        try:
            await schedules.edit_schedule(
                session,
                schedule_id,
                cron=values["cron"] or None,
                interval_seconds=_number(values["interval_seconds"]),
                time_zone=values["time_zone"] or "UTC",
                limits=Limits(**{name: _number(values[name]) for name in LIMITS}),
            )
        except InvalidInputError as error:
            return _form(await views.schedule(session, schedule_id), values, error.problems)
        return Redirect("/jobs")

    @post("/{schedule_id:uuid}/run", opt=needs(Right.JOBS_MANAGE))
    async def run_now(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> Redirect:
        """Start a schedule's job now, besides its ticks."""
        discover()
        return Redirect(f"/jobs/{await service.run_schedule(session, schedule_id)}")

    @post("/{schedule_id:uuid}/pause", opt=needs(Right.JOBS_MANAGE))
    async def pause(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> Redirect:
        """Stop the ticks."""
        await schedules.pause_schedule(session, schedule_id)
        return Redirect("/jobs")

    @post("/{schedule_id:uuid}/continue", opt=needs(Right.JOBS_MANAGE))
    async def go_on(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> Redirect:
        """Let the ticks go on."""
        await schedules.continue_schedule(session, schedule_id)
        return Redirect("/jobs")


def _number(value: str) -> int | None:
    """Return a whole number, None for nothing, and for anything else one that every limit refuses."""
    if not value:
        return None
    try:
        return int(value)
    except ValueError:
        return -1


def _form(row: views.ScheduleRow, values: dict[str, str], problems: dict[str, str]) -> Template:
    described = (
        ("cron", N_("Cron expression"), N_("Minute, hour, day, month, weekday. Leave empty to use an interval.")),
        ("interval_seconds", N_("Interval in seconds"), N_("Leave empty to use a cron expression.")),
        ("time_zone", N_("Time zone"), N_("Whose clock the cron expression is read on: “Europe/Amsterdam”.")),
        ("timeout_seconds", N_("Time-out in seconds"), N_("A run that lasts longer is stopped. Empty: as the job says.")),
        ("retries", N_("Tries after a failure"), N_("How often a failed run is tried again by itself. Empty: as the job says.")),
        ("retry_delay_seconds", N_("Delay before trying again, in seconds"), N_("Later tries wait longer each time. Empty: as the job says.")),
    )  # fmt: skip
    fields = [
        {
            "name": name,
            "label": i18n.gettext(label),
            "help": i18n.gettext(help_),
            "type": "text" if name in {"cron", "time_zone"} else "number",
            "value": values[name],
            "error": i18n.gettext(problems[name]) if name in problems else None,
            "required": name == "time_zone",
        }
        for name, label, help_ in described
    ]
    return Template(
        "operations/schedule.html",
        context={"row": row, "fields": fields, "labels": labels()},
        status_code=422 if problems else 200,
    )


ROUTES = [RunPages, SchedulePages]
