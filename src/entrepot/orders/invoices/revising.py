"""Changes orders that nobody picked yet to what their invoices say now: many in a few statements."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import ProductRef
from entrepot.kit import outbox
from entrepot.kit.outbox import Event
from entrepot.kit.sql import text
from entrepot.orders.changing import address_values
from entrepot.orders.creating import NewLine, NewOrder, new_line_row
from entrepot.orders.domain import Attention, goods_total, is_complete
from entrepot.orders.editing import about
from entrepot.orders.events import OrderChanged
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock

HEAD = {
    "goods_total": "numeric",
    "shipping_total": "numeric",
    "total": "numeric",
    "currency": "text",
    "line_count": "int",
    "unit_count": "int",
    "customer_name": "text",
    "customer_email": "text",
    "customer_phone": "text",
    "shipping_address": "jsonb",
    "billing_address": "jsonb",
    "ship_name": "text",
    "ship_postcode": "text",
    "ship_country": "text",
    "buyer_reference": "text",
    "search_text": "text",
    "ship_by": "timestamptz",
    "priority": "int",
    "attention": "jsonb",
}
"""Columns of an order that a revision writes."""


class Revision(NamedTuple):
    """An order, locked, and what it shall be."""

    order: OrderRef
    wanted: NewOrder
    products: Sequence[ProductRef]
    """One for each line wanted."""
    keep_address: bool
    """The invoice's address is what it was: a correction made here stays."""


class MergedLine(NamedTuple):
    """A line of an order as it was and as it shall be."""

    old: OrderLineRef | None
    new: OrderLineRef

    @property
    def is_changed(self) -> bool:
        return self.old != self.new


def merge_lines(order: OrderRef, wanted: Sequence[NewLine], products: Sequence[ProductRef]) -> list[MergedLine]:
    """Return the lines of *order* in their order, then new ones.  Pure.

    A wanted line takes an open line of its product, one of the same quantity first; lines left over are cancelled.
    """
    merged: dict[UUID, OrderLineRef] = {}
    added: list[OrderLineRef] = []
    free = [line for line in order.lines if line.open_quantity and not line.quantity_shipped]
    position = max((line.position for line in order.lines), default=0)
    pairs = list(zip(wanted, products, strict=True))
    kept: dict[int, OrderLineRef] = {}
    for exact in (True, False):  # a line that stays as it is, is no other line's
        for index, (line, product) in enumerate(pairs):
            old = next(
                (
                    one
                    for one in free
                    if one.product_id == product.id and (not exact or one.open_quantity == line.quantity)
                ),
                None,
            )
            if index not in kept and old is not None:
                kept[index] = old
                free.remove(old)
    for index, (line, product) in enumerate(pairs):
        if (old := kept.get(index)) is not None:
            merged[old.id] = replace(
                old,
                title=line.title or old.title,
                quantity=line.quantity,
                quantity_cancelled=0,
                unit_price=line.unit_price,
                discount=line.discount,
                reserved=old.reserved and old.open_quantity == line.quantity,
            )
            continue
        position += 1
        row = new_line_row(line, order.id, order.seller_id, position, product)
        added.append(OrderLineRef(**{name: row[name] for name in OrderLineRef.__struct_fields__ if name in row}))
    for old in free:
        merged[old.id] = replace(old, quantity_cancelled=old.quantity - old.quantity_shipped, reserved=False)
    return [MergedLine(old, merged.get(old.id, old)) for old in order.lines] + [MergedLine(None, new) for new in added]


