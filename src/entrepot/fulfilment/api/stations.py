"""Pick lists, parcels and shipments for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.domain import PickMode, ShortReason
from entrepot.fulfilment.errors import PickListNotFoundError, PushNotFoundError, ShipmentNotFoundError
from entrepot.fulfilment.http import carrier_lines, label_desk, own_transaction
from entrepot.fulfilment.packing import BoxAtHand
from entrepot.fulfilment.refs import ParcelRef, PickOutcome, Released, ShipmentRef
from entrepot.fulfilment.service import FulfilmentService

type Limit = Annotated[int, Parameter(ge=1, le=200)]


class PickLists(msgspec.Struct, frozen=True):
    """A page of pick lists."""

    items: list[views.PickListRow]
    next: str | None


class PickListDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A pick list with its lines in walking order."""

    pick_list: views.PickListRow
    lines: list[views.PickLineRow]


class Shipments(msgspec.Struct, frozen=True):
    """A page of shipments."""

    items: list[views.ShipmentRow]
    next: str | None


class ShipmentDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment, what the carrier reported, and what the channel was told."""

    shipment: views.ShipmentRow
    tracking: list[views.ScanRow]
    attempts: list[views.AttemptRow]
    push: views.PushRow | None


class Pushes(msgspec.Struct, frozen=True):
    """What channels are told."""

    items: list[views.PushRow]
    next: str | None


class ReleaseOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Orders to put on pick lists."""

    order_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
    per_list: Annotated[int, Meta(ge=1, le=200)] = 20
    mode: PickMode = PickMode.CART
    """How the lists are walked."""


class ScanCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scanned code."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]
    client_id: Annotated[str, Meta(max_length=64)] = ""
    """Of this scan: the same again changes nothing."""


class PickUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a line; all that is left without a quantity."""

    quantity: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    client_id: Annotated[str, Meta(max_length=64)] = ""


class ShortPick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Less is there than there should be."""

    reason: ShortReason
    found: Annotated[int, Meta(ge=0, le=100_000)] = 0
    """Units that are there and still to be picked."""


class PackedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order line."""

    order_line_id: UUID
    quantity: Annotated[int, Meta(ge=1, le=100_000)]


class PackParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A box; everything that is left of the order without lines."""

    weight_g: Annotated[int, Meta(ge=1, le=1_000_000)]
    lines: Annotated[list[PackedLine], Meta(max_length=500)] | None = None
    length_mm: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    width_mm: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    height_mm: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    client_id: Annotated[str, Meta(max_length=64)] | None = None
    weight_reason: Annotated[str, Meta(max_length=500)] = ""
    """Why the weight is right although it differs from what was expected."""


