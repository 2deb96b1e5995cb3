"""What picking and correcting share: the order of locks, where goods are now, and taking them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import MOST_UNITS, LineState, ListStatus
from entrepot.fulfilment.errors import (
    PickedTooMuchError,
    PickLineNotFoundError,
    PickListClosedError,
    PickListNotFoundError,
    StockGoneError,
)
from entrepot.fulfilment.events import LinePicked
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

PICKED = N_("Picked {quantity} of {sku}.")
REPEATED = N_("Already counted: nothing was picked twice.")
SKIPPED = N_("Order {number} was cancelled: {sku} is skipped.")


class Taking:
    """Takes goods off shelves.  Locks: the list, then the order, then stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)

    async def open_list(self, list_id: UUID) -> PickListRef:
        """Lock a list that is worked on.

        Raises:
            PickListNotFoundError: there is none, or it is somebody else's.
            PickListClosedError: it is finished.
        """
        found = await self._lists.find_list(list_id, lock=True)
        if found is None:
            raise PickListNotFoundError(number=str(list_id))
        if not found.is_open:
            raise PickListClosedError(number=found.number, status=str(found.status))
        return found

    async def line(self, line_id: UUID) -> tuple[PickListRef, PickLineRef]:
        """Lock a line's list, then read the line.

        Raises:
            PickLineNotFoundError: there is none, or it is somebody else's.
        """
        line = await self._lists.line(line_id)
        if line is None:
            raise PickLineNotFoundError
        found = await self._lists.find_list(line.pick_list_id, lock=True)
        line = await self._lists.line(line_id)
        if found is None or line is None:
            raise PickLineNotFoundError
        return found, line

    async def order(self, line: PickLineRef) -> OrderRef:
        """Lock the order that a line is picked for."""
        return (await self._orders.orders([line.order_id], lock=True))[0]

    async def reservation(self, line: PickLineRef) -> ReservationRow | None:
        """Return where the line's goods are now: they may have been moved since the list was made."""
        rows = [
            row
            for row in await self._inventory.reservations([line.order_line_id])
            if row.product_id == line.product_id and not row.picked
        ]
        here = [row for row in rows if row.location_id == line.location_id and row.lot == line.lot]
        if here or not rows:
            return here[0] if here else None
        planned = {
            (other.location_id, other.lot)
            for other in await self._lists.lines(line.pick_list_id)
            if other.order_line_id == line.order_line_id and other.id != line.id and other.state is LineState.OPEN
        }
        moved = [row for row in rows if (row.location_id, row.lot) not in planned]
        return moved[0] if moved else None

    async def take(self, found: PickListRef, line: PickLineRef, quantity: int, client_id: str) -> PickOutcome:
        """Carry units of an open line from their shelf to the pack station; skip the line if its order was cancelled.

        Raises:
            PickedTooMuchError: less is left.
            StockGoneError: the goods are no longer reserved.
        """
        if not 1 <= quantity <= min(line.left, MOST_UNITS):
            raise PickedTooMuchError(quantity=quantity, sku=line.sku, left=line.left, location=line.location_code)
        order = await self.order(line)
        if order.status is OrderStatus.CANCELLED:
            return await self.skip(found, line, order)
        row = await self.reservation(line)
        if row is None or row.quantity < quantity:
            raise StockGoneError(sku=line.sku, location=line.location_code, number=order.number)
        noted = await self._lists.add_scan(line.seller_id, client_id or new_id().hex, line.id, quantity)
        if not noted:
            return PickOutcome(pick_list_id=found.id, pick_line_id=line.id, picked=0, repeated=True, message=REPEATED)
        await self._inventory.pick(row.id, quantity, await self._inventory.staging_location(row.warehouse_id))
        actor = context_of(self._session).actor
        whole = line.picked + line.short + quantity == line.quantity
        state = (LineState.SHORT if line.short else LineState.PICKED) if whole else LineState.OPEN
        await self._lists.update_line(
            line.id,
            picked=line.picked + quantity,
            state=str(state),
            scanned_at=now(),
            scanned_by=actor.name,
            location_id=row.location_id,
            location_code=row.location_code,
        )
        if found.status is ListStatus.OPEN:
            await self._lists.update_list(
                found.id,
                status=str(ListStatus.PICKING),
                started_at=now(),
                assigned_to=found.assigned_to or actor.id,
                assigned_name=found.assigned_name or actor.name,
            )
        await outbox.record(
            self._session,
            LinePicked(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                location=row.location_code,
                quantity=quantity,
            ),
        )
        if whole:
            await self.after(found, line)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=quantity,
            message=PICKED,
            facts={"quantity": quantity, "sku": line.sku},
        )

    async def after(self, found: PickListRef, line: PickLineRef) -> None:
        """Close the list and move the order on if nothing of them is left to pick."""
        finishing = Finishing(self._session)
        await finishing.finish_list(found.id)
        await finishing.finish_orders([line.order_id])

    async def skip(self, found: PickListRef, line: PickLineRef, order: OrderRef) -> PickOutcome:
        """Answer that a cancelled order is not picked any more."""
        await self.drop_order(order.id)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=0,
            hit="cancelled",
            message=SKIPPED,
            facts={"number": order.number, "sku": line.sku},
        )

    async def drop_order(self, order_id: UUID) -> None:
        """Take a cancelled order off its lists; what was picked of it is to be put back."""
        lists = [await self._lists.find_list(id_, lock=True) for id_ in await self._lists.open_lists_of([order_id])]
        for line in await self._lists.lines_of_orders([order_id]):
            if line.state in {LineState.OPEN, LineState.PICKED, LineState.SHORT}:
                await self._lists.update_line(line.id, state=str(LineState.CANCELLED), put_back=line.picked)
        for found in lists:
            if found is not None:
                await Finishing(self._session).finish_list(found.id)
