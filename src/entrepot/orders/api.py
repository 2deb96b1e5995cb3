"""Orders for programs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, JSONBody, Parameter
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.contract import CancelReason, PostalAddress
from entrepot.orders import views
from entrepot.orders.creating import NewLine, NewOrder, check_amounts
from entrepot.orders.domain import Attention
from entrepot.orders.invoices.api import ROUTES as INVOICE_ROUTES
from entrepot.orders.pages.listing import sellers_of
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.service import OrderService
from entrepot.orders.tasks import import_now

Limit = Annotated[int, Parameter(ge=1, le=200, description="Orders per page.")]


class LineOut(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order."""

    id: UUID
    position: int
    product_id: UUID | None
    sku: str
    gtin: str
    title: str
    quantity: int
    quantity_cancelled: int
    quantity_shipped: int
    unit_price: Decimal
    discount: Decimal
    channel_line_id: str | None
    fulfilment: str
    reserved: bool

    @classmethod
    def of(cls, line: OrderLineRef) -> "LineOut":
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class OrderOut(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its lines."""

    id: UUID
    seller_id: UUID
    number: str
    channel: str | None
    channel_account_id: UUID | None
    channel_order_id: str | None
    status: str
    hold_reason: str | None
    attention: tuple[str, ...]
    placed_at: datetime
    ship_by: datetime | None
    currency: str
    goods_total: Decimal
    shipping_total: Decimal
    total: Decimal
    customer_name: str
    customer_email: str
    customer_phone: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any] | None
    buyer_reference: str
    tags: tuple[str, ...]
    version: int
    created_at: datetime
    changed_at: datetime
    lines: list[LineOut]

    @classmethod
    def of(cls, order: OrderRef) -> "OrderOut":
        plain = {name: getattr(order, name) for name in cls.__struct_fields__ if name not in {"lines", "status"}}
        return cls(**plain, status=str(order.status), lines=[LineOut.of(line) for line in order.lines])


class OrdersOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of orders, without their lines."""

    items: list[views.OrderRow]
    next: str | None
    """Cursor of the next page; null on the last one."""


class CreatedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored."""

    id: UUID
    number: str
    status: str
    attention: tuple[str, ...]


class OrderPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is absent stays."""

    ship_to: PostalAddress | msgspec.UnsetType = msgspec.UNSET
    tags: Annotated[list[str], Meta(max_length=20)] | msgspec.UnsetType = msgspec.UNSET
    settled: list[Attention] | msgspec.UnsetType = msgspec.UNSET
    """Reasons for attention that a person looked at."""
    version: int | None = None
    """The version the change is based on; refused if there is a newer one."""


class LinePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a line."""

    quantity: Annotated[int, Meta(ge=0, le=1_000_000, description="Zero takes the line out.")]
    unit_price: Decimal | None = None
    version: int | None = None

    def __post_init__(self) -> None:
        if self.unit_price is not None:
            check_amounts(unit_price=self.unit_price)


class HoldIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an order is held."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class CancelIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an order is cancelled."""

    reason: Annotated[str, Meta(max_length=500)] = ""
    channel_reason: CancelReason = CancelReason.OTHER
    put_back: bool = False
    """Confirms that goods off the shelf will be put back."""


class NoteIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note."""

    text: Annotated[str, Meta(min_length=1, max_length=5000)]


class NoteOut(msgspec.Struct, frozen=True, kw_only=True):
    """A note that was stored."""

    id: UUID


class ImportIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to import."""

    channel_account_id: UUID


class RunOut(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was started."""

    run_id: UUID


class OrderApi(Controller):
    """Orders, their lines, notes, holds and cancellations."""

    path = "/api/v1/orders"
    tags = ("orders",)

    @get(operation_id="listOrders", summary="List orders", opt=needs(Right.ORDERS_READ))
    async def list_orders(  # noqa: PLR0913 -- one parameter per filter
        self,
        *,
        session: AsyncSession,
        principal: Principal,
        cursor: Annotated[str | None, Parameter(max_length=100)] = None,
        limit: Limit = 50,
        q: Annotated[str, Parameter(max_length=200, description="Number, name, postcode, SKU, GTIN, tracking.")] = "",
        status: Annotated[str, Parameter(max_length=20, description="A status, or “open”.")] = "",
        channel_account_id: UUID | None = None,
        attention: Annotated[str, Parameter(max_length=40, description="A reason, or “any”.")] = "",
        held: bool | None = None,
        country: Annotated[str, Parameter(max_length=2)] = "",
        placed_from: date | None = None,
        placed_to: date | None = None,
        tag: Annotated[str, Parameter(max_length=80)] = "",
        product_id: UUID | None = None,
        changed_since: datetime | None = None,
    ) -> OrdersOut:
        """Return orders, the latest first; with ``changed_since`` those changed last first."""
        filters = views.Filters(
            sellers=sellers_of(principal),
            q=q,
            status=status,
            account_id=channel_account_id,
            attention=attention,
            held=held,
            country=country,
            placed_from=placed_from,
            placed_to=placed_to,
            tag=tag,
            product_id=product_id,
            changed_since=changed_since,
        )
        sort = "-changed" if changed_since else "-placed"
        page = await views.list_orders(session, filters, sort=sort, cursor=cursor, limit=limit)
        return OrdersOut(items=page.rows, next=page.next)

    @post(operation_id="createOrder", summary="Enter an order", opt=needs(Right.ORDERS_WRITE))
    async def create(self, data: JSONBody[NewOrder], session: AsyncSession, principal: Principal) -> CreatedOut:
        """Store an order and reserve its stock.  An unknown SKU is kept; the order then needs attention."""
        created = await OrderService(session).create_one(principal.seller_id(), data)
        return CreatedOut(id=created.id, number=created.number, status=created.status, attention=created.attention)

    @get("/{order_id:uuid}", operation_id="getOrder", summary="Read an order", opt=needs(Right.ORDERS_READ))
    async def read(self, order_id: FromPath[UUID], session: AsyncSession) -> OrderOut:
        """Return an order with its lines."""
        return OrderOut.of(await OrderService(session).order(order_id))

    @patch("/{order_id:uuid}", operation_id="changeOrder", summary="Change an order", opt=needs(Right.ORDERS_WRITE))
    async def change(self, order_id: FromPath[UUID], data: JSONBody[OrderPatch], session: AsyncSession) -> OrderOut:
        """Correct the address, replace the tags, settle reasons for attention."""
        service = OrderService(session)
        await service.locked(order_id, data.version)
        if data.ship_to is not msgspec.UNSET:
            await service.correct_address(order_id, data.ship_to)
        if data.tags is not msgspec.UNSET:
            await service.set_tags(order_id, data.tags)
        for reason in data.settled or ():
            await service.settle_attention(order_id, reason)
        return OrderOut.of(await service.order(order_id))

    @post("/{order_id:uuid}/lines", operation_id="addOrderLine", summary="Add a line", opt=needs(Right.ORDERS_WRITE))
    async def add_line(self, order_id: FromPath[UUID], data: JSONBody[NewLine], session: AsyncSession) -> OrderOut:
        """Add a line while nobody picks the order."""
        return OrderOut.of(await OrderService(session).add_line(order_id, data))

    @patch(
        "/{order_id:uuid}/lines/{line_id:uuid}",
        operation_id="changeOrderLine",
        summary="Change a line",
        opt=needs(Right.ORDERS_WRITE),
    )
    async def change_line(
        self, order_id: FromPath[UUID], line_id: FromPath[UUID], data: JSONBody[LinePatch], session: AsyncSession
    ) -> OrderOut:
        """Change the quantity (stock is reserved anew; zero takes the line out) or the price."""
        order = await OrderService(session).edit_line(
            order_id, line_id, quantity=data.quantity, unit_price=data.unit_price, version=data.version
        )
        return OrderOut.of(order)

    @post(
        "/{order_id:uuid}/hold",
        operation_id="holdOrder",
        summary="Hold an order",
        opt=needs(Right.ORDERS_WRITE),
        status_code=200,
    )
    async def hold(self, order_id: FromPath[UUID], data: JSONBody[HoldIn], session: AsyncSession) -> OrderOut:
        """Keep the order where it is.  Repeating it changes nothing."""
        service = OrderService(session)
        await service.hold([order_id], data.reason)
        return OrderOut.of(await service.order(order_id))

    @post(
        "/{order_id:uuid}/let-go",
        operation_id="letOrderGo",
        summary="Let a held order go on",
        opt=needs(Right.ORDERS_WRITE),
        status_code=200,
    )
    async def let_go(self, order_id: FromPath[UUID], session: AsyncSession) -> OrderOut:
        """End the hold.  Repeating it changes nothing."""
        service = OrderService(session)
        await service.let_go([order_id])
        return OrderOut.of(await service.order(order_id))

    @post(
        "/{order_id:uuid}/cancel",
        operation_id="cancelOrder",
        summary="Cancel an order",
        opt=needs(Right.ORDERS_CANCEL),
        status_code=200,
    )
    async def cancel(self, order_id: FromPath[UUID], data: JSONBody[CancelIn], session: AsyncSession) -> OrderOut:
        """Cancel what is open; its stock is free again.  Repeating it changes nothing."""
        service = OrderService(session)
        await service.order(order_id)
        await service.cancel([order_id], reason=data.reason, channel_reason=data.channel_reason, put_back=data.put_back)
        return OrderOut.of(await service.order(order_id))

    @post("/{order_id:uuid}/notes", operation_id="addOrderNote", summary="Write a note", opt=needs(Right.ORDERS_WRITE))
    async def add_note(self, order_id: FromPath[UUID], data: JSONBody[NoteIn], session: AsyncSession) -> NoteOut:
        """Write a note on the order."""
        return NoteOut(id=await OrderService(session).add_note(order_id, data.text))

    @post(
        "/import",
        operation_id="importOrders",
        summary="Import orders now",
        opt=needs(Right.ORDERS_WRITE),
        status_code=202,
    )
    async def import_now(self, data: JSONBody[ImportIn], session: AsyncSession) -> RunOut:
        """Start the order run of one channel account, or return the one that is going on."""
        return RunOut(run_id=await import_now(session, data.channel_account_id))


ROUTES = [OrderApi, *INVOICE_ROUTES]
