"""Parcels that the ERP sent: recorded once per delivery note, told to the channel like our own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.events import ParcelShipped
from entrepot.fulfilment.owing import owe_news
from entrepot.fulfilment.refs import ParcelLineRef, ParcelRef, ShipmentRef
from entrepot.fulfilment.repository import ParcelRepository, PushRepository
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.orders.service import Attention, OrderLineRef, OrderRef, OrderService, OrderStatus

OPEN_AT_ERP = frozenset({OrderStatus.PENDING, OrderStatus.HANDED_OVER})
"""Pending: an ERP may ship an order before our note of handing it over is committed."""


class OutsideShipment(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery note of the ERP."""

    delivery_note: str
    carrier: str
    """As the ERP calls it."""
    tracking: str
    shipped_at: datetime
    lines: tuple[tuple[str, int], ...] = ()
    """SKU and units; empty: all that is open of the order."""
    more_tracking: tuple[str, ...] = ()
    """Of further parcels of the same note."""


class OutsideShipments:
    """Shipments that are made elsewhere."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)

    async def record(self, order_id: UUID, shipments: Sequence[OutsideShipment]) -> list[ShipmentRef]:
        """Store what left elsewhere, and owe the channel the news; once per order and delivery note.

        When nothing of the order is open any more, it is shipped.

        Returns:
            The shipments that are new.
        """
        order = (await self._orders.orders([order_id], lock=True))[0]
        new: list[ShipmentRef] = []
        for shipment in shipments:
            client_id = f"erp:{order.id}:{shipment.delivery_note}"
            known = await self._parcels.parcel_of_client(order.seller_id, client_id)
            if known is not None:
                await self._complete(known.id, shipment)
                continue
            units = _allocate(order.lines, shipment.lines)
            if not units:
                continue
            new.append(await self._store(order, shipment, units, client_id))
            order = await self._orders.order(order.id)
        if new:
            await self._finish(order)
        return new

    async def _store(
        self, order: OrderRef, shipment: OutsideShipment, units: Mapping[UUID, int], client_id: str
    ) -> ShipmentRef:
        known = {line.id: line for line in order.lines}
        parcel_id, shipment_id = new_id(), new_id()
        number = f"{order.number}-{len(await self._parcels.parcels_of(order.id)) + 1}"
        await self._parcels.insert_parcel(
            ParcelRef(
                id=parcel_id,
                seller_id=order.seller_id,
                order_id=order.id,
                order_number=order.number,
                number=number,
                status=ParcelStatus.SHIPPED,
                weight_g=0,
                length_mm=None,
                width_mm=None,
                height_mm=None,
                packed_by="",
                packed_at=shipment.shipped_at,
                shipped_at=shipment.shipped_at,
                lines=tuple(
                    ParcelLineRef(
                        order_line_id=line_id, sku=known[line_id].sku, title=known[line_id].title, quantity=quantity
                    )
                    for line_id, quantity in units.items()
                ),
            ),
            client_id,
        )
        await self._parcels.insert_shipment(
            {
                "id": shipment_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "parcel_id": parcel_id,
                "carrier_name": shipment.carrier,
                "service": "",
                "state": str(ShipmentState.LABELLED),
                "request": msgspec.to_builtins(shipment),
                "tracking_code": shipment.tracking,
                "shipped_at": shipment.shipped_at,
            }
        )
        stored = await self._parcels.shipment(shipment_id)
        if stored is None:
            msg = f"shipment {shipment_id} was not stored"
            raise RuntimeError(msg)
        await self._orders.ship_lines(units)
        await self._orders.add_search_words(order.id, _codes(shipment))
        await outbox.record(
            self._session,
            ParcelShipped(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                shipment_id=shipment_id,
                parcel=number,
                carrier=shipment.carrier,
                tracking=shipment.tracking,
            ),
        )
        await owe_news(self._session, order, stored, units, carrier=shipment.carrier)
        return stored

    async def _complete(self, parcel_id: UUID, shipment: OutsideShipment) -> None:
        """Add the tracking code that the ERP did not have at first, unless the channel was told already."""
        stored = await self._parcels.current_shipment(parcel_id)
        if stored is None or stored.tracking_code or not shipment.tracking:
            return
        await self._parcels.update_shipment(stored.id, tracking_code=shipment.tracking, carrier_name=shipment.carrier)
        await self._orders.add_search_words(stored.order_id, _codes(shipment))
        await PushRepository(self._session).correct(stored.id, carrier=shipment.carrier, tracking=shipment.tracking)

    async def _finish(self, order: OrderRef) -> None:
        if any(line.open_quantity for line in order.lines if line.fulfilment != "channel"):
            return
        if order.status not in OPEN_AT_ERP:
            return
        if order.held_at is not None:  # it was held to stop the parcel, and the parcel left
            await self._orders.let_go([order.id])
            await self._orders.need_attention(order.id, Attention.CANCELLED_AFTER_SHIP)
        await self._orders.advance([order.id], OrderStatus.SHIPPED)


def _codes(shipment: OutsideShipment) -> list[str]:
    return [code for code in (shipment.tracking, *shipment.more_tracking) if code]


def _allocate(lines: Sequence[OrderLineRef], shipped: Sequence[tuple[str, int]]) -> dict[UUID, int]:
    """Return units per order line: never more than is open, lines of one SKU in their order."""
    open_lines = [line for line in lines if line.fulfilment != "channel" and line.open_quantity]
    if not shipped:
        return {line.id: line.open_quantity for line in open_lines}
    left: defaultdict[str, int] = defaultdict(int)
    for sku, quantity in shipped:
        left[sku.casefold()] += quantity
    units: dict[UUID, int] = {}
    for line in open_lines:
        taken = min(line.open_quantity, left[line.sku.casefold()])
        if taken > 0:
            units[line.id] = taken
            left[line.sku.casefold()] -= taken
    return units
