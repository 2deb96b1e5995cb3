"""Invoices that came before and say something else now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.inventory.service import InventoryService
from entrepot.kit.text import N_
from entrepot.orders.creating import OrderCreation
from entrepot.orders.extension import FLOOR
from entrepot.orders.invoices.errors import CREDITED_BEFORE, ORDER_CANCELLED, PICKED, SHIPPED
from entrepot.orders.invoices.ordering import order_of
from entrepot.orders.invoices.reading import Defaults, read_invoice
from entrepot.orders.invoices.refs import InvoiceLine, InvoiceRef, Result, SourceRef
from entrepot.orders.invoices.repository import InvoiceRepository
from entrepot.orders.invoices.revising import OrderRevisions, Revision, same_goods
from entrepot.orders.invoices.storing import Item, Told, objection
from entrepot.orders.refs import OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.service import OrderService
from entrepot.orders.status import EDITABLE, ON_THE_FLOOR, OrderStatus

RESUBMITTED = N_("Submitted again with a new version of its invoice")
REPLACED = N_("Replaced by a new version of its invoice after goods were picked.")


class FloorOfOrders:
    """What the floor knows of orders, and does for whoever changes them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)

    async def free(self, order_ids: Sequence[UUID]) -> tuple[dict[UUID, OrderRef], set[UUID], set[UUID]]:
        """Take orders off the floor where nothing is picked yet, and lock them.

        Returns:
            The orders; which of them nobody picked anything of; which were sent back by the floor.
        """
        reviewed: set[UUID] = set()
        for desk in FLOOR:
            reviewed = set(await desk.reviewed(self._session, order_ids))
            await desk.take_back(self._session, order_ids)
        orders = {order.id: order for order in await self._orders.load(order_ids, lock=True)}
        editable = [order for order in orders.values() if order.status in EDITABLE]
        lines = {line.id: order.id for order in editable for line in order.lines if line.reserved}
        begun = {order.id for order in editable if any(line.quantity_shipped for line in order.lines)}
        if lines:
            rows = await InventoryService(self._session).reservations(lines)
            begun |= {lines[row.order_line_id] for row in rows if row.picked}
        return orders, {order.id for order in editable} - begun, reviewed

    async def resubmit(self, order_ids: Sequence[UUID]) -> None:
        """Let orders that were sent back go on."""
        for desk in FLOOR:
            await desk.resubmit(self._session, order_ids, RESUBMITTED)


class Updating:
    """Brings orders to what their invoices say now, as far as nobody picked them."""

    def __init__(self, session: AsyncSession, source: SourceRef) -> None:
        self._session = session
        self._source = source
        self._floor = FloorOfOrders(session)

    async def update(self, changed: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]) -> None:
        """Change the orders of *changed*, whose invoices are locked; say of each what came of it."""
        if not changed:
            return
        changed = await self._without_credited(changed, results)
        ids = [invoice.order_id for _, invoice in changed if invoice.order_id is not None]
        orders, free, reviewed = await self._floor.free(ids)
        revisions: list[Revision] = []
        revised: list[tuple[Item, OrderRef]] = []
        again: list[UUID] = []
        for item, invoice in changed:
            order = orders[invoice.order_id] if invoice.order_id is not None else None
            if order is None:
                continue
            sent_back = order.id in reviewed
            wanted = order_of(item, order.number, self._source)
            products = [product for _, product in item.goods]
            same = same_goods(order, wanted.lines, products)
            if order.id in free or (sent_back and same and order.status in ON_THE_FLOOR):
                revisions.append(Revision(order, wanted, products, self._address_stays(item, invoice)))
                revised.append((item, order))
                again += [order.id] if sent_back else []
                results[item.number] = Told(Result.RESUBMITTED if sent_back else Result.UPDATED, order.id, order.number)
            elif sent_back and order.status in ON_THE_FLOOR:
                results[item.number] = await self._replace(item, order)
            else:
                results[item.number] = objection(invoice, _why_not(order), order)
        lines = await OrderRevisions(self._session).carry_out(revisions)
        for item, order in revised:
            item.positions = [line.position for line in lines[order.id]]
        await self._floor.resubmit(again)

    async def _without_credited(
        self, changed: Sequence[tuple[Item, InvoiceRef]], results: dict[str, Told]
    ) -> list[tuple[Item, InvoiceRef]]:
        """Take what credit notes took off the goods, last lines first; leave out, and tell, what has less than that."""
        credited = await InvoiceRepository(self._session).taken_back(
            self._source.id, [item.number for item, _ in changed]
        )
        kept: list[tuple[Item, InvoiceRef]] = []
        for item, invoice in changed:
            took = credited.get(item.number, {})
            has = Counter[UUID]()
            for line, product in item.goods:
                has[product.id] += line.quantity
            lacking = [one for one, units in took.items() if has[one] < units or has == Counter(took)]
            if lacking:
                one = lacking[0]
                results[item.number] = objection(
                    invoice, CREDITED_BEFORE, units=took[one], has=has[one], code=await self._code(item, one)
                )
                continue
            item.goods = _less(item.goods, took)
            kept.append((item, invoice))
        return kept

    async def _code(self, item: Item, product_id: UUID) -> str:
        """Return what an invoice calls a product, or what the catalogue does."""
        code = next((line.code or line.barcode for line, product in item.goods if product.id == product_id), "")
        return code or (await CatalogService(self._session).products([product_id]))[product_id].sku

    def _address_stays(self, item: Item, invoice: InvoiceRef) -> bool:
        """Tell whether the invoice names the address it named before: a correction made here then stays."""
        before = read_invoice(invoice.raw, Defaults(self._source.currency, self._source.country)).draft
        return before is not None and before.ship_to == item.draft_or_raise.ship_to

    async def _replace(self, item: Item, order: OrderRef) -> Told:
        """Cancel an order with picked goods that came back with other ones, and make a new one of its invoice."""
        base = f"{self._source.order_prefix}{item.number}"
        numbers = [f"{base}/{turn}" for turn in range(2, 100)]
        taken = await OrderRepository(self._session).manual_taken(self._source.seller_id, numbers)
        number = next(one for one in numbers if one not in taken)
        await OrderService(self._session).cancel([order.id], reason=REPLACED, put_back=True)
        wanted = order_of(item, number, self._source)
        made = (await OrderCreation(self._session, self._source.seller_id).create([wanted]))[0]
        item.positions = list(range(1, len(item.goods) + 1))
        return Told(Result.RESUBMITTED, made.id, made.number, put_back=True)


def _less(
    goods: Sequence[tuple[InvoiceLine, ProductRef]], took: Mapping[UUID, int]
) -> list[tuple[InvoiceLine, ProductRef]]:
    """Return *goods* less some units of each product.  Pure."""
    off = dict(took)
    kept: list[tuple[InvoiceLine, ProductRef]] = []
    for line, product in reversed(goods):
        units = min(line.quantity, off.get(product.id, 0))
        off[product.id] = off.get(product.id, 0) - units
        if units != line.quantity:
            kept.insert(0, (replace(line, quantity=line.quantity - units), product))
    return kept


def _why_not(order: OrderRef) -> str:
    if order.status is OrderStatus.CANCELLED:
        return ORDER_CANCELLED
    return PICKED if order.status in EDITABLE | ON_THE_FLOOR else SHIPPED
