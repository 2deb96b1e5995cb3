"""Pick lists, and picking on a phone or with a scanner."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.carts.gathering import GATHERED
from entrepot.fulfilment.carts.views import parts_of, zones_to_do
from entrepot.fulfilment.domain import MODE_LABELS, SHORT_LABELS, SWAP_LABELS, LineState, PickMode, ShortReason
from entrepot.fulfilment.errors import PickListNotFoundError, UnknownWorkError
from entrepot.fulfilment.http import badge_holder, chosen_id, chosen_ids, sellers_of, text_fields, whole_number
from entrepot.fulfilment.refs import PickOutcome
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.orders.invoices.views import picker_notes

PAGE = 50


class PickPages(Controller):
    """Pick."""

    path = "/fulfilment/pick"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(
        self,
        session: AsyncSession,
        principal: Principal,
        status: str = "active",
        before: UUID | None = None,
    ) -> Template:
        """List pick lists."""
        found = await views.pick_lists(session, status="" if status == "all" else status, before=before, limit=PAGE + 1)
        _, ready = await views.ready_orders(session, limit=1)
        context = {
            "lists": found[:PAGE],
            "status": status,
            "ready": ready,
            "me_id": principal.actor.id,
            "modes": MODE_LABELS,
            "zones": await zones_to_do(session),
            "next": f"/fulfilment/pick?status={status}&before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        }
        return Template("fulfilment/lists.html", context=context)

    @post("/next", opt=needs(Right.FULFILMENT_PICK))
    async def claim_next(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Redirect:
        """Go on with the own list, take the most urgent free one, or make one of the most urgent orders."""
        values = await text_fields(request)
        mode, most = values.get("mode", ""), values.get("orders", "")
        found = await FulfilmentService(session).picking.claim_next(
            sellers_of(principal),
            PickMode(mode) if mode in set(PickMode) else None,
            zone=values.get("zone", ""),
            most=whole_number(most, "orders") if most else None,
        )
        if found is None:
            return Redirect("/fulfilment/pick?status=none", status_code=303)
        totes = found.mode == PickMode.CART == mode and found.order_count > 1 and found.started_at is None
        return Redirect(f"/fulfilment/carts/{found.id}" if totes else f"/fulfilment/pick/{found.id}", status_code=303)

    @post("/claim", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def claim_code(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Take the order or list that was scanned."""
        code = (await text_fields(request)).get("code", "")
        floor = FulfilmentService(session)
        try:
            async with session.begin_nested():
                found = await floor.picking.claim_code(sellers_of(principal), code)
            url = f"/fulfilment/pick/{found.id}"
        except EntrepotError as error:
            shown = await badge_holder(request, principal, code) if isinstance(error, UnknownWorkError) else None
            if shown is None:
                name = "fulfilment/_claimed.html" if request.htmx else "fulfilment/claimed.html"
                return Template(name, context={"error": error}, status_code=200 if request.htmx else 422)
            holder, sellers = shown
            list_id = await floor.starting.start_next(sellers, holder.user_id, holder.name)
            mine = principal.actor.id == str(holder.user_id)
            url = f"/fulfilment/pick/{list_id}{'' if mine else '/lines'}" if list_id else "/fulfilment/pick?status=none"
        return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)

    @get("/{list_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show the current task, large."""
        return Template("fulfilment/pick.html", context=await _task(session, list_id))

    @get("/{list_id:uuid}/task", opt=needs(Right.FULFILMENT_READ))
    async def task(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show the task alone."""
        return Template("fulfilment/_task.html", context=await _task(session, list_id))

    @get("/{list_id:uuid}/lines", opt=needs(Right.FULFILMENT_READ))
    async def lines(self, list_id: UUID, session: AsyncSession) -> Template:
        """Show every line."""
        return Template("fulfilment/list.html", context=await _task(session, list_id))

    @post("/{list_id:uuid}/claim", opt=needs(Right.FULFILMENT_PICK))
    async def claim(self, list_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Take a list that nobody has, or go on with one."""
        try:
            async with session.begin_nested():
                await FulfilmentService(session).picking.claim(list_id)
        except EntrepotError as error:
            return Template("fulfilment/list.html", context=await _task(session, list_id, None, error), status_code=422)
        return Redirect(f"/fulfilment/pick/{list_id}", status_code=303)

    @post("/{list_id:uuid}/take-over", opt=needs(Right.FULFILMENT_PICK))
    async def take_over(self, list_id: UUID, session: AsyncSession) -> Redirect:
        """Take a list that somebody else has."""
        await FulfilmentService(session).picking.claim(list_id, take_over=True)
        return Redirect(f"/fulfilment/pick/{list_id}", status_code=303)

    @post("/{list_id:uuid}/pause", opt=needs(Right.FULFILMENT_PICK))
    async def pause(self, list_id: UUID, session: AsyncSession) -> Redirect:
        """Put a list down."""
        await FulfilmentService(session).picking.pause(list_id)
        return Redirect("/fulfilment/pick", status_code=303)

    @post("/complete", opt=needs(Right.FULFILMENT_SUPERVISE))
    async def complete(self, request: HTMXRequest, session: AsyncSession) -> Redirect:
        """Book everything that is left of the chosen lists as picked."""
        picking = FulfilmentService(session).picking
        for list_id in sorted(await chosen_ids(request)):
            await picking.complete(list_id)
        return Redirect("/fulfilment/pick", status_code=303)

    @post("/{list_id:uuid}/scan", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def scan(self, request: HTMXRequest, list_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Act on a scanned code."""
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                outcome = await FulfilmentService(session).picking.scan(
                    list_id, values.get("code", ""), client_id=values.get("client_id", "")
                )
        except EntrepotError as error:
            return await _answer(request, session, list_id, None, error)
        return await _answer(request, session, list_id, outcome, None)

    @post("/lines/{line_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_PICK), status_code=200)
    async def act(
        self, request: HTMXRequest, line_id: UUID, action: str, session: AsyncSession
    ) -> Response[Any] | Template:
        """Pick, report short, undo, or put back one line."""
        values = await text_fields(request)
        list_id = chosen_id(values, "list_id")
        outcome: PickOutcome | None = None
        floor = FulfilmentService(session)
        try:
            async with session.begin_nested():
                if action == "pick":
                    quantity = values.get("quantity", "")
                    outcome = await floor.gathering.pick(
                        line_id,
                        whole_number(quantity, "quantity") if quantity else None,
                        client_id=values.get("client_id", ""),
                    )
                elif action == "short":
                    reason, there = values.get("reason", ""), values.get("found", "")
                    outcome = await floor.gathering.short(
                        line_id,
                        ShortReason(reason) if reason in set(ShortReason) else ShortReason.NOT_THERE,
                        found_units=whole_number(there, "found") if there else 0,
                    )
                elif action == "swap":
                    outcome = await floor.swapping.swap(
                        line_id,
                        values.get("lot", ""),
                        values.get("reason", ""),
                        client_id=values.get("client_id", ""),
                    )
                elif action == "undo":
                    outcome = await floor.correcting.undo(line_id)
                elif action == "put-back":
                    await floor.correcting.put_back(line_id)
        except EntrepotError as error:
            return await _answer(request, session, list_id, None, error)
        return await _answer(request, session, list_id, outcome, None)


async def _answer(
    request: HTMXRequest,
    session: AsyncSession,
    list_id: UUID,
    outcome: PickOutcome | None,
    error: EntrepotError | None,
) -> Response[Any] | Template:
    """Answer a script with the next task, and a plain form with the page."""
    context = await _task(session, list_id, outcome, error)
    if request.htmx and "lines" not in (request.headers.get("hx-current-url", "").rpartition("/")[2]):
        return Template("fulfilment/_task.html", context=context)
    if error is None:
        back = request.headers.get("referer", "")
        return Redirect(
            f"/fulfilment/pick/{list_id}/lines" if back.endswith("/lines") else f"/fulfilment/pick/{list_id}",
            status_code=303,
        )
    return Template("fulfilment/pick.html", context=context, status_code=422)


async def _task(
    session: AsyncSession,
    list_id: UUID,
    outcome: PickOutcome | None = None,
    error: EntrepotError | None = None,
) -> dict[str, Any]:
    found = await views.pick_lists(session, list_id=list_id, limit=1)
    if not found:
        raise PickListNotFoundError(number=str(list_id))
    row, lines = found[0], await views.pick_lines(session, list_id)
    line = next((line for line in lines if line.state is LineState.OPEN), None)
    rules = await FulfilmentService(session).way.settings(row.seller_id, row.warehouse_id)
    here = [] if line is None else [one for one in lines if one.left and one.task == line.task]
    gathered = row.mode in GATHERED
    return {
        "list": row,
        "lines": lines,
        "line": line,
        "here": here,
        "gathered": gathered,
        "quantity": sum(one.left for one in here) if gathered else line.left if line else 0,
        "last": max(
            (line for line in lines if line.picked and line.scanned_at and not line.put_back),
            key=lambda line: line.scanned_at or row.created_at,
            default=None,
        ),
        "rules": rules,
        "note": (await picker_notes(session, [line.order_id])).get(line.order_id) if line else None,
        "by_button": line is not None and _by_button(line, rules, cart=row.mode == PickMode.CART),
        "parts": await parts_of(session, row.group_id) if row.group_id else [],
        "outcome": outcome,
        "error": error,
        "reasons": SHORT_LABELS,
        "swap_reasons": SWAP_LABELS,
        "modes": MODE_LABELS,
        "client_id": new_id().hex,
    }


def _by_button(line: views.PickLineRow, rules: SiteSettings, *, cart: bool) -> bool:
    """Tell whether everything that the site wants scanned was: then a button is enough."""
    return not (
        rules.scan_product
        or (rules.scan_location and line.located_at is None)
        or (rules.scan_lot and line.lot and not line.lot_scanned)
        or (rules.scan_tote and cart)
    )


ROUTES = [PickPages]
