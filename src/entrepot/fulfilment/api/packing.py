"""Checking, boxes, scales, groups and papers for programs."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.boxing.boxes import Boxing, BoxOutcome
from entrepot.fulfilment.boxing.repository import ContainerRef
from entrepot.fulfilment.checking.counting import Checking, CheckOutcome
from entrepot.fulfilment.checking.repository import CheckRef
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.http import printed
from entrepot.fulfilment.packaging.printing import Papers
from entrepot.fulfilment.packaging.weighing import Packaging, Suggestion
from entrepot.fulfilment.refs import ParcelRef
from entrepot.orders.service import OrderService

type Quantity = Annotated[int, Meta(ge=1, le=100_000)]
type Reason = Annotated[str, Meta(min_length=1, max_length=500)]
type Code = Annotated[str, Meta(min_length=1, max_length=200)]
type Limit = Annotated[int, Parameter(ge=1, le=200)]


class Checks(msgspec.Struct, frozen=True):
    """Every check of an order, the last first."""

    items: list[CheckRef]
    next: str | None = None


class ScanThing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scanned thing."""

    code: Code
    quantity: Quantity = 1
    client_id: Annotated[str, Meta(max_length=64)] = ""


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many of a line were counted in all."""

    line_id: UUID
    counted: Annotated[int, Meta(ge=0, le=100_000)]


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class Containers(msgspec.Struct, frozen=True):
    """Trays and boxes."""

    items: list[ContainerRef]
    next: str | None = None


class NewBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A box to begin; of no kind: one that nobody measured."""

    kind_id: UUID | None = None


class ScanIntoBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of box, a tray, or a product that goes into a box."""

    code: Code
    quantity: Quantity = 1
    box_id: UUID | None = None
    """The box begun last without."""
    client_id: Annotated[str, Meta(max_length=64)] = ""
    """Of this scan; the same again changes nothing."""


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an order line; negative ones are taken out."""

    order_line_id: UUID
    quantity: Annotated[int, Meta(ge=-100_000, le=100_000)]


class SealBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the closed box weighs, and why that is right if it differs."""

    weight_g: Annotated[int, Meta(ge=1, le=1_000_000)]
    reason: Annotated[str, Meta(max_length=500)] = ""


class ReopenBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a sealed box is opened."""

    reason: Reason


class Suggestions(msgspec.Struct, frozen=True):
    """The kinds of boxes and whether what is left fits, the best first."""

    items: list[Suggestion]
    next: str | None = None


class CheckApi(Controller):
    """The check station."""

    path = "/api/v1/orders/{order_id:uuid}"
    tags = ("fulfilment",)

    @get("/checks", opt=needs(Right.FULFILMENT_READ), operation_id="listChecks", summary="List the checks of an order")
    async def checks(self, order_id: FromPath[UUID], session: AsyncSession) -> Checks:
        """With what was counted."""
        await OrderService(session).order(order_id)
        return Checks(await Checking(session).checks_of(order_id))

    @post(
        "/checks",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="beginCheck",
        summary="Begin to check an order",
        status_code=200,
    )
    async def begin(self, order_id: FromPath[UUID], session: AsyncSession) -> CheckRef:
        """Or go on with a check."""
        return await Checking(session).begin(order_id)

    @post(
        "/check/scans",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="scanAtCheck",
        summary="Count a thing",
        status_code=200,
    )
    async def scan(self, order_id: FromPath[UUID], data: JSONBody[ScanThing], session: AsyncSession) -> CheckOutcome:
        """Whatever it is, it is counted and named."""
        return await Checking(session).scan(order_id, data.code, quantity=data.quantity, client_id=data.client_id)

    @put("/check/counts", opt=needs(Right.FULFILMENT_PACK), operation_id="setCounted", summary="Say how many there are")
    async def count(self, order_id: FromPath[UUID], data: JSONBody[Counted], session: AsyncSession) -> CheckOutcome:
        """Of one line, in all."""
        return await Checking(session).set_counted(order_id, data.line_id, data.counted)

    @post(
        "/check/finish",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="finishCheck",
        summary="Finish a check",
        status_code=200,
    )
    async def finish(self, order_id: FromPath[UUID], session: AsyncSession) -> CheckRef:
        """Only when nothing differs."""
        return await Checking(session).finish(order_id)

    @post(
        "/check/recount",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="recount",
        summary="Count again",
        status_code=200,
    )
    async def recount(self, order_id: FromPath[UUID], session: AsyncSession) -> CheckRef:
        """What differed is kept."""
        return await Checking(session).recount(order_id)

    @post(
        "/check/send-back",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="sendBackFromCheck",
        summary="Send back to picking",
        status_code=200,
    )
    async def send_back(self, order_id: FromPath[UUID], data: JSONBody[Why], session: AsyncSession) -> CheckRef:
        """The order is in review, with what differs as the reason."""
        return await Checking(session).send_back(order_id, data.reason)

    @post(
        "/check/accept",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="acceptShort",
        summary="Accept what is missing",
        status_code=200,
    )
    async def accept(self, order_id: FromPath[UUID], data: JSONBody[Why], session: AsyncSession) -> CheckRef:
        """It is written off, and cancelled in the order."""
        return await Checking(session).accept(order_id, data.reason)