class MakeLabel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which carrier and service; the first account and its default without."""

    carrier_account_id: UUID | None = None
    service: str = ""


async def list_detail(session: AsyncSession, list_id: UUID) -> PickListDetail:
    """Return a pick list with its lines.

    Raises:
        PickListNotFoundError: there is none, or it is somebody else's.
    """
    found = await views.pick_lists(session, list_id=list_id, limit=1)
    if not found:
        raise PickListNotFoundError(number=str(list_id))
    return PickListDetail(pick_list=found[0], lines=await views.pick_lines(session, list_id))


class PickApi(Controller):
    """Pick lists."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @post(
        "/pick-lists",
        opt=needs(Right.FULFILMENT_RELEASE),
        operation_id="releaseOrders",
        summary="Release orders to pick lists",
        status_code=201,
    )
    async def release(self, data: JSONBody[ReleaseOrders], session: AsyncSession) -> Released:
        """Orders that cannot be picked are left out, with the reason."""
        return await FulfilmentService(session).releasing.release(
            data.order_ids, per_list=data.per_list, mode=data.mode
        )

    @get("/pick-lists", opt=needs(Right.FULFILMENT_READ), operation_id="listPickLists", summary="List pick lists")
    async def lists(
        self, session: AsyncSession, status: str = "", cursor: UUID | None = None, limit: Limit = 50
    ) -> PickLists:
        """Newest first; ``status=active`` are those not finished."""
        found = await views.pick_lists(session, status=status, before=cursor, limit=limit + 1)
        return PickLists(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @get(
        "/pick-lists/{list_id:uuid}",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getPickList",
        summary="Get a pick list",
    )
    async def show(self, list_id: FromPath[UUID], session: AsyncSession) -> PickListDetail:
        """Lines come in walking order."""
        return await list_detail(session, list_id)

    @post(
        "/pick-lists/{list_id:uuid}/claim",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="claimPickList",
        summary="Take a pick list",
        status_code=200,
    )
    async def claim(self, list_id: FromPath[UUID], session: AsyncSession) -> PickListDetail:
        """Your name is on it from now on."""
        await FulfilmentService(session).picking.claim(list_id)
        return await list_detail(session, list_id)

    @post(
        "/pick-lists/{list_id:uuid}/scans",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="scanOnPickList",
        summary="Scan a code",
        status_code=200,
    )
    async def scan(self, list_id: FromPath[UUID], data: JSONBody[ScanCode], session: AsyncSession) -> PickOutcome:
        """The wanted product counts one unit; a wrong thing is refused by name."""
        return await FulfilmentService(session).picking.scan(list_id, data.code, client_id=data.client_id)

    @post(
        "/pick-lines/{line_id:uuid}/picks",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="pickLine",
        summary="Pick units of a line",
        status_code=200,
    )
    async def pick(self, line_id: FromPath[UUID], data: JSONBody[PickUnits], session: AsyncSession) -> PickOutcome:
        """Idempotent by ``client_id``."""
        return await FulfilmentService(session).picking.pick(line_id, data.quantity, client_id=data.client_id)

    @post(
        "/pick-lines/{line_id:uuid}/short",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="shortPickLine",
        summary="Report a short pick",
        status_code=200,
    )
    async def short(self, line_id: FromPath[UUID], data: JSONBody[ShortPick], session: AsyncSession) -> PickOutcome:
        """What is missing is written off its place, and taken from elsewhere if there is any."""
        return await FulfilmentService(session).correcting.short(line_id, data.reason, found_units=data.found or None)

    @post(
        "/pick-lines/{line_id:uuid}/undo",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="undoPick",
        summary="Undo a pick",
        status_code=200,
    )
    async def undo(self, line_id: FromPath[UUID], session: AsyncSession) -> PickOutcome:
        """The goods go back to their shelf and stay promised."""
        return await FulfilmentService(session).correcting.undo(line_id)


class PackApi(Controller):
    """Parcels and shipments."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @post(
        "/orders/{order_id:uuid}/parcels",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="packParcel",
        summary="Pack a parcel",
        status_code=201,
    )
    async def pack(self, order_id: FromPath[UUID], data: JSONBody[PackParcel], session: AsyncSession) -> ParcelRef:
        """Idempotent by ``client_id``."""
        size = None
        if data.length_mm and data.width_mm and data.height_mm:
            size = data.length_mm, data.width_mm, data.height_mm
        lines = None if data.lines is None else {line.order_line_id: line.quantity for line in data.lines}
        return await FulfilmentService(session).packing.pack(
            order_id,
            weight_g=data.weight_g,
            lines=lines,
            size_mm=size,
            client_id=data.client_id,
            box=BoxAtHand(reason=data.weight_reason),
        )

    @get(
        "/parcels/{parcel_id:uuid}", opt=needs(Right.FULFILMENT_READ), operation_id="getParcel", summary="Get a parcel"
    )
    async def parcel(self, parcel_id: FromPath[UUID], session: AsyncSession) -> ParcelRef:
        """With its lines."""
        return await FulfilmentService(session).packing.parcel(parcel_id)

    @post(
        "/parcels/{parcel_id:uuid}/reopen",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="reopenParcel",
        summary="Open a parcel again",
        status_code=200,
    )
    async def reopen(self, parcel_id: FromPath[UUID], session: AsyncSession) -> ParcelRef:
        """Only without a label."""
        return await FulfilmentService(session).packing.reopen(parcel_id)

    @post(
        "/parcels/{parcel_id:uuid}/label",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="makeLabel",
        summary="Make a label",
        status_code=200,
    )
    async def label(
        self,
        request: Request[Any, Any, Any],
        parcel_id: FromPath[UUID],
        data: JSONBody[MakeLabel],
        principal: Principal,
    ) -> ShipmentRef:
        """Asking twice makes one parcel."""
        async with carrier_lines(request) as lines:
            return await label_desk(request, principal, lines).make(
                parcel_id, account_id=data.carrier_account_id, service=data.service
            )

    @post(
        "/parcels/{parcel_id:uuid}/ship",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="shipParcel",
        summary="Ship a parcel",
        status_code=200,
    )
    async def ship(self, parcel_id: FromPath[UUID], session: AsyncSession) -> ShipmentRef:
        """Its goods leave the stock, and the channel is told.  Repeating it changes nothing."""
        return await FulfilmentService(session).shipping.ship(parcel_id)

    @get("/shipments", opt=needs(Right.FULFILMENT_READ), operation_id="listShipments", summary="List shipments")
    async def shipments(
        self,
        session: AsyncSession,
        status: str = "",
        push: str = "",
        search: str = "",
        problem: bool = False,  # noqa: FBT001, FBT002 -- a query parameter
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> Shipments:
        """Newest first; ``problem=true`` are those that need a person."""
        found = await views.shipments(
            session, state=status, push=push, search=search, problem=problem, before=cursor, limit=limit + 1
        )
        return Shipments(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @get(
        "/shipments/{shipment_id:uuid}",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getShipment",
        summary="Get a shipment",
    )
    async def shipment(self, shipment_id: FromPath[UUID], session: AsyncSession) -> ShipmentDetail:
        """With what the carrier reported and what the channel was told."""
        found = await views.shipments(session, shipment_id=shipment_id)
        if not found:
            raise ShipmentNotFoundError(shipment=str(shipment_id))
        return ShipmentDetail(
            shipment=found[0],
            tracking=await views.tracking(session, shipment_id),
            attempts=await views.attempts(session, shipment_id),
            push=await views.push_of(session, shipment_id),
        )

    @post(
        "/shipments/{shipment_id:uuid}/cancel-label",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="cancelLabel",
        summary="Cancel a label",
        status_code=200,
    )
    async def cancel(
        self, request: Request[Any, Any, Any], shipment_id: FromPath[UUID], principal: Principal
    ) -> ShipmentRef:
        """Only before the parcel leaves."""
        async with carrier_lines(request) as lines:
            return await label_desk(request, principal, lines).cancel(shipment_id)

    @get("/pushes", opt=needs(Right.FULFILMENT_READ), operation_id="listPushes", summary="List what channels are told")
    async def pushes(self, session: AsyncSession, status: str = "", limit: Limit = 50) -> Pushes:
        """Newest first."""
        return Pushes(await views.pushes(session, state=status, limit=limit), None)

    @post(
        "/shipments/{shipment_id:uuid}/push/{action:str}",
        opt=needs(Right.FULFILMENT_SHIP),
        operation_id="decidePush",
        summary="Try the channel again, or skip it",
        status_code=200,
    )
    async def push(
        self,
        request: Request[Any, Any, Any],
        shipment_id: FromPath[UUID],
        action: FromPath[str],
        principal: Principal,
    ) -> views.PushRow:
        """*action* is ``retry`` or ``skip``."""
        async with own_transaction(request, principal) as session:
            pushing = FulfilmentService(session).pushing
            if action == "retry":
                await pushing.retry(shipment_id)
            elif action == "skip":
                await pushing.skip(shipment_id)
            found = await views.push_of(session, shipment_id)
        if found is None:
            raise PushNotFoundError(shipment=str(shipment_id))
        return found


ROUTES = [PickApi, PackApi]
