"""The boxing station: boxes and trays, by scanning."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.boxing.boxes import Boxing, BoxOutcome
from entrepot.fulfilment.boxing.repository import ContainerRef
from entrepot.fulfilment.boxing.views import acts_of, prints_of, weighings_of
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import chosen_id, text_fields, whole_number
from entrepot.fulfilment.packaging.fitting import Fit
from entrepot.fulfilment.packaging.repository import BoxKindRef
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.way.errors import StageMoveError
from entrepot.fulfilment.way.going import Way
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService

type Act = Callable[[Boxing, UUID, dict[str, str]], Awaitable[object]]


async def _begin(boxing: Boxing, order_id: UUID, values: dict[str, str]) -> object:
    return await boxing.begin(order_id, chosen_id(values, "kind") if values.get("kind") else None)


async def _scan(boxing: Boxing, order_id: UUID, values: dict[str, str]) -> object:
    quantity = values.get("quantity", "")
    return await boxing.scan(
        order_id,
        values.get("code", ""),
        quantity=whole_number(quantity, "quantity") if quantity else 1,
        client_id=values.get("client_id", "")[:64],
    )


async def _take(boxing: Boxing, _: UUID, values: dict[str, str]) -> object:
    return await boxing.take(chosen_id(values, "box"), chosen_id(values, "line"), 1)


async def _seal(boxing: Boxing, _: UUID, values: dict[str, str]) -> object:
    weight = whole_number(values.get("weight_g", ""), "weight_g")
    return await boxing.seal(chosen_id(values, "box"), weight, reason=values.get("reason", ""))


ACTIONS: dict[str, Act] = {
    "begin": _begin,
    "scan": _scan,
    "all": lambda boxing, id_, _: boxing.put_all(id_),
    "take": _take,
    "seal": _seal,
    "reopen": lambda boxing, _, values: boxing.reopen(chosen_id(values, "box"), values.get("reason", "")),
    "empty": lambda boxing, _, values: boxing.empty(chosen_id(values, "box")),
}
"""What may be done at the boxing station."""


class BoxPages(Controller):
    """Fill boxes."""

    path = "/fulfilment/box"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def queue(self, session: AsyncSession) -> Template:
        """Show what waits for a box, and a field to scan an order or tray."""
        return Template("fulfilment/box_queue.html", context={"rows": await views.to_pack(session), "error": None})

    @post("/find", opt=needs(Right.FULFILMENT_READ), status_code=200)
    async def find(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Open the order that a code stands for."""
        code = (await text_fields(request)).get("code", "")
        found = await views.orders_called(session, code)
        if not found:
            context = {"rows": await views.to_pack(session), "error": UnknownStationCodeError(code=code[:60])}
            name = "fulfilment/_box_queue.html" if request.htmx else "fulfilment/box_queue.html"
            return Template(name, context=context, status_code=200 if request.htmx else 422)
        url = f"/fulfilment/box/{found[0]}"
        return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def station(self, order_id: UUID, session: AsyncSession) -> Template:
        """Show the boxes of an order, and what goes into them."""
        return Template("fulfilment/box.html", context=await _boxes(session, order_id))

    @post("/{order_id:uuid}/review", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def review(self, request: HTMXRequest, order_id: UUID, session: AsyncSession) -> Response[Any] | Template:
        """Send an order back with a reason."""
        values = await text_fields(request)
        return await _answer(
            request,
            session,
            order_id,
            Way(session).send_back(order_id, values.get("reason", ""), station="box"),
            values,
        )

    @post("/{order_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def act(
        self, request: HTMXRequest, order_id: UUID, action: str, session: AsyncSession
    ) -> Response[Any] | Template:
        """Begin, fill, seal, open or empty a box."""
        if action not in ACTIONS:
            raise StageMoveError(number="", stage="", to=action[:30])
        values = await text_fields(request)
        return await _answer(request, session, order_id, ACTIONS[action](Boxing(session), order_id, values), values)


async def _answer(
    request: HTMXRequest, session: AsyncSession, order_id: UUID, doing: Awaitable[object], values: dict[str, str]
) -> Response[Any] | Template:
    """Do it, and answer a script with the station, a plain form with the page."""
    error: EntrepotError | None = None
    outcome: object = None
    try:
        async with session.begin_nested():
            outcome = await doing
    except EntrepotError as caught:
        error = caught
    if error is None and not request.htmx:
        return Redirect(f"/fulfilment/box/{order_id}", status_code=303)
    found = outcome if isinstance(outcome, BoxOutcome) else None
    context = await _boxes(session, order_id, error, found, values)
    if request.htmx:
        return Template("fulfilment/_box.html", context=context)
    return Template("fulfilment/box.html", context=context, status_code=422)


async def _boxes(
    session: AsyncSession,
    order_id: UUID,
    error: EntrepotError | None = None,
    outcome: BoxOutcome | None = None,
    values: dict[str, str] | None = None,
) -> dict[str, Any]:
    orders = OrderService(session)
    boxing, packaging = Boxing(session), Packaging(session)
    order = await orders.order(order_id)
    group = await Consolidating(session).group_of(order_id)
    sharing = await orders.orders(await Consolidating(session).together(order_id))
    left = await boxing.to_box(order_id)
    boxes = await boxing.of_order(order_id)
    kinds = {kind.id: kind for kind in await packaging.kinds(order.seller_id, inactive=True)}
    suggested = await packaging.suggest(sharing, left) if left else []
    expected: dict[UUID, int | None] = {}
    for box in boxes:
        if box.state == "open" and box.kind == "box" and box.lines:
            expected[box.id] = await _expected(packaging, sharing, box, kinds)
    parcels = {one.id: one for one in await ParcelRepository(session).parcels_of(order_id)}
    return {
        "order": order,
        "place": await Way(session).place(order_id),
        "group": group,
        "sharing": [one for one in sharing if one.id != order_id],
        "left": [(one, line, left[line.id]) for one in sharing for line in one.lines if line.id in left],
        "boxes": boxes,
        "kinds": kinds,
        "active_kinds": [kind for kind in kinds.values() if kind.active],
        "best": next((one for one in suggested if one.fit is Fit.FITS), None),
        "suggested": suggested,
        "expected": expected,
        "parcels": parcels,
        "acts": await acts_of(session, order_id),
        "weighings": await weighings_of(session, order_id),
        "prints": await prints_of(session, order_id),
        "rules": await packaging.rules(order.seller_id, order.warehouse_id),
        "error": error,
        "outcome": outcome,
        "values": values or {},
        "client_id": new_id().hex,
    }


async def _expected(
    packaging: Packaging, orders: Sequence[OrderRef], box: ContainerRef, kinds: Mapping[UUID, BoxKindRef]
) -> int | None:
    kind = kinds.get(box.box_kind_id) if box.box_kind_id else None
    total: int | None = kind.own_weight_g if kind else 0
    for order in orders:
        units = {line.order_line_id: line.quantity for line in box.lines if line.order_id == order.id}
        more = await packaging.expected(order, units) if units else 0
        total = None if total is None or more is None else total + more
    return total


ROUTES = [BoxPages]
