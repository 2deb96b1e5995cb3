"""What picking and correcting share: the order of locks, where goods are now, and taking them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import MOST_UNITS, LineState, ListStatus
from entrepot.fulfilment.errors import (
    PickedTooMuchError,
    PickLineNotFoundError,
    PickListClosedError,
    PickListNotFoundError,
    StockGoneError,
)
from entrepot.fulfilment.events import LinePicked
from entrepot.fulfilment.finishing import Finishing, staged_units
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.way.going import Way
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import CrossedError, context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

PICKED = N_("Picked {quantity} of {sku}.")
REPEATED = N_("Already counted: nothing was picked twice.")
SKIPPED = N_("Order {number} was cancelled: {sku} is skipped.")


@dataclass(frozen=True, slots=True)
class Take:
    """Units of one open line, under the client id of the act."""

    line: PickLineRef
    quantity: int
    client_id: str = ""


class Taking:
    """Takes goods off shelves.  Locks: the list, then the order, then stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)
        self._way = Way(session)

    async def open_list(self, list_id: UUID) -> PickListRef:
        """Lock a list that is worked on.

        Raises:
            PickListNotFoundError: there is none, or it is somebody else's.
            PickListClosedError: it is finished.
        """
        found = await self._lists.find_list(list_id, lock=True)
        if found is None:
            raise PickListNotFoundError(number=str(list_id))
        if not found.is_open:
            raise PickListClosedError(number=found.number, status=str(found.status))
        return found

    async def open_or_done(self, list_id: UUID) -> tuple[PickListRef, SiteSettings]:
        """Lock a list, whether it is worked on or finished; return it with what its site wants scanned.

        Raises:
            PickListNotFoundError: there is none, or it is somebody else's.
        """
        found = await self._lists.work(list_id)
        if found is None:
            raise PickListNotFoundError(number=str(list_id))
        return found

    async def line(self, line_id: UUID) -> tuple[PickListRef, PickLineRef]:
        """Lock a line's list, then read the line.

        Raises:
            PickLineNotFoundError: there is none, or it is somebody else's.
        """
        line = await self._lists.line(line_id)
        if line is None:
            raise PickLineNotFoundError
        found = await self._lists.find_list(line.pick_list_id, lock=True)
        line = await self._lists.line(line_id)
        if found is None or line is None:
            raise PickLineNotFoundError
        return found, line

    async def order(self, line: PickLineRef) -> OrderRef:
        """Lock the order that a line is picked for."""
        return (await self._orders.orders([line.order_id], lock=True))[0]

    async def reservation(self, line: PickLineRef) -> ReservationRow | None:
        """Return where the line's goods are now: they may have been moved since the list was made."""
        rows = await self._inventory.reservations([line.order_line_id])
        return _goods_of(line, rows, await self._lists.lines(line.pick_list_id))

    async def take(self, found: PickListRef, line: PickLineRef, quantity: int, client_id: str) -> PickOutcome:
        """Carry units of an open line from their shelf to the pack station; skip the line if its order was cancelled.

        Raises:
            PickedTooMuchError: less is left.
            StockGoneError: the goods are no longer reserved.
            InReviewError: somebody sent the order back.
        """
        return (await self.take_many(found, [Take(line, quantity, client_id)]))[0]

    async def take_many(
        self, found: PickListRef, takes: Sequence[Take], *, lines: Sequence[PickLineRef] = ()
    ) -> list[PickOutcome]:
        """Do as :meth:`take` for several lines of one list, in a handful of statements; all or none.

        Args:
            found: the list, locked.
            takes: what is picked.
            lines: all lines of the list, if the caller has read them.

        Returns:
            One outcome each, in their order.
        """
        for take in takes:
            line = take.line
            if not 1 <= take.quantity <= min(line.left, MOST_UNITS):
                raise PickedTooMuchError(
                    quantity=take.quantity, sku=line.sku, left=line.left, location=line.location_code
                )
        orders = {one.id: one for one in await self._orders.orders({one.line.order_id for one in takes}, lock=True)}
        await self._way.not_in_review({id_: order.number for id_, order in orders.items()})
        wanted = [one for one in takes if orders[one.line.order_id].status is not OrderStatus.CANCELLED]
        outcomes = {
            one.line.id: await self.skip(found, one.line, orders[one.line.order_id])
            for one in takes
            if one not in wanted
        }
        if wanted:
            outcomes |= await self._carry(found, wanted, orders, lines)
        return [outcomes[one.line.id] for one in takes]

    async def _carry(
        self,
        found: PickListRef,
        takes: Sequence[Take],
        orders: Mapping[UUID, OrderRef],
        lines: Sequence[PickLineRef],
    ) -> dict[UUID, PickOutcome]:
        lines = lines or await self._lists.lines(found.id)
        # Of orders that this may finish all that they have, to see whether that is enough.
        left = Counter(line.order_id for line in lines if line.state is LineState.OPEN)
        left.subtract(one.line.order_id for one in takes if one.quantity == one.line.left)
        wanted = {one.line.order_line_id for one in takes}
        wanted |= {
            line.id for id_ in {one.line.order_id for one in takes} if not left[id_] for line in orders[id_].lines
        }
        rows = await self._inventory.reservations(wanted)
        goods = _goods(takes, rows, lines, orders)
        noted = await self._lists.add_scans(
            found.seller_id, [(one.client_id or new_id().hex, one.line.id, one.quantity) for one in takes]
        )
        outcomes = {
            one.line.id: PickOutcome(
                pick_list_id=found.id, pick_line_id=one.line.id, picked=0, repeated=True, message=REPEATED
            )
            for one in takes
        }
        done = [one for one in takes if one.line.id in noted]
        if not done:
            return outcomes
        if not await self._inventory.pick(_loads(done, goods)):
            # Somebody moved them since they were read.  Nobody does any more.
            rows = await self._inventory.reservations(wanted)
            goods = _goods(done, rows, lines, orders)
            if not await self._inventory.pick(_loads(done, goods)):
                raise CrossedError
        after = {one.line.id: _after(one, goods[one.line.id], context_of(self._session).actor.name) for one in done}
        lines = [after.get(line.id, line) for line in lines]
        begun = await self._begin(found)
        await outbox.record(
            self._session,
            *(
                LinePicked(
                    seller_id=one.line.seller_id,
                    subject_id=one.line.order_id,
                    number=one.line.order_number,
                    pick_list=found.number,
                    sku=one.line.sku,
                    location=goods[one.line.id].location_code,
                    quantity=one.quantity,
                )
                for one in done
            ),
        )
        finishing = Finishing(self._session)
        over = await finishing.close_list(found, lines, begun=begun, picked=list(after.values()))
        if over := over & {one.line.order_id for one in done}:
            staged = Counter(staged_units(rows))
            for one in done:
                staged[one.line.order_line_id, one.line.product_id] += one.quantity
            await finishing.finish_orders(over, locked=[orders[id_] for id_ in over], staged=staged)
        for one in done:
            outcomes[one.line.id] = PickOutcome(
                pick_list_id=found.id,
                pick_line_id=one.line.id,
                picked=one.quantity,
                message=PICKED,
                facts={"quantity": one.quantity, "sku": one.line.sku},
            )
        return outcomes

    async def _begin(self, found: PickListRef) -> dict[str, object]:
        """Let somebody work on a list that nobody had begun; return what is to be noted of the list."""
        if found.status is not ListStatus.OPEN:
            return {}
        if not found.assigned_to:
            await self._way.begin_list(found.id)
        actor = context_of(self._session).actor
        return {
            "status": str(ListStatus.PICKING),
            "started_at": now(),
            "assigned_to": found.assigned_to or actor.id,
            "assigned_name": found.assigned_name or actor.name,
        }

    async def after(self, found: PickListRef, line: PickLineRef) -> None:
        """Close the list and move the order on if nothing of them is left to pick."""
        finishing = Finishing(self._session)
        await finishing.finish_list(found.id)
        await finishing.finish_orders([line.order_id])

    async def skip(self, found: PickListRef, line: PickLineRef, order: OrderRef) -> PickOutcome:
        """Answer that a cancelled order is not picked any more."""
        await self.drop_order(order.id)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=0,
            hit="cancelled",
            message=SKIPPED,
            facts={"number": order.number, "sku": line.sku},
        )

    async def drop_order(self, order_id: UUID) -> None:
        """Take a cancelled order off its lists; what was picked of it is to be put back."""
        lists = [await self._lists.find_list(id_, lock=True) for id_ in await self._lists.open_lists_of([order_id])]
        lines = await self._lists.lines_of_orders([order_id])
        for line in lines:
            if line.state in {LineState.OPEN, LineState.PICKED, LineState.SHORT}:
                await self._lists.update_line(line.id, state=str(LineState.CANCELLED), put_back=line.picked, in_hand=0)
        if not any(line.picked for line in lines):  # else its totes are empty when the goods are back on their shelves
            await self._lists.free_totes([order_id])
        for found in lists:
            if found is not None:
                await Finishing(self._session).finish_list(found.id)


