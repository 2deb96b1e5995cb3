"""The runs of one channel account: start them, watch their steps, look back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.accounts import AccountRef
from entrepot.channels.http import form_values, see_other
from entrepot.channels.service import ChannelService
from entrepot.erp.service import ErpService
from entrepot.flows import views
from entrepot.flows.domain import FLOW_LABELS, MODE_LABELS, PUBLISH, STOCK, Flow, InventoryMode, OrderMode, StepState
from entrepot.flows.jobs import inventory_schedule, order_schedule, start_order_run
from entrepot.flows.tasks import InventoryRun, OrderRun
from entrepot.fulfilment.mapping import CarrierMappings
from entrepot.jobs import service as jobs
from entrepot.jobs import views as job_views

SHOWN = 8
"""Runs to look back on."""


class RunPages(Controller):
    """Runs of channel accounts."""

    path = "/runs"
    include_in_schema = False

    @get("/{account_id:uuid}", opt=needs(Right.CHANNELS_READ))
    async def show(self, session: AsyncSession, account_id: FromPath[UUID], again: FromQuery[str] = "") -> Template:
        """Show the last order run and inventory run step by step, and those before."""
        account = await ChannelService(session).account(account_id)
        names = {Flow.ORDER: order_schedule(account_id), Flow.INVENTORY: inventory_schedule(account_id)}
        schedules = {row.name: row for row in await job_views.list_schedules(session)}
        context: dict[str, Any] = {
            "account": account,
            "again": again,
            "join": await ErpService(session).joined(account_id),
            "flows": [await _flow(session, account, flow, schedules.get(names[flow])) for flow in Flow],
            "modes": MODE_LABELS,
            "unmapped": await CarrierMappings(session).waiting(account_id),
        }
        return Template("flows/runs.html", context=context)

    @post("/{account_id:uuid}/order", opt=needs(Right.ORDERS_WRITE))
    async def order(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Redirect:
        """Start an order run, behind the one that is going on if there is one."""
        account = await _readable(session, account_id)
        wanted = (await form_values(request)).get("mode", "")
        mode = OrderMode.TRACKING_ONLY if wanted == OrderMode.TRACKING_ONLY else OrderMode.FULL
        task = OrderRun(seller_id=account.seller_id, account_id=account.id, mode=mode.value)
        begun = await start_order_run(session, task)
        return see_other(f"/runs/{account_id}" if begun else f"/runs/{account_id}?again=1")

    @post("/{account_id:uuid}/inventory", opt=needs(Right.OFFERS_MANAGE))
    async def inventory(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Redirect:
        """Start an inventory run, or show the one that is going on."""
        account = await _readable(session, account_id)
        wanted = (await form_values(request)).get("mode", "")
        mode = InventoryMode.QUICK if wanted == InventoryMode.QUICK else InventoryMode.FULL
        await jobs.enqueue(session, InventoryRun(seller_id=account.seller_id, account_id=account.id, mode=mode.value))
        return see_other(f"/runs/{account_id}")


async def _readable(session: AsyncSession, account_id: UUID) -> AccountRef:
    account = await ChannelService(session).account(account_id)
    account.require_read()
    return account


async def _flow(
    session: AsyncSession, account: AccountRef, flow: Flow, schedule: job_views.ScheduleRow | None
) -> dict[str, Any]:
    """Return what the page says about one kind of run."""
    run_ids = await views.runs_of(session, account.id, flow, limit=SHOWN)
    runs = await job_views.runs_by_id(session, run_ids)
    steps = await views.steps(session, run_ids)
    found = steps.get(run_ids[0], []) if run_ids else []
    return {
        "key": str(flow),
        "label": FLOW_LABELS[flow],
        "schedule": schedule,
        "last": runs.get(run_ids[0]) if run_ids else None,
        "steps": found,
        "progress": _progress(flow, runs.get(run_ids[0]) if run_ids else None, found),
        "before": [{"run": runs[run_id], "steps": steps.get(run_id, [])} for run_id in run_ids[1:] if run_id in runs],
        "second": str(OrderMode.TRACKING_ONLY if flow is Flow.ORDER else InventoryMode.QUICK),
        "right": str(Right.ORDERS_WRITE if flow is Flow.ORDER else Right.OFFERS_MANAGE),
    }


def _progress(flow: Flow, run: job_views.RunRow | None, found: Sequence[views.FlowStep]) -> dict[str, Any]:
    """Return how far the step is that runs now: an order run counts in its steps, the steps of offers tell the run."""
    step = next((one for one in found if one.state is StepState.RUNNING), None)
    if step is None or run is None:
        return {"done": 0, "total": 0, "text": ""}
    if flow is Flow.ORDER:
        return {
            "done": step.done,
            "total": step.total,
            "text": ", ".join(f"{number} {label}" for label, number in step.counts.items()),
        }
    due = next((one.numbers.get("due", 0) for one in found if one.key == STOCK), 0)
    total = run.total or (due if step.key == PUBLISH else 0)
    return {"done": min(run.done, total or run.done), "total": total, "text": run.note}


ROUTES = [RunPages]
