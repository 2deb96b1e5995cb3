"""The check station."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import MissingRightError
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import LABELS as RIGHT_LABELS
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.checking.counting import Checking, CheckOutcome
from entrepot.fulfilment.checking.verdict import SENTENCES, STATE_LABELS, CheckState, difference_of, differences
from entrepot.fulfilment.checking.views import to_check
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import chosen_id, text_fields, whole_number
from entrepot.fulfilment.way.going import Way
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService

type Act = Callable[[Checking, UUID, dict[str, str]], Awaitable[object]]


async def _scan(checking: Checking, order_id: UUID, values: dict[str, str]) -> object:
    quantity = values.get("quantity", "")
    return await checking.scan(
        order_id,
        values.get("code", ""),
        quantity=whole_number(quantity, "quantity") if quantity else 1,
        client_id=values.get("client_id", ""),
    )


ACTIONS: dict[str, tuple[Right, Act]] = {
    "begin": (Right.FULFILMENT_PACK, lambda checking, id_, _: checking.begin(id_)),
    "scan": (Right.FULFILMENT_PACK, _scan),
    "count": (
        Right.FULFILMENT_PACK,
        lambda checking, id_, values: checking.set_counted(
            id_, chosen_id(values, "line"), whole_number(values.get("counted", ""), "counted")
        ),
    ),
    "finish": (Right.FULFILMENT_PACK, lambda checking, id_, _: checking.finish(id_)),
    "recount": (Right.FULFILMENT_PACK, lambda checking, id_, _: checking.recount(id_)),
    "back": (Right.FULFILMENT_PACK, lambda checking, id_, values: checking.send_back(id_, values.get("reason", ""))),
    "accept": (
        Right.FULFILMENT_SUPERVISE,
        lambda checking, id_, values: checking.accept(id_, values.get("reason", "")),
    ),
}
"""What may be done at the check station: the right it takes, and how."""


class CheckPages(Controller):
    """Count what was picked."""

    path = "/fulfilment/check"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def queue(self, session: AsyncSession) -> Template:
        """Show what waits to be checked, and a box to scan an order or tray."""
        return Template("fulfilment/check_queue.html", context={"rows": await to_check(session), "error": None})

    @post("/find", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def find(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Take the order that was scanned to the check station."""
        code = (await text_fields(request)).get("code", "")
        error: EntrepotError
        found = await views.orders_called(session, code)
        if found:
            try:
                async with session.begin_nested():
                    await Checking(session).begin(found[0])
            except EntrepotError as caught:
                error = caught
            else:
                url = f"/fulfilment/check/{found[0]}"
                return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)
        else:
            error = UnknownStationCodeError(code=code[:60])
        context = {"rows": await to_check(session), "error": error}
        name = "fulfilment/_check_queue.html" if request.htmx else "fulfilment/check_queue.html"
        return Template(name, context=context, status_code=200 if request.htmx else 422)

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def station(self, order_id: UUID, session: AsyncSession) -> Template:
        """Show what was counted."""
        return Template("fulfilment/check.html", context=await _check(session, order_id))

    @post("/{order_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_READ), status_code=200)
    async def act(
        self, request: HTMXRequest, order_id: UUID, action: str, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Count, finish, count again, send back or accept."""
        if action not in ACTIONS:
            raise MissingRightError(right=action)
        needed, act = ACTIONS[action]
        if not principal.can(needed):
            raise MissingRightError(right=RIGHT_LABELS[needed])
        values = await text_fields(request)
        error: EntrepotError | None = None
        outcome: object = None
        try:
            async with session.begin_nested():
                outcome = await act(Checking(session), order_id, values)
        except EntrepotError as caught:
            error = caught
        url = f"/fulfilment/check/{order_id}"
        if error is None and not request.htmx:
            return Redirect(url, status_code=303)
        context = await _check(session, order_id, error, outcome if isinstance(outcome, CheckOutcome) else None)
        if request.htmx:
            return Template("fulfilment/_check.html", context=context)
        return Template("fulfilment/check.html", context=context, status_code=422)


async def _check(
    session: AsyncSession, order_id: UUID, error: EntrepotError | None = None, outcome: CheckOutcome | None = None
) -> dict[str, Any]:
    order = await OrderService(session).order(order_id)
    checks = await Checking(session).checks_of(order_id)
    current = checks[0] if checks and checks[0].state is CheckState.OPEN else None
    return {
        "order": order,
        "place": await Way(session).place(order_id),
        "check": current,
        "lines": [(line, difference_of(line, current.lines)) for line in current.lines] if current else [],
        "found": differences(current.lines) if current else [],
        "earlier": [(one, differences(one.lines)) for one in checks if one is not current],
        "sentences": SENTENCES,
        "state_labels": STATE_LABELS,
        "error": error,
        "outcome": outcome,
        "client_id": new_id().hex,
    }


ROUTES = [CheckPages]
