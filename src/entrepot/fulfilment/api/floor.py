"""The way of orders on the floor for programs: claim, pick many, stations, review, force, dispatch, deliver."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.api.stations import PickListDetail, list_detail
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.domain import PickMode
from entrepot.fulfilment.errors import UnknownWorkError
from entrepot.fulfilment.http import badge_holder, sellers_of
from entrepot.fulfilment.picking import LinePick
from entrepot.fulfilment.refs import ParcelRef, PickOutcome
from entrepot.fulfilment.service import FulfilmentService
from entrepot.fulfilment.way.errors import NotOnTheFloorError
from entrepot.fulfilment.way.repository import Place, SiteSettings
from entrepot.fulfilment.way.stages import Stage
from entrepot.fulfilment.way.views import FloorRow, StepRow, counts_by_stage, on_the_floor, steps
from entrepot.orders.service import OrderService

type Limit = Annotated[int, Parameter(ge=1, le=200)]
type Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class OrderWay(msgspec.Struct, frozen=True, kw_only=True):
    """Where an order is on the floor, and how it came there."""

    place: Place
    steps: list[StepRow]


class FloorOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Orders in the building, the most urgent first."""

    items: list[FloorRow]
    next: str | None
    counts: dict[str, int]


class ClaimCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scanned order or pick list."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]
    take_over: bool = False
    """Take it even from somebody who works on it."""


class AskForWork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the next list is to be walked."""

    mode: PickMode | None = PickMode.CART
    """If no list is free, one is made of the most urgent orders; null: only lists that there are."""
    zone: Annotated[str, Meta(max_length=60)] = ""
    """Only a list of this zone."""
    orders: Annotated[int, Meta(ge=1, le=200)] | None = None
    """Most orders on a list that is made; null: as usual for the mode."""


class PickMany(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines of one list that were picked."""

    picks: Annotated[list[LinePick], Meta(min_length=1, max_length=500)]


class Outcomes(msgspec.Struct, frozen=True):
    """What became of each."""

    items: list[PickOutcome]


class EnterStage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The station that an order is at now."""

    stage: Stage


class SendBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an order needs somebody who decides."""

    reason: Reason
    station: Annotated[str, Meta(max_length=50)] = ""


class Resolve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided."""

    note: Annotated[str, Meta(max_length=500)] = ""
    to: Stage | None = None
    """Another station than the one it came from."""


class ForceStage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that the rules of the site do not allow."""

    stage: Stage
    reason: Reason


