"""The delivery of orders for programs: how they leave, pick-up points, the counter, carrier changes, proofs, cut-off times."""

import base64
import binascii
from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.contract_carriage import ServicePoint
from entrepot.fulfilment.delivery.cut_offs import CutOff
from entrepot.fulfilment.delivery.errors import ProofDamagedError
from entrepot.fulfilment.delivery.pictures import ProofKind
from entrepot.fulfilment.delivery.proofs import Proofs
from entrepot.fulfilment.delivery.settings import Holiday
from entrepot.fulfilment.delivery.timing import TimeLeft, by_urgency
from entrepot.fulfilment.delivery.views import (
    ChangeRow,
    DispatchRow,
    ProofRow,
    TryRow,
    changes_of,
    proofs_of,
    to_dispatch,
    tries_of,
)
from entrepot.fulfilment.dispatching import HandOver
from entrepot.fulfilment.http import carrier_lines
from entrepot.fulfilment.pages.desks import change_desk, point_desk
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.fulfilment.repository import DeliveryWish
from entrepot.fulfilment.service import FulfilmentService
from entrepot.orders.service import OrderService

type Limit = Annotated[int, Parameter(ge=1, le=200)]
type Name = Annotated[str, Meta(min_length=1, max_length=100)]
type ClientId = Annotated[str, Meta(max_length=100)]
type Picture = Annotated[str, Meta(max_length=14_000_000)]


class OrderDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """How an order leaves, and what became of it."""

    wish: DeliveryWish | None
    time_left: TimeLeft | None
    tries: list[TryRow]
    proofs: list[ProofRow]
    carrier_changes: list[ChangeRow]


class ChooseWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an order is to leave."""

    how: HandOver
    area: Annotated[str, Meta(max_length=60)] = ""
    """Of our own driver; empty: by postcode."""


class ChoosePoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which pick-up point the carrier brings an order to."""

    carrier_account_id: UUID
    point_id: Annotated[str, Meta(min_length=1, max_length=80)]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    postcode: Annotated[str, Meta(min_length=1, max_length=12)]


class Points(msgspec.Struct, frozen=True):
    """Pick-up points, the nearest first."""

    items: tuple[ServicePoint, ...]


class HandOverAtCounter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who collected an order."""

    received_by: Name
    client_id: ClientId = ""
    """The same again changes nothing."""
    signature: Picture = ""
    """PNG as base64."""


class Collected(msgspec.Struct, frozen=True):
    """Where the order is now."""

    order_id: UUID
    number: str
    status: str
    repeated: bool


class ChangeCarrier(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is to carry a packed parcel instead."""

    reason: Annotated[str, Meta(min_length=1, max_length=300)]
    how: HandOver = HandOver.CARRIER
    carrier_account_id: UUID | None = None
    """None: whom the rules choose."""
    service: Annotated[str, Meta(max_length=120)] = ""


class AddProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A picture or a PDF as base64."""

    kind: ProofKind
    content: Picture
    name: Annotated[str, Meta(max_length=100)] = ""
    """Who signed."""


class DispatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """A packed order and how much time is left."""

    order: DispatchRow
    time_left: TimeLeft | None


class DispatchList(msgspec.Struct, frozen=True):
    """Packed orders, the most urgent first."""

    items: list[DispatchItem]
    next: str | None


class CutOffs(msgspec.Struct, frozen=True, kw_only=True):
    """Cut-off times and days off."""

    cut_offs: list[CutOff]
    holidays: list[Holiday]


class SetCutOffs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The times of one carrier, service and building; they replace those there were."""

    times: Annotated[dict[str, time], Meta(max_length=7)]
    """Day of the week (``0``: Monday) -> local time; a day left out has no collection."""
    carrier_account_id: UUID | None = None
    service: Annotated[str, Meta(max_length=120)] = ""
    warehouse_id: UUID | None = None


