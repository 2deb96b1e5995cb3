"""Carries out what a channel reports about orders that we have."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.channels.contract import ChannelOrder, ChannelOrderLine, Fulfilment
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.text import N_
from entrepot.orders.channel_cancelling import cancel_on_channel
from entrepot.orders.domain import Attention, goods_total, search_text
from entrepot.orders.events import AttentionNeeded, AttentionSettled, OrderCancelled, OrderChanged, OrderHeld
from entrepot.orders.merging import Merge, as_address, merge
from entrepot.orders.refs import Imported, ImportOutcome, OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock, find_products, has_unknown_sku
from entrepot.orders.status import EDITABLE, OrderStatus

HELD_AFTER_CANCEL = N_("The buyer cancelled on the channel while the goods were being picked or packed.")


class OrderChanges:
    """Merges reports into orders."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)
        self._catalog = CatalogService(session)
        self._stock = OrderStock(session)

    async def merge(self, reports: Sequence[tuple[UUID, ChannelOrder, str]]) -> list[ImportOutcome]:
        """Merge reports (our id, the channel's word, its fingerprint); return one outcome each, in their order."""
        if not reports:
            return []
        ours = {order.id: order for order in await self._orders.load([report[0] for report in reports], lock=True)}
        outcomes: list[ImportOutcome] = []
        touched: dict[UUID, Merge] = {}
        merges = {order_id: merge(ours[order_id], theirs) for order_id, theirs, _ in reports}
        await self._stock.hold(ours[order_id] for order_id, found in merges.items() if found.lines or found.added)
        for order_id, theirs, mark in reports:
            order = ours[order_id]
            found = merges[order_id]
            if found.is_nothing:
                await self._note_word(order, theirs, mark)
            else:
                await self._carry_out(order, theirs, mark, found)
                touched[order_id] = found
            outcomes.append(
                ImportOutcome(
                    channel_order_id=theirs.channel_order_id,
                    result=Imported.UNCHANGED if found.is_nothing else Imported.CHANGED,
                    order_id=order_id,
                    attention=tuple(sorted(map(str, found.attention))),
                )
            )
        await self._settle(ours, touched)
        return outcomes

    async def _settle(self, ours: dict[UUID, OrderRef], touched: dict[UUID, Merge]) -> None:
        events: list[Event] = []
        for order in await self._stock.settle(touched):
            before = ours[order.id]
            if order.status is OrderStatus.CANCELLED and before.status is not OrderStatus.CANCELLED:
                events.append(
                    OrderCancelled(
                        seller_id=order.seller_id,
                        subject_id=order.id,
                        number=order.number,
                        origin=str(before.status),
                        reason="",
                        by_channel=True,
                    )
                )
        await outbox.record(self._session, *events)

    async def _note_word(self, order: OrderRef, theirs: ChannelOrder, mark: str) -> None:
        if order.channel_changed_at and theirs.changed_at and theirs.changed_at < order.channel_changed_at:
            return  # an old page; the newer word stays
        await self._orders.update_order(
            order.id, {"fingerprint": mark, "channel_changed_at": theirs.changed_at or order.channel_changed_at}
        )

    async def _carry_out(self, order: OrderRef, theirs: ChannelOrder, mark: str, found: Merge) -> None:
        lines = await self._change_lines(order, found)
        added = await self._add_lines(order, found)
        attention = (set(order.attention) - found.settled) | found.attention
        if has_unknown_sku(added):
            attention.add(Attention.UNKNOWN_SKU)
        everything = [*lines, *added]
        total = goods_total(everything, order.currency)
        values: dict[str, Any] = {
            "fingerprint": mark,
            "channel_changed_at": theirs.changed_at or order.channel_changed_at,
            "attention": sorted(map(str, attention)),
            "goods_total": total,
            "total": total + order.shipping_total,
            "line_count": len(everything),
            "unit_count": sum(line.quantity for line in everything),
        }
        if found.ship_to is not None:
            values |= address_values(order, found.ship_to) | {"channel_address": None}
        if found.bill_to is not None:
            values["billing_address"] = found.bill_to
        if found.hold and order.held_at is None:
            values |= {"hold_reason": HELD_AFTER_CANCEL, "held_at": now()}
        await self._orders.update_order(order.id, values)
        await outbox.record(self._session, *_events(order, found, attention, held="held_at" in values))
        if found.agreed:
            await cancel_on_channel(self._session, order.seller_id, order.channel_account_id, order.id, found.agreed)

    async def _change_lines(self, order: OrderRef, found: Merge) -> list[OrderLineRef]:
        changes = {change.line.id: change for change in found.lines}
        editable = order.status in EDITABLE
        await self._stock.release(
            change.line for change in found.lines if editable and change.demand_changed and change.line.reserved
        )
        lines: list[OrderLineRef] = []
        for line in order.lines:
            if (change := changes.get(line.id)) is None:
                lines.append(line)
                continue
            lines.append(
                replace(
                    line,
                    quantity=change.quantity,
                    quantity_cancelled=change.cancelled,
                    quantity_shipped=change.shipped,
                    reserved=line.reserved and not (editable and change.demand_changed),
                )
            )
        await self._orders.update_lines([line for line in lines if line.id in changes])
        return lines

    async def _add_lines(self, order: OrderRef, found: Merge) -> list[OrderLineRef]:
        if not found.added:
            return []
        products = await find_products(
            self._catalog, order.seller_id, [(line.sku or "", line.gtin or "") for line in found.added]
        )
        first = max((line.position for line in order.lines), default=0) + 1
        lines: list[OrderLineRef] = []
        for position, line in enumerate(found.added, first):
            product = products.get((line.sku or "", line.gtin or ""))
            lines.append(
                OrderLineRef(
                    id=new_id(),
                    position=position,
                    product_id=product.id if product else None,
                    sku=line.sku or (product.sku if product else ""),
                    gtin=line.gtin or "",
                    title=line.title,
                    quantity=line.quantity,
                    quantity_cancelled=line.quantity_cancelled,
                    quantity_shipped=line.quantity_shipped,
                    unit_price=line.unit_price,
                    discount=line.discount,
                    commission=line.commission,
                    channel_line_id=line.channel_line_id,
                    channel_offer_id=line.channel_offer_id,
                    fulfilment=_sent_by(order, line),
                )
            )
        await self._orders.insert_lines([line_values(line, order) for line in lines])
        return lines


