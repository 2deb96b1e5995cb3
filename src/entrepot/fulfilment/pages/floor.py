"""The floor as a whole: where every order is, and what may be done about one that is stuck."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import MissingRightError
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import LABELS as RIGHT_LABELS
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.delivery.cut_offs import URGENCY_LABELS, URGENCY_TONES
from entrepot.fulfilment.delivery.timing import by_urgency
from entrepot.fulfilment.dispatching import HAND_OVER_LABELS, HandOver
from entrepot.fulfilment.http import chosen_id, text_fields, whole_number
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.repository import Place, SiteSettings
from entrepot.fulfilment.way.stages import ASIDE, GONE, LABELS, PLACES, Stage, next_stages
from entrepot.fulfilment.way.views import counts_by_stage, on_the_floor, steps
from entrepot.inventory import views as inventory_views
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

SHOWN = 200
MOST = 1000
"""Orders that are sorted by the time left."""
TONES = {
    Stage.WAITING: "neutral",
    Stage.PICKED: "info",
    Stage.PACKED: "info",
    Stage.DISPATCHED: "success",
    Stage.DELIVERED: "success",
    Stage.HOLD: "warning",
    Stage.REVIEW: "danger",
    Stage.CANCELLED: "danger",
}


class FloorPages(Controller):
    """See and steer the floor."""

    path = "/fulfilment/floor"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def board(self, session: AsyncSession, stage: str = "") -> Template:
        """Show the orders in the building, the most urgent first."""
        known = stage if stage in set(Stage) - GONE else ""
        found = await on_the_floor(session, stage=known, limit=MOST)
        left = await FulfilmentService(session).timing.left([row.order_id for row in found])
        urgent = sorted(by_urgency(found, left, "order_id"), key=lambda row: -row.priority)
        context = {
            "rows": urgent[:SHOWN],
            "left": left,
            "urgency_labels": URGENCY_LABELS,
            "urgency_tones": URGENCY_TONES,
            "counts": await counts_by_stage(session),
            "stage": known,
            "stages": [one for one in Stage if one not in GONE],
            "labels": LABELS,
            "tones": TONES,
            "now": now(),
        }
        return Template("fulfilment/floor.html", context=context)

    @get("/settings", opt=needs(Right.FULFILMENT_SUPERVISE))
    async def settings(self, session: AsyncSession, principal: Principal, warehouse: UUID | None = None) -> Template:
        """Show which stations a site has."""
        return await _settings(session, principal, warehouse)

    @post("/settings", opt=needs(Right.FULFILMENT_SUPERVISE))
    async def save_settings(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Redirect:
        """Say which stations a site has."""
        values = await text_fields(request)
        chosen = {name: name in values for name in SiteSettings.__struct_fields__}
        warehouse = chosen_id(values, "warehouse") if values.get("warehouse") else None
        way = FulfilmentService(session).way
        await way.set_settings(principal.seller_id(), SiteSettings(**chosen), warehouse)
        query = f"?warehouse={warehouse}" if warehouse else ""
        return Redirect(f"/fulfilment/floor/settings{query}", status_code=303)

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def order(self, order_id: UUID, session: AsyncSession) -> Template:
        """Show the way of one order, and what may be done now."""
        return Template("fulfilment/way.html", context=await _order(session, order_id))

    @post("/{order_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_READ), status_code=200)
    async def act(
        self, request: HTMXRequest, order_id: UUID, action: str, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Take one order along its way, or off it."""
        if action not in ACTIONS:
            raise MissingRightError(right=action)
        needed, act = ACTIONS[action]
        if not principal.can(needed):
            raise MissingRightError(right=RIGHT_LABELS[needed])
        values = await text_fields(request)
        try:
            async with session.begin_nested():
                await act(FulfilmentService(session), order_id, values)
        except EntrepotError as error:
            context = await _order(session, order_id, error, values)
            return Template("fulfilment/way.html", context=context, status_code=422)
        return Redirect(f"/fulfilment/floor/{order_id}", status_code=303)


type Act = Callable[[FulfilmentService, UUID, dict[str, str]], Awaitable[object]]


