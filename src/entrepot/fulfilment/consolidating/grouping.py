"""Orders of one address wait for each other, and leave in one parcel."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.consolidating.address import address_key, group_key, written
from entrepot.fulfilment.consolidating.errors import (
    GroupedAlreadyError,
    GroupNotFoundError,
    GroupWaitsError,
    OtherAddressError,
    OtherSellerError,
    TooFewError,
    TooLateToGroupError,
)
from entrepot.fulfilment.consolidating.events import OrderGrouped
from entrepot.fulfilment.consolidating.repository import GroupRef, GroupRepository
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.fulfilment.tasks import LetGroupGo
from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

IN_WORK = frozenset({OrderStatus.PENDING, OrderStatus.RESERVED, OrderStatus.PICKING, OrderStatus.PICKED})
NEIGHBOURS = 50
LONGEST_REASON = 500
TIME_IS_UP = N_("Time is up")


class Consolidating:
    """Groups of orders.  Locks: the orders, oldest first, then their group."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._groups = GroupRepository(session)
        self._orders = OrderService(session)

    async def group(self, order_ids: Collection[UUID], *, minutes: int | None = None) -> GroupRef:
        """Let these orders wait for each other, and be packed together.

        Args:
            order_ids: two or more, of one seller and one address, none of them packed.
            minutes: after which they go on with what is there; the site's rule without.

        Raises:
            TooFewError, OtherSellerError, OtherAddressError, TooLateToGroupError, GroupedAlreadyError: as they say.
        """
        orders = await self._orders.orders(order_ids, lock=True)
        if len(orders) < 2:  # noqa: PLR2004 -- a group
            raise TooFewError(count=len(orders))
        first = orders[0]
        key = address_key(first.shipping_address)
        grouped = await self._groups.groups_of([order.id for order in orders])
        for order in orders:
            if order.seller_id != first.seller_id:
                raise OtherSellerError(number=first.number, other=order.number)
            if order.status not in IN_WORK:
                raise TooLateToGroupError(number=order.number, status=str(order.status))
            if not key or address_key(order.shipping_address) != key:
                raise OtherAddressError(
                    number=first.number,
                    address=written(first.shipping_address) or "–",
                    other=order.number,
                    other_address=written(order.shipping_address) or "–",
                )
            if order.id in grouped:
                raise GroupedAlreadyError(number=order.number, group=grouped[order.id].number)
        return await self._make("hand", key, orders, minutes)

    async def follow(self, order_id: UUID) -> GroupRef | None:
        """Put an order into a group by the rule of its site, with others for the same address; None: it goes alone."""
        order = await self._orders.order(order_id)
        rules = await Packaging(self._session).rules(order.seller_id, order.warehouse_id)
        key = group_key(rules.consolidates, order.shipping_address, order.customer_email, order.customer_name)
        if not rules.consolidates or not key:
            return None
        near = await self._groups.same_name(order.seller_id, order.ship_postcode, NEIGHBOURS)
        orders = [
            one
            for one in await self._orders.orders({*near, order_id}, lock=True)
            if one.status in IN_WORK - {OrderStatus.PENDING}
            and one.held_at is None
            and group_key(rules.consolidates, one.shipping_address, one.customer_email, one.customer_name) == key
        ]
        grouped = await self._groups.groups_of([one.id for one in orders])
        alone = [one for one in orders if one.id not in grouped]
        if order_id not in {one.id for one in alone}:
            return None
        found = await self._groups.open_group(order.seller_id, rules.consolidates, key)
        if found is not None:
            await self._join(found, alone)
            return found
        return await self._make(rules.consolidates, key, alone, None) if len(alone) > 1 else None

    async def take_out(self, group_id: UUID, order_id: UUID) -> None:
        """Let an order go alone.

        Raises:
            GroupNotFoundError: there is no such group, or it is over.
        """
        orders = await self._orders.orders([order_id], lock=True)
        found = await self._open(group_id)
        await self._groups.leave(group_id, order_id)
        await self._tell(found, orders, "left")
        if len(await self._groups.members(group_id)) < 2:  # noqa: PLR2004 -- one alone waits for nobody
            await self._groups.end(group_id)

    async def let_go(self, group_id: UUID, reason: str = "") -> GroupRef:
        """Let a group go on with what is there; its orders still share boxes.

        Raises:
            GroupNotFoundError: there is no such group, or it is over.
        """
        orders = await self._orders.orders(await self._groups.members(group_id), lock=True)
        found = await self._open(group_id)
        if found.state == "open":
            await self._groups.set_state(group_id, "let_go", reason.strip()[:LONGEST_REASON])
            await self._tell(found, orders, "let_go", reason)
        return await self._groups.group(group_id) or found

    async def time_is_up(self, group_id: UUID) -> bool:
        """Let a group go on whose time is up; it may be over already, or have gone on."""
        found = await self._groups.group(group_id)
        if found is None or found.state != "open" or found.until > now():
            return False
        await self.let_go(group_id, TIME_IS_UP)
        return True

    async def may_pack(self, order: OrderRef) -> None:
        """Check that an order need not wait for others.

        Raises:
            GroupWaitsError: for which, and until when.
        """
        waits = await self._groups.waits_for(order.id)
        if waits is not None:
            raise GroupWaitsError(
                number=order.number, others=waits.others, group=waits.group, until=f"{waits.until:%Y-%m-%d %H:%M}"
            )

    async def group_of(self, order_id: UUID) -> GroupRef | None:
        """Return the group that an order is in."""
        return (await self._groups.groups_of([order_id])).get(order_id)

    async def together(self, order_id: UUID) -> list[UUID]:
        """Return the orders that may share a box with an order, itself among them."""
        found = await self.group_of(order_id)
        return [order_id] if found is None else await self._groups.members(found.id)

    # -- inside

    async def _make(self, rule: str, key: str, orders: Sequence[OrderRef], minutes: int | None) -> GroupRef:
        first = orders[0]
        if minutes is None:
            rules = await Packaging(self._session).rules(first.seller_id, first.warehouse_id)
            minutes = rules.wait_minutes
        group_id = new_id()
        await self._groups.insert(
            {
                "id": group_id,
                "seller_id": first.seller_id,
                "number": f"G-{await self._groups.next_number(first.seller_id):04}",
                "rule": rule,
                "address_key": key,
                "ship_name": first.ship_name,
                "state": "open",
                "until": now() + timedelta(minutes=minutes),
                "made_by": context_of(self._session).actor.name,
            }
        )
        found = await self._open(group_id)
        await self._join(found, orders)
        task = LetGroupGo(seller_id=first.seller_id, group_id=group_id)
        await jobs.enqueue(self._session, task, key=str(group_id), delay=timedelta(minutes=minutes, seconds=1))
        return found

    async def _join(self, found: GroupRef, orders: Sequence[OrderRef]) -> None:
        rows = [
            {"consolidation_id": found.id, "seller_id": order.seller_id, "order_id": order.id, "current": True}
            for order in orders
        ]
        await self._groups.join(rows)
        await self._tell(found, orders, "joined")

    async def _open(self, group_id: UUID) -> GroupRef:
        found = await self._groups.group(group_id, lock=True)
        if found is None or found.state == "over":
            raise GroupNotFoundError(group=found.number if found else str(group_id))
        return found

    async def _tell(self, found: GroupRef, orders: Sequence[OrderRef], what: str, reason: str = "") -> None:
        await outbox.record(
            self._session,
            *(
                OrderGrouped(
                    seller_id=order.seller_id,
                    subject_id=order.id,
                    number=order.number,
                    group=found.number,
                    what=what,
                    reason=reason,
                )
                for order in orders
            ),
        )