class OrderRevisions:
    """Revises orders whose rows the caller has locked and of which nothing is picked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)
        self._stock = OrderStock(session)

    async def carry_out(self, revisions: Sequence[Revision]) -> dict[UUID, list[OrderLineRef]]:
        """Change the orders, and reserve their stock anew where it changed.

        Returns:
            Order -> the lines that stand for what was wanted, in that order.
        """
        if not revisions:
            return {}
        merged = {one.order.id: merge_lines(one.order, one.wanted.lines, one.products) for one in revisions}
        await self._stock.hold(
            (one.order for one in revisions), also={product.id for one in revisions for product in one.products}
        )
        changes = [line for lines in merged.values() for line in lines if line.is_changed]
        await self._stock.release(
            line.old for line in changes if line.old is not None and line.old.reserved and not line.new.reserved
        )
        await self._write_lines([line.new for line in changes if line.old is not None])
        await self._orders.insert_lines(
            [_values(line.new, one.order) for one in revisions for line in merged[one.order.id] if line.old is None]
        )
        await self._write_heads([_head(one, [line.new for line in merged[one.order.id]]) for one in revisions])
        events: list[Event] = [
            OrderChanged(**about(one.order), changes=tuple(_told(one, merged[one.order.id]))) for one in revisions
        ]
        await outbox.record(self._session, *events)
        await self._stock.settle(merged)
        return {one.order.id: _in_order(one, merged[one.order.id]) for one in revisions}

    async def _write_lines(self, lines: Sequence[OrderLineRef]) -> None:
        await self._orders.update_lines(lines)
        if lines:
            await self._session.execute(
                text(
                    """
                    UPDATE order_line l SET unit_price = n.price, discount = n.discount, title = n.title
                    FROM unnest(CAST(:ids AS uuid[]), CAST(:prices AS numeric[]), CAST(:discounts AS numeric[]),
                        CAST(:titles AS text[])) AS n(id, price, discount, title)
                    WHERE l.id = n.id
                    """
                ),
                {
                    "ids": [line.id for line in lines],
                    "prices": [line.unit_price for line in lines],
                    "discounts": [line.discount for line in lines],
                    "titles": [line.title for line in lines],
                },
            )

    async def _write_heads(self, rows: Sequence[Mapping[str, Any]]) -> None:
        sets = ", ".join(f"{name} = n.{name}" for name in HEAD)
        typed = ", ".join(f"{name} {kind}" for name, kind in HEAD.items())
        await self._session.execute(
            text(
                f"UPDATE sales_order o SET {sets}, version = o.version + 1, changed_at = now()"  # noqa: S608
                f" FROM json_to_recordset(:rows) AS n(id uuid, {typed}) WHERE o.id = n.id"
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )


def _values(line: OrderLineRef, order: OrderRef) -> dict[str, Any]:
    plain = {name: getattr(line, name) for name in OrderLineRef.__struct_fields__}
    return plain | {"order_id": order.id, "seller_id": order.seller_id}


def _head(one: Revision, lines: Sequence[OrderLineRef]) -> dict[str, Any]:
    order, wanted = one.order, one.wanted
    goods = goods_total(lines, wanted.currency)
    address: dict[str, Any] = {
        name: getattr(order, name)
        for name in ("shipping_address", "ship_name", "ship_postcode", "ship_country", "search_text")
    } | {"customer_email": order.customer_email, "customer_phone": order.customer_phone}
    complete = Attention.ADDRESS_INCOMPLETE not in order.attention
    if not one.keep_address:
        address = address_values(order, wanted.ship_to)
        complete = is_complete(wanted.ship_to)
    attention = set(order.attention) - {Attention.ADDRESS_INCOMPLETE, Attention.UNKNOWN_SKU}
    if not complete:
        attention.add(Attention.ADDRESS_INCOMPLETE)
    return address | {
        "id": order.id,
        "goods_total": goods,
        "shipping_total": wanted.shipping_total,
        "total": goods + wanted.shipping_total,
        "currency": wanted.currency,
        "line_count": len(lines),
        "unit_count": sum(line.quantity - line.quantity_cancelled for line in lines),
        "customer_name": (wanted.bill_to or wanted.ship_to).name or wanted.ship_to.name,
        "billing_address": wanted.bill_to,
        "buyer_reference": wanted.buyer_reference,
        "ship_by": wanted.ship_by or order.ship_by,
        "priority": wanted.priority,
        "attention": sorted(map(str, attention)),
    }


def _told(one: Revision, lines: Iterable[MergedLine]) -> list[dict[str, str | int]]:
    told: list[dict[str, str | int]] = [{"change": "invoice_changed", "number": one.wanted.number}]
    for old, new in lines:
        if old is None:
            told.append({"change": "line_added", "sku": new.sku, "quantity": new.quantity})
            continue
        before, after = old.quantity - old.quantity_cancelled, new.quantity - new.quantity_cancelled
        if before != after:
            told.append({"change": "quantity_changed", "sku": new.sku, "before": before, "after": after})
        if old.unit_price != new.unit_price:
            before_after = {"before": _money(old.unit_price), "after": _money(new.unit_price)}
            told.append({"change": "price_changed", "sku": new.sku, **before_after})
    return told


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _in_order(one: Revision, lines: Iterable[MergedLine]) -> list[OrderLineRef]:
    """Return the line that stands for each wanted one."""
    left = [line.new for line in lines if line.new.open_quantity]
    found: list[OrderLineRef] = []
    for wanted, product in zip(one.wanted.lines, one.products, strict=True):
        line = next(line for line in left if line.product_id == product.id and line.quantity == wanted.quantity)
        left.remove(line)
        found.append(line)
    return found


def same_goods(order: OrderRef, wanted: Sequence[NewLine], products: Sequence[ProductRef]) -> bool:
    """Tell whether an order has just these lines: then a change of its invoice does not concern who picks it."""
    has = [(line.product_id, line.open_quantity) for line in order.lines if line.open_quantity]
    shall = [(product.id, line.quantity) for line, product in zip(wanted, products, strict=True)]
    return Counter(has) == Counter(shall)