class BoxApi(Controller):
    """Boxes and trays of orders."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @get(
        "/orders/{order_id:uuid}/boxes",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listBoxes",
        summary="List trays and boxes in use",
    )
    async def boxes(self, order_id: FromPath[UUID], session: AsyncSession) -> Containers:
        """With their content."""
        await OrderService(session).order(order_id)
        return Containers(await Boxing(session).of_order(order_id))

    @post(
        "/orders/{order_id:uuid}/boxes",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="beginBox",
        summary="Begin a box",
        status_code=201,
    )
    async def begin(self, order_id: FromPath[UUID], data: JSONBody[NewBox], session: AsyncSession) -> ContainerRef:
        """The caller works on the order from now on."""
        return await Boxing(session).begin(order_id, data.kind_id)

    @post(
        "/orders/{order_id:uuid}/boxes/scans",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="scanIntoBox",
        summary="Scan a code",
        status_code=200,
    )
    async def scan(self, order_id: FromPath[UUID], data: JSONBody[ScanIntoBox], session: AsyncSession) -> BoxOutcome:
        """A kind of box begins one, a tray is taken, a product goes in."""
        return await Boxing(session).scan(
            order_id, data.code, quantity=data.quantity, into=data.box_id, client_id=data.client_id
        )

    @get(
        "/orders/{order_id:uuid}/box-suggestions",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="suggestBoxes",
        summary="Which boxes fit",
    )
    async def suggest(self, order_id: FromPath[UUID], session: AsyncSession) -> Suggestions:
        """Fits and does not fit are proven; anything else is unknown."""
        order = await OrderService(session).order(order_id)
        left = await Boxing(session).to_box(order_id)
        if not left:
            whole = {line.id: line.to_send for line in order.lines if line.to_send}
            return Suggestions(await Packaging(session).suggest([order], whole))
        orders = await OrderService(session).orders(await Consolidating(session).together(order_id))
        return Suggestions(await Packaging(session).suggest(orders, left))

    @get("/boxes/{box_id:uuid}", opt=needs(Right.FULFILMENT_READ), operation_id="getBox", summary="Get a tray or box")
    async def box(self, box_id: FromPath[UUID], session: AsyncSession) -> ContainerRef:
        """With its content."""
        return await Boxing(session).container(box_id)

    @post(
        "/boxes/{box_id:uuid}/content",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="changeBoxContent",
        summary="Put in or take out",
        status_code=200,
    )
    async def content(self, box_id: FromPath[UUID], data: JSONBody[Content], session: AsyncSession) -> ContainerRef:
        """Negative: out."""
        boxing = Boxing(session)
        if data.quantity < 0:
            return await boxing.take(box_id, data.order_line_id, -data.quantity)
        return await boxing.put(box_id, data.order_line_id, data.quantity)

    @post(
        "/boxes/{box_id:uuid}/seal",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="sealBox",
        summary="Seal a box",
        status_code=200,
    )
    async def seal(self, box_id: FromPath[UUID], data: JSONBody[SealBox], session: AsyncSession) -> ParcelRef:
        """It is a parcel from now on."""
        return await Boxing(session).seal(box_id, data.weight_g, reason=data.reason)

    @post(
        "/boxes/{box_id:uuid}/reopen",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="reopenBox",
        summary="Open a sealed box",
        status_code=200,
    )
    async def reopen(self, box_id: FromPath[UUID], data: JSONBody[ReopenBox], session: AsyncSession) -> ContainerRef:
        """Only without a label."""
        return await Boxing(session).reopen(box_id, data.reason)

    @post(
        "/boxes/{box_id:uuid}/empty",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="emptyBox",
        summary="Empty a tray or box",
        status_code=204,
    )
    async def empty(self, box_id: FromPath[UUID], session: AsyncSession) -> None:
        """A tray is free again."""
        await Boxing(session).empty(box_id)

    @post(
        "/orders/{order_id:uuid}/papers/{what:str}",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="printPaper",
        summary="Print a paper",
        status_code=200,
    )
    async def paper(
        self,
        request: Request[Any, Any, Any],
        order_id: FromPath[UUID],
        what: FromPath[str],
        session: AsyncSession,
        copies: Annotated[int, Parameter(ge=1, le=20)] | None = None,
        form: str = "pdf",
    ) -> Response[bytes]:
        """*what* is ``slip``, ``labels`` or ``invoice``; ``form=zpl`` is for thermal printers."""
        paper = await Papers(session, storage_of(request)).make(order_id, what, copies=copies, thermal=form == "zpl")
        return printed(paper.name, paper.media_type, paper.content)


ROUTES = [CheckApi, BoxApi]
