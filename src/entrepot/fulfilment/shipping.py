"""Shipping: parcels leave, and channels are owed the news; later they arrive."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import Milestone, TrackingEvent
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.errors import (
    NoLabelError,
    ParcelNotFoundError,
    ParcelOrderCancelledError,
    ParcelStateError,
    ShipmentNotFoundError,
)
from entrepot.fulfilment.events import ParcelDelivered, ParcelShipped, ParcelTracked
from entrepot.fulfilment.owing import owe_news
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.refs import ParcelRef, ShipmentRef
from entrepot.fulfilment.registry import carrier_spec
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.tasks import TrackParcels
from entrepot.fulfilment.way.going import Way
from entrepot.inventory.service import InventoryService
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

FIRST_LOOK = timedelta(minutes=2)
NEXT_LOOK = timedelta(minutes=5)

STATES = {
    Milestone.ACCEPTED: ShipmentState.IN_TRANSIT,
    Milestone.IN_TRANSIT: ShipmentState.IN_TRANSIT,
    Milestone.OUT_FOR_DELIVERY: ShipmentState.IN_TRANSIT,
    Milestone.AT_PICK_UP_POINT: ShipmentState.IN_TRANSIT,
    Milestone.FAILED_ATTEMPT: ShipmentState.PROBLEM,
    Milestone.EXCEPTION: ShipmentState.PROBLEM,
    Milestone.RETURNED: ShipmentState.PROBLEM,
    Milestone.CANCELLED: ShipmentState.PROBLEM,
    Milestone.DELIVERED: ShipmentState.DELIVERED,
}


class Shipping:
    """Parcels that leave and arrive.  Locks: the order, the parcel, stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)

    async def ship(self, parcel_id: UUID) -> ShipmentRef:
        """Let a labelled parcel leave with its goods; the channel is owed the news.  Repeats are harmless.

        Raises:
            NoLabelError: it has no label yet.
            ParcelStateError: it is not packed, or its order was cancelled.
            OrderHeldError: its order is on hold.
        """
        parcel = await Packing(self._session).parcel(parcel_id)
        box = await self._parcels.in_one_box(parcel)
        orders = {one.id: one for one in await self._orders.orders({one.order_id for one in box}, lock=True)}
        sent: dict[UUID, ShipmentRef] = {}
        label: ShipmentRef | None = None
        for one in box:  # whose label it is, first
            locked = await self._parcels.parcel(one.id, lock=True)
            if locked is None:
                raise ParcelNotFoundError(parcel=str(one.id))
            if locked.status is not ParcelStatus.CANCELLED or one.id == parcel_id:
                sent[one.id] = label = await self._ship_one(orders[one.order_id], locked, label)
        return sent[parcel_id]

    async def _ship_one(self, order: OrderRef, parcel: ParcelRef, label: ShipmentRef | None) -> ShipmentRef:
        """Let one parcel leave; *label*: of the box of another order in which it lies."""
        shipment = await self._parcels.current_shipment(parcel.id)
        if parcel.status is ParcelStatus.SHIPPED and shipment is not None:
            return shipment
        if parcel.status is not ParcelStatus.PACKED:
            raise ParcelStateError(number=parcel.number, status=str(parcel.status))
        if order.status is OrderStatus.CANCELLED:
            raise ParcelOrderCancelledError(number=parcel.number)
        if shipment is None and label is not None:
            shipment = await self._share(order, parcel, label)
        if shipment is None or shipment.state is not ShipmentState.LABELLED:
            raise NoLabelError(number=parcel.number)
        await Way(self._session).may_work(order.id, order.number)
        await self.take_out_of_stock(order, parcel)
        await self._orders.ship_lines({line.order_line_id: line.quantity for line in parcel.lines})
        moment = now()
        await self._parcels.update_parcel(parcel.id, status=str(ParcelStatus.SHIPPED), shipped_at=moment)
        await self._parcels.update_shipment(shipment.id, shipped_at=moment, next_look_at=moment + FIRST_LOOK)
        await self._move_order(order, parcel)
        await outbox.record(
            self._session,
            ParcelShipped(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                shipment_id=shipment.id,
                parcel=parcel.number,
                carrier=shipment.carrier_name,
                tracking=shipment.tracking_code,
            ),
        )
        await self._owe(order, parcel, shipment)
        return await self._shipment(shipment.id)

    async def _share(self, order: OrderRef, parcel: ParcelRef, label: ShipmentRef) -> ShipmentRef:
        """Give a parcel that lies in another order's box the label of that box."""
        shipment_id = new_id()
        await self._parcels.insert_shipment(
            {
                "id": shipment_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "parcel_id": parcel.id,
                "carrier_account_id": label.carrier_account_id,
                "carrier_name": label.carrier_name,
                "service": label.service,
                "state": str(ShipmentState.LABELLED),
                "request": {},
                "carrier_shipment_id": label.carrier_shipment_id,
                "tracking_code": label.tracking_code,
                "tracking_url": label.tracking_url,
                "label_pdf_id": label.label_pdf_id,
                "label_zpl_id": label.label_zpl_id,
                "labelled_at": label.labelled_at,
            }
        )
        return await self._shipment(shipment_id)

    async def take_out_of_stock(self, order: OrderRef, parcel: ParcelRef) -> None:
        """Take the goods of the parcel out of the stock; the caller tells the order."""
        product_of = {line.id: line.product_id for line in order.lines}
        await self._inventory.ship_lines(
            [
                (line.order_line_id, product_id, line.quantity)
                for line in parcel.lines
                if (product_id := product_of.get(line.order_line_id))
            ]
        )

    async def _move_order(self, order: OrderRef, parcel: ParcelRef) -> None:
        sent = {line.order_line_id: line.quantity for line in parcel.lines}
        whole = all(line.to_send <= sent.get(line.id, 0) for line in order.lines)
        if whole and order.status is OrderStatus.PACKED:
            await self._orders.advance([order.id], OrderStatus.SHIPPED)

    async def _owe(self, order: OrderRef, parcel: ParcelRef, shipment: ShipmentRef) -> None:
        """Note that the channel must be told, in the transaction in which the goods leave."""
        account = await Carriers(self._session).account(shipment.booked_with)
        spec = carrier_spec(account.carrier)
        await owe_news(
            self._session,
            order,
            shipment,
            {line.order_line_id: line.quantity for line in parcel.lines},
            carrier=spec.code,
            label=shipment.carrier_shipment_id if spec.channel else "",
        )

    async def ask_now(self, shipment_id: UUID) -> None:
        """Have the carrier asked about a parcel at once, and not when its turn comes."""
        shipment = await self._shipment(shipment_id, lock=True)
        if shipment.shipped_at is None or shipment.state is ShipmentState.DELIVERED:
            return
        account_id = shipment.booked_with
        await self._parcels.update_shipment(shipment.id, next_look_at=now())
        asked = TrackParcels(seller_id=shipment.seller_id, account_id=account_id)
        await jobs.enqueue(self._session, asked, key=str(account_id), again=True)

    async def track(self, shipment_id: UUID, events: Sequence[TrackingEvent]) -> ShipmentRef:
        """Note what the carrier reports; when every parcel of the order arrived, the order is delivered."""
        shipment = await self._shipment(shipment_id)
        order = (await self._orders.orders([shipment.order_id], lock=True))[0]
        shipment = await self._shipment(shipment_id, lock=True)
        new = await self._parcels.add_scans(
            [
                {
                    "id": new_id(),
                    "seller_id": shipment.seller_id,
                    "shipment_id": shipment.id,
                    "milestone": str(event.milestone),
                    "at": event.at,
                    "place": event.place,
                    "text": event.text,
                }
                for event in events
            ]
        )
        values: dict[str, object] = {"next_look_at": now() + NEXT_LOOK}
        last = max(events, key=lambda event: event.at, default=None)
        parcel = await Packing(self._session).parcel(shipment.parcel_id)
        state = shipment.state if last is None else STATES.get(last.milestone, shipment.state)
        arrived = next((event for event in events if event.milestone is Milestone.DELIVERED), None)
        if arrived is not None:
            state = ShipmentState.DELIVERED
            values["delivered_at"] = arrived.at
        if shipment.state is not ShipmentState.DELIVERED:
            values["state"] = str(state)
        await self._parcels.update_shipment(shipment.id, **values)
        about: dict[str, Any] = {
            "seller_id": order.seller_id,
            "subject_id": order.id,
            "number": order.number,
            "shipment_id": shipment.id,
            "parcel": parcel.number,
        }
        told: list[outbox.Event] = [
            ParcelTracked(**about, milestone=str(event.milestone), place=event.place)
            for event in events
            if str(event.milestone) in new and event.milestone not in {Milestone.LABEL_CREATED, Milestone.DELIVERED}
        ]
        if arrived is not None and str(Milestone.DELIVERED) in new:
            told.append(ParcelDelivered(**about, place=arrived.place))
        await outbox.record(self._session, *told)
        if state is ShipmentState.DELIVERED:
            await self._deliver_order(order)
        return await self._shipment(shipment_id)

    async def _deliver_order(self, order: OrderRef) -> None:
        shipments = {one.parcel_id: one for one in await self._parcels.shipments_of(order.id) if one.shipped_at}
        parcels = [one for one in await self._parcels.parcels_of(order.id) if one.status is not ParcelStatus.CANCELLED]
        everything = all(one.id in shipments and shipments[one.id].state is ShipmentState.DELIVERED for one in parcels)
        if everything and order.status is OrderStatus.SHIPPED:
            await self._orders.advance([order.id], OrderStatus.DELIVERED)

    async def _shipment(self, shipment_id: UUID, *, lock: bool = False) -> ShipmentRef:
        found = await self._parcels.shipment(shipment_id, lock=lock)
        if found is None:
            raise ShipmentNotFoundError(shipment=str(shipment_id))
        return found