class AddHoliday(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A day on which nothing is collected."""

    day: date
    name: Annotated[str, Meta(max_length=60)] = ""
    warehouse_id: UUID | None = None


def picture(content: str, name: str) -> bytes:
    """Return a file that was sent as base64.

    Raises:
        ProofDamagedError: it is none.
    """
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error:
        raise ProofDamagedError(name=name) from None


class DeliveryApi(Controller):
    """The delivery of orders."""

    path = "/api/v1"
    tags = ("delivery",)

    @get("/dispatch", opt=needs(Right.FULFILMENT_READ), operation_id="listDispatch", summary="List what is to leave")
    async def dispatch(
        self, session: AsyncSession, how: HandOver | None = None, q: str = "", limit: Limit = 50
    ) -> DispatchList:
        """Packed orders, the most urgent first."""
        rows = await to_dispatch(session, how=str(how or ""), search=q.strip(), limit=1000)
        left = await FulfilmentService(session).timing.left([row.order_id for row in rows])
        chosen = by_urgency(rows, left, "order_id")[:limit]
        return DispatchList([DispatchItem(order=row, time_left=left.get(row.order_id)) for row in chosen], None)

    @get(
        "/orders/{order_id:uuid}/delivery",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getDelivery",
        summary="Get the delivery of an order",
    )
    async def delivery(self, order_id: FromPath[UUID], session: AsyncSession) -> OrderDelivery:
        """How it leaves, until when it must be ready, tries, proofs, carrier changes."""
        await OrderService(session).order(order_id)
        service = FulfilmentService(session)
        return OrderDelivery(
            wish=await service.wishes.of(order_id),
            time_left=(await service.timing.left([order_id])).get(order_id),
            tries=await tries_of(session, order_id),
            proofs=await proofs_of(session, order_id),
            carrier_changes=await changes_of(session, order_id),
        )

    @put(
        "/orders/{order_id:uuid}/delivery",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="chooseDelivery",
        summary="Say how an order leaves",
    )
    async def choose(self, order_id: FromPath[UUID], data: JSONBody[ChooseWay], session: AsyncSession) -> DeliveryWish:
        """By carrier, over the counter, or with our own driver."""
        return await FulfilmentService(session).wishes.choose(order_id, data.how, area=data.area)

    @get(
        "/carriers/{account_id:uuid}/service-points",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listServicePoints",
        summary="Look for pick-up points of a carrier",
    )
    async def points(
        self,
        request: Request[Any, Any, Any],
        account_id: FromPath[UUID],
        principal: Principal,
        country: Annotated[str, Parameter(pattern="^[A-Za-z]{2}$")],
        postcode: Annotated[str, Parameter(min_length=1, max_length=12)],
    ) -> Points:
        """The nearest first."""
        async with carrier_lines(request) as lines:
            return Points(await point_desk(request, principal, lines).search(account_id, country, postcode))

    @put(
        "/orders/{order_id:uuid}/service-point",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="chooseServicePoint",
        summary="Have the carrier bring an order to a pick-up point",
    )
    async def point(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        data: JSONBody[ChoosePoint],
        principal: Principal,
    ) -> DeliveryWish:
        """The label says so.  Choosing a way for the order forgets the point."""
        async with carrier_lines(request) as lines:
            return await point_desk(request, principal, lines).choose(
                order_id, data.carrier_account_id, data.point_id, country=data.country, postcode=data.postcode
            )

    @post(
        "/orders/{order_id:uuid}/collect",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="collectOrder",
        summary="Hand an order over at the counter",
        status_code=200,
    )
    async def collect(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        data: JSONBody[HandOverAtCounter],
        session: AsyncSession,
    ) -> Collected:
        """It leaves and has arrived in one breath."""
        counter = FulfilmentService(session).counter
        order, new = await counter.hand_over(order_id, data.received_by, client_id=data.client_id)
        if new and data.signature:
            await Proofs(session, storage_of(request)).add(
                order_id, ProofKind.SIGNATURE, picture(data.signature, "signature"), name=data.received_by
            )
        return Collected(order.id, order.number, str(order.status), not new)

    @post(
        "/parcels/{parcel_id:uuid}/carrier",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="changeCarrier",
        summary="Give a packed parcel to another carrier",
        status_code=200,
    )
    async def carrier(
        self,
        request: Request[Any, Any, Any],
        parcel_id: FromPath[UUID],
        data: JSONBody[ChangeCarrier],
        principal: Principal,
    ) -> ShipmentRef | None:
        """The old label is cancelled, the new one made; null: it goes without one.  Who and why is kept."""
        async with carrier_lines(request) as lines:
            return await change_desk(request, principal, lines).change(
                parcel_id, data.reason, how=data.how, account_id=data.carrier_account_id, service=data.service
            )

    @post(
        "/orders/{order_id:uuid}/proofs",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="addProof",
        summary="Add a proof of delivery",
    )
    async def proof(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        data: JSONBody[AddProof],
        session: AsyncSession,
    ) -> list[ProofRow]:
        """A JPEG, PNG or WebP picture, or a PDF as slip; pictures lose what the phone wrote into them."""
        await Proofs(session, storage_of(request)).add(
            order_id, data.kind, picture(data.content, str(data.kind)), name=data.name
        )
        return await proofs_of(session, order_id)

    @get("/cut-offs", opt=needs(Right.FULFILMENT_READ), operation_id="getCutOffs", summary="Get cut-off times")
    async def cut_offs(self, session: AsyncSession, principal: Principal) -> CutOffs:
        """With the days on which nothing is collected."""
        return await _cut_offs(session, principal)

    @put("/cut-offs", opt=needs(Right.ROUTES_PLAN), operation_id="putCutOffs", summary="Set cut-off times")
    async def set_cut_offs(self, data: JSONBody[SetCutOffs], session: AsyncSession, principal: Principal) -> CutOffs:
        """On the clock of the building."""
        times = {int(day): at for day, at in data.times.items() if day.isdecimal() and len(day) == 1}
        await FulfilmentService(session).timing.set_cut_offs(
            principal.seller_id(),
            {day: at for day, at in times.items() if day in range(7)},
            account_id=data.carrier_account_id,
            service=data.service,
            warehouse_id=data.warehouse_id,
        )
        return await _cut_offs(session, principal)

    @post(
        "/cut-offs/holidays",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="addHoliday",
        summary="Add a day without collection",
    )
    async def add_holiday(self, data: JSONBody[AddHoliday], session: AsyncSession, principal: Principal) -> CutOffs:
        """Again: it gets the new name."""
        timing = FulfilmentService(session).timing
        await timing.add_holiday(principal.seller_id(), data.day, data.name, warehouse_id=data.warehouse_id)
        return await _cut_offs(session, principal)

    @delete(
        "/cut-offs/holidays/{holiday_id:uuid}",
        opt=needs(Right.ROUTES_PLAN),
        operation_id="removeHoliday",
        summary="Remove a day without collection",
    )
    async def remove_holiday(self, holiday_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> None:
        """Gone already: nothing happens."""
        await FulfilmentService(session).timing.remove_holiday(principal.seller_id(), holiday_id)


async def _cut_offs(session: AsyncSession, principal: Principal) -> CutOffs:
    timing = FulfilmentService(session).timing
    seller_id = principal.seller_id()
    return CutOffs(cut_offs=await timing.cut_offs(seller_id), holidays=await timing.holidays(seller_id))


def said_at(moment: datetime | None) -> datetime | None:
    """Return a moment that a program gave, if it says in which zone."""
    return moment if moment is not None and moment.tzinfo is not None else None


ROUTES = [DeliveryApi]