class Express(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Straight to packed."""

    weight_g: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class Prioritise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How urgent orders are."""

    order_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
    priority: Annotated[int, Meta(ge=0, le=9)]


class Prioritised(msgspec.Struct, frozen=True):
    """How many of them are on the floor."""

    changed: int


class Dispatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an order leaves the building."""

    how: HandOver = HandOver.CARRIER


class Deliver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who took an order."""

    received_by: Annotated[str, Meta(min_length=1, max_length=100)]
    at: datetime | None = None
    """When, if not now; never in the future."""


class Gone(msgspec.Struct, frozen=True):
    """Where an order that left is."""

    order_id: UUID
    number: str
    status: str


async def _way(session: AsyncSession, order_id: UUID) -> OrderWay:
    place = await FulfilmentService(session).way.place(order_id)
    if place is None:
        raise NotOnTheFloorError(number=(await OrderService(session).order(order_id)).number)
    return OrderWay(place=place, steps=await steps(session, order_id))


class FloorApi(Controller):
    """The way of orders on the floor."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @get("/floor", opt=needs(Right.FULFILMENT_READ), operation_id="listFloor", summary="List orders on the floor")
    async def floor(
        self, session: AsyncSession, stage: Stage | None = None, cursor: UUID | None = None, limit: Limit = 50
    ) -> FloorOrders:
        """The most urgent first."""
        rows = await on_the_floor(session, stage=str(stage or ""), after=cursor, limit=limit + 1)
        following = str(rows[limit - 1].order_id) if len(rows) > limit else None
        return FloorOrders(items=rows[:limit], next=following, counts=await counts_by_stage(session))

    @get(
        "/orders/{order_id:uuid}/way",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getOrderWay",
        summary="Get the way of an order",
    )
    async def way(self, order_id: FromPath[UUID], session: AsyncSession) -> OrderWay:
        """Each step with who, when and how long."""
        return await _way(session, order_id)

    @post(
        "/pick-lists/claims",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="claimByCode",
        summary="Take an order or pick list by its barcode",
        status_code=200,
    )
    async def claim(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ClaimCode],
        session: AsyncSession,
        principal: Principal,
    ) -> PickListDetail:
        """An order that is on no list yet is released.  Of two at the same instant, one gets it.

        A badge gives its holder the list they have begun, else the most urgent free one.
        """
        floor = FulfilmentService(session)
        try:
            found = await floor.picking.claim_code(sellers_of(principal), data.code, take_over=data.take_over)
        except UnknownWorkError:  # nothing was written
            shown = await badge_holder(request, principal, data.code)
            if shown is None:
                raise
            holder, sellers = shown
            list_id = await floor.starting.start_next(sellers, holder.user_id, holder.name)
            if list_id is None:
                raise
            return await list_detail(session, list_id)
        return await list_detail(session, found.id)

    @post(
        "/pick-lists/next",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="getWork",
        summary="Get work",
        status_code=200,
    )
    async def work(
        self, data: JSONBody[AskForWork], session: AsyncSession, principal: Principal
    ) -> PickListDetail | None:
        """The caller's unfinished list, the most urgent free one, or a new one; null if there is nothing to pick."""
        found = await FulfilmentService(session).picking.claim_next(
            sellers_of(principal), data.mode, zone=data.zone, most=data.orders
        )
        if found is None:
            return None
        return await list_detail(session, found.id)

    @post(
        "/pick-lists/{list_id:uuid}/pause",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="pausePickList",
        summary="Put a pick list down",
        status_code=200,
    )
    async def pause(self, list_id: FromPath[UUID], session: AsyncSession) -> PickListDetail:
        """Anybody may go on with it."""
        await FulfilmentService(session).picking.pause(list_id)
        return await list_detail(session, list_id)

    @post(
        "/pick-lists/{list_id:uuid}/picks",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="pickLines",
        summary="Pick several lines at once",
        status_code=200,
    )
    async def picks(self, list_id: FromPath[UUID], data: JSONBody[PickMany], session: AsyncSession) -> Outcomes:
        """All or none; idempotent by the ``client_id`` of each."""
        return Outcomes(await FulfilmentService(session).picking.pick_many(list_id, data.picks))

    @post(
        "/orders/{order_id:uuid}/stage",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="enterStage",
        summary="Take an order to a station",
        status_code=200,
    )
    async def enter(self, order_id: FromPath[UUID], data: JSONBody[EnterStage], session: AsyncSession) -> OrderWay:
        """To checking, packing or boxing; the caller works on it from now on."""
        await FulfilmentService(session).way.enter(order_id, data.stage)
        return await _way(session, order_id)

    @post(
        "/orders/{order_id:uuid}/review",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="sendBackOrder",
        summary="Send an order back",
        status_code=200,
    )
    async def send_back(self, order_id: FromPath[UUID], data: JSONBody[SendBack], session: AsyncSession) -> OrderWay:
        """Nothing of it is picked, packed or shipped until somebody resolves it."""
        await FulfilmentService(session).way.send_back(order_id, data.reason, station=data.station)
        return await _way(session, order_id)

    @post(
        "/orders/{order_id:uuid}/review/resolve",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="resolveReview",
        summary="Let an order go on after a review",
        status_code=200,
    )
    async def resolve(self, order_id: FromPath[UUID], data: JSONBody[Resolve], session: AsyncSession) -> OrderWay:
        """Where it was, or at another station that its goods allow."""
        await FulfilmentService(session).way.resolve(order_id, data.note, to=data.to)
        return await _way(session, order_id)

    @post(
        "/orders/{order_id:uuid}/force",
        opt=needs(Right.FULFILMENT_FORCE),
        operation_id="forceStage",
        summary="Force an order to another stage",
        status_code=200,
    )
    async def force(self, order_id: FromPath[UUID], data: JSONBody[ForceStage], session: AsyncSession) -> OrderWay:
        """The reason is kept.  Goods are not moved by it."""
        await FulfilmentService(session).way.force(order_id, data.stage, data.reason)
        return await _way(session, order_id)

    @post(
        "/orders/{order_id:uuid}/express",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="expressOrder",
        summary="Bring an order straight to packed",
        status_code=200,
    )
    async def express(self, order_id: FromPath[UUID], data: JSONBody[Express], session: AsyncSession) -> ParcelRef:
        """All that is left is booked as picked and packed into one parcel."""
        return await FulfilmentService(session).expressing.express(order_id, weight_g=data.weight_g)

    @post(
        "/floor/priorities",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="prioritiseOrders",
        summary="Say how urgent orders are",
        status_code=200,
    )
    async def prioritise(self, data: JSONBody[Prioritise], session: AsyncSession) -> Prioritised:
        """From 0 (none) to 9 (at once)."""
        return Prioritised(await FulfilmentService(session).way.prioritise(data.order_ids, data.priority))

    @post(
        "/orders/{order_id:uuid}/dispatch",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="dispatchOrder",
        summary="Hand an order over",
        status_code=200,
    )
    async def dispatch(self, order_id: FromPath[UUID], data: JSONBody[Dispatch], session: AsyncSession) -> Gone:
        """To the carrier, over the counter, or to our own driver.  Repeating it changes nothing."""
        order = await FulfilmentService(session).dispatching.dispatch(order_id, data.how)
        return Gone(order.id, order.number, str(order.status))

    @post(
        "/orders/{order_id:uuid}/deliver",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="deliverOrder",
        summary="Note that an order arrived",
        status_code=200,
    )
    async def deliver(self, order_id: FromPath[UUID], data: JSONBody[Deliver], session: AsyncSession) -> Gone:
        """With the name of who took it."""
        order = await FulfilmentService(session).dispatching.deliver(order_id, data.received_by, at=data.at)
        return Gone(order.id, order.number, str(order.status))

    @get(
        "/floor/settings",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getFloorSettings",
        summary="Get which stations a site has",
    )
    async def settings(
        self, session: AsyncSession, principal: Principal, warehouse_id: UUID | None = None
    ) -> SiteSettings:
        """Of a building, or of every building without its own."""
        return await FulfilmentService(session).way.settings(principal.seller_id(), warehouse_id)

    @put(
        "/floor/settings",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="putFloorSettings",
        summary="Say which stations a site has",
    )
    async def set_settings(
        self,
        data: JSONBody[SiteSettings],
        session: AsyncSession,
        principal: Principal,
        warehouse_id: UUID | None = None,
    ) -> SiteSettings:
        """Orders that are being picked already follow what held when that began."""
        way = FulfilmentService(session).way
        await way.set_settings(principal.seller_id(), data, warehouse_id)
        return await way.settings(principal.seller_id(), warehouse_id)


ROUTES = [FloorApi]
