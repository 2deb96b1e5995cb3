"""Turns reserved orders into pick lists, one per building, or one per zone of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.fulfilment.domain import MOST_PER_LIST, SKIP_LABELS, LineState, ListStatus, PickMode, SkipReason
from entrepot.fulfilment.errors import NothingToReleaseError
from entrepot.fulfilment.events import PickListChangedHands, PickListReleased
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.refs import PickListRef, Released, Skipped
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.way.going import Way
from entrepot.inventory import views as inventory_views
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderRef, OrderService, OrderStatus


class Releasing:
    """Release orders to picking."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)
        self._listed: set[UUID] = set()
        """Orders with something to pick."""
        self._number: int | None = None
        """For a list, taken and not used yet."""

    async def release(
        self, order_ids: Collection[UUID], *, per_list: int = MOST_PER_LIST, mode: PickMode = PickMode.CART
    ) -> Released:
        """Put every chosen order that can be picked on a list; leave out the others and say why.

        Args:
            order_ids: orders of one or several sellers; each seller gets lists of its own.
            per_list: most orders on one list.
            mode: how the lists are picked.

        Raises:
            NothingToReleaseError: none of them can be picked.
        """
        return (await self._release(order_ids, per_list, mode))[0]

    async def release_to_caller(
        self, order_ids: Collection[UUID], *, per_list: int = MOST_PER_LIST, mode: PickMode = PickMode.CART
    ) -> PickListRef | None:
        """Do so, and give the caller the first list that is made; None if nothing of the orders is to be picked.

        Raises:
            NothingToReleaseError: none of them can be picked.
        """
        _, made = await self._release(order_ids, per_list, mode, claims=True)
        return made[0] if made else None

    async def _release(
        self, order_ids: Collection[UUID], per_list: int, mode: PickMode, *, claims: bool = False
    ) -> tuple[Released, list[PickListRef]]:
        wanted = list(dict.fromkeys(order_ids))
        orders = await self._orders.orders(wanted, lock=True)
        busy, self._number = await self._lists.begin_release(wanted)
        ready: list[OrderRef] = []
        skipped: list[Skipped] = []
        for order in orders:
            reason = _why_not(order, busy)
            if reason:
                skipped.append(Skipped(number=order.number, reason=reason, status=str(order.status)))
            else:
                ready.append(order)
        missing = set(wanted) - {order.id for order in orders}
        skipped += [Skipped(number=str(order_id), reason=SkipReason.GONE, status="") for order_id in missing]
        if not ready:
            first = skipped[0].reason if skipped else SkipReason.NONE_CHOSEN
            raise NothingToReleaseError(count=len(wanted), reason=SKIP_LABELS[first])
        await self._orders.advance([order.id for order in ready], OrderStatus.PICKING, locked=ready)
        made: list[PickListRef] = []
        for seller_id in dict.fromkeys(order.seller_id for order in ready):
            theirs = [order for order in ready if order.seller_id == seller_id]
            for start in range(0, len(theirs), max(1, per_list)):
                some = theirs[start : start + max(1, per_list)]
                made += await self._make_lists(seller_id, some, mode, claims=claims and not made)
        if at_the_station := {order.id for order in ready} - self._listed:
            await Finishing(self._session).finish_orders(at_the_station)
        released = Released(
            pick_list_ids=tuple(one.id for one in made),
            numbers=tuple(one.number for one in made),
            orders=len(ready),
            skipped=tuple(skipped),
        )
        return released, made

    async def _next_number(self) -> int:
        number, self._number = self._number, None
        return await self._lists.next_list_number() if number is None else number

    async def _make_lists(
        self, seller_id: UUID, orders: Sequence[OrderRef], mode: PickMode, *, claims: bool
    ) -> list[PickListRef]:
        line_ids = {line.id: order for order in orders for line in order.lines if line.to_send}
        rows = [row for row in await self._inventory.reservations(line_ids) if not row.picked]
        products = await CatalogService(self._session).products({row.product_id for row in rows})
        zones: dict[UUID, str] = {}
        if mode is PickMode.ZONE:
            zones = await inventory_views.zones_of(self._session, {row.location_id for row in rows})
        by_building: dict[UUID, dict[str, list[ReservationRow]]] = {}
        for row in rows:
            parts = by_building.setdefault(row.warehouse_id, {})
            parts.setdefault(zones.get(row.location_id, ""), []).append(row)
        made: list[PickListRef] = []
        actor = context_of(self._session).actor
        for warehouse_id, parts in sorted(by_building.items()):
            base = f"P-{await self._next_number()}"
            here = {line_ids[row.order_line_id].id for theirs in parts.values() for row in theirs}
            positions = {order.id: place for place, order in enumerate((o for o in orders if o.id in here), start=1)}
            group_id = new_id() if len(parts) > 1 else None
            self._listed |= here
            for zone, theirs in sorted(parts.items()):
                on_list = {line_ids[row.order_line_id].id for row in theirs}
                they = [order for order in orders if order.id in on_list]
                taken = claims and not made
                new = PickListRef(
                    id=new_id(),
                    seller_id=seller_id,
                    number=f"{base}-{zone}" if zone else base,
                    warehouse_id=warehouse_id,
                    status=ListStatus.OPEN,
                    assigned_to=actor.id if taken else "",
                    assigned_name=actor.name if taken else "",
                    order_count=len(they),
                    created_at=now(),
                    started_at=None,
                    finished_at=None,
                    version=1,
                    mode=str(mode),
                    due_by=min((order.ship_by for order in they if order.ship_by), default=None),
                    paused_at=None,
                    zone=zone,
                    group_id=group_id,
                )
                on = {"pick_list_id": new.id, "warehouse_id": warehouse_id, "seller_id": seller_id, "zone": zone}
                await self._lists.insert_list(
                    msgspec.structs.asdict(new),
                    [
                        {**on, "order_id": order.id, "order_number": order.number, "position": positions[order.id]}
                        for order in they
                    ],
                    [_line(row, new.id, products[row.product_id]) for row in theirs],
                )
                await outbox.record(
                    self._session,
                    *(
                        PickListReleased(
                            seller_id=seller_id,
                            subject_id=order.id,
                            number=order.number,
                            pick_list_id=new.id,
                            pick_list=new.number,
                        )
                        for order in they
                    ),
                )
                if taken:
                    await self._claim(new)
                made.append(new)
        return made

    async def _claim(self, made: PickListRef) -> None:
        """Let the caller begin a list that was made in their name."""
        await Way(self._session).begin_list(made.id)
        await outbox.record(
            self._session,
            PickListChangedHands(
                seller_id=made.seller_id,
                subject_id=made.id,
                pick_list=made.number,
                what="claimed",
                before="",
                name=made.assigned_name,
            ),
        )


def _line(row: ReservationRow, list_id: UUID, product: ProductRef) -> dict[str, object]:
    return {
        "id": new_id(),
        "seller_id": row.seller_id,
        "pick_list_id": list_id,
        "order_id": row.order_id,
        "order_line_id": row.order_line_id,
        "product_id": row.product_id,
        "sku": product.sku,
        "gtin": product.gtin or "",
        "title": product.title,
        "location_id": row.location_id,
        "location_code": row.location_code,
        "walk_order": row.walk_order,
        "lot": row.lot,
        "quantity": row.quantity,
        "state": str(LineState.OPEN),
    }


def _why_not(order: OrderRef, busy: Collection[UUID]) -> SkipReason | None:
    """Return why an order cannot be picked, or nothing."""
    if order.id in busy:
        return SkipReason.ON_A_LIST
    if order.status is not OrderStatus.RESERVED:
        return SkipReason.NOT_RESERVED
    if order.held_at is not None:
        return SkipReason.HELD
    if not any(line.to_send for line in order.lines):
        return SkipReason.NOTHING_OURS
    return None
