"""Everything that is packed and has not left, by how it leaves and how much time is left."""

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
from entrepot.fulfilment.delivery.views import to_dispatch
from entrepot.fulfilment.dispatching import HAND_OVER_LABELS, HandOver
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import chosen_ids, text_fields
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.errors import EntrepotError

PATH = "/fulfilment/dispatch"
SHOWN = 200
MOST = 1000
LONGEST_CODE = 100


class DispatchPages(Controller):
    """Dispatch."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(self, session: AsyncSession, how: str = "", q: str = "") -> Template:
        """Show what is to leave, the most urgent first."""
        return Template("fulfilment/dispatch.html", context=await _context(session, how=how, q=q))

    @post("/scan", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def scan(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Let the order of a scanned parcel leave; one for the counter is handed over on its own page."""
        code = (await text_fields(request)).get("code", "")[:LONGEST_CODE]
        done = ""
        try:
            async with session.begin_nested():
                waiting = {row.order_id: row for row in await _called(session, code)}
                if len(waiting) != 1:
                    raise UnknownStationCodeError(code=code)
                row = next(iter(waiting.values()))
                if row.how == HandOver.COUNTER:
                    return Redirect(f"/fulfilment/counter/{row.order_id}", status_code=303)
                if row.how == HandOver.DRIVER:
                    target = f"/fulfilment/routes/{row.route_id}" if row.route_id else "/fulfilment/routes"
                    return Redirect(target, status_code=303)
                await FulfilmentService(session).dispatching.dispatch(row.order_id)
                done = row.number
        except EntrepotError as error:
            context = await _context(session, error=error)
            return Template("fulfilment/dispatch.html", context=context, status_code=422)
        return Template("fulfilment/dispatch.html", context=await _context(session, done=[done]))

    @post("/many", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def many(self, request: HTMXRequest, session: AsyncSession) -> Template:
        """Hand the chosen orders to their carriers; those that cannot go are named."""
        done: list[str] = []
        refused: list[EntrepotError] = []
        for order_id in (await chosen_ids(request))[:MOST]:
            try:
                async with session.begin_nested():
                    order = await FulfilmentService(session).dispatching.dispatch(order_id)
                    done.append(order.number)
            except EntrepotError as error:
                refused.append(error)
        return Template("fulfilment/dispatch.html", context=await _context(session, done=done, refused=refused))


async def _called(session: AsyncSession, code: str) -> list[Any]:
    ids = await views.orders_called(session, code) if code else []
    return list(await to_dispatch(session, ids=ids))


async def _context(
    session: AsyncSession,
    *,
    how: str = "",
    q: str = "",
    error: EntrepotError | None = None,
    done: list[str] | None = None,
    refused: list[EntrepotError] | None = None,
) -> dict[str, Any]:
    known = how if how in set(HandOver) else ""
    found = await to_dispatch(session, search=q.strip(), limit=MOST)
    counts = {one.value: sum(row.how == one for row in found) for one in HandOver}
    rows = [row for row in found if not known or row.how == known]
    left = await FulfilmentService(session).timing.left([row.order_id for row in rows])
    return {
        "rows": by_urgency(rows, left, "order_id")[:SHOWN],
        "left": left,
        "counts": counts,
        "total": len(found),
        "how": known,
        "q": q,
        "labels": HAND_OVER_LABELS,
        "urgency_labels": URGENCY_LABELS,
        "urgency_tones": URGENCY_TONES,
        "error": error,
        "done": done or [],
        "refused": refused or [],
    }


ROUTES = [DispatchPages]
