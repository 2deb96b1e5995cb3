"""Sealing boxes, opening them again, emptying trays."""

from collections.abc import Mapping
from uuid import UUID

from entrepot.fulfilment.boxing.bench import Bench
from entrepot.fulfilment.boxing.errors import ContainerStateError, EmptyBoxError, NotInThisOrderError, WhyReopenedError
from entrepot.fulfilment.boxing.repository import ContainerRef
from entrepot.fulfilment.packaging.repository import BoxKindRef
from entrepot.fulfilment.packaging.weighing import check_load
from entrepot.fulfilment.packing import BoxAtHand, Packing
from entrepot.fulfilment.refs import ParcelRef
from entrepot.fulfilment.way.going import LONGEST_REASON
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef


class Sealing(Bench):
    """What ends the filling of a box."""

    async def seal(self, container_id: UUID, weight_g: int, *, reason: str = "") -> ParcelRef:
        """Close a box: it is a parcel from now on.  Of several orders in it, the one it was begun for has the label.

        Raises:
            EmptyBoxError: nothing is in it.
            NotInThisOrderError: goods of an order are in it that goes alone by now.
            TooHeavyError: it carries less.
            WeightDiffersError: the scales say something else than the goods.
        """
        orders = await self._owners(container_id)
        box = await self._open(container_id)
        if not box.lines or box.kind != "box":
            raise EmptyBoxError(code=box.code)
        kind = await self._kind(box.box_kind_id)
        check_load(kind, weight_g)
        content: dict[UUID, dict[UUID, int]] = {}
        for line in box.lines:
            if line.order_id not in orders:  # it was taken out of the group meanwhile
                raise NotInThisOrderError(sku=line.sku, place=box.code, number=box.order_number)
            content.setdefault(line.order_id, {})[line.order_line_id] = line.quantity
        first = next((order_id for order_id in content if order_id == box.order_id), min(content))
        for order_id in content:
            await self._bring(orders[order_id])
        parcel_id = new_id()
        # Sealed first: when the last line of an order is packed, the database frees what is still open.
        await self._containers.update(box.id, state="sealed", parcel_id=parcel_id, weight_g=weight_g)
        await self._note(box, orders[first], "sealed", quantity=box.units, reason=reason)
        at_hand = await self._at_hand(orders, content, kind, reason, parcel_id)
        size = (kind.length_mm, kind.width_mm, kind.height_mm) if kind else None
        packing = Packing(self._session)
        parcel = await packing.pack(first, weight_g=weight_g, lines=content.pop(first), size_mm=size, box=at_hand)
        for order_id, lines in sorted(content.items()):
            await packing.pack(order_id, weight_g=0, lines=lines, box=BoxAtHand(inside=parcel.id))
        return parcel

    async def reopen(self, container_id: UUID, reason: str) -> ContainerRef:
        """Open a sealed box; what is in it stays in it.

        Raises:
            WhyReopenedError: nobody said why.
            ContainerStateError: it is not sealed.
            ParcelLabelledError: it has a label.
        """
        box = await self.container(container_id)
        words = reason.strip()[:LONGEST_REASON]
        if not words:
            raise WhyReopenedError(code=box.code)
        if box.state != "sealed" or box.parcel_id is None or box.order_id is None:
            raise ContainerStateError(code=box.code, state=box.state)
        await self._locked(box.order_id)
        await Packing(self._session).reopen(box.parcel_id, reason=words)
        await self._note(box, await self._orders.order(box.order_id), "reopened", reason=words)
        return await self.container(container_id)

    async def empty(self, container_id: UUID) -> None:
        """Take everything out of a tray or open box: a tray is free again, a box is gone."""
        orders = await self._owners(container_id)
        box = await self._open(container_id)
        await self._note(box, next(one for one in orders.values() if one.id == box.order_id), "freed")
        await self._containers.clear(box.id)
        if box.kind == "tray":
            await self._containers.update(box.id, state="free", order_id=None, order_number="", used_by="")
        else:
            await self._containers.update(box.id, state="gone")

    # -- inside

    async def _at_hand(
        self,
        orders: Mapping[UUID, OrderRef],
        content: Mapping[UUID, Mapping[UUID, int]],
        kind: BoxKindRef | None,
        reason: str,
        parcel_id: UUID,
    ) -> BoxAtHand:
        """Return what the whole box should weigh, whosever goods are in it."""
        total: int | None = kind.own_weight_g if kind else 0
        for order_id, lines in content.items():
            more = await self._packaging.expected(orders[order_id], lines)
            total = None if total is None or more is None else total + more
        return BoxAtHand(parcel_id=parcel_id, reason=reason, expected_g=total, unknown=total is None)
