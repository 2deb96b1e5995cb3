"""What a driver brought back and nobody is driven to again: its goods go back into the books."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.fulfilment.carriage.problems import Problems
from entrepot.fulfilment.contract import Milestone, TrackingEvent
from entrepot.fulfilment.delivery.errors import NotUndeliveredError
from entrepot.fulfilment.delivery.events import CameBack
from entrepot.fulfilment.delivery.views import brought_back
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.inventory import views as inventory_views
from entrepot.inventory.refs import Receipt
from entrepot.inventory.service import InventoryService, MoveKind
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService


class ComingBack:
    """Takes goods back.  Locks: the order, then stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)

    async def to_stock(self, order_id: UUID, location_id: UUID) -> int:
        """Take everything of an undelivered order into a location; returns the units.

        The order stays shipped, it cannot be delivered any more, and a problem stands until somebody agreed with the
        buyer.  Where lots are kept, the goods come back without one: the put-away page asks.

        Raises:
            NotUndeliveredError: no driver brought it back, or it is in stock again.
            UnknownLocationError
        """
        found = await self._orders.orders([order_id], lock=True)
        order = found[0] if found else await self._orders.order(order_id)
        if not await brought_back(self._session, order_id=order_id):
            raise NotUndeliveredError(number=order.number)
        product_of = {line.id: line.product_id for line in order.lines}
        parcels = [one for one in await self._parcels.parcels_of(order_id) if one.status is ParcelStatus.SHIPPED]
        products = await CatalogService(self._session).products(
            {product for one in parcels for line in one.lines if (product := product_of.get(line.order_line_id))}
        )
        units: dict[UUID, int] = {}
        for parcel in parcels:
            for line in parcel.lines:
                product_id = product_of.get(line.order_line_id)
                if product_id is not None:
                    for part, count in products[product_id].units(line.quantity).items():
                        units[part] = units.get(part, 0) + count
        await InventoryService(self._session).receive_many(
            [
                Receipt(product_id=part, location_id=location_id, quantity=count)
                for part, count in sorted(units.items())
            ],
            reason=f"{order.number} came back undelivered",
            reference=("order", order_id),
            kind=MoveKind.RETURN,
        )
        moment = now()
        for shipment in await self._parcels.shipments_of(order_id):
            if shipment.shipped_at is None or shipment.state is ShipmentState.CANCELLED:
                continue
            await self._parcels.update_shipment(shipment.id, state=str(ShipmentState.CANCELLED))
            await self._parcels.add_scans(
                [
                    {
                        "id": new_id(),
                        "seller_id": order.seller_id,
                        "shipment_id": shipment.id,
                        "milestone": str(Milestone.RETURNED),
                        "at": moment,
                        "place": "",
                        "text": "",
                    }
                ]
            )
            await Problems(self._session).follow(shipment, [TrackingEvent(milestone=Milestone.RETURNED, at=moment)])
        place = await inventory_views.find_location(self._session, location_id)
        await outbox.record(
            self._session,
            CameBack(
                seller_id=order.seller_id,
                subject_id=order_id,
                number=order.number,
                units=sum(units.values()),
                location=place.code if place is not None else "",
            ),
        )
        return sum(units.values())
