"""One order: everything about it, and everything that can be done to it."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import form_values, see_other
from entrepot.channels.service import ChannelService
from entrepot.channels.views import documents
from entrepot.inventory.service import Availability, InventoryService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.outbox import read_subjects
from entrepot.kit.text import N_
from entrepot.orders import views
from entrepot.orders.creating import NewLine
from entrepot.orders.domain import (
    ATTENTION_LABELS,
    ATTENTION_SENTENCES,
    BY_ITSELF,
    Attention,
    CancelStage,
    cancel_stage,
)
from entrepot.orders.extension import PANELS, TIMELINE_SUBJECTS
from entrepot.orders.forms import address_fields, read_address, read_price, read_quantity
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.service import OrderService
from entrepot.orders.status import EDITABLE, OPEN, OrderStatus
from entrepot.orders.timeline import tell

UNPROCESSABLE = 422
EVENTS = 100
DOCUMENTS = 5
"""What the channel sent about an order: the latest, for the page and its panels."""

NEXT: dict[OrderStatus, str] = {
    OrderStatus.PENDING: N_("Waits for stock: it is reserved by itself as soon as it arrives."),
    OrderStatus.RESERVED: N_("All stock is reserved: release it to picking."),
    OrderStatus.PICKING: N_("Is being picked."),
    OrderStatus.PICKED: N_("Is picked: pack it."),
    OrderStatus.PACKED: N_("Is packed: hand it to the carrier."),
    OrderStatus.HANDED_OVER: N_("The ERP has it: its shipment is told to the channel by itself."),
    OrderStatus.SHIPPED: N_("Is on its way to the buyer."),
    OrderStatus.DELIVERED: N_("Is delivered: nothing left to do."),
    OrderStatus.CANCELLED: N_("Is cancelled."),
}


WAITS_FOR_ERP = N_("The next order run hands it over to the ERP, which ships it.")


class OrderController(Controller):
    """One order."""

    path = "/orders/{order_id:uuid}"
    include_in_schema = False

    @get(opt=needs(Right.ORDERS_READ))
    async def show(self, principal: Principal, session: AsyncSession, order_id: FromPath[UUID]) -> Template:
        """Show it."""
        return await _page(principal, session, order_id)

    @post("/lines", opt=needs(Right.ORDERS_WRITE))
    async def add_line(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Redirect:
        """Add a line."""
        form = await form_values(request)
        new = NewLine(
            sku=form.get("sku", "").strip(),
            quantity=read_quantity(form.get("quantity", "") or "1", least=1),
            unit_price=read_price(form.get("unit_price", "")),
        )
        await OrderService(session).add_line(order_id, new)
        return see_other(f"/orders/{order_id}")

    @post("/lines/{line_id:uuid}", opt=needs(Right.ORDERS_WRITE))
    async def edit_line(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID], line_id: FromPath[UUID]
    ) -> Redirect:
        """Change the quantity of a line; zero takes it out."""
        form = await form_values(request)
        version = form.get("version", "")
        await OrderService(session).edit_line(
            order_id,
            line_id,
            quantity=read_quantity(form.get("quantity", "")),
            version=int(version) if version.isdecimal() else None,
        )
        return see_other(f"/orders/{order_id}")

    @post("/hold", opt=needs(Right.ORDERS_WRITE))
    async def hold(self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]) -> Redirect:
        """Keep it where it is."""
        reason = (await form_values(request)).get("reason", "").strip()
        if not reason:
            raise InvalidInputError({"reason": N_("Say why the order is held, so that others know.")})
        await OrderService(session).hold([order_id], reason[:500])
        return see_other(f"/orders/{order_id}")

    @post("/let-go", opt=needs(Right.ORDERS_WRITE))
    async def let_go(self, session: AsyncSession, order_id: FromPath[UUID]) -> Redirect:
        """Let it go on."""
        await OrderService(session).let_go([order_id])
        return see_other(f"/orders/{order_id}")

    @post("/cancel", opt=needs(Right.ORDERS_CANCEL))
    async def cancel(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Redirect:
        """Cancel it."""
        form = await form_values(request)
        await OrderService(session).cancel(
            [order_id], reason=form.get("reason", "").strip()[:500], put_back=form.get("put_back") == "true"
        )
        return see_other(f"/orders/{order_id}")

    @post("/notes", opt=needs(Right.ORDERS_WRITE))
    async def add_note(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Redirect:
        """Write a note."""
        await OrderService(session).add_note(order_id, (await form_values(request)).get("text", "")[:5000])
        return see_other(f"/orders/{order_id}")

    @post("/tags", opt=needs(Right.ORDERS_WRITE))
    async def set_tags(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Redirect:
        """Replace the tags."""
        tags = (await form_values(request)).get("tags", "")[:500].split(",")
        await OrderService(session).set_tags(order_id, tags)
        return see_other(f"/orders/{order_id}")

    @post("/attention", opt=needs(Right.ORDERS_WRITE))
    async def settle(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Redirect:
        """Say that somebody looked at a reason for attention."""
        reason = (await form_values(request)).get("reason", "")
        if reason not in set(Attention):
            raise InvalidInputError({"reason": N_("There is no such reason. Reload the page.")})
        await OrderService(session).settle_attention(order_id, Attention(reason))
        return see_other(f"/orders/{order_id}")

    @get("/address", opt=needs(Right.ORDERS_WRITE))
    async def ask_address(self, session: AsyncSession, order_id: FromPath[UUID]) -> Template:
        """Ask for the right address."""
        order = await OrderService(session).order(order_id)
        return Template(
            "orders/address.html", context={"order": order, "fields": address_fields(order.shipping_address)}
        )

    @post("/address", opt=needs(Right.ORDERS_WRITE))
    async def correct_address(
        self, request: Request[Any, Any, Any], session: AsyncSession, order_id: FromPath[UUID]
    ) -> Template | Redirect:
        """Correct the address; the order goes on by itself."""
        values = await form_values(request)
        service = OrderService(session)
        try:
            await service.correct_address(order_id, read_address(values))
        except InvalidInputError as error:
            order = await service.order(order_id)
            context = {"order": order, "fields": address_fields(values, error.problems)}
            return Template("orders/address.html", context=context, status_code=UNPROCESSABLE)
        return see_other(f"/orders/{order_id}")


async def _page(principal: Principal, session: AsyncSession, order_id: UUID) -> Template:
    order = await OrderService(session).order(order_id)
    channels = ChannelService(session)
    account = await channels.account(order.channel_account_id) if order.channel_account_id else None
    found = []
    if account is not None and order.channel_order_id and principal.can(Right.CHANNELS_READ):
        found = await documents(session, account_id=account.id, search=order.channel_order_id, limit=DOCUMENTS)
    subjects = [order.id]
    for more in TIMELINE_SUBJECTS:
        subjects += await more(session, order.id)
    shown = [panel for panel in PANELS if principal.can(panel.right)]
    told: dict[str, Any] = {}
    for panel in shown:
        told |= await panel.context(session, order)
    stage = cancel_stage(order.status)
    context = told | {
        "order": order,
        "account": account,
        "documents": found,
        "lines": await _lines(session, order),
        "notes": await views.notes(session, order.id),
        "events": tell(await read_subjects(session, subjects, limit=EVENTS)),
        "panels": [panel.template for panel in shown],
        "next_step": gettext(_next(order)),
        "editable": order.status in EDITABLE,
        "may_hold": order.status in OPEN,
        "may_cancel": stage in {CancelStage.AUTOMATIC, CancelStage.PUT_BACK},
        "must_put_back": stage is CancelStage.PUT_BACK,
        "reasons": [
            {
                "key": reason,
                "label": gettext(ATTENTION_LABELS[Attention(reason)]),
                "text": gettext(ATTENTION_SENTENCES[Attention(reason)]),
                "settles": Attention(reason) not in BY_ITSELF,
            }
            for reason in order.attention
        ],
    }
    return Template("orders/detail.html", context=context)


def _next(order: OrderRef) -> str:
    for_erp = order.status is OrderStatus.PENDING and any(line.for_erp for line in order.lines)
    return WAITS_FOR_ERP if for_erp else NEXT[order.status]


async def _lines(session: AsyncSession, order: OrderRef) -> list[dict[str, Any]]:
    """Return the lines with where their stock lies, or how much there is."""
    inventory = InventoryService(session)
    places: dict[UUID, list[str]] = {}
    held = [line.id for line in order.lines if line.reserved]
    for row in await inventory.reservations(held) if held else ():
        places.setdefault(row.order_line_id, []).append(f"{row.quantity} @ {row.location_code}")
    waiting = {line.product_id for line in order.lines if line.to_send and not line.reserved and line.product_id}
    stock = await inventory.availability(waiting) if waiting else {}
    return [
        {"line": line, "state": _state(line), "places": places.get(line.id, []), "available": _available(line, stock)}
        for line in order.lines
    ]


def _available(line: OrderLineRef, stock: dict[UUID, Availability]) -> int | None:
    found = stock.get(line.product_id) if line.product_id else None
    return found.available if found else None


def _state(line: OrderLineRef) -> str:
    if line.quantity_cancelled == line.quantity:
        return "cancelled"
    if line.fulfilment == "channel":
        return "channel"
    if line.for_erp:
        return "erp"
    if not line.to_send:
        return "shipped"
    if line.product_id is None:
        return "unknown"
    return "reserved" if line.reserved else "short"
