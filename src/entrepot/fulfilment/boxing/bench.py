"""What filling and sealing share: the order of locks, who may work, and what is written down."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boxing.errors import ContainerNotFoundError, ContainerStateError, NothingToBoxError
from entrepot.fulfilment.boxing.events import BoxChanged
from entrepot.fulfilment.boxing.repository import ContainerRef, ContainerRepository
from entrepot.fulfilment.consolidating.grouping import Consolidating
from entrepot.fulfilment.packaging.repository import BoxKindRef
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.way.errors import NotCheckedError
from entrepot.fulfilment.way.going import LONGEST_REASON, Way
from entrepot.fulfilment.way.stages import Stage
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService, OrderStatus


class Bench:
    """A station at which goods go into boxes.  Locks: the orders, oldest first, then the container."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._containers = ContainerRepository(session)
        self._orders = OrderService(session)
        self._way = Way(session)
        self._packaging = Packaging(session)
        self._together = Consolidating(session)

    async def container(self, container_id: UUID) -> ContainerRef:
        """Return a tray or box.

        Raises:
            ContainerNotFoundError: there is none.
        """
        found = await self._containers.container(container_id)
        if found is None:
            raise ContainerNotFoundError(code=str(container_id))
        return found

    # -- begin

    # -- for those who build on it

    async def _bring(self, order: OrderRef) -> None:
        """Note that the caller works on a locked order at the packing or boxing station.

        Raises:
            NothingToBoxError: it is not picked, or all of it is packed.
            NotCheckedError, InReviewError, StageMoveError: it has to go elsewhere first.
            GroupWaitsError: it waits for others of its address.
        """
        place = await self._way.may_work(order.id, order.number)
        if order.status is not OrderStatus.PICKED or place is None or not await Packing(self._session).to_pack(order):
            raise NothingToBoxError(number=order.number)
        await self._together.may_pack(order)
        if place.checks and not place.express and place.stage in {Stage.PICKED, Stage.CHECKING}:
            raise NotCheckedError(number=order.number)
        station = Stage.BOXING if place.boxes else Stage.PACKING
        here = place.stage in {station, Stage.BOXING} and place.holder_id == context_of(self._session).actor.id
        if not here:
            await self._way.enter(order.id, Stage.BOXING if place.stage is Stage.BOXING else station)

    async def _left(self, order: OrderRef, *, trays: bool = False) -> dict[UUID, int]:
        """Return what of a picked order is in no box (or, with *trays*, in neither box nor tray)."""
        if order.status is not OrderStatus.PICKED:
            return {}
        left = await Packing(self._session).to_pack(order)
        there = await self._containers.in_containers(left)
        places = ("open", "tray") if trays else ("open",)
        return {
            line_id: more
            for line_id, units in left.items()
            if (more := units - sum(there.get(line_id, {}).get(one, 0) for one in places)) > 0
        }

    async def _sharing(self, order_id: UUID, *, lock: bool = False) -> dict[UUID, OrderRef]:
        """Return the orders that may share a box with an order, itself among them."""
        ids = await self._together.together(order_id)
        return {order.id: order for order in await self._orders.orders({*ids, order_id}, lock=lock)}

    async def _owners(self, container_id: UUID) -> dict[UUID, OrderRef]:
        """Lock the orders that share a container which is in use.

        Raises:
            ContainerStateError: it is not.
        """
        found = await self.container(container_id)
        if found.order_id is None:
            raise ContainerStateError(code=found.code, state=found.state)
        return await self._sharing(found.order_id, lock=True)

    async def _open(self, container_id: UUID) -> ContainerRef:
        found = await self._containers.container(container_id, lock=True)
        if found is None:
            raise ContainerNotFoundError(code=str(container_id))
        if found.state != "open":
            raise ContainerStateError(code=found.code, state=found.state)
        return found

    async def _kind(self, kind_id: UUID | None) -> BoxKindRef | None:
        if kind_id is None:
            return None
        return await self._packaging.kind(kind_id)

    async def _note(
        self, box: ContainerRef, order: OrderRef, what: str, *, sku: str = "", quantity: int = 0, reason: str = ""
    ) -> None:
        words = reason.strip()[:LONGEST_REASON]
        told = {"code": box.code, "what": what, "sku": sku, "quantity": quantity, "reason": words}
        await self._containers.note(
            {
                "id": new_id(),
                "seller_id": order.seller_id,
                "order_id": order.id,
                "container_id": box.id,
                "actor_name": context_of(self._session).actor.name,
                **told,
            }
        )
        event = BoxChanged(
            seller_id=order.seller_id,
            subject_id=order.id,
            number=order.number,
            container_id=box.id,
            code=box.code,
            what=what,
            sku=sku,
            quantity=quantity,
            reason=reason,
        )
        await outbox.record(self._session, event)

    async def _locked(self, order_id: UUID) -> OrderRef:
        """Lock an order together with those that share its boxes: in one order, whoever comes first."""
        found = await self._sharing(order_id, lock=True)
        return found[order_id] if order_id in found else await self._orders.order(order_id)