def _stage(values: dict[str, str]) -> Stage:
    """Return the chosen stage.

    Raises:
        InvalidInputError: there is none.
    """
    if values.get("stage") not in set(Stage):
        raise InvalidInputError({"stage": N_("The form is incomplete. Reload the page.")})
    return Stage(values["stage"])


def _how(values: dict[str, str]) -> HandOver:
    return HandOver(values["how"]) if values.get("how") in set(HandOver) else HandOver.CARRIER


async def _express(floor: FulfilmentService, order_id: UUID, values: dict[str, str]) -> None:
    weight = values.get("weight_g", "")
    await floor.expressing.express(order_id, weight_g=whole_number(weight, "weight_g") if weight else None)


ACTIONS: dict[str, tuple[Right, Act]] = {
    "review": (Right.FULFILMENT_PICK, lambda floor, id_, values: floor.way.send_back(id_, values.get("reason", ""))),
    "hold": (Right.ORDERS_WRITE, lambda floor, id_, values: floor.way.hold(id_, values.get("reason", ""))),
    "let-go": (Right.ORDERS_WRITE, lambda floor, id_, _: floor.way.let_go(id_)),
    "enter": (Right.FULFILMENT_PACK, lambda floor, id_, values: floor.way.enter(id_, _stage(values))),
    "resolve": (
        Right.FULFILMENT_SUPERVISE,
        lambda floor, id_, values: floor.way.resolve(id_, values.get("reason", ""), to=_stage(values)),
    ),
    "express": (Right.FULFILMENT_SUPERVISE, _express),
    "priority": (
        Right.FULFILMENT_SUPERVISE,
        lambda floor, id_, values: floor.way.prioritise([id_], whole_number(values.get("priority", ""), "priority")),
    ),
    "force": (
        Right.FULFILMENT_FORCE,
        lambda floor, id_, values: floor.way.force(id_, _stage(values), values.get("reason", "")),
    ),
    "dispatch": (Right.FULFILMENT_SHIP, lambda floor, id_, values: floor.dispatching.dispatch(id_, _how(values))),
    "deliver": (
        Right.FULFILMENT_SHIP,
        lambda floor, id_, values: floor.dispatching.deliver(id_, values.get("received_by", "")),
    ),
}
"""What may be done with one order: the right it takes, and how."""


async def way_of(session: AsyncSession, order: OrderRef, known: views.Known = views.EVERYTHING) -> dict[str, Any]:
    """Return what the panel of an order's way shows, of which there is what *known* says."""
    place = await FulfilmentService(session).way.place(order.id) if known.place else None
    return {
        "place": place,
        "steps": await steps(session, order.id) if place else [],
        "stage_labels": LABELS,
        "stage_tones": TONES,
    }


async def _order(
    session: AsyncSession, order_id: UUID, error: EntrepotError | None = None, values: dict[str, str] | None = None
) -> dict[str, Any]:
    order = await OrderService(session).order(order_id)
    way = await way_of(session, order)
    place: Place | None = way["place"]
    return {
        **way,
        "order": order,
        "error": error,
        "values": values or {},
        "next_stages": next_stages(place.stage, checks=place.checks, boxes=place.boxes, express=place.express)
        if place and order.held_at is None
        else (),
        "back_stages": [one for one in Stage if one in PLACES[order.status]] if place and place.stage in ASIDE else [],
        "force_stages": [one for one in Stage if one in PLACES[order.status] and place and one is not place.stage]
        if order.held_at is None
        else [],
        "may_express": order.held_at is None
        and order.status in {OrderStatus.RESERVED, OrderStatus.PICKING, OrderStatus.PICKED}
        and (place is None or place.stage not in ASIDE),
        "hand_over": HAND_OVER_LABELS,
    }


async def _settings(session: AsyncSession, principal: Principal, warehouse: UUID | None) -> Template:
    context = {
        "settings": await FulfilmentService(session).way.settings(principal.seller_id(), warehouse),
        "warehouses": await inventory_views.warehouses(session),
        "warehouse": warehouse,
    }
    return Template("fulfilment/floor_settings.html", context=context)


ROUTES = [FloorPages]
