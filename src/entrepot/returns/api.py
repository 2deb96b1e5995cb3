"""REST API v1 of returns."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.contract_returns import ReturnOutcome
from entrepot.returns import views
from entrepot.returns.domain import Goods, LineState, ReturnState
from entrepot.returns.errors import BadCursorError
from entrepot.returns.refs import ReturnLineRef, ReturnRef
from entrepot.returns.service import Decision, ReturnService

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class ReturnLineOut(msgspec.Struct, kw_only=True):
    """Units that come back.  ``outcome`` is what we decided, or, in the channel's words, what was decided there."""

    id: UUID
    channel_return_line_id: str
    product_id: UUID | None
    sku: str
    gtin: str
    title: str
    quantity: int
    reason: str
    comment: str
    carrier: str
    tracking: str
    state: LineState
    outcome: str
    quantity_handled: int
    goods: str
    location_id: UUID | None
    problem: str
    decided_at: datetime | None


class ReturnOut(msgspec.Struct, kw_only=True):
    """A return, in lists without its lines."""

    id: UUID
    number: str
    state: ReturnState
    account_id: UUID | None
    """Who is told what is decided; null: nobody."""
    channel: str
    channel_return_id: str
    channel_order_id: str
    order_id: UUID | None
    order_number: str
    buyer: str
    registered_at: datetime
    fulfilment: str
    units: int
    version: int
    lines: list[ReturnLineOut] | None = None


class ReturnList(msgspec.Struct):
    """A page of returns."""

    items: list[ReturnOut]
    next: str | None


class DecideReturn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is decided about one line; *location_id* says where goods go that are put back to stock."""

    outcome: ReturnOutcome
    quantity: Annotated[int, msgspec.Meta(ge=1, le=9999)]
    goods: Goods = Goods.NONE
    location_id: UUID | None = None
    version: int | None = None
    """If given, the decision is refused unless it is the return's present one."""


class RegisterReturn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Units of one line of an order that came back unannounced."""

    order_id: UUID
    line_id: UUID
    quantity: Annotated[int, msgspec.Meta(ge=1, le=9999)]


class ReturnApi(Controller):
    """Returns."""

    path = "/api/v1/returns"
    tags = ("returns",)

    @get(operation_id="listReturns", summary="List returns", opt=needs(Right.RETURNS_READ))
    async def show_list(
        self,
        session: AsyncSession,
        account_id: UUID | None = None,
        order_id: UUID | None = None,
        chosen: Annotated[ReturnState | None, QueryParameter(name="state")] = None,
        q: str = "",
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> ReturnList:
        """List returns, those that came last first."""
        found = await views.returns(
            session,
            state=str(chosen or ""),
            account_id=account_id,
            order_id=order_id,
            search=q.replace("\0", "").strip(),
            before=_place(cursor) if cursor else None,
            limit=limit + 1,
        )
        following = str(found[limit - 1].id) if len(found) > limit else None
        return ReturnList([_out(one, lines=False) for one in found[:limit]], following)

    @get("/{return_id:uuid}", operation_id="getReturn", summary="Show a return", opt=needs(Right.RETURNS_READ))
    async def show(self, session: AsyncSession, return_id: FromPath[UUID]) -> ReturnOut:
        """Show one return with its lines."""
        return _out(await ReturnService(session).goods_return(return_id))

    @post(operation_id="registerReturn", summary="Register a return", opt=needs(Right.RETURNS_HANDLE), status_code=201)
    async def register(self, session: AsyncSession, data: JSONBody[RegisterReturn]) -> ReturnOut:
        """Note goods that came back although no buyer announced them; decide about them as about any other."""
        return _out(await ReturnService(session).register(data.order_id, data.line_id, data.quantity))

    @post(
        "/{return_id:uuid}/lines/{line_id:uuid}/handle",
        operation_id="handleReturnLine",
        summary="Handle a line of a return",
        opt=needs(Right.RETURNS_HANDLE),
        status_code=200,
    )
    async def handle(
        self,
        session: AsyncSession,
        return_id: FromPath[UUID],
        line_id: FromPath[UUID],
        data: JSONBody[DecideReturn],
    ) -> ReturnOut:
        """Decide about a line: the goods are put back at once, the channel is told by a job."""
        decision = Decision(
            outcome=data.outcome, quantity=data.quantity, goods=data.goods, location_id=data.location_id
        )
        return _out(await ReturnService(session).decide(return_id, line_id, decision, version=data.version))


def _place(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise BadCursorError(cursor=cursor[:60]) from None


def _out(found: ReturnRef, *, lines: bool = True) -> ReturnOut:
    values = {name: getattr(found, name) for name in ReturnOut.__struct_fields__ if name != "lines"}
    return ReturnOut(**values, lines=[_line(line) for line in found.lines] if lines else None)


def _line(line: ReturnLineRef) -> ReturnLineOut:
    return ReturnLineOut(**{name: getattr(line, name) for name in ReturnLineOut.__struct_fields__})


ROUTES = [ReturnApi]
