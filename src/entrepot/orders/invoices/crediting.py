"""Cancelled invoices and credit notes: what was ordered is not sent after all."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.text import N_
from entrepot.orders.errors import OrderNotFoundError
from entrepot.orders.invoices.errors import (
    CREDIT_PICKED,
    CREDIT_SHIPPED,
    CREDIT_STANDS,
    CREDIT_TOO_MUCH,
    NOT_AN_ORDER,
    NOTHING_TO_CREDIT,
)
from entrepot.orders.invoices.refs import InvoiceRef, Result, SourceRef
from entrepot.orders.invoices.repository import InvoiceRepository
from entrepot.orders.invoices.storing import Item, Told, objection
from entrepot.orders.invoices.updating import FloorOfOrders
from entrepot.orders.refs import OrderRef
from entrepot.orders.service import OrderService
from entrepot.orders.status import EDITABLE, OrderStatus

GONE = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})
CANCELLED = N_("Its invoice was cancelled.")
CREDITED = N_("Its invoice was credited.")


class Crediting:
    """Takes orders back whose invoices are locked."""

    def __init__(self, session: AsyncSession, source: SourceRef) -> None:
        self._session = session
        self._source = source
        self._invoices = InvoiceRepository(session)
        self._orders = OrderService(session)
        self._floor = FloorOfOrders(session)

    async def cancel(self, cancelled: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]) -> None:
        """Cancel the orders of invoices that came as cancelled; goods off the shelf are to be put back."""
        for item, invoice in cancelled:
            if invoice.order_id is None:
                results[item.number] = Told(Result.CANCELLED)
                continue
            order = await self._look(invoice.order_id)
            if order.status not in GONE:
                order, _ = await self._order(invoice.order_id)
            if order.status in GONE:
                results[item.number] = objection(invoice, CREDIT_SHIPPED, order, credits=invoice.number)
                continue
            put_back = await self._take_back(order, item.draft_or_raise.reason or CANCELLED)
            results[item.number] = Told(Result.CANCELLED, order.id, order.number, put_back=put_back)

    async def credit(self, notes: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]) -> None:
        """Take back what credit notes name: single lines of an order that nobody picked, or all of it."""
        numbers = sorted({item.draft_or_raise.credits for item, _ in notes})
        credited = await self._invoices.locked(self._source.id, numbers) if numbers else {}
        for item, invoice in notes:
            target = credited.get(item.draft_or_raise.credits)
            results[item.number] = await self._credit(item, invoice, target)

    async def _credit(self, item: Item, invoice: InvoiceRef, target: InvoiceRef | None) -> Told:
        name = item.draft_or_raise.credits
        more = _more(item, invoice)
        if more is None or (invoice.taken_back and invoice.credits != name):
            return objection(invoice, CREDIT_STANDS)
        if target is None or target.id == invoice.id or target.order_id is None:
            missing = target is None or target.id == invoice.id
            return objection(invoice, NOTHING_TO_CREDIT if missing else NOT_AN_ORDER, credits=name)
        order = await self._look(target.order_id)  # what is refused leaves the order where it is
        if (kept := _leaves(item, invoice, order, more)) is not None:
            return kept
        order, is_free = await self._order(target.order_id)
        if (kept := _leaves(item, invoice, order, more)) is not None:
            return kept
        left = _open_units(order)
        took = Counter(invoice.taken_back)
        took.update(more if item.goods else left)
        done = Told(Result.CREDITED, order.id, order.number, taken_back=took)
        left.subtract(more)
        if not item.goods or not any(left.values()):
            put_back = await self._take_back(order, item.draft_or_raise.reason or CREDITED)
            await self._invoices.cancel([target.id], item.draft_or_raise.reason)
            return done._replace(put_back=put_back)
        if is_free:
            await self._reduce(order, left)
        return done if is_free else objection(invoice, CREDIT_PICKED, order, credits=name)

    async def _look(self, order_id: UUID) -> OrderRef:
        """Return an order, left where it is."""
        return await self._orders.order(order_id)

    async def _order(self, order_id: UUID) -> tuple[OrderRef, bool]:
        """Lock an order, off the floor if it can be; return whether nobody picked anything of it."""
        orders, free, _ = await self._floor.free([order_id])
        if order_id not in orders:
            raise OrderNotFoundError(order=order_id)
        return orders[order_id], order_id in free

    async def _take_back(self, order: OrderRef, reason: str) -> bool:
        """Cancel what is open of an order; return whether goods have to be put back."""
        await self._orders.cancel([order.id], reason=reason, put_back=True)
        return order.status not in EDITABLE | {OrderStatus.CANCELLED}

    async def _reduce(self, order: OrderRef, left: Counter[UUID]) -> None:
        """Leave so many units of each product in an order, those of its first lines."""
        for line in order.lines:
            if not line.open_quantity or line.product_id is None:
                continue
            keep = min(line.open_quantity, left[line.product_id])
            left[line.product_id] -= keep
            if keep != line.open_quantity:
                await self._orders.edit_line(order.id, line.id, quantity=keep + line.quantity_shipped)


def _open_units(order: OrderRef) -> Counter[UUID]:
    units: Counter[UUID] = Counter()
    for line in order.lines:
        if line.product_id is not None:
            units[line.product_id] += line.open_quantity
    return units


def _more(item: Item, invoice: InvoiceRef) -> Counter[UUID] | None:
    """Return what a credit note takes beyond what it took before; None: it takes less of something now."""
    more: Counter[UUID] = Counter()
    if not item.goods:
        return more
    for line, product in item.goods:
        more[product.id] += line.quantity
    more.subtract(invoice.taken_back)
    return None if any(units < 0 for units in more.values()) else more


def _leaves(item: Item, invoice: InvoiceRef, order: OrderRef, more: Counter[UUID]) -> Told | None:
    """Return what comes of a credit note that leaves the order as it is: it took its goods before, or cannot have them."""
    name, units = item.draft_or_raise.credits, _open_units(order)
    took = bool(invoice.taken_back) and not any(more.values()) and (bool(item.goods) or not any(units.values()))
    if took or order.status is OrderStatus.CANCELLED:
        return Told(Result.CREDITED, order.id, order.number)
    if order.status in GONE:
        return objection(invoice, CREDIT_SHIPPED, order, credits=name)
    for line, product in item.goods:
        if units[product.id] < (wanted := more[product.id]):
            facts: dict[str, str | int] = {"code": line.code or line.barcode, "units": wanted}
            return objection(invoice, CREDIT_TOO_MUCH, order, credits=name, open=units[product.id], **facts)
    return None
