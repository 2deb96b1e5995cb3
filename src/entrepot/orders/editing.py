"""What people do to an order: change its lines and address, hold it, cancel it, write notes on it."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.contract import CancelReason, PostalAddress
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.text import N_
from entrepot.orders.changing import address_values
from entrepot.orders.channel_cancelling import cancel_on_channel
from entrepot.orders.creating import NewLine, new_line_row
from entrepot.orders.domain import (
    ATTENTION_LABELS,
    ATTENTION_SENTENCES,
    BY_ITSELF,
    NO_POSTCODE,
    Attention,
    goods_total,
    is_complete,
)
from entrepot.orders.errors import (
    AlreadyOnFloorError,
    AttentionStaysError,
    LineOfChannelError,
    OrderChangedMeanwhileError,
    OrderLineNotFoundError,
    OrderNotFoundError,
    UnitsGoneError,
    UnknownProductError,
)
from entrepot.orders.events import (
    AttentionNeeded,
    AttentionSettled,
    NoteAdded,
    OrderChanged,
    OrderHeld,
    OrderReleased,
)
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock, find_products, has_unknown_sku
from entrepot.orders.status import EDITABLE, ON_THE_FLOOR


class OrderEditing:
    """Changes one order at a time, or several in the same way."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)
        self._stock = OrderStock(session)

    async def locked(self, order_id: UUID, version: int | None = None) -> OrderRef:
        """Return an order that nobody else changes until the transaction ends.

        Raises:
            OrderNotFoundError: there is none.
            OrderChangedMeanwhileError: it is not *version* any more.
        """
        found = await self._orders.load([order_id], lock=True)
        if not found:
            raise OrderNotFoundError(order=order_id)
        if version is not None and found[0].version != version:
            raise OrderChangedMeanwhileError(number=found[0].number)
        return found[0]

    async def edit_line(
        self,
        order_id: UUID,
        line_id: UUID,
        *,
        quantity: int,
        unit_price: Decimal | None = None,
        version: int | None = None,
    ) -> OrderRef:
        """Give a line another quantity; stock is reserved anew.  Zero takes the line out.

        Of a line of a channel, units can only be taken away: that counts as cancelled.

        Raises:
            AlreadyOnFloorError: the order was released to picking.
            LineOfChannelError: more units than the buyer ordered.
            UnitsGoneError: fewer units than are shipped.
        """
        order = await self._editable(order_id, version)
        line = next((line for line in order.lines if line.id == line_id), None)
        if line is None:
            raise OrderLineNotFoundError(number=order.number, line=line_id)
        before = line.quantity - line.quantity_cancelled
        if quantity < line.quantity_shipped:
            raise UnitsGoneError(sku=line.sku, shipped=line.quantity_shipped, quantity=quantity)
        if line.channel_line_id is not None and quantity > line.quantity:
            raise LineOfChannelError(sku=line.sku, ordered=line.quantity)
        ordered = max(line.quantity, quantity) if line.channel_line_id is not None else max(quantity, 1)
        new = replace(line, quantity=ordered, quantity_cancelled=ordered - quantity)
        changes: list[dict[str, str | int]] = []
        if quantity != before:
            changes.append({"change": "quantity_changed", "sku": line.sku, "before": before, "after": quantity})
        if unit_price is not None and unit_price != line.unit_price:
            await self._orders.update_price(line.id, unit_price)
            new = replace(new, unit_price=unit_price)
            facts = {"before": str(line.unit_price), "after": str(unit_price)}
            changes.append({"change": "price_changed", "sku": line.sku, **facts})
        if not changes:
            return order
        return await self._write_line(order, line, new, changes)

    async def cut_lines(self, order: OrderRef, units: Mapping[UUID, int]) -> None:
        """Cancel units of lines (line id -> units) that turned out not to be there; what is promised stays promised.

        Args:
            order: locked by the caller, its goods off the shelf.
            units: no more than are to be sent.
        """
        cut = [
            replace(line, quantity_cancelled=line.quantity_cancelled + units[line.id])
            for line in order.lines
            if units.get(line.id)
        ]
        if not cut:
            return
        await self._orders.update_lines(cut)
        new = {line.id: line for line in cut}
        lines = tuple(new.get(line.id, line) for line in order.lines)
        goods = goods_total(lines, order.currency)
        values = {
            "goods_total": goods,
            "total": goods + order.shipping_total,
            "unit_count": sum(line.quantity - line.quantity_cancelled for line in lines),
        }
        await self._orders.update_order(order.id, values)
        changes: list[dict[str, str | int]] = [
            {
                "change": "quantity_changed",
                "sku": line.sku,
                "before": line.quantity - line.quantity_cancelled + units[line.id],
                "after": line.quantity - line.quantity_cancelled,
            }
            for line in cut
        ]
        await outbox.record(self._session, OrderChanged(**about(order), changes=tuple(changes)))
        gone = [line.channel_line_id for line in cut if not line.open_quantity and line.channel_line_id]
        await cancel_on_channel(
            self._session, order.seller_id, order.channel_account_id, order.id, gone, CancelReason.OUT_OF_STOCK
        )

    async def _write_line(
        self, order: OrderRef, old: OrderLineRef, new: OrderLineRef, changes: Sequence[dict[str, str | int]]
    ) -> OrderRef:
        if new.to_send != old.to_send:
            await self._stock.hold([order])
            await self._stock.release([old])
            new = replace(new, reserved=False)
        await self._orders.update_lines([new])
        lines = tuple(new if line.id == new.id else line for line in order.lines)
        return await self._finish(order, lines, changes)

    async def add_line(self, order_id: UUID, new: NewLine, *, version: int | None = None) -> OrderRef:
        """Add a line.

        Raises:
            AlreadyOnFloorError: the order was released to picking.
            UnknownProductError: the catalogue has no such SKU.
        """
        order = await self._editable(order_id, version)
        product = (await find_products(CatalogService(self._session), order.seller_id, [(new.sku, "")])).get(
            (new.sku, "")
        )
        if product is None:
            raise UnknownProductError(sku=new.sku)
        await self._stock.hold([order], also=[product.id])
        position = max((line.position for line in order.lines), default=0) + 1
        row = new_line_row(new, order.id, order.seller_id, position, product)
        await self._orders.insert_lines([row])
        line = OrderLineRef(**{name: row[name] for name in OrderLineRef.__struct_fields__ if name in row})
        change: dict[str, str | int] = {"change": "line_added", "sku": new.sku, "quantity": new.quantity}
        return await self._finish(order, (*order.lines, line), [change])

    async def _finish(
        self, order: OrderRef, lines: tuple[OrderLineRef, ...], changes: Sequence[dict[str, str | int]]
    ) -> OrderRef:
        goods = goods_total(lines, order.currency)
        attention = set(order.attention)
        if not has_unknown_sku(lines):
            attention.discard(Attention.UNKNOWN_SKU)
        await self._orders.update_order(
            order.id,
            {
                "goods_total": goods,
                "total": goods + order.shipping_total,
                "line_count": len(lines),
                "unit_count": sum(line.quantity - line.quantity_cancelled for line in lines),
                "attention": sorted(attention),
            },
        )
        await outbox.record(self._session, OrderChanged(**about(order), changes=tuple(changes)))
        return (await self._stock.settle([order.id]))[0]

    async def correct_address(self, order_id: UUID, ship_to: PostalAddress, *, version: int | None = None) -> OrderRef:
        """Correct where the order goes; a channel's own address is kept beside it.

        Raises:
            InvalidInputError: parts are still missing.
            AlreadyOnFloorError: the parcel left.
        """
        order = await self.locked(order_id, version)
        if order.status not in EDITABLE and order.status not in ON_THE_FLOOR:
            raise AlreadyOnFloorError(number=order.number, status=str(order.status))
        if not is_complete(ship_to):
            raise InvalidInputError(missing_parts(ship_to))
        reasons = [reason for reason in order.attention if reason != Attention.ADDRESS_INCOMPLETE]
        values: dict[str, Any] = address_values(order, ship_to) | {"attention": reasons}
        if order.channel_account_id is not None and order.channel_address is None:
            values["channel_address"] = order.shipping_address
        await self._orders.update_order(order.id, values)
        events: list[Event] = [OrderChanged(**about(order), changes=({"change": "address_corrected"},))]
        if len(reasons) < len(order.attention):
            events.append(AttentionSettled(**about(order), reasons=(Attention.ADDRESS_INCOMPLETE,)))
        await outbox.record(self._session, *events)
        return (await self._stock.settle([order.id]))[0]

    async def hold(self, order_ids: Collection[UUID], reason: str) -> list[UUID]:
        """Keep orders where they are; those that are held already, or over, stay as they are."""
        orders = await self._orders.load(order_ids, lock=True)
        wanted = [
            order
            for order in orders
            if order.held_at is None and (order.status in EDITABLE or order.status in ON_THE_FLOOR)
        ]
        await self._orders.set_hold([order.id for order in wanted], reason, now())
        await outbox.record(self._session, *(OrderHeld(**about(order), reason=reason) for order in wanted))
        return [order.id for order in wanted]

    async def let_go(self, order_ids: Collection[UUID]) -> list[UUID]:
        """Let held orders go on."""
        held = [order for order in await self._orders.load(order_ids, lock=True) if order.held_at is not None]
        await self._orders.set_hold([order.id for order in held], None, None)
        await outbox.record(self._session, *(OrderReleased(**about(order)) for order in held))
        return [order.id for order in held]

    async def settle_attention(self, order_id: UUID, reason: Attention) -> OrderRef:
        """Say that a person looked at *reason* and the order may go on.

        Raises:
            AttentionStaysError: it goes away only with its cause.
        """
        order = await self.locked(order_id)
        if reason in BY_ITSELF:
            raise AttentionStaysError(
                number=order.number, reason=ATTENTION_LABELS[reason], what_to_do=ATTENTION_SENTENCES[reason]
            )
        if reason not in order.attention:
            return order
        await self._orders.write_attention({order.id: [kept for kept in order.attention if kept != reason]})
        await outbox.record(self._session, AttentionSettled(**about(order), reasons=(reason,)))
        return (await self._stock.settle([order.id]))[0]

    async def need_attention(self, order_id: UUID, reason: Attention) -> None:
        """Put an order before a person."""
        order = await self.locked(order_id)
        if reason in order.attention:
            return
        await self._orders.write_attention({order.id: [*order.attention, reason]})
        await outbox.record(self._session, AttentionNeeded(**about(order), reasons=(reason,)))

    async def drop_attention(self, order_ids: Collection[UUID], reason: Attention) -> None:
        """Note that the cause of *reason* is gone."""
        orders = [one for one in await self._orders.load(order_ids, lock=True) if reason in one.attention]
        await self._orders.write_attention(
            {order.id: [kept for kept in order.attention if kept != reason] for order in orders}
        )
        await outbox.record(self._session, *(AttentionSettled(**about(order), reasons=(reason,)) for order in orders))

    async def add_note(self, order_id: UUID, text: str) -> UUID:
        """Write a note on the order."""
        order = await self.locked(order_id)
        if not text.strip():
            raise InvalidInputError({"text": N_("The note is empty. Write something, or close the form.")})
        note_id = new_id()
        actor = context_of(self._session).actor
        await self._orders.insert_note(
            {
                "id": note_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "text": text.strip(),
                "author_id": actor.id,
                "author_name": actor.name,
            }
        )
        await outbox.record(self._session, NoteAdded(**about(order), text=text.strip()))
        return note_id

    async def set_tags(self, order_id: UUID, tags: Collection[str]) -> None:
        """Replace the tags of the order."""
        order = await self.locked(order_id)
        wanted = sorted({tag.strip() for tag in tags if tag.strip()})
        if wanted == sorted(order.tags):
            return
        await self._orders.update_order(order.id, {"tags": wanted})
        change: dict[str, str | int] = {"change": "tags_changed", "tags": ", ".join(wanted)}
        await outbox.record(self._session, OrderChanged(**about(order), changes=(change,)))

    async def _editable(self, order_id: UUID, version: int | None) -> OrderRef:
        order = await self.locked(order_id, version)
        if order.status not in EDITABLE:
            raise AlreadyOnFloorError(number=order.number, status=str(order.status))
        return order


def about(order: OrderRef) -> dict[str, Any]:
    """Return the fields every order event has."""
    return {"seller_id": order.seller_id, "subject_id": order.id, "number": order.number}


def missing_parts(address: PostalAddress) -> dict[str, str]:
    """Return a sentence for each part of an address that is needed and missing."""
    problems: dict[str, str] = {}
    if not address.name:
        problems["last_name"] = N_("Enter a name or a company.")
    if not address.street:
        problems["street"] = N_("Enter the street.")
    if not address.postcode and address.country not in NO_POSTCODE:
        problems["postcode"] = N_("Enter the postcode.")
    if not address.city:
        problems["city"] = N_("Enter the city.")
    if not address.country:
        problems["country"] = N_("Choose the country.")
    return problems
