"""Packing: goods of one order into boxes."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import MOST_UNITS, ParcelStatus
from entrepot.fulfilment.errors import (
    NothingToPackError,
    PackedTooMuchError,
    ParcelLabelledError,
    ParcelNotFoundError,
    ParcelStateError,
    WeightError,
)
from entrepot.fulfilment.events import ParcelPacked, ParcelReopened
from entrepot.fulfilment.refs import ParcelRef
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.way.going import Way
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

HEAVIEST_G = 1_000_000
IN_A_BOX = frozenset({ParcelStatus.OPEN, ParcelStatus.PACKED})


class Packing:
    """What packers do.  Locks: the order, then its parcels."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._parcels = ParcelRepository(session)
        self._orders = OrderService(session)

    async def to_pack(self, order: OrderRef) -> dict[UUID, int]:
        """Return the units of each order line that are in no box yet."""
        return _left(order, await self._parcels.parcels_of(order.id))

    async def pack(
        self,
        order_id: UUID,
        *,
        weight_g: int,
        lines: Mapping[UUID, int] | None = None,
        size_mm: tuple[int, int, int] | None = None,
        client_id: str | None = None,
    ) -> ParcelRef:
        """Put goods of a picked order into a box; everything that is left without *lines*.

        Args:
            order_id: a picked order.
            weight_g: of the closed box.
            lines: order line -> units.
            size_mm: length, width and height.
            client_id: of this act; the same again returns the same parcel.

        Raises:
            NothingToPackError: the order is not picked, or all of it is packed.
            PackedTooMuchError: more than is left.
            WeightError: no parcel weighs so much.
        """
        order = await self._locked(order_id)
        if client_id and (done := await self._parcels.parcel_of_client(order.seller_id, client_id)):
            return done
        parcels = await self._parcels.parcels_of(order.id)
        left = _left(order, parcels) if order.status is OrderStatus.PICKED else {}
        wanted = {line: units for line, units in (left if lines is None else lines).items() if units}
        if not left or not wanted:
            raise NothingToPackError(number=order.number, status=str(order.status))
        if not 1 <= weight_g <= HEAVIEST_G:
            raise WeightError(weight=weight_g, most=HEAVIEST_G)
        await Way(self._session).may_work(order.id, order.number, closing=True)
        known = {line.id: line for line in order.lines}
        for line_id, units in wanted.items():
            if line_id not in known or not 1 <= units <= min(left.get(line_id, 0), MOST_UNITS):
                sku = known[line_id].sku if line_id in known else str(line_id)
                raise PackedTooMuchError(quantity=units, sku=sku, number=order.number, left=left.get(line_id, 0))
        parcel_id = new_id()
        number = f"{order.number}-{len(parcels) + 1}"
        actor = context_of(self._session).actor
        length, width, height = size_mm or (None, None, None)
        await self._parcels.insert_parcel(
            {
                "id": parcel_id,
                "seller_id": order.seller_id,
                "order_id": order.id,
                "order_number": order.number,
                "number": number,
                "status": str(ParcelStatus.PACKED),
                "weight_g": weight_g,
                "length_mm": length,
                "width_mm": width,
                "height_mm": height,
                "client_id": client_id,
                "packed_by": actor.name,
                "packed_at": now(),
            },
            [
                {
                    "parcel_id": parcel_id,
                    "order_line_id": line_id,
                    "seller_id": order.seller_id,
                    "sku": known[line_id].sku,
                    "title": known[line_id].title,
                    "quantity": units,
                }
                for line_id, units in wanted.items()
            ],
        )
        await outbox.record(
            self._session,
            ParcelPacked(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                parcel_id=parcel_id,
                parcel=number,
                units=sum(wanted.values()),
                weight_g=weight_g,
            ),
        )
        if all(wanted.get(line_id, 0) == units for line_id, units in left.items()):
            await self._orders.advance([order.id], OrderStatus.PACKED, locked=[order])
        return await self.parcel(parcel_id)

    async def reopen(self, parcel_id: UUID) -> ParcelRef:
        """Open a box again: its goods are to be packed anew.

        Raises:
            ParcelStateError: it has a label, or left.
        """
        parcel = await self.parcel(parcel_id)
        order = await self._locked(parcel.order_id)
        parcel = await self._locked_parcel(parcel_id)
        if parcel.status is ParcelStatus.CANCELLED:
            return parcel
        if parcel.status not in IN_A_BOX:
            raise ParcelStateError(number=parcel.number, status=str(parcel.status))
        if await self._parcels.current_shipment(parcel_id) is not None:
            raise ParcelLabelledError(number=parcel.number)
        await self._parcels.update_parcel(parcel_id, status=str(ParcelStatus.CANCELLED))
        if order.status is OrderStatus.PACKED:
            await self._orders.advance([order.id], OrderStatus.PICKED)
        await outbox.record(
            self._session,
            ParcelReopened(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                parcel_id=parcel_id,
                parcel=parcel.number,
            ),
        )
        return await self.parcel(parcel_id)

    async def parcel(self, parcel_id: UUID) -> ParcelRef:
        """Return one parcel.

        Raises:
            ParcelNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._parcels.parcel(parcel_id)
        if found is None:
            raise ParcelNotFoundError(parcel=str(parcel_id))
        return found

    async def _locked_parcel(self, parcel_id: UUID) -> ParcelRef:
        found = await self._parcels.parcel(parcel_id, lock=True)
        if found is None:
            raise ParcelNotFoundError(parcel=str(parcel_id))
        return found

    async def _locked(self, order_id: UUID) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True)
        if not found:
            await self._orders.order(order_id)  # raises
        return found[0]


def _left(order: OrderRef, parcels: Iterable[ParcelRef]) -> dict[UUID, int]:
    """Return the units of each order line that are in none of *parcels*."""
    boxed: dict[UUID, int] = {}
    for parcel in parcels:
        if parcel.status in IN_A_BOX:
            for line in parcel.lines:
                boxed[line.order_line_id] = boxed.get(line.order_line_id, 0) + line.quantity
    left = {line.id: line.to_send - boxed.get(line.id, 0) for line in order.lines}
    return {line_id: units for line_id, units in left.items() if units > 0}
