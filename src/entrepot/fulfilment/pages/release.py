"""The board of orders that can be picked."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.delivery.cut_offs import URGENCY_LABELS, URGENCY_TONES
from entrepot.fulfilment.delivery.timing import by_urgency
from entrepot.fulfilment.domain import MODE_LABELS, SKIP_LABELS, PickMode
from entrepot.fulfilment.errors import NothingToReleaseError
from entrepot.fulfilment.http import chosen_ids
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.clock import now
from entrepot.orders.status import LABELS

MOST = 1000
"""Orders that are sorted by the time left."""
SHOWN = 100
"""Orders on the board, the most urgent; the next come up as these are released."""


class ReleasePages(Controller):
    """Release orders to pick lists."""

    path = "/fulfilment"
    include_in_schema = False

    @get("/ready", opt=needs(Right.FULFILMENT_READ))
    async def board(
        self, session: AsyncSession, q: str = "", kind: str = "", due: str = "", channel: str = ""
    ) -> Template:
        """Show reserved orders, the most urgent first."""
        return await _board(session, q=q, kind=kind, due=due, channel=channel)

    @post("/release", opt=needs(Right.FULFILMENT_RELEASE), status_code=200)
    async def release(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Put the chosen orders on pick lists."""
        form = await request.form()
        ids = await chosen_ids(request)
        per_list = str(form.get("per_list", ""))
        size = int(per_list) if per_list.isdecimal() and int(per_list) else 20
        chosen = str(form.get("mode", ""))
        mode = PickMode(chosen) if chosen in set(PickMode) else PickMode.CART
        try:
            async with session.begin_nested():
                released = await FulfilmentService(session).releasing.release(
                    ids, per_list=1 if mode is PickMode.SINGLE else size, mode=mode
                )
        except NothingToReleaseError as error:
            return await _board(session, failure=error, status=422)
        if not released.skipped:
            if len(released.pick_list_ids) == 1:
                return Redirect(f"/fulfilment/pick/{released.pick_list_ids[0]}/lines", status_code=303)
            return Redirect("/fulfilment/pick", status_code=303)
        return await _board(session, released=released)


async def _board(session: AsyncSession, *, status: int = 200, **extra: Any) -> Template:  # noqa: ANN401 -- context
    query = {name: str(extra.get(name) or "") for name in ("q", "kind", "due", "channel")}
    orders, total = await views.ready_orders(
        session, search=query["q"], kind=query["kind"], due=query["due"], channel=query["channel"], limit=MOST
    )
    left = await FulfilmentService(session).timing.left(
        [order.id for order in orders], promised={order.id: order.ship_by for order in orders}
    )
    context = {
        "orders": by_urgency(orders, left)[:SHOWN],
        "left": left,
        "urgency_labels": URGENCY_LABELS,
        "urgency_tones": URGENCY_TONES,
        "total": total,
        "query": query,
        "now": now(),
        "failure": extra.get("failure"),
        "reasons": SKIP_LABELS,
        "modes": MODE_LABELS,
        "statuses": LABELS,
        "released": extra.get("released"),
    }
    return Template("fulfilment/release.html", context=context, status_code=status)


ROUTES = [ReleasePages]
