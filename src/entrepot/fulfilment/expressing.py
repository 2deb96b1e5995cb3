"""Express: an order goes straight to packed, with everything booked as if it had been scanned."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.fulfilment.domain import LineState, PickMode
from entrepot.fulfilment.packing import HEAVIEST_G, BoxAtHand, Packing
from entrepot.fulfilment.picking import LinePick, Picking
from entrepot.fulfilment.refs import ParcelRef
from entrepot.fulfilment.releasing import Releasing
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.way.errors import CannotExpressError
from entrepot.fulfilment.way.repository import WayRepository
from entrepot.orders.service import OrderRef, OrderService, OrderStatus


class Expressing:
    """For what stands on the counter already, or a site that packs while it picks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._orders = OrderService(session)
        self._lists = ListRepository(session)

    async def express(self, order_id: UUID, *, weight_g: int | None = None) -> ParcelRef:
        """Pick all that is left of an order and put it into one parcel, past the stations between.

        Args:
            order_id: a reserved order, or one that is being picked or packed.
            weight_g: of the parcel; what the goods weigh without.

        Raises:
            CannotExpressError: its stock is not promised, it left, or it is on a list with other orders' lines short.
            InReviewError, OrderHeldError, StockGoneError: it is stopped.
        """
        order = await self._order(order_id)
        if order.status is OrderStatus.RESERVED:
            await Releasing(self._session).release([order_id], per_list=1, mode=PickMode.SINGLE)
            order = await self._order(order_id)
        await WayRepository(self._session).make_express(order_id)
        if order.status is OrderStatus.PICKING:
            picking = Picking(self._session)
            for list_id in await self._lists.open_lists_of([order_id]):
                found = await self._lists.find_list(list_id)
                if found is not None and found.order_count == 1:
                    await picking.claim(list_id, take_over=True)
                lines = [one for one in await self._lists.lines(list_id) if one.order_id == order_id]
                left = [LinePick(line_id=line.id) for line in lines if line.state is LineState.OPEN]
                if left:
                    await picking.pick_many(list_id, left, unscanned=True)
            order = await self._order(order_id)
        if order.status is not OrderStatus.PICKED:
            raise CannotExpressError(number=order.number, status=str(order.status))
        weight = weight_g or await self._weight(order)
        box = BoxAtHand(compares=False, waits=False)
        return await Packing(self._session).pack(order_id, weight_g=min(weight, HEAVIEST_G), box=box)

    async def _weight(self, order: OrderRef) -> int:
        """Return what the goods weigh, or a gram if nobody knows."""
        products = await CatalogService(self._session).products(
            {one.product_id for one in order.lines if one.product_id}
        )
        weights = [
            (products[line.product_id].weight_g or 0) * line.to_send
            for line in order.lines
            if line.product_id is not None and line.product_id in products
        ]
        return max(1, sum(weights))

    async def _order(self, order_id: UUID) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True)
        return found[0] if found else await self._orders.order(order_id)
