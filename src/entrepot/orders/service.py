"""Orders as other slices use them.  Each use case runs inside the caller's transaction and never commits."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.orders.refs import ImportOutcome, Imported, OrderLineRef, OrderRef
from entrepot.orders.status import OrderStatus

__all__ = ["ImportOutcome", "Imported", "OrderLineRef", "OrderRef", "OrderService", "OrderStatus"]


class OrderService:
    """Orders within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def order(self, order_id: UUID) -> OrderRef:
        """Return one order with its lines.

        Raises:
            OrderNotFoundError: there is none, or not in this scope.
        """
        raise NotImplementedError

    async def orders(self, order_ids: Collection[UUID], *, lock: bool = False) -> list[OrderRef]:
        """Return these orders with their lines, oldest first; with *lock*, keep them from changing meanwhile."""
        raise NotImplementedError

    async def advance(self, order_ids: Collection[UUID], to: OrderStatus) -> list[UUID]:
        """Move these orders to *to*, all or none.

        An order that already is there stays; that makes repeats harmless.

        Returns:
            Those that moved.

        Raises:
            IllegalMoveError: one of them may not move there, is held, or is gone; none moved.
        """
        raise NotImplementedError

    async def ship_lines(self, quantities: Mapping[UUID, int]) -> None:
        """Note that so many units of these lines (line id -> units) have left."""
        raise NotImplementedError

    async def add_search_words(self, order_id: UUID, words: Sequence[str]) -> None:
        """Make the order findable by *words* too: tracking codes."""
        raise NotImplementedError

    async def need_attention(self, order_id: UUID, reason: str) -> None:
        """Put the order into the queue of those a person has to look at."""
        raise NotImplementedError
