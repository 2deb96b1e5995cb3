"""Finds products and stock for lines, and settles where their orders stand."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.inventory.service import InventoryService, ReservationRequest
from entrepot.kit import outbox
from entrepot.kit.outbox import Event
from entrepot.orders.domain import Attention, is_blocked
from entrepot.orders.events import AttentionSettled, OrderMoved
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.status import EDITABLE, OrderStatus, settled

NOT_SELLABLE = "parent"
"""Kind of a product that only groups its variants."""


def needs_stock(line: OrderLineRef) -> bool:
    """Tell whether a line waits for stock of a known product."""
    return line.to_send > 0 and line.product_id is not None and not line.reserved


def where_it_stands(lines: Iterable[OrderLineRef], attention: Collection[str]) -> OrderStatus:
    """Return the status of an order that nobody on the floor works on."""
    lines = list(lines)
    return settled(
        has_goods_to_send=any(line.to_send for line in lines),
        all_reserved=all(line.reserved for line in lines if line.to_send),
        blocked=is_blocked(attention),
        anything_left=any(line.quantity > line.quantity_cancelled for line in lines),
        for_erp=any(line.for_erp for line in lines),
    )


async def find_products(
    catalog: CatalogService, seller_id: UUID, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], ProductRef]:
    """Return the products of (SKU, GTIN) pairs: by SKU, else by GTIN."""
    pairs = set(wanted)
    by_sku = await catalog.resolve(seller_id, {sku for sku, _ in pairs if sku})
    missing = {gtin for sku, gtin in pairs if gtin and sku not in by_sku}
    by_gtin = await catalog.resolve_gtins(seller_id, missing) if missing else {}
    found = {(sku, gtin): by_sku.get(sku) or by_gtin.get(gtin) for sku, gtin in pairs}
    return {pair: product for pair, product in found.items() if product is not None and product.kind != NOT_SELLABLE}


class OrderStock:
    """Reserves stock for orders whose rows the caller has locked."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)
        self._catalog = CatalogService(session)
        self._inventory = InventoryService(session)

    async def reserve(
        self, lines: Sequence[tuple[OrderRef, OrderLineRef]], products: dict[UUID, ProductRef]
    ) -> set[UUID]:
        """Reserve these lines, the first ones first; return those that got their stock."""
        requests = [
            ReservationRequest(
                order_id=order.id,
                order_line_id=line.id,
                seller_id=order.seller_id,
                product=products[line.product_id],
                quantity=line.to_send,
                warehouse_id=order.warehouse_id,
            )
            for order, line in lines
            if line.product_id is not None and line.product_id in products
        ]
        if not requests:
            return set()
        return {outcome.order_line_id for outcome in await self._inventory.reserve(requests) if outcome.reserved}

    async def hold(self, orders: Iterable[OrderRef], also: Collection[UUID] = ()) -> None:
        """Lock all stock that changing these orders may touch, in one go: so two changes queue and do not deadlock."""
        ids = {line.product_id for order in orders for line in order.lines if line.product_id and line.to_send}
        products = await self._catalog.products(ids | set(also))
        await self._inventory.hold({unit for product in products.values() for unit in product.units(1)})

    async def release(self, lines: Iterable[OrderLineRef]) -> None:
        """Give back what these lines hold."""
        held = [line.id for line in lines if line.reserved]
        if held:
            await self._inventory.release(held)

    async def settle(self, order_ids: Collection[UUID]) -> list[OrderRef]:
        """Find products and stock for what is open in these orders, and move them to where they then stand.

        Only for orders that nobody on the floor works on; others stay as they are.

        Returns:
            The orders as they are now, oldest first.
        """
        orders = await self._orders.load(order_ids, lock=True)
        open_orders = [order for order in orders if order.status in EDITABLE]
        known = await self._name_products(open_orders)
        waiting = [(order, line) for order in known.values() for line in order.lines if needs_stock(line)]
        products = await self._catalog.products({line.product_id for _, line in waiting if line.product_id})
        got = await self.reserve(waiting, products)
        changed: list[OrderLineRef] = []
        events: list[Event] = []
        moves: dict[OrderStatus, list[OrderRef]] = {}
        attention: dict[UUID, Sequence[str]] = {}
        for order in known.values():
            lines = [replace(line, reserved=True) if line.id in got else line for line in order.lines]
            before = {line.id: line for line in next(o for o in open_orders if o.id == order.id).lines}
            changed += [line for line in lines if line != before[line.id]]
            reasons = _without_known_skus(order.attention, lines)
            if reasons != order.attention:
                attention[order.id] = reasons
                events.append(_settled_event(order, reasons))
            to = where_it_stands(lines, reasons)
            known[order.id] = replace(order, lines=tuple(lines), attention=reasons)
            if to is not order.status:
                moves.setdefault(to, []).append(order)
        await self._orders.update_lines(changed)
        await self._orders.write_attention(attention)
        for to, moving in moves.items():
            origin_of = await self._orders.move([order.id for order in moving], to)
            for order in moving:
                known[order.id] = replace(known[order.id], status=to)
                events.append(_moved(order, origin_of.get(order.id, order.status), to))
        await outbox.record(self._session, *events)
        return [known.get(order.id, order) for order in orders]

    async def _name_products(self, orders: Sequence[OrderRef]) -> dict[UUID, OrderRef]:
        """Give every open line without a product the one the catalogue has by now."""
        named: dict[UUID, OrderRef] = {order.id: order for order in orders}
        by_seller: dict[UUID, list[OrderRef]] = {}
        for order in orders:
            if any(line.product_id is None and line.open_quantity for line in order.lines):
                by_seller.setdefault(order.seller_id, []).append(order)
        for seller_id, theirs in by_seller.items():
            pairs = {(line.sku, line.gtin) for order in theirs for line in order.lines if line.product_id is None}
            found = await find_products(self._catalog, seller_id, pairs)
            for order in theirs:
                lines = tuple(
                    replace(line, product_id=found[line.sku, line.gtin].id)
                    if line.product_id is None and (line.sku, line.gtin) in found
                    else line
                    for line in order.lines
                )
                named[order.id] = replace(order, lines=lines)
        return named


def has_unknown_sku(lines: Iterable[OrderLineRef]) -> bool:
    """Tell whether something is to be sent that nobody knows: we need the product, an ERP at least its SKU."""
    return any(line.product_id is None and (line.to_send or (line.for_erp and not line.sku)) for line in lines)


def _without_known_skus(attention: tuple[str, ...], lines: Iterable[OrderLineRef]) -> tuple[str, ...]:
    if Attention.UNKNOWN_SKU in attention and not has_unknown_sku(lines):
        return tuple(reason for reason in attention if reason != Attention.UNKNOWN_SKU)
    return attention


def _settled_event(order: OrderRef, left: Collection[str]) -> AttentionSettled:
    gone = tuple(reason for reason in order.attention if reason not in left)
    return AttentionSettled(seller_id=order.seller_id, subject_id=order.id, number=order.number, reasons=gone)


def _moved(order: OrderRef, origin: OrderStatus, to: OrderStatus) -> OrderMoved:
    return OrderMoved(
        seller_id=order.seller_id, subject_id=order.id, number=order.number, origin=str(origin), status=str(to)
    )
