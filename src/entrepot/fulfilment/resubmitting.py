"""The floor's part when an order changes where it comes from: off its lists, or on after a review."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import LineState
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.way.going import Way
from entrepot.fulfilment.way.repository import WayRepository
from entrepot.orders.extension import FloorDesk, set_floor
from entrepot.orders.service import OrderService, OrderStatus


class Resubmitting(FloorDesk):
    """Answers whoever changes orders from outside.  Locks: the lists, then the orders."""

    async def reviewed(self, session: AsyncSession, order_ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Return which of the orders were sent back, and why."""
        return await WayRepository(session).in_review(order_ids)

    async def take_back(self, session: AsyncSession, order_ids: Collection[UUID]) -> None:
        """Take orders off lists where nothing of them is picked yet: they are reserved again."""
        lists = ListRepository(session)
        list_ids = await lists.open_lists_of(order_ids)
        if not list_ids:
            return
        for list_id in list_ids:
            await lists.find_list(list_id, lock=True)
        orders = await OrderService(session).orders(order_ids, lock=True)
        lines = await lists.lines_of_orders(order_ids)
        begun = {line.order_id for line in lines if line.picked or line.short or line.in_hand}
        free = [order for order in orders if order.status is OrderStatus.PICKING and order.id not in begun]
        ids = {order.id for order in free}
        for line in lines:
            if line.order_id in ids and line.state is LineState.OPEN:
                await lists.update_line(line.id, state=str(LineState.CANCELLED))
        for list_id in list_ids:
            await lists.close_orders(list_id, ids)
            await Finishing(session).finish_list(list_id)
        await OrderService(session).advance(ids, OrderStatus.RESERVED, locked=free)

    async def resubmit(self, session: AsyncSession, order_ids: Collection[UUID], note: str) -> None:
        """Let orders that were sent back go on."""
        for order_id in sorted(order_ids):
            await Way(session).resolve(order_id, note)


def register() -> None:
    """Answer for the floor."""
    set_floor(Resubmitting())
