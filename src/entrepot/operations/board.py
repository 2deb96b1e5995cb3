"""What the run dashboard shows: schedules with the figures of their runs, and what goes on now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.service import ChannelService
from entrepot.flows import views as flows
from entrepot.flows.views import FlowStep
from entrepot.jobs import views
from entrepot.jobs.views import Filters, RunRow, ScheduleFigures, ScheduleRow
from entrepot.kit import i18n
from entrepot.kit.text import N_

MOST_ACTIVE = 50
"""Runs that go on, shown at once; the history has the rest."""
MINUTE, HOUR = 60, 3600
NONE = ScheduleFigures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One schedule on the dashboard."""

    schedule: ScheduleRow
    account: str
    """Name of the account it works for."""
    account_id: UUID | None
    last: RunRow | None
    figures: ScheduleFigures
    steps: Sequence[FlowStep]

    @property
    def running(self) -> bool:
        return self.last is not None and self.last.active


async def board(session: AsyncSession) -> dict[str, Any]:
    """Return ``lines``, one per schedule, and the ``active`` runs with their ``steps``."""
    rows = await views.list_schedules(session)
    accounts = {account.id: account.name for account in await ChannelService(session).accounts()}
    active, more = await views.list_runs(session, Filters(state="active"), limit=MOST_ACTIVE)
    last = await views.last_runs(session)
    figures = await views.schedule_figures(session)
    steps = await flows.steps(session, [*(run.id for run in last.values()), *(run.id for run in active)])
    lines: list[Line] = []
    for row in rows:
        account_id = account_of(row.args)
        run = last.get(row.id)
        lines.append(
            Line(
                schedule=row,
                account=accounts.get(account_id, "") if account_id else "",
                account_id=account_id,
                last=run,
                figures=figures.get(row.id, NONE),
                steps=steps.get(run.id, []) if run else [],
            )
        )
    return {
        "lines": sorted(lines, key=lambda line: (not line.account, line.account.lower(), line.schedule.name)),
        "active": [run for run in active if run.state != "waiting"],
        "more": more is not None,
        "steps": steps,
        "accounts": accounts,
        "account_of": account_of,
    }


def account_of(args: Mapping[str, Any]) -> UUID | None:
    """Return the account that a run or a schedule works for, if it does."""
    try:
        return UUID(str(args.get("account_id", "")))
    except ValueError:
        return None


def duration(seconds: float | None) -> str:
    """Return a duration as people say it, in the language of the request."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < MINUTE:
        return i18n.gettext(N_("{seconds} s")).format(seconds=whole)
    if whole % MINUTE == 0 and whole < HOUR:
        return i18n.gettext(N_("{minutes} min")).format(minutes=whole // MINUTE)
    if whole % HOUR == 0:
        return i18n.gettext(N_("{hours} h")).format(hours=whole // HOUR)
    if whole < HOUR:
        return i18n.gettext(N_("{minutes} min {seconds} s")).format(minutes=whole // MINUTE, seconds=whole % MINUTE)
    return i18n.gettext(N_("{hours} h {minutes} min")).format(hours=whole // HOUR, minutes=whole % HOUR // MINUTE)
