"""Reorganisation: a plan with its saving, then swap by swap with a scanner; stop and go on at any time."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import ProductRef
from entrepot.inventory import views
from entrepot.inventory.errors import (
    ScanLocationError,
    UnknownReorganisationError,
    UnknownWarehouseError,
    WrongPlaceError,
)
from entrepot.inventory.forms import field, sentence, warehouse_field
from entrepot.inventory.pages.movements import read_number
from entrepot.inventory.pages.work import Button, Task, answer, identify, uuid_of, values_of
from entrepot.inventory.service import InventoryService, ReorganisationPreview
from entrepot.inventory.views import reorganising as plans
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

ROWS = 50


class ReorganisePages(Controller):
    """Reorganise."""

    path = "/reorganise"
    opt = needs(Right.INVENTORY_WRITE)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession, before: UUID | None = None) -> Template:
        """List plans, and ask for a new one."""
        return await _list(session, {}, before=before)

    @post("/preview", status_code=200)
    async def preview(self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal) -> Template:
        """Show what a plan would save."""
        given = await values_of(request)
        try:
            asked = await _asked(InventoryService(session), given)
            plan = await InventoryService(session).preview_reorganisation(principal.seller_id(), **asked)
        except EntrepotError as error:
            return await _list(session, given, general=sentence(error))
        return await _list(session, given, plan=plan)

    @post()
    async def start(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Template | Redirect:
        """Begin."""
        given = await values_of(request)
        try:
            async with session.begin_nested():
                asked = await _asked(InventoryService(session), given)
                id_ = await InventoryService(session).start_reorganisation(principal.seller_id(), **asked)
        except EntrepotError as error:
            return await _list(session, given, general=sentence(error))
        return Redirect(f"/reorganise/{id_}", status_code=303)

    @get("/{plan_id:uuid}")
    async def show(self, session: AsyncSession, plan_id: FromPath[UUID]) -> Template:
        """Show the next swap as a task."""
        plan, swaps = await _plan(session, plan_id)
        context = {"plan": plan, "swaps": swaps, "task": _task(plan, swaps, "")}
        return Template("inventory/reorganisation.html", context=context)

    @post("/{plan_id:uuid}/scan", status_code=200)
    async def scan(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal, plan_id: FromPath[UUID]
    ) -> Template:
        """Act on a scan: the one place, then the other; then the books say so, too."""
        given = await values_of(request)
        scanned = given.get("scanned", "")
        try:
            async with session.begin_nested():
                task = await _scan(session, principal.seller_id(), plan_id, given.get("code", ""), scanned)
        except EntrepotError as error:
            plan, swaps = await _plan(session, plan_id)
            task = _task(plan, swaps, scanned).error(error)
        return answer(request, task, "inventory/reorganisation.html", {"plan": None, "swaps": []})

    @post("/{plan_id:uuid}/skip", status_code=200)
    async def skip(self, request: Request[Any, Any, Any], session: AsyncSession, plan_id: FromPath[UUID]) -> Template:
        """Leave this one; the rest is planned anew without it."""
        given = await values_of(request)
        swap_id = uuid_of(given.get("swap", ""))
        if swap_id:
            await InventoryService(session).skip_swap(plan_id, swap_id)
        plan, swaps = await _plan(session, plan_id)
        task = _task(plan, swaps, "").ok(N_("Left as it was; the rest is planned anew."))
        return answer(request, task, "inventory/reorganisation.html", {"plan": plan, "swaps": swaps})

    @post("/{plan_id:uuid}/stop")
    async def stop(self, session: AsyncSession, plan_id: FromPath[UUID]) -> Redirect:
        """End the plan; what was swapped stays."""
        await InventoryService(session).stop_reorganisation(plan_id)
        return Redirect("/reorganise", status_code=303)


async def _asked(stock: InventoryService, given: dict[str, str]) -> dict[str, Any]:
    warehouse_id = uuid_of(given.get("warehouse_id", ""))
    if warehouse_id is None:
        raise UnknownWarehouseError(code=given.get("warehouse_id", "")[:40])
    part = given.get("location", "")
    place = await stock.scan_location(part, warehouse_id=warehouse_id) if part else None
    return {
        "warehouse_id": warehouse_id,
        "location_id": place.id if place else None,
        "days": read_number("quantity", given.get("days") or "90"),
        "most": read_number("quantity", given.get("most") or "20"),
    }


async def _plan(session: AsyncSession, plan_id: UUID) -> tuple[plans.ReorganisationView, list[plans.SwapView]]:
    found = await plans.reorganisations(session, reorganisation_id=plan_id)
    if not found:
        raise UnknownReorganisationError
    return found[0], await plans.swaps_of(session, plan_id)


def _task(plan: plans.ReorganisationView, swaps: list[plans.SwapView], scanned: str) -> Task:
    done = sum(swap.status != "open" for swap in swaps)
    swap = next((swap for swap in swaps if swap.status == "open"), None)
    if swap is None or plan.status != "open":
        words = N_("All done") if plan.status == "done" else N_("Stopped")
        saved = gettext(N_("{before} places per order before, {after} now.")).format(
            before=plan.before, after=plan.reached
        )
        return Task(gettext(N_("Reorganise")), gettext(words), tone="success", notes=[saved], state={"scanned": ""})
    codes = {str(swap.first_location_id): swap.first, str(swap.second_location_id): swap.second}
    goal = (
        next((code for id_, code in codes.items() if id_ != scanned), swap.first) if scanned in codes else swap.second
    )
    nothing = gettext(N_("nothing"))
    return Task(
        gettext(N_("Swap")) if scanned not in codes else gettext(N_("Put it into, and scan")),
        f"{swap.first} ↔ {swap.second}" if scanned not in codes else goal,
        kind=gettext(N_("Locations")),
        sub=f"{swap.first}: {swap.first_skus or nothing} · {swap.second}: {swap.second_skus or nothing}",
        done=done,
        total=len(swaps),
        state={"scanned": scanned if scanned in codes else ""},
        notes=[gettext(N_("After it, pickers pass {cost} places per order.")).format(cost=swap.cost)],
        buttons=[
            Button(
                gettext(N_("Skip")), f"/reorganise/{plan.id}/skip", "player-skip-forward", "ghost", {"swap": swap.id}
            )
        ],
    )


async def _scan(session: AsyncSession, seller_id: UUID, plan_id: UUID, code: str, scanned: str) -> Task:
    stock = InventoryService(session)
    plan, swaps = await _plan(session, plan_id)
    swap = next((swap for swap in swaps if swap.status == "open"), None)
    found = await identify(stock, seller_id, code, plan.warehouse_id)
    if swap is None:
        return _task(plan, swaps, "")
    codes = {swap.first_location_id: swap.first, swap.second_location_id: swap.second}
    before = uuid_of(scanned)
    left = [name for id_, name in codes.items() if id_ != before]
    if isinstance(found, ProductRef):
        raise ScanLocationError(code=found.sku, location=left[0])
    if found.id not in codes:
        raise WrongPlaceError(scanned=found.code, wanted=" / ".join(left))
    if before not in codes or before == found.id:
        other = next(name for id_, name in codes.items() if id_ != found.id)
        return _task(plan, swaps, str(found.id)).ok(
            N_("{location}: take out what lies there. Scan {other} when both are swapped."),
            location=found.code,
            other=other,
        )
    await stock.swap(plan_id, swap.id)
    plan, swaps = await _plan(session, plan_id)
    return _task(plan, swaps, "").ok(N_("{first} and {second} are swapped."), first=swap.first, second=swap.second)


async def _list(
    session: AsyncSession,
    given: dict[str, str],
    *,
    before: UUID | None = None,
    plan: ReorganisationPreview | None = None,
    general: str = "",
) -> Template:
    rows = await plans.reorganisations(session, before=before, limit=ROWS + 1)
    warehouses = await views.warehouses(session)
    first = str(warehouses[0].id) if warehouses else ""
    ids = [id_ for swap in plan.swaps for id_ in (*swap.first_products, *swap.second_products)] if plan else []
    return Template(
        "inventory/reorganise.html",
        context={
            "rows": rows[:ROWS],
            "older": f"/reorganise?before={rows[ROWS - 1].id}" if len(rows) > ROWS else None,
            "plan": plan,
            "skus": await plans.skus(session, ids),
            "given": given,
            "general": general,
            "fields": [
                warehouse_field(warehouses, given.get("warehouse_id", first), required=True),
                field("location", N_("Part of it"), value=given.get("location", ""), required=False,
                      hint=N_("Code of a zone or a rack. Empty: everything.")),
                field("days", N_("Orders of the last days"), value=given.get("days", "90"), inputmode="numeric",
                      half=True),
                field("most", N_("Swaps at most"), value=given.get("most", "20"), inputmode="numeric", half=True),
            ],
        },
        status_code=422 if general else 200,
    )  # fmt: skip
