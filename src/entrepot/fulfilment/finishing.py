"""What becomes of lists and orders when nothing of them is left to pick."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.fulfilment.domain import LineState, ListStatus, list_status
from entrepot.fulfilment.events import PickListFinished
from entrepot.fulfilment.refs import PickLineRef, PickListRef
from entrepot.fulfilment.repository import ListRepository
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.orders.service import Attention, OrderRef, OrderService, OrderStatus


class Finishing:
    """Closes lists and moves orders on."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)

    async def finish_list(self, list_id: UUID) -> None:
        """Close a locked list whose lines are all done, and give its finished orders free."""
        found = await self._lists.find_list(list_id)
        if found is None or not found.is_open:
            return
        await self.close_list(found, await self._lists.lines(list_id))

    async def close_list(
        self,
        found: PickListRef,
        lines: Collection[PickLineRef],
        *,
        begun: Mapping[str, object] | None = None,
        picked: Sequence[PickLineRef] = (),
    ) -> set[UUID]:
        """Do so for a list whose lines are known.

        Args:
            found: the list.
            lines: all of it, as they are now.
            begun: what else is to be noted of the list.
            picked: those of them that are to be written, too.

        Returns:
            Orders of which nothing is left to pick, here or on another list.
        """
        orders = {line.order_id for line in lines}
        over = orders - {line.order_id for line in lines if line.state is LineState.OPEN}
        status = list_status((line.state for line in lines), found.status)
        finished = status in {ListStatus.DONE, ListStatus.CANCELLED}
        changes = {**(begun or {}), **({"status": str(status), "finished_at": now()} if finished else {})}
        elsewhere = await self._lists.write_work(found.id, picked, over, changes)
        if finished:
            await outbox.record(
                self._session,
                PickListFinished(
                    seller_id=found.seller_id, subject_id=found.id, pick_list=found.number, status=str(status)
                ),
            )
        return over - elsewhere

    async def finish_orders(
        self,
        order_ids: Collection[UUID],
        *,
        locked: Collection[OrderRef] = (),
        staged: Mapping[tuple[UUID, UUID], int] | None = None,
    ) -> None:
        """Move orders on of which nothing is left to pick: to picked, or back to waiting for what was short.

        Args:
            order_ids: which.
            locked: those that the caller has loaded, locked and not moved since.
            staged: if the caller knows that nothing is left to pick of any: units of (order line, product) in staging.
        """
        known = {order.id: order for order in locked}
        unread = set(order_ids) - set(known)
        orders = [
            order
            for order in [
                *(known[id_] for id_ in order_ids if id_ in known),
                *(await self._orders.orders(unread, lock=True) if unread else ()),
            ]
            if order.status is OrderStatus.PICKING and order.held_at is None
        ]
        if not orders:
            return
        lines = await self._lists.lines_of_orders([order.id for order in orders]) if staged is None else []
        picked: list[UUID] = []
        for order in orders:
            own = [line for line in lines if line.order_id == order.id]
            if any(line.state is LineState.OPEN for line in own):
                continue
            short = await self._uncovered(order, await self._staged(order) if staged is None else staged)
            if short:
                await self._give_up(order, own or await self._lists.lines_of_orders([order.id]), short)
            else:
                picked.append(order.id)
        await self._orders.advance(picked, OrderStatus.PICKED, locked=orders)

    async def _staged(self, order: OrderRef) -> dict[tuple[UUID, UUID], int]:
        return staged_units(await self._inventory.reservations({line.id for line in order.lines if line.to_send}))

    async def _uncovered(self, order: OrderRef, staged: Mapping[tuple[UUID, UUID], int]) -> set[UUID]:
        """Return the order's lines that have fewer units in staging than are to be sent."""
        # A bundle lies there as its components; what lies there itself is covered without asking what it is made of.
        doubtful = [
            line
            for line in order.lines
            if line.to_send and (line.product_id is None or staged.get((line.id, line.product_id), 0) < line.to_send)
        ]
        products = await CatalogService(self._session).products(
            {line.product_id for line in doubtful if line.product_id}
        )
        return {
            line.id
            for line in doubtful
            if line.product_id is None
            or any(
                staged.get((line.id, product_id), 0) < units
                for product_id, units in products[line.product_id].units(line.to_send).items()
            )
        }

    async def _give_up(self, order: OrderRef, own: Collection[PickLineRef], short: Collection[UUID]) -> None:
        """Let lines wait for stock again: what was picked of them is to be put back, the rest of the order is kept."""
        await self._inventory.release(short)
        if not any(line.picked for line in own):  # else its totes are empty when the goods are back on their shelves
            await self._lists.free_totes([order.id])
        for line in own:
            if line.order_line_id in short and line.picked and not line.put_back:
                await self._lists.update_line(line.id, put_back=line.picked)
        await self._orders.need_attention(order.id, Attention.SHORT_PICK)
        await self._orders.advance([order.id], OrderStatus.PENDING)
        await self._orders.lose_reservations(dict.fromkeys(short, order.id))


def staged_units(rows: Iterable[ReservationRow]) -> dict[tuple[UUID, UUID], int]:
    """Return how many units of (order line, product) lie in staging."""
    staged: dict[tuple[UUID, UUID], int] = {}
    for row in rows:
        if row.picked:
            key = row.order_line_id, row.product_id
            staged[key] = staged.get(key, 0) + row.quantity
    return staged