def _sent_by(order: OrderRef, line: ChannelOrderLine) -> str:
    if line.fulfilment is Fulfilment.CHANNEL:
        return "channel"
    return "seller" if order.erp_account_id is None else "erp"


def line_values(line: OrderLineRef, order: OrderRef) -> dict[str, Any]:
    """Return the row of a line."""
    values = {name: getattr(line, name) for name in OrderLineRef.__struct_fields__}
    return values | {"order_id": order.id, "seller_id": order.seller_id}


def address_values(order: OrderRef, ship_to: Any) -> dict[str, Any]:  # noqa: ANN401 -- narrowed by as_address below
    """Return the columns that follow from a new shipping address."""
    address = ship_to if not isinstance(ship_to, dict) else as_address(ship_to)
    billing = as_address(order.billing_address) if order.billing_address else None
    before = search_text(order.number, as_address(order.shipping_address), billing, order.buyer_reference)
    tracking = order.search_text.removeprefix(before) if order.search_text.startswith(before) else ""
    return {
        "shipping_address": address,
        "ship_name": address.name,
        "ship_postcode": address.postcode,
        "ship_country": address.country,
        "customer_email": address.email or order.customer_email,
        "customer_phone": address.phone or order.customer_phone,
        "search_text": search_text(order.number, address, billing, order.buyer_reference) + tracking,
    }


def _events(order: OrderRef, found: Merge, attention: set[Any], *, held: bool) -> list[Event]:
    common: dict[str, Any] = {"seller_id": order.seller_id, "subject_id": order.id, "number": order.number}
    events: list[Event] = []
    if found.changes:
        events.append(OrderChanged(**common, changes=tuple(found.changes)))
    if fresh := sorted(str(reason) for reason in attention if reason not in order.attention):
        events.append(AttentionNeeded(**common, reasons=tuple(fresh)))
    if gone := sorted(reason for reason in order.attention if reason not in attention):
        events.append(AttentionSettled(**common, reasons=tuple(gone)))
    if held:
        events.append(OrderHeld(**common, reason=HELD_AFTER_CANCEL))
    return events
