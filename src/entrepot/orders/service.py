"""Orders as other slices use them.  Each use case runs inside the caller's transaction and never commits."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import CancelReason, ChannelOrder
from entrepot.orders.cancelling import OrderProgress
from entrepot.orders.creating import CreatedOrder, NewLine, NewOrder, OrderCreation
from entrepot.orders.domain import Attention
from entrepot.orders.editing import OrderEditing
from entrepot.orders.errors import OrderNotFoundError
from entrepot.orders.importing import OrderImport
from entrepot.orders.refs import Imported, ImportOutcome, OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock
from entrepot.orders.status import OrderStatus

__all__ = [
    "Attention",
    "CancelReason",
    "CreatedOrder",
    "ImportOutcome",
    "Imported",
    "NewLine",
    "NewOrder",
    "OrderLineRef",
    "OrderRef",
    "OrderService",
    "OrderStatus",
]


class OrderService(OrderEditing, OrderProgress):
    """Orders within one transaction: what :class:`OrderEditing` and :class:`OrderProgress` do, and the rest."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(session)
        self._session = session
        self._orders = OrderRepository(session)
        self._stock = OrderStock(session)

    async def order(self, order_id: UUID) -> OrderRef:
        """Return one order with its lines.

        Raises:
            OrderNotFoundError: there is none, or not in this scope.
        """
        found = await self._orders.load([order_id])
        if not found:
            raise OrderNotFoundError(order=order_id)
        return found[0]

    async def orders(self, order_ids: Collection[UUID], *, lock: bool = False, lines: bool = True) -> list[OrderRef]:
        """Return these orders with their *lines*, oldest first; with *lock*, keep them from changing meanwhile."""
        return await self._orders.load(order_ids, lock=lock, lines=lines)

    async def import_orders(self, account: AccountRef, orders: Sequence[ChannelOrder]) -> list[ImportOutcome]:
        """Take channel orders in; one that cannot be stored does not stop the others.

        The same order again changes nothing; a changed one is merged.

        Returns:
            One outcome per order, in their order.
        """
        return await OrderImport(self._session, account).run(orders)

    async def create(self, seller_id: UUID, order: NewOrder) -> UUID:
        """Store an order entered here.

        Raises:
            ReferenceTakenError: its number is in use.
        """
        return (await self.create_one(seller_id, order)).id

    async def create_one(self, seller_id: UUID, order: NewOrder) -> CreatedOrder:
        """Store an order entered here, and say what came of it.

        Raises:
            ReferenceTakenError: its number is in use.
        """
        return (await OrderCreation(self._session, seller_id).create([order]))[0]

    async def create_many(self, seller_id: UUID, orders: Sequence[NewOrder]) -> list[UUID]:
        """Store orders entered here, all or none."""
        return [created.id for created in await OrderCreation(self._session, seller_id).create(orders)]

    async def settle(self, order_ids: Collection[UUID]) -> list[OrderRef]:
        """Find products and stock for what is open in these orders, and move them to where they then stand."""
        return await self._stock.settle(order_ids)

    async def add_search_words(self, order_id: UUID, words: Sequence[str]) -> None:
        """Make the order findable by *words* too: tracking codes."""
        for word in words:
            await self._orders.add_search_words(order_id, word.lower())

    async def ship_everything(self, order_ids: Collection[UUID]) -> None:
        """Note that all that was open of these orders has left."""
        orders: Mapping[UUID, int] = {
            line.id: line.to_send
            for order in await self._orders.load(order_ids)
            for line in order.lines
            if line.to_send
        }
        await self.ship_lines(orders)
