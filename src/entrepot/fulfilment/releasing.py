"""Turns reserved orders into pick lists, one per building, or one per zone of it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.fulfilment.domain import MOST_PER_LIST, SKIP_LABELS, LineState, ListStatus, PickMode, SkipReason
from entrepot.fulfilment.errors import NothingToReleaseError
from entrepot.fulfilment.events import PickListReleased
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.refs import Released, Skipped
from entrepot.fulfilment.repository import ListRepository
from entrepot.inventory import views as inventory_views
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
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
        wanted = list(dict.fromkeys(order_ids))
        orders = await self._orders.orders(wanted, lock=True)
        busy = await self._lists.on_open_lists(wanted)
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
        made: list[tuple[UUID, str]] = []
        for seller_id in dict.fromkeys(order.seller_id for order in ready):
            theirs = [order for order in ready if order.seller_id == seller_id]
            for start in range(0, len(theirs), max(1, per_list)):
                made += await self._make_lists(seller_id, theirs[start : start + max(1, per_list)], mode)
        if at_the_station := {order.id for order in ready} - self._listed:
            await Finishing(self._session).finish_orders(at_the_station)
        return Released(
            pick_list_ids=tuple(list_id for list_id, _ in made),
            numbers=tuple(number for _, number in made),
            orders=len(ready),
            skipped=tuple(skipped),
        )

    async def _make_lists(self, seller_id: UUID, orders: Sequence[OrderRef], mode: PickMode) -> list[tuple[UUID, str]]:
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
        made: list[tuple[UUID, str]] = []
        for warehouse_id, parts in sorted(by_building.items()):
            base = f"P-{await self._lists.next_list_number()}"
            here = {line_ids[row.order_line_id].id for theirs in parts.values() for row in theirs}
            positions = {order.id: place for place, order in enumerate((o for o in orders if o.id in here), start=1)}
            group_id = new_id() if len(parts) > 1 else None
            self._listed |= here
            for zone, theirs in sorted(parts.items()):
                list_id, number = new_id(), f"{base}-{zone}" if zone else base
                on_list = {line_ids[row.order_line_id].id for row in theirs}
                they = [order for order in orders if order.id in on_list]
                await self._lists.insert_list(
                    {
                        "id": list_id,
                        "seller_id": seller_id,
                        "number": number,
                        "warehouse_id": warehouse_id,
                        "status": str(ListStatus.OPEN),
                        "order_count": len(they),
                        "mode": str(mode),
                        "due_by": min((order.ship_by for order in they if order.ship_by), default=None),
                        "created_at": now(),
                        "zone": zone,
                        "group_id": group_id,
                    },
                    [
                        {
                            "pick_list_id": list_id,
                            "order_id": order.id,
                            "warehouse_id": warehouse_id,
                            "seller_id": seller_id,
                            "order_number": order.number,
                            "position": positions[order.id],
                            "zone": zone,
                        }
                        for order in they
                    ],
                    [_line(row, list_id, products[row.product_id]) for row in theirs],
                )
                await outbox.record(
                    self._session,
                    *(
                        PickListReleased(
                            seller_id=seller_id,
                            subject_id=order.id,
                            number=order.number,
                            pick_list_id=list_id,
                            pick_list=number,
                        )
                        for order in they
                    ),
                )
                made.append((list_id, number))
        return made


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
