"""Corrections on the floor: too little there, a pick undone, goods put back."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import LineState, ShortReason
from entrepot.fulfilment.errors import AlreadyPickedError, NothingPickedError, TooLateToUndoError
from entrepot.fulfilment.events import LineShort, PickUndone
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.taking import PICKED, Taking
from entrepot.inventory.service import InventoryService
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import Attention, OrderService, OrderStatus

WAS_SHORT = N_("{missing} of {sku} missing; {replaced} are taken from elsewhere instead.")
UNDONE = N_("{quantity} of {sku} back in {location}.")


class Correcting:
    """What pickers do when the shelf and the list disagree."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)
        self._ground = Taking(session)

    async def short(self, line_id: UUID, reason: ShortReason, *, found_units: int | None = None) -> PickOutcome:
        """Report that less is there than there should be; others are taken instead where there are some.

        Args:
            line_id: the line.
            reason: what is wrong.
            found_units: units that are there after all and still to be picked; they are picked first.
        """
        found, line = await self._ground.line(line_id)
        if line.state is not LineState.OPEN:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        if found_units:
            await self._ground.take(found, line, found_units, "")
            found, line = await self._ground.line(line_id)
            if line.state is not LineState.OPEN:
                return PickOutcome(pick_list_id=found.id, pick_line_id=line.id, picked=found_units, message=PICKED,
                                   facts={"quantity": found_units, "sku": line.sku})  # fmt: skip
        order = await self._ground.order(line)
        if order.status is OrderStatus.CANCELLED:
            return await self._ground.skip(found, line, order)
        missing, replaced = line.left, 0
        row = await self._ground.reservation(line)
        if row is not None:
            units = min(missing, row.quantity)
            replaced = await self._inventory.miss(row.id, units, reason=f"Short pick {found.number}: {reason}")
            if replaced:
                await self._add_lines(found, line)
        await self._lists.update_line(
            line.id,
            short=line.short + missing,
            in_hand=0,
            reason=str(reason),
            state=str(LineState.SHORT),
            scanned_at=now(),
            scanned_by=context_of(self._session).actor.name,
        )
        await outbox.record(
            self._session,
            LineShort(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                location=line.location_code,
                missing=missing,
                replaced=replaced,
                reason=str(reason),
            ),
        )
        await self._ground.after(found, line)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=0,
            message=WAS_SHORT,
            facts={"missing": missing, "sku": line.sku, "replaced": replaced},
        )

    async def undo(self, line_id: UUID, quantity: int | None = None) -> PickOutcome:
        """Put what was picked of a line back on its shelf; it is to be picked again.

        Args:
            line_id: the line.
            quantity: units to put back; all that were picked without.

        Raises:
            NothingPickedError: nothing, or less than that, was picked.
            TooLateToUndoError: the order went on.
            PickListClosedError: the list is finished.
        """
        found, line = await self._ground.line(line_id)
        units_back = line.picked if quantity is None else quantity
        if not 0 < units_back <= line.picked or line.put_back:
            raise NothingPickedError(sku=line.sku, location=line.location_code)
        order = await self._ground.order(line)
        if order.status is not OrderStatus.PICKING or not found.is_open:
            raise TooLateToUndoError(number=order.number, status=str(order.status))
        left = units_back
        for row in await self._inventory.reservations([line.order_line_id]):
            if row.picked and row.product_id == line.product_id and row.lot == line.lot and left:
                units = min(left, row.quantity)
                await self._inventory.unpick(row.id, units, line.location_id)
                left -= units
        rest = line.picked - units_back
        still = {} if rest else {"scanned_at": None, "scanned_by": ""}
        await self._lists.update_line(
            line.id, picked=rest, sorted=min(line.sorted, rest), state=str(LineState.OPEN), **still
        )
        await outbox.record(
            self._session,
            PickUndone(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                location=line.location_code,
                quantity=units_back,
            ),
        )
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=-units_back,
            message=UNDONE,
            facts={"quantity": units_back, "sku": line.sku, "location": line.location_code},
        )

    async def put_back(self, line_id: UUID) -> None:
        """Note that goods which no order takes any more lie on their shelf again.

        Raises:
            NothingPickedError: nothing of the line is to be put back.
        """
        _, line = await self._ground.line(line_id)
        if not line.put_back:
            raise NothingPickedError(sku=line.sku, location=line.location_code)
        order = await self._ground.order(line)
        location = (await self._inventory.location(line.location_id)).warehouse_id
        staging = await self._inventory.staging_location(location)
        await self._inventory.put_back(line.product_id, staging, line.location_id, line.put_back, lot=line.lot)
        await self._lists.update_line(line.id, put_back=0)
        others = [one for one in await self._lists.lines_of_orders([line.order_id]) if one.put_back]
        if others:
            return
        staged = await self._inventory.reservations([one.id for one in order.lines])
        if not any(row.picked for row in staged):
            await self._lists.free_totes([order.id])
        if Attention.PUT_BACK in order.attention:
            await self._orders.settle_attention(order.id, Attention.PUT_BACK)

    # -- inside

    async def _add_lines(self, found: PickListRef, line: PickLineRef) -> None:
        """Put what is taken from elsewhere instead on the list."""
        planned: dict[tuple[UUID, str], int] = {}
        for other in await self._lists.lines(found.id):
            if (
                other.order_line_id == line.order_line_id
                and other.product_id == line.product_id
                and other.state is LineState.OPEN
                and other.id != line.id
            ):
                planned[other.location_id, other.lot] = planned.get((other.location_id, other.lot), 0) + other.left
        rows = [
            row
            for row in await self._inventory.reservations([line.order_line_id])
            if not row.picked
            and row.product_id == line.product_id
            and (row.location_id, row.lot) != (line.location_id, line.lot)
        ]
        await self._lists.insert_lines(
            [
                {
                    "id": new_id(),
                    "seller_id": line.seller_id,
                    "pick_list_id": found.id,
                    "order_id": line.order_id,
                    "order_line_id": line.order_line_id,
                    "product_id": line.product_id,
                    "sku": line.sku,
                    "gtin": line.gtin,
                    "title": line.title,
                    "location_id": row.location_id,
                    "location_code": row.location_code,
                    "walk_order": row.walk_order,
                    "lot": row.lot,
                    "quantity": more,
                    "state": str(LineState.OPEN),
                }
                for row in rows
                if (more := row.quantity - planned.get((row.location_id, row.lot), 0)) > 0
            ]
        )