def _goods_of(
    line: PickLineRef, reserved: Iterable[ReservationRow], lines: Iterable[PickLineRef]
) -> ReservationRow | None:
    """Return where the goods of a line lie: where the list says, or where they were moved to since."""
    rows = [
        row
        for row in reserved
        if row.order_line_id == line.order_line_id and row.product_id == line.product_id and not row.picked
    ]
    here = [row for row in rows if row.location_id == line.location_id and row.lot == line.lot]
    if here or not rows:
        return here[0] if here else None
    planned = {
        (other.location_id, other.lot)
        for other in lines
        if other.order_line_id == line.order_line_id and other.id != line.id and other.state is LineState.OPEN
    }
    moved = [row for row in rows if (row.location_id, row.lot) not in planned]
    return moved[0] if moved else None


def _goods(
    takes: Iterable[Take],
    reserved: Collection[ReservationRow],
    lines: Collection[PickLineRef],
    orders: Mapping[UUID, OrderRef],
) -> dict[UUID, ReservationRow]:
    """Return where the goods of each line (its id ->) lie.

    Raises:
        StockGoneError: they are no longer reserved.
    """
    goods: dict[UUID, ReservationRow] = {}
    taken: Counter[UUID] = Counter()
    for one in takes:
        row = _goods_of(one.line, reserved, lines)
        if row is not None:
            taken[row.id] += one.quantity
        if row is None or row.quantity < taken[row.id]:
            number = orders[one.line.order_id].number
            raise StockGoneError(sku=one.line.sku, location=one.line.location_code, number=number)
        goods[one.line.id] = row
    return goods


def _loads(takes: Iterable[Take], goods: Mapping[UUID, ReservationRow]) -> list[tuple[ReservationRow, int]]:
    """Return how many units are taken of each reservation."""
    units: Counter[UUID] = Counter()
    for one in takes:
        units[goods[one.line.id].id] += one.quantity
    rows = {row.id: row for row in goods.values()}
    return [(rows[id_], count) for id_, count in units.items()]


def _after(take: Take, goods: ReservationRow, who: str) -> PickLineRef:
    line = take.line
    whole = line.picked + line.short + take.quantity == line.quantity
    return replace(
        line,
        picked=line.picked + take.quantity,
        state=(LineState.SHORT if line.short else LineState.PICKED) if whole else LineState.OPEN,
        scanned_at=now(),
        scanned_by=who,
        location_id=goods.location_id,
        location_code=goods.location_code,
    )
