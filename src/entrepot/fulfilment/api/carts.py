"""Totes, the put wall, single pieces, lot swaps and starting lists for somebody, for programs."""

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
from entrepot.fulfilment.carts.errors import NoSuchPersonError
from entrepot.fulfilment.carts.repository import ToteRow, Waiting
from entrepot.fulfilment.carts.sorting import Compartment, Sorted
from entrepot.fulfilment.carts.starting import Started
from entrepot.fulfilment.carts.totes import Bound
from entrepot.fulfilment.carts.views import SwapRow, lot_swaps
from entrepot.fulfilment.domain import PickMode, ShortReason, SwapReason
from entrepot.fulfilment.http import colleagues, sellers_of
from entrepot.fulfilment.refs import PickOutcome
from entrepot.fulfilment.service import FulfilmentService

type Limit = Annotated[int, Parameter(ge=1, le=200)]
type Code = Annotated[str, Meta(min_length=1, max_length=200)]
type ClientId = Annotated[str, Meta(max_length=64)]


class ScanTote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tote for an order of a cart."""

    code: Code
    order_id: UUID | None = None
    """The next order without a tote, if none is named."""


class WithoutTote(msgspec.Struct, frozen=True):
    """Orders of a cart that have no tote yet."""

    items: list[Waiting]


class EmptyTote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tote that was emptied by hand."""

    warehouse_id: UUID
    code: Code


class Wall(msgspec.Struct, frozen=True):
    """The compartments of a list, by position."""

    items: list[Compartment]


class ScanPiece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A scanned piece."""

    code: Code
    client_id: ClientId = ""
    """Of this scan; the same again changes nothing."""


class TakeOut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line of a piece that lies in the wrong compartment."""

    line_id: UUID


class SingleOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The order of a single piece."""

    order_id: UUID
    number: str


class SwapLot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another lot of the same product."""

    lot: Annotated[str, Meta(min_length=1, max_length=60)]
    reason: SwapReason
    client_id: ClientId = ""


class LotSwaps(msgspec.Struct, frozen=True):
    """A page of swaps."""

    items: list[SwapRow]
    next: str | None


class PickPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of a place; all that are left there without a quantity."""

    quantity: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    client_id: ClientId = ""


class ShortPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Less is there than all orders of the list take from it."""

    reason: ShortReason
    found: Annotated[int, Meta(ge=0, le=100_000)] = 0


class StartLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Lists, or orders that are put on lists, and who picks them."""

    user_id: UUID
    list_ids: Annotated[list[UUID], Meta(max_length=500)] = []
    order_ids: Annotated[list[UUID], Meta(max_length=1000)] = []
    mode: PickMode = PickMode.CART
    """How lists of the orders are walked."""
    per_list: Annotated[int, Meta(ge=1, le=200)] = 12


class CartApi(Controller):
    """Several orders at once."""

    path = "/api/v1"
    tags = ("fulfilment",)

    @get(
        "/pick-lists/{list_id:uuid}/totes",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="listOrdersWithoutTote",
        summary="List orders of a cart without a tote",
    )
    async def without(self, list_id: FromPath[UUID], session: AsyncSession) -> WithoutTote:
        """In the order in which totes are asked for."""
        return WithoutTote(await FulfilmentService(session).totes.waiting(list_id))

    @post(
        "/pick-lists/{list_id:uuid}/totes",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="bindTote",
        summary="Put an order into a tote",
        status_code=200,
    )
    async def bind(self, list_id: FromPath[UUID], data: JSONBody[ScanTote], session: AsyncSession) -> Bound:
        """A tote that holds another order is refused, with the name of that order.  Repeating it changes nothing."""
        return await FulfilmentService(session).totes.bind(list_id, data.code, order_id=data.order_id)

    @post(
        "/totes/empty",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="emptyTote",
        summary="Say that a tote is empty",
        status_code=200,
    )
    async def empty(self, data: JSONBody[EmptyTote], session: AsyncSession) -> ToteRow:
        """Totes become empty by themselves when their order is packed; this is for the others."""
        return await FulfilmentService(session).totes.free(data.warehouse_id, data.code)

    @get(
        "/pick-lists/{list_id:uuid}/wall",
        opt=needs(Right.FULFILMENT_READ),
        operation_id="getPutWall",
        summary="Get the put wall of a list",
    )
    async def wall(self, list_id: FromPath[UUID], session: AsyncSession) -> Wall:
        """What lies in each order's compartment, and what is missing; of all parts of a list that was split by zone."""
        return Wall(await FulfilmentService(session).sorting.wall(list_id))

    @post(
        "/pick-lists/{list_id:uuid}/sort",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="sortPiece",
        summary="Sort a piece",
        status_code=200,
    )
    async def sort(self, list_id: FromPath[UUID], data: JSONBody[ScanPiece], session: AsyncSession) -> Sorted:
        """Tells the compartment that the piece goes into; it counts at once."""
        return await FulfilmentService(session).sorting.sort(list_id, data.code, client_id=data.client_id)

    @post(
        "/pick-lists/{list_id:uuid}/unsort",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="unsortPiece",
        summary="Take a piece out of its compartment",
        status_code=200,
    )
    async def unsort(self, list_id: FromPath[UUID], data: JSONBody[TakeOut], session: AsyncSession) -> Sorted:
        """It lies in the bin again."""
        return await FulfilmentService(session).sorting.unsort(list_id, data.line_id)

    @post(
        "/singles/scans",
        opt=needs(Right.FULFILMENT_PACK),
        operation_id="scanSingle",
        summary="Find the order of a single piece",
        status_code=200,
    )
    async def single(self, data: JSONBody[ScanPiece], session: AsyncSession, principal: Principal) -> SingleOrder:
        """The most urgent picked order of one single piece that waits for it."""
        found = await FulfilmentService(session).sorting.single(
            sellers_of(principal), data.code, client_id=data.client_id
        )
        return SingleOrder(order_id=found.order_id, number=found.number)

    @post(
        "/pick-lines/{line_id:uuid}/swap",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="swapLot",
        summary="Take another lot",
        status_code=200,
    )
    async def swap(self, line_id: FromPath[UUID], data: JSONBody[SwapLot], session: AsyncSession) -> PickOutcome:
        """From the same place, with a reason that is kept; expired and quarantined lots are refused."""
        return await FulfilmentService(session).swapping.swap(line_id, data.lot, data.reason, client_id=data.client_id)

    @get("/lot-swaps", opt=needs(Right.FULFILMENT_READ), operation_id="listLotSwaps", summary="List swapped lots")
    async def swaps(
        self, session: AsyncSession, order_id: UUID | None = None, cursor: UUID | None = None, limit: Limit = 50
    ) -> LotSwaps:
        """Newest first, with who and why."""
        found = await lot_swaps(session, order_id=order_id, before=cursor, limit=limit + 1)
        return LotSwaps(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @post(
        "/pick-lines/{line_id:uuid}/gather",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="pickPlace",
        summary="Pick a place for all orders of a list",
        status_code=200,
    )
    async def gather(self, line_id: FromPath[UUID], data: JSONBody[PickPlace], session: AsyncSession) -> PickOutcome:
        """What every order of a batch takes from the place of the line; of other lists the line alone."""
        return await FulfilmentService(session).gathering.pick(line_id, data.quantity, client_id=data.client_id)

    @post(
        "/pick-lines/{line_id:uuid}/gather/short",
        opt=needs(Right.FULFILMENT_PICK),
        operation_id="shortPickPlace",
        summary="Report a short pick for all orders of a list",
        status_code=200,
    )
    async def short(self, line_id: FromPath[UUID], data: JSONBody[ShortPlace], session: AsyncSession) -> PickOutcome:
        """What is there goes to the first orders; the rest is taken from elsewhere if there is any."""
        return await FulfilmentService(session).gathering.short(line_id, data.reason, found_units=data.found)

    @post(
        "/pick-lists/start",
        opt=needs(Right.FULFILMENT_SUPERVISE),
        operation_id="startPickLists",
        summary="Start lists for somebody",
        status_code=200,
    )
    async def start(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[StartLists],
        session: AsyncSession,
        principal: Principal,
    ) -> Started:
        """Lists on which somebody else works are left out and named."""
        people = await colleagues(request, principal)
        if data.user_id not in people:
            raise NoSuchPersonError
        starting = FulfilmentService(session).starting
        lists = await starting.start(data.list_ids, data.user_id, people[data.user_id])
        if not data.order_ids:
            return lists
        orders = await starting.start_orders(
            data.order_ids, data.user_id, people[data.user_id], mode=data.mode, per_list=data.per_list
        )
        return msgspec.structs.replace(orders, numbers=lists.numbers + orders.numbers, left_out=lists.left_out)


ROUTES = [CartApi]
