"""Orders that a joined ERP ships: who they are, what became of handing them over, and what if the join changes.

Whether an ERP ships an order is decided when the order is imported (ADR 0008).  Such lines reserve nothing from our
shelves and stay out of the pick flow.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.erp.service import ErpService
from entrepot.kit import outbox
from entrepot.orders.domain import BLOCKING, Attention
from entrepot.orders.editing import OrderEditing, about
from entrepot.orders.events import AttentionNeeded, OrderMoved
from entrepot.orders.refs import OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock
from entrepot.orders.status import OrderStatus


async def shipped_by_erp(session: AsyncSession, account_id: UUID) -> UUID | None:
    """Return the ERP account that ships what comes in from a channel account now; None: we do."""
    join = await ErpService(session).joined(account_id)
    return join.erp_account_id if join is not None and join.hand_over else None


class OrderHandOver:
    """Orders of one channel account on their way to the ERP and back."""

    def __init__(self, session: AsyncSession, account_id: UUID) -> None:
        self._session = session
        self._account_id = account_id
        self._orders = OrderRepository(session)

    async def follow_join(self, erp_account_id: UUID | None, limit: int) -> int:
        """Let orders that no ERP has yet follow what the account is joined to now; return how many there were.

        Without an ERP they are ours to ship.
        """
        ids = await self._orders.meant_for_another_erp(self._account_id, erp_account_id, limit)
        if not ids:
            return 0
        await self._orders.load(ids, lock=True)
        await self._orders.mean_for_erp(ids, erp_account_id)
        if erp_account_id is None:
            await OrderStock(self._session).settle(ids)
        return len(ids)

    async def waiting(self, erp_account_id: UUID, limit: int) -> list[OrderRef]:
        """Return orders to be handed over now, the oldest first."""
        ids = await self._orders.to_hand_over(self._account_id, erp_account_id, sorted(map(str, BLOCKING)), limit)
        return await self._orders.load(ids)

    async def handed_over(self, order_ids: Collection[UUID]) -> list[UUID]:
        """Note that the ERP has these orders; return those that it has since now.

        One that was cancelled while it was on its way has to be cancelled there, too.
        """
        orders = {order.id: order for order in await self._orders.load(order_ids, lock=True)}
        ready = [order.id for order in orders.values() if order.status is OrderStatus.PENDING]
        moved = await self._orders.move(ready, OrderStatus.HANDED_OVER)
        await outbox.record(
            self._session,
            *(
                OrderMoved(**about(orders[order_id]), origin=str(origin), status=str(OrderStatus.HANDED_OVER))
                for order_id, origin in moved.items()
            ),
        )
        for order in orders.values():
            if order.status is OrderStatus.CANCELLED:
                await OrderEditing(self._session).need_attention(order.id, Attention.CANCELLED_AT_ERP)
        return list(moved)

    async def refused(self, problems: Mapping[UUID, str]) -> None:
        """Note that the ERP refused these orders (order id -> why): a person looks, then they are handed over again."""
        orders = await self._orders.load(problems, lock=True)
        fresh = [order for order in orders if Attention.ERP_REFUSED not in order.attention]
        await self._orders.write_attention({order.id: [*order.attention, Attention.ERP_REFUSED] for order in fresh})
        await outbox.record(
            self._session, *(AttentionNeeded(**about(order), reasons=(Attention.ERP_REFUSED,)) for order in fresh)
        )
        for order in fresh:
            await OrderEditing(self._session).add_note(order.id, problems[order.id])

    async def with_erp(self, erp_account_id: UUID, after: UUID | None, limit: int) -> list[tuple[UUID, str]]:
        """Return id and number of orders that the ERP has and did not ship whole, by id, those behind *after*."""
        return await self._orders.with_erp(self._account_id, erp_account_id, after, limit)
