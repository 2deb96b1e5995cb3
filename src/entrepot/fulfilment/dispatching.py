"""Goods leave the building, with a carrier, over the counter or with our own driver; and they arrive."""

from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.events import ParcelDelivered, ParcelShipped
from entrepot.fulfilment.owing import owe_news
from entrepot.fulfilment.refs import ParcelRef, ShipmentRef
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.shipping import Shipping
from entrepot.fulfilment.way.errors import (
    CameBackError,
    LabelledForCarrierError,
    NotDispatchedError,
    NothingToDispatchError,
    ReceiverMissingError,
)
from entrepot.fulfilment.way.going import Way
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

LONGEST_NAME = 100


class HandOver(StrEnum):
    """How an order leaves the building."""

    CARRIER = "carrier"
    COUNTER = "counter"
    """The buyer collects it."""
    DRIVER = "driver"
    """Our own."""


HAND_OVER_LABELS = {
    HandOver.CARRIER: N_("Carrier"),
    HandOver.COUNTER: N_("Counter"),
    HandOver.DRIVER: N_("Own driver"),
}
OURS = {HandOver.COUNTER: "Counter", HandOver.DRIVER: "Own driver"}
"""What stands as the carrier's name; channels map it like any other."""


class Dispatching:
    """Hands orders over, and notes that they arrived.  Locks: the order, its parcels, stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)
        self._shipping = Shipping(session)

    async def dispatch(self, order_id: UUID, how: HandOver = HandOver.CARRIER) -> OrderRef:
        """Let every packed parcel of an order leave; the channel is owed the news.  Repeating it changes nothing.

        Returns:
            The order where it now stands; its lines as they were.

        Raises:
            NothingToDispatchError: it is not packed.
            NoLabelError: a carrier takes parcels with a label only.
            LabelledForCarrierError: a parcel has a carrier's label, so nobody else takes it.
            InReviewError, OrderHeldError: it is stopped.
        """
        async with outbox.together(self._session, last=True):
            return await self._dispatch(await self._locked(order_id), how)

    async def _dispatch(self, order: OrderRef, how: HandOver) -> OrderRef:
        if order.status in {OrderStatus.SHIPPED, OrderStatus.DELIVERED}:
            return order
        every, awaited_by = await self._parcels.to_hand_over(order.id)
        parcels = [one for one in every if one.status is ParcelStatus.PACKED]
        if order.status is not OrderStatus.PACKED or not parcels:
            raise NothingToDispatchError(number=order.number, status=str(order.status))
        if how is HandOver.CARRIER:
            for parcel in parcels:
                await self._shipping.ship(parcel.id)
            return await self._orders.order(order.id)
        await Way(self._session).may_work(order.id, order.number)
        if awaited_by is not None:
            raise LabelledForCarrierError(number=order.number, carrier=awaited_by)
        for parcel in parcels:
            await self._hand_over(order, parcel, how)
        sent: Counter[UUID] = Counter()
        for parcel in parcels:
            sent.update({line.order_line_id: line.quantity for line in parcel.lines})
        await self._orders.advance([order.id], OrderStatus.SHIPPED, locked=[order], shipped=sent)
        return replace(order, status=OrderStatus.SHIPPED)

    async def _hand_over(self, order: OrderRef, parcel: ParcelRef, how: HandOver) -> None:
        moment = now()
        shipment_id = new_id()
        await self._parcels.hand_over(
            {
                "id": shipment_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "parcel_id": parcel.id,
                "carrier_name": OURS[how],
                "state": str(ShipmentState.IN_TRANSIT),
                "shipped_at": moment,
                "handed_by": str(how),
            }
        )
        await self._shipping.take_out_of_stock(order, parcel)
        await outbox.record(
            self._session,
            ParcelShipped(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                shipment_id=shipment_id,
                parcel=parcel.number,
                carrier=OURS[how],
                tracking="",
            ),
        )
        if order.channel_account_id is not None:
            stored = await self._parcels.shipment(shipment_id)
            if stored is not None:
                units = {line.order_line_id: line.quantity for line in parcel.lines}
                await owe_news(self._session, order, stored, units, carrier=OURS[how])

    async def deliver(self, order_id: UUID, received_by: str, *, at: datetime | None = None) -> OrderRef:
        """Note by hand that an order arrived, and who took it.  Repeating it changes nothing.

        Returns:
            The order where it now stands, without its lines.

        Raises:
            ReceiverMissingError: nobody said who took it.
            NotDispatchedError: it is still in the building.
            CameBackError: a driver brought it back, and its goods are in stock again.
        """
        order = await self._locked(order_id, lines=False)
        if order.status is OrderStatus.DELIVERED:
            return order
        name = received_by.strip()[:LONGEST_NAME]
        if not name:
            raise ReceiverMissingError(number=order.number)
        if order.status is not OrderStatus.SHIPPED:
            raise NotDispatchedError(number=order.number, status=str(order.status))
        moment = min(at or now(), now())
        about: dict[str, Any] = {"seller_id": order.seller_id, "subject_id": order.id, "number": order.number}
        arrived = await self._parcels.deliver_by_hand(order.id, name, moment)
        if not arrived and any(
            one.state is ShipmentState.CANCELLED and one.shipped_at is not None
            for one in await self._parcels.shipments_of(order.id)
        ):
            raise CameBackError(number=order.number)
        async with outbox.together(self._session):
            await outbox.record(
                self._session,
                *(ParcelDelivered(**about, shipment_id=one.id, parcel="", place=name) for one in arrived),
            )
            await self._orders.advance([order.id], OrderStatus.DELIVERED, locked=[order])
        return replace(order, status=OrderStatus.DELIVERED)

    async def shipments(self, order_id: UUID) -> list[ShipmentRef]:
        """Return the shipments of an order."""
        return await self._parcels.shipments_of(order_id)

    async def _locked(self, order_id: UUID, *, lines: bool = True) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True, lines=lines)
        return found[0] if found else await self._orders.order(order_id)
