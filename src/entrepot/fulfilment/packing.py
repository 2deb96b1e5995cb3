"""Packing: goods of one order into boxes."""

from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.consolidating.grouping import Consolidating
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
from entrepot.fulfilment.packaging.weighing import Packaging, Scales
from entrepot.fulfilment.refs import ParcelLineRef, ParcelRef
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.way.going import Way
from entrepot.fulfilment.way.repository import Place
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

HEAVIEST_G = 1_000_000
IN_A_BOX = frozenset({ParcelStatus.OPEN, ParcelStatus.PACKED})


class BoxAtHand(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a box that is closed."""

    parcel_id: UUID | None = None
    """Under which the parcel will be known."""
    inside: UUID | None = None
    """The parcel of another order in whose box these goods lie; then they weigh nothing of their own."""
    own_weight_g: int = 0
    expected_g: int | None = None
    """Of everything, where several orders may share the box."""
    unknown: bool = False
    """A product has no weight."""
    reason: str = ""
    """Why the weight is right although it differs."""
    compares: bool = True
    """Express books what the goods weigh: there is nothing to compare."""
    waits: bool = True
    """For others of its group."""


ANY_BOX = BoxAtHand()


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
        box: BoxAtHand = ANY_BOX,
    ) -> ParcelRef:
        """Put goods of a picked order into a box; everything that is left without *lines*.

        Args:
            order_id: a picked order.
            weight_g: of the closed box.
            lines: order line -> units.
            size_mm: length, width and height.
            client_id: of this act; the same again returns the same parcel.
            box: what is known of it, and why the weight is right although it differs.

        Raises:
            NothingToPackError: the order is not picked, or all of it is packed.
            PackedTooMuchError: more than is left.
            WeightError: no parcel weighs so much.
            WeightDiffersError: the scales say something else than the goods.
            GroupWaitsError: it waits for others of its address.
            NotCheckedError, NotBoxedError, InReviewError: it has to go elsewhere first.
        """
        order = await self._locked(order_id)
        parcels, done = await self._parcels.of_order_or_act(order.id, order.seller_id, client_id)
        if done is not None:
            return done
        left = _left(order, parcels) if order.status is OrderStatus.PICKED else {}
        wanted = {line: units for line, units in (left if lines is None else lines).items() if units}
        if not left or not wanted:
            raise NothingToPackError(number=order.number, status=str(order.status))
        if box.inside is None and not 1 <= weight_g <= HEAVIEST_G:
            raise WeightError(weight=weight_g, most=HEAVIEST_G)
        place = await Way(self._session).may_work(order.id, order.number, closing=True)
        if box.waits:
            await Consolidating(self._session).may_pack(order)
        known = {line.id: line for line in order.lines}
        for line_id, units in wanted.items():
            if line_id not in known or not 1 <= units <= min(left.get(line_id, 0), MOST_UNITS):
                sku = known[line_id].sku if line_id in known else str(line_id)
                raise PackedTooMuchError(quantity=units, sku=sku, number=order.number, left=left.get(line_id, 0))
        weighed = await self._weigh(order, wanted, weight_g, place, box) if box.inside is None else None
        parcel_id = box.parcel_id or new_id()
        number = f"{order.number}-{len(parcels) + 1}"
        actor = context_of(self._session).actor
        length, width, height = size_mm or (None, None, None)
        parcel = ParcelRef(
            id=parcel_id,
            seller_id=order.seller_id,
            order_id=order.id,
            order_number=order.number,
            number=number,
            status=ParcelStatus.PACKED,
            weight_g=weight_g,
            length_mm=length,
            width_mm=width,
            height_mm=height,
            packed_by=actor.name,
            packed_at=now(),
            shipped_at=None,
            with_parcel_id=box.inside,
            lines=tuple(
                ParcelLineRef(order_line_id=line_id, sku=known[line_id].sku, title=known[line_id].title, quantity=units)
                for line_id, units in sorted(wanted.items(), key=lambda one: known[one[0]].sku)
            ),
        )
        await self._parcels.insert_parcel(parcel, client_id)
        if weighed is not None:
            await Packaging(self._session).keep(weighed, order.seller_id, order.id, parcel_id)
        async with outbox.together(self._session):
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
        return parcel

    async def reopen(self, parcel_id: UUID, *, reason: str = "") -> ParcelRef:
        """Open a box again: its goods, those of other orders in it too, are to be packed anew.

        Raises:
            ParcelStateError: it has a label, or left.
        """
        parcel = await self.parcel(parcel_id)
        box = await self._parcels.in_one_box(parcel)
        orders = {one.id: one for one in await self._orders.orders({one.order_id for one in box}, lock=True)}
        parcels = [await self._locked_parcel(one.id) for one in sorted(box, key=lambda one: one.id)]
        parcel = next(one for one in parcels if one.id == parcel_id)
        if parcel.status is ParcelStatus.CANCELLED:
            return parcel
        parcels = [one for one in parcels if one.status is not ParcelStatus.CANCELLED]
        for one in parcels:
            if one.status not in IN_A_BOX:
                raise ParcelStateError(number=one.number, status=str(one.status))
            if await self._parcels.current_shipment(one.id) is not None:
                raise ParcelLabelledError(number=one.number)
        for one in parcels:
            order = orders[one.order_id]
            await self._parcels.update_parcel(one.id, status=str(ParcelStatus.CANCELLED))
            if order.status is OrderStatus.PACKED:
                await self._orders.advance([order.id], OrderStatus.PICKED)
            await outbox.record(
                self._session,
                ParcelReopened(
                    seller_id=order.seller_id,
                    subject_id=order.id,
                    number=order.number,
                    parcel_id=one.id,
                    parcel=one.number,
                    reason=reason,
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

    async def _weigh(
        self, order: OrderRef, units: Mapping[UUID, int], weight_g: int, place: Place | None, box: BoxAtHand
    ) -> Scales | None:
        """Compare the weight with what it should be, where the site wants that."""
        if not box.compares:
            return None
        packaging = Packaging(self._session)
        rules = await packaging.rules(order.seller_id, place.warehouse_id if place else order.warehouse_id)
        if not rules.weighs:
            return None
        expected = box.expected_g
        if expected is None and not box.unknown:
            expected = await packaging.expected(order, units, box.own_weight_g)
        return await packaging.weigh(rules, order.number, weight_g, expected, box.reason)

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
