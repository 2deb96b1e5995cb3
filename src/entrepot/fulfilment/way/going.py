"""Taking orders along the way by hand.  What picking, packing and shipping move, the database follows by itself."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.way.errors import (
    BooksSayOtherwiseError,
    InReviewError,
    NotBoxedError,
    NotCheckedError,
    NotOnTheFloorError,
    PriorityError,
    ReasonMissingError,
    StageMoveError,
)
from entrepot.fulfilment.way.events import OrderStepped
from entrepot.fulfilment.way.repository import Place, SiteSettings, WayRepository
from entrepot.fulfilment.way.stages import AT_HAND, LABELS, PLACES, Stage, may_move, next_stages
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.orders.service import OrderRef, OrderService, OrderStatus
from entrepot.orders.status import LABELS as STATUS_LABELS

HIGHEST = 9
LONGEST_REASON = 500
REVIEWED = frozenset(
    {OrderStatus.PENDING, OrderStatus.RESERVED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED}
)
STATIONS = {
    Stage.PICKING: "pick",
    Stage.PICKED: "pick",
    Stage.CHECKING: "check",
    Stage.PACKING: "pack",
    Stage.BOXING: "box",
    Stage.PACKED: "pack",
}


class Way:
    """Moves orders along the floor.  Locks: the order, then its place."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._way = WayRepository(session)
        self._orders = OrderService(session)

    async def first_time(self, order: OrderRef, station: str, client_id: str) -> bool:
        """Note a scan at a station; False: the same scan came before.  Without a client id each is a new one."""
        return not client_id or await self._way.note_scan(order.seller_id, order.id, station, client_id)

    async def place(self, order_id: UUID) -> Place | None:
        """Return where an order is; None: it never was on the floor."""
        return await self._way.place(order_id)

    async def begin_list(self, list_id: UUID, *, holder_id: str = "", holder_name: str = "") -> None:
        """Let the orders of a list be picked by the caller, or by somebody whom the caller names."""
        actor = context_of(self._session).actor
        await self._way.begin_list(list_id, holder_id or actor.id, holder_name or actor.name)

    async def not_in_review(self, orders: Mapping[UUID, str]) -> None:
        """Check that the goods of these orders (id -> number) may be handled.

        Raises:
            InReviewError: somebody sent one back.
        """
        for order_id, reason in (await self._way.in_review(orders)).items():
            raise InReviewError(number=orders[order_id], reason=reason)

    async def may_work(self, order_id: UUID, number: str, *, closing: bool = False) -> Place | None:
        """Check that the goods of an order may be handled; with *closing*, that its parcel may be closed, too.

        Raises:
            InReviewError: somebody sent it back.
            NotCheckedError, NotBoxedError: it would skip a station.
        """
        place = await self._way.place(order_id)
        if place is None:
            return None
        if place.stage is Stage.REVIEW:
            raise InReviewError(number=number, reason=place.reason)
        if closing and not place.express:
            if place.checks and place.stage in {Stage.PICKED, Stage.CHECKING}:
                raise NotCheckedError(number=number)
            if place.boxes and place.stage in {Stage.PICKED, Stage.CHECKING, Stage.PACKING}:
                raise NotBoxedError(number=number)
        return place

    async def enter(self, order_id: UUID, stage: Stage) -> Place:
        """Take an order whose goods are picked to a station: the caller works on it from now on.

        Raises:
            NotOnTheFloorError, InReviewError
            StageMoveError: there is no such step from where it is.
        """
        order = await self._locked(order_id)
        place = await self._place(order)
        if place.stage is Stage.REVIEW:
            raise InReviewError(number=order.number, reason=place.reason)
        actor = context_of(self._session).actor
        if place.stage is stage and place.holder_id == actor.id:
            return place
        allowed = next_stages(place.stage, checks=place.checks, boxes=place.boxes, express=place.express)
        goes_on = place.stage is stage and stage in AT_HAND
        if not goes_on and (order.held_at is not None or stage not in allowed):
            raise _refused(order, place, stage)
        if place.stage is Stage.CHECKING and stage is not Stage.CHECKING and place.checks and not place.express:
            raise NotCheckedError(number=order.number)
        return await self._step(order, place, stage, held=True)

    async def leave_check(self, order_id: UUID) -> None:
        """Let an order that was checked wait for packing; the database looks whether it was."""
        order = await self._locked(order_id)
        place = await self._place(order)
        if place.stage is Stage.CHECKING:
            await self._step(order, place, Stage.PACKING)

    async def send_back(self, order_id: UUID, reason: str, *, station: str = "") -> Place:
        """Put an order before somebody who decides; nothing of it is picked, packed or shipped until then.

        Raises:
            ReasonMissingError: nobody said why.
            StageMoveError: it left, or is over.
        """
        order = await self._locked(order_id)
        reason = _words(reason, order, Stage.REVIEW)
        if order.status in REVIEWED:
            await self._way.come_onto_the_floor(order.id, order.seller_id)
        place = await self._place(order)
        if place.stage is Stage.REVIEW:
            return place
        if not may_move(place.stage, Stage.REVIEW):
            raise _refused(order, place, Stage.REVIEW)
        back_to = place.back_to if place.stage is Stage.HOLD else place.stage
        return await self._step(order, place, Stage.REVIEW, reason=reason, station=station, back_to=back_to)

    async def resolve(self, order_id: UUID, note: str = "", *, to: Stage | None = None) -> Place:
        """Let an order go on after a review: where it was, or at another station that its goods allow.

        Raises:
            StageMoveError: it is not in review, or may not go there.
        """
        order = await self._locked(order_id)
        place = await self._place(order)
        target = to or place.back_to
        if place.stage is not Stage.REVIEW or target is None or target not in PLACES[order.status]:
            raise _refused(order, place, target or Stage.WAITING)
        if order.held_at is not None:
            return await self._step(order, place, Stage.HOLD, reason=order.hold_reason or note, back_to=target)
        return await self._step(order, place, target, reason=note[:LONGEST_REASON])

    async def hold(self, order_id: UUID, reason: str) -> None:
        """Keep an order where it is.

        Raises:
            ReasonMissingError: nobody said why.
        """
        order = await self._locked(order_id)
        await self._orders.hold([order_id], _words(reason, order, Stage.HOLD))

    async def let_go(self, order_id: UUID) -> None:
        """Let a held order go on."""
        await self._orders.let_go([order_id])

    async def force(self, order_id: UUID, to: Stage, reason: str) -> Place:
        """Put an order where the rules of the site would not let it go.  Goods are not moved by it.

        Raises:
            ReasonMissingError: nobody said why.
            BooksSayOtherwiseError: its goods are not there.
        """
        order = await self._locked(order_id)
        reason = _words(reason, order, to)
        place = await self._place(order)
        if order.held_at is not None:
            raise _refused(order, place, to)
        if to not in PLACES[order.status]:
            raise BooksSayOtherwiseError(number=order.number, to=LABELS[to], status=STATUS_LABELS[order.status])
        if place.stage is to:
            return place
        return await self._step(order, place, to, reason=reason, forced=True)

    async def prioritise(self, order_ids: Collection[UUID], priority: int) -> int:
        """Say how urgent orders are, 0 to 9; return how many are on the floor."""
        if not 0 <= priority <= HIGHEST:
            raise PriorityError(priority=priority)
        await self._orders.orders(order_ids, lock=True)
        return await self._way.prioritise(order_ids, priority)

    async def settings(self, seller_id: UUID, warehouse_id: UUID | None = None) -> SiteSettings:
        """Return which stations a site has, and what must be scanned there."""
        return await self._way.settings(seller_id, warehouse_id)

    async def set_settings(self, seller_id: UUID, settings: SiteSettings, warehouse_id: UUID | None = None) -> None:
        """Say which stations a site has; orders that are being picked already follow what held when that began."""
        await self._way.write_settings(seller_id, warehouse_id, settings)

    # -- inside

    async def _step(
        self,
        order: OrderRef,
        place: Place,
        to: Stage,
        *,
        reason: str = "",
        station: str = "",
        held: bool = False,
        forced: bool = False,
        back_to: Stage | None = None,
    ) -> Place:
        at = station or STATIONS.get(to, "")
        await self._way.move(order.id, to, station=at, reason=reason, held=held, forced=forced, back_to=back_to)
        await outbox.record(
            self._session,
            OrderStepped(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                origin=str(place.stage),
                stage=str(to),
                station=at,
                reason=reason,
                forced=forced,
            ),
        )
        return await self._place(order)

    async def _locked(self, order_id: UUID) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True)
        return found[0] if found else await self._orders.order(order_id)

    async def _place(self, order: OrderRef) -> Place:
        place = await self._way.place(order.id)
        if place is None:
            raise NotOnTheFloorError(number=order.number)
        return place


def _words(reason: str, order: OrderRef, to: Stage) -> str:
    words = reason.strip()[:LONGEST_REASON]
    if not words:
        raise ReasonMissingError(number=order.number, to=LABELS[to])
    return words


def _refused(order: OrderRef, place: Place, to: Stage) -> StageMoveError:
    return StageMoveError(number=order.number, stage=LABELS[place.stage], to=LABELS[to])
