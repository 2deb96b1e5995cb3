"""Takes orders back, and moves them on."""

from collections.abc import Collection, Mapping
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract import CancelReason
from entrepot.kit import outbox
from entrepot.kit.outbox import Event
from entrepot.orders.channel_cancelling import cancel_on_channel
from entrepot.orders.domain import Attention, CancelStage, cancel_stage
from entrepot.orders.editing import about
from entrepot.orders.errors import (
    CancelNeedsConfirmationError,
    IllegalMoveError,
    OrderHeldError,
    OrderNotFoundError,
    TooLateToCancelError,
)
from entrepot.orders.events import AttentionNeeded, OrderCancelled, OrderChanged, OrderMoved
from entrepot.orders.refs import OrderLineRef, OrderRef
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import OrderStock
from entrepot.orders.status import EDITABLE, OrderStatus, may_move

FORWARD = frozenset({OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED, OrderStatus.SHIPPED})
"""A held order does not go there."""


class OrderProgress:
    """Moves orders along their way, or off it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderRepository(session)
        self._stock = OrderStock(session)

    async def cancel(
        self,
        order_ids: Collection[UUID],
        *,
        reason: str = "",
        channel_reason: CancelReason = CancelReason.OTHER,
        put_back: bool = False,
    ) -> list[OrderRef]:
        """Cancel what is open of these orders, all or none; their stock is free again and their channel is told.

        Args:
            order_ids: those that are cancelled already stay as they are.
            reason: for people.
            channel_reason: for the channel.
            put_back: somebody confirmed that goods off the shelf will be put back.

        Raises:
            TooLateToCancelError: one was shipped.
            CancelNeedsConfirmationError: one has goods off the shelf, and nobody confirmed.
        """
        orders = await self._orders.load(order_ids, lock=True)
        todo: list[tuple[OrderRef, CancelStage]] = []
        for order in orders:
            stage = cancel_stage(order.status)
            if stage is CancelStage.TOO_LATE:
                raise TooLateToCancelError(number=order.number, status=str(order.status))
            if stage is CancelStage.PUT_BACK and not put_back:
                raise CancelNeedsConfirmationError(number=order.number, status=str(order.status))
            if stage is not CancelStage.DONE:
                todo.append((order, stage))
        await self._stock.hold(order for order, _ in todo)
        await self._stock.release(line for order, _ in todo for line in order.lines)
        await self._orders.update_lines([_cancelled(line) for order, _ in todo for line in order.lines])
        await self._orders.move([order.id for order, _ in todo], OrderStatus.CANCELLED)
        await self._orders.write_attention(
            {order.id: [_left_to_do(order)] if stage is CancelStage.PUT_BACK else [] for order, stage in todo}
        )
        await self._orders.set_hold([order.id for order, _ in todo if order.held_at], None, None)
        events: list[Event] = []
        for order, stage in todo:
            floor = stage is CancelStage.PUT_BACK
            events.append(
                OrderCancelled(
                    **about(order),
                    origin=str(order.status),
                    reason=reason,
                    by_channel=False,
                    line_ids=tuple(line.id for line in order.lines if line.reserved) if floor else (),
                )
            )
            if floor:
                events.append(AttentionNeeded(**about(order), reasons=(_left_to_do(order),)))
            open_lines = [line.channel_line_id for line in order.lines if line.open_quantity and line.channel_line_id]
            await cancel_on_channel(
                self._session, order.seller_id, order.channel_account_id, order.id, open_lines, channel_reason
            )
        await outbox.record(self._session, *events)
        return await self._orders.load([order.id for order, _ in todo])

    async def advance(
        self,
        order_ids: Collection[UUID],
        to: OrderStatus,
        *,
        locked: Collection[OrderRef] = (),
        shipped: Mapping[UUID, int] | None = None,
    ) -> list[UUID]:
        """Move these orders to *to*, all or none.

        An order that already is there stays; that makes repeats harmless.  Back to pending or reserved: each goes
        where its stock says.

        Args:
            order_ids: which.
            to: where to.
            locked: those of them that the caller has loaded, locked and not moved since: they are not read again.
            shipped: units of lines (line id -> units) that leave by this move, as :meth:`ship_lines`.

        Returns:
            Those that moved.

        Raises:
            IllegalMoveError: one of them may not move there; none moved.
            OrderHeldError: one of them is held; none moved.
            OrderNotFoundError: one of them is gone.
        """
        orders = {order.id: order for order in locked if order.id in order_ids}
        if unread := set(order_ids) - set(orders):
            orders |= {order.id: order for order in await self._orders.load(unread, lock=True)}
        if missing := set(order_ids) - set(orders):
            raise OrderNotFoundError(order=next(iter(missing)))
        moving = [order for order in orders.values() if order.status is not to]
        for order in moving:
            if not may_move(order.status, to):
                raise IllegalMoveError(number=order.number, status=str(order.status), to=str(to))
            if order.held_at is not None and to in FORWARD:
                raise OrderHeldError(number=order.number, reason=order.hold_reason or "")
        if moving:
            await self._orders.put([order.id for order in moving], to, shipped)
        events: list[Event] = [OrderMoved(**about(order), origin=str(order.status), status=str(to)) for order in moving]
        await outbox.record(self._session, *events)
        if to in EDITABLE:
            await self._stock.settle([order.id for order in moving])
        return [order.id for order in moving]

    async def ship_lines(self, quantities: Mapping[UUID, int]) -> None:
        """Note that so many more units of these lines (line id -> units) have left."""
        await self._orders.add_shipped(quantities)

    async def lose_reservations(self, line_ids: Mapping[UUID, UUID]) -> None:
        """The stock of these lines (line id -> order id) turned out not to be there: they wait again."""
        orders = await self._orders.load(set(line_ids.values()), lock=True)
        lost = [
            replace(line, reserved=False)
            for order in orders
            for line in order.lines
            if line.id in line_ids and line.reserved and order.status in EDITABLE
        ]
        await self._orders.update_lines(lost)
        change: dict[str, str | int] = {"change": "stock_lost"}
        await outbox.record(
            self._session,
            *(
                OrderChanged(**about(order), changes=(change | {"sku": line.sku},))
                for order in orders
                for line in order.lines
                if line.id in line_ids
            ),
        )
        await self._stock.settle({order.id for order in orders})


def _left_to_do(order: OrderRef) -> Attention:
    """What a person still has to do about goods of a cancelled order that were on their way."""
    return Attention.CANCELLED_AT_ERP if order.status is OrderStatus.HANDED_OVER else Attention.PUT_BACK


def _cancelled(line: OrderLineRef) -> OrderLineRef:
    return replace(line, quantity_cancelled=line.quantity - line.quantity_shipped, reserved=False)
