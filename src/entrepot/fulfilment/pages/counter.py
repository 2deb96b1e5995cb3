"""The counter: what is ready to be collected, and handing it over."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.delivery.settings import REMIND_DAYS
from entrepot.fulfilment.delivery.views import proofs_of, to_dispatch
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import text_fields, whole_number
from entrepot.fulfilment.pages.reports import keep_proofs, read_report, wants_json
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService

PATH = "/fulfilment/counter"
LONGEST_CODE = 100


class CounterPages(Controller):
    """The counter."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(
        self, session: AsyncSession, principal: Principal, q: str = "", code: str = ""
    ) -> Response[Any] | Template:
        """Show what is ready, the longest waiting first; a scanned code opens its order at once."""
        if code:
            found = await to_dispatch(session, ids=await views.orders_called(session, code.strip()[:LONGEST_CODE]))
            if len(found) == 1:
                return Redirect(f"{PATH}/{found[0].order_id}", status_code=303)
            error = UnknownStationCodeError(code=code.strip()[:LONGEST_CODE])
            return Template(
                "fulfilment/counter.html", context=await _list(session, principal, q, error), status_code=404
            )
        return Template("fulfilment/counter.html", context=await _list(session, principal, q))

    @post("/settings", opt=needs(Right.FULFILMENT_SUPERVISE), status_code=200)
    async def settings(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Say after how many days somebody is reminded."""
        values = await text_fields(request)
        try:
            days = whole_number(values.get("remind_days", ""), "remind_days")
            await FulfilmentService(session).counter.set_remind_days(principal.seller_id(), days)
        except EntrepotError as error:
            return Template(
                "fulfilment/counter.html", context=await _list(session, principal, "", error), status_code=422
            )
        return Redirect(PATH, status_code=303)

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(self, order_id: UUID, session: AsyncSession) -> Template:
        """Show one order and ask who takes it."""
        return Template("fulfilment/counter_order.html", context=await _one(session, order_id))

    @post("/{order_id:uuid}", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def hand_over(self, request: HTMXRequest, order_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Hand it over: name, and perhaps a signature or a photo."""
        report = await read_report(request)
        try:
            async with session.begin_nested():
                _, new = await FulfilmentService(session).counter.hand_over(
                    order_id, report.received_by, client_id=report.client_id
                )
                if new:
                    await keep_proofs(request, session, report, order_id)
        except EntrepotError as error:
            if wants_json(request):
                raise
            context = await _one(session, order_id, error, report.values)
            return Template("fulfilment/counter_order.html", context=context, status_code=422)
        return Redirect(f"{PATH}/{order_id}", status_code=303)


async def _list(
    session: AsyncSession, principal: Principal, q: str, error: EntrepotError | None = None
) -> dict[str, Any]:
    rows = await to_dispatch(session, how=HandOver.COUNTER, search=q.strip())
    others = (
        [row for row in await to_dispatch(session, search=q.strip(), limit=50) if row.how != HandOver.COUNTER]
        if q
        else []
    )
    one_seller = principal.seller is not None or len(principal.sellers) == 1
    days = await FulfilmentService(session).counter.remind_days(principal.seller_id()) if one_seller else REMIND_DAYS
    moment = now()
    return {
        "rows": rows,
        "others": others,
        "q": q,
        "days": days,
        "one_seller": one_seller,
        "waited": {row.order_id: (moment - row.packed_at).days if row.packed_at else 0 for row in [*rows, *others]},
        "error": error,
    }


async def _one(
    session: AsyncSession, order_id: UUID, error: EntrepotError | None = None, values: dict[str, str] | None = None
) -> dict[str, Any]:
    order = await OrderService(session).order(order_id)
    parcels = [one for one in await ParcelRepository(session).parcels_of(order_id) if one.status != "cancelled"]
    shipments = await views.shipments(session, order_id=order_id)
    return {
        "order": order,
        "parcels": parcels,
        "shipments": shipments,
        "labelled": [one for one in shipments if one.state == "labelled" and not one.shipped_at],
        "proofs": await proofs_of(session, order_id),
        "client_id": str(new_id()),
        "error": error,
        "values": values or {},
    }


ROUTES = [CounterPages]
