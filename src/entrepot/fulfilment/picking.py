"""Picking: by scanning, by clicking, short, undone, put back."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import (
    MOST_UNITS,
    Hit,
    LineState,
    ListStatus,
    ShortReason,
    Wanted,
    match,
)
from entrepot.fulfilment.errors import (
    AlreadyPickedError,
    NothingPickedError,
    PickedTooMuchError,
    PickLineNotFoundError,
    PickListClosedError,
    PickListNotFoundError,
    StockGoneError,
    TooLateToUndoError,
    UnknownCodeError,
    WrongLocationError,
    WrongProductError,
)
from entrepot.fulfilment.events import LinePicked, LineShort, PickUndone
from entrepot.fulfilment.finishing import Finishing
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.inventory import views as inventory_views
from entrepot.inventory.errors import AmbiguousLocationError, UnknownLocationError, UnknownProductError
from entrepot.inventory.service import InventoryService, ReservationRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import Attention, OrderRef, OrderService, OrderStatus

PICKED = N_("{quantity} × {sku} picked.")
REPEATED = N_("Already counted: nothing was picked twice.")
RIGHT_PLACE = N_("Right place. Now scan {sku}.")
SKIPPED = N_("Order {number} was cancelled: {sku} is skipped.")
WAS_SHORT = N_("{missing} × {sku} missing; {replaced} are taken from elsewhere instead.")
UNDONE = N_("{quantity} × {sku} back in {location}.")


class Picking:
    """What pickers do.  Locks: the list, then the order, then stock."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)

    async def claim(self, list_id: UUID) -> PickListRef:
        """Take a list: the caller's name is on it from now on.  Taking over another's is allowed and recorded.

        Raises:
            PickListClosedError: it is finished.
        """
        found = await self._open_list(list_id)
        actor = context_of(self._session).actor
        if found.assigned_to != actor.id:
            await self._lists.update_list(list_id, assigned_to=actor.id, assigned_name=actor.name)
        return await self._open_list(list_id)

    async def claim_next(self, seller_ids: tuple[UUID, ...]) -> PickListRef | None:
        """Return the caller's unfinished list, else take the oldest free one; None if there is none."""
        actor = context_of(self._session).actor
        found = await self._lists.own_list(actor.id) or await self._lists.next_free(seller_ids)
        return None if found is None else await self.claim(found)

    async def scan(self, list_id: UUID, code: str, *, client_id: str = "") -> PickOutcome:
        """Act on a scanned code: the wanted product counts one unit, its location is confirmed, anything else is named.

        Args:
            list_id: the picker's list.
            code: GTIN, SKU or location.
            client_id: of this scan; the same again changes nothing.

        Raises:
            WrongProductError, WrongLocationError, UnknownCodeError: as they say.
            PickListClosedError: nothing is open.
        """
        found = await self._open_list(list_id)
        if client_id and (line_id := await self._lists.was_scanned(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=list_id, pick_line_id=line_id, picked=0, repeated=True, message=REPEATED)
        line = await self._lists.current(list_id)
        if line is None:
            raise PickListClosedError(number=found.number, status=str(ListStatus.DONE))
        wanted = Wanted(sku=line.sku, gtin=line.gtin, location=line.location_code, left=line.left)
        hit = match(code, wanted)
        if hit is Hit.OTHER:
            hit = await self._identify(found, line, code.strip())
        if hit is Hit.LOCATION:
            return PickOutcome(
                pick_list_id=list_id,
                pick_line_id=line.id,
                picked=0,
                hit=str(hit),
                message=RIGHT_PLACE,
                facts={"sku": line.sku},
            )
        return await self._pick(found, line, 1, client_id)

    async def pick(self, line_id: UUID, quantity: int | None = None, *, client_id: str = "") -> PickOutcome:
        """Pick units of one line; all that is left of it without a *quantity*.

        Raises:
            AlreadyPickedError: somebody was quicker.
            PickedTooMuchError: less is left.
            StockGoneError: the goods are no longer reserved.
        """
        found, line = await self._line(line_id)
        if client_id and (known := await self._lists.was_scanned(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=found.id, pick_line_id=known, picked=0, repeated=True, message=REPEATED)
        if line.state is not LineState.OPEN:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        return await self._pick(found, line, line.left if quantity is None else quantity, client_id)

    async def short(self, line_id: UUID, reason: ShortReason, *, found_units: int | None = None) -> PickOutcome:
        """Report that less is there than there should be; others are taken instead where there are some.

        Args:
            line_id: the line.
            reason: what is wrong.
            found_units: units that are there after all and still to be picked; they are picked first.
        """
        found, line = await self._line(line_id)
        if line.state is not LineState.OPEN:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        if found_units:
            await self._pick(found, line, found_units, "")
            found, line = await self._line(line_id)
            if line.state is not LineState.OPEN:
                return PickOutcome(pick_list_id=found.id, pick_line_id=line.id, picked=found_units, message=PICKED,
                                   facts={"quantity": found_units, "sku": line.sku})  # fmt: skip
        order = await self._order(line)
        if order.status is OrderStatus.CANCELLED:
            return await self._skip(found, line, order)
        missing, replaced = line.left, 0
        row = await self._reservation(line)
        if row is not None:
            units = min(missing, row.quantity)
            replaced = await self._inventory.miss(row.id, units, reason=f"Short pick {found.number}: {reason}")
            if replaced:
                await self._add_lines(found, line)
        await self._lists.update_line(
            line.id,
            short=line.short + missing,
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
        await self._after(found, line)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=0,
            message=WAS_SHORT,
            facts={"missing": missing, "sku": line.sku, "replaced": replaced},
        )

    async def undo(self, line_id: UUID) -> PickOutcome:
        """Put everything picked of a line back on its shelf; it is to be picked again.

        Raises:
            NothingPickedError: nothing was picked.
            TooLateToUndoError: the order went on.
            PickListClosedError: the list is finished.
        """
        found, line = await self._line(line_id)
        if not line.picked or line.put_back:
            raise NothingPickedError(sku=line.sku, location=line.location_code)
        order = await self._order(line)
        if order.status is not OrderStatus.PICKING or not found.is_open:
            raise TooLateToUndoError(number=order.number, status=str(order.status))
        left = line.picked
        for row in await self._inventory.reservations([line.order_line_id]):
            if row.picked and row.product_id == line.product_id and row.lot == line.lot and left:
                units = min(left, row.quantity)
                await self._inventory.unpick(row.id, units, line.location_id)
                left -= units
        await self._lists.update_line(line.id, picked=0, state=str(LineState.OPEN), scanned_at=None, scanned_by="")
        await outbox.record(
            self._session,
            PickUndone(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                location=line.location_code,
                quantity=line.picked,
            ),
        )
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=-line.picked,
            message=UNDONE,
            facts={"quantity": line.picked, "sku": line.sku, "location": line.location_code},
        )

    async def put_back(self, line_id: UUID) -> None:
        """Note that goods which no order takes any more lie on their shelf again.

        Raises:
            NothingPickedError: nothing of the line is to be put back.
        """
        _, line = await self._line(line_id)
        if not line.put_back:
            raise NothingPickedError(sku=line.sku, location=line.location_code)
        order = await self._order(line)
        location = (await self._inventory.location(line.location_id)).warehouse_id
        staging = await self._inventory.staging_location(location)
        await self._inventory.put_back(line.product_id, staging, line.location_id, line.put_back, lot=line.lot)
        await self._lists.update_line(line.id, put_back=0)
        others = [one for one in await self._lists.lines_of_orders([line.order_id]) if one.put_back]
        if not others and Attention.PUT_BACK in order.attention:
            await self._orders.settle_attention(order.id, Attention.PUT_BACK)

    async def drop_order(self, order_id: UUID) -> None:
        """Take a cancelled order off its lists; what was picked of it is to be put back."""
        lists = [await self._lists.find_list(id_, lock=True) for id_ in await self._lists.open_lists_of([order_id])]
        for line in await self._lists.lines_of_orders([order_id]):
            if line.state in {LineState.OPEN, LineState.PICKED, LineState.SHORT}:
                await self._lists.update_line(line.id, state=str(LineState.CANCELLED), put_back=line.picked)
        for found in lists:
            if found is not None:
                await Finishing(self._session).finish_list(found.id)

    # -- inside

    async def _pick(self, found: PickListRef, line: PickLineRef, quantity: int, client_id: str) -> PickOutcome:
        if not 1 <= quantity <= min(line.left, MOST_UNITS):
            raise PickedTooMuchError(quantity=quantity, sku=line.sku, left=line.left, location=line.location_code)
        order = await self._order(line)
        if order.status is OrderStatus.CANCELLED:
            return await self._skip(found, line, order)
        row = await self._reservation(line)
        if row is None or row.quantity < quantity:
            raise StockGoneError(sku=line.sku, location=line.location_code, number=order.number)
        noted = await self._lists.add_scan(line.seller_id, client_id or new_id().hex, line.id, quantity)
        if not noted:
            return PickOutcome(pick_list_id=found.id, pick_line_id=line.id, picked=0, repeated=True, message=REPEATED)
        await self._inventory.pick(row.id, quantity, await self._inventory.staging_location(row.warehouse_id))
        actor = context_of(self._session).actor
        whole = line.picked + line.short + quantity == line.quantity
        state = (LineState.SHORT if line.short else LineState.PICKED) if whole else LineState.OPEN
        await self._lists.update_line(
            line.id,
            picked=line.picked + quantity,
            state=str(state),
            scanned_at=now(),
            scanned_by=actor.name,
            location_id=row.location_id,
            location_code=row.location_code,
        )
        if found.status is ListStatus.OPEN:
            await self._lists.update_list(
                found.id,
                status=str(ListStatus.PICKING),
                started_at=now(),
                assigned_to=found.assigned_to or actor.id,
                assigned_name=found.assigned_name or actor.name,
            )
        await outbox.record(
            self._session,
            LinePicked(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                location=row.location_code,
                quantity=quantity,
            ),
        )
        if whole:
            await self._after(found, line)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=quantity,
            message=PICKED,
            facts={"quantity": quantity, "sku": line.sku},
        )

    async def _after(self, found: PickListRef, line: PickLineRef) -> None:
        finishing = Finishing(self._session)
        await finishing.finish_list(found.id)
        await finishing.finish_orders([line.order_id])

    async def _skip(self, found: PickListRef, line: PickLineRef, order: OrderRef) -> PickOutcome:
        await self.drop_order(order.id)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=line.id,
            picked=0,
            hit="cancelled",
            message=SKIPPED,
            facts={"number": order.number, "sku": line.sku},
        )

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
            if not row.picked and row.product_id == line.product_id and row.location_id != line.location_id
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

    async def _reservation(self, line: PickLineRef) -> ReservationRow | None:
        """Return where the line's goods are now: they may have been moved since the list was made."""
        rows = [
            row
            for row in await self._inventory.reservations([line.order_line_id])
            if row.product_id == line.product_id and not row.picked
        ]
        here = [row for row in rows if row.location_id == line.location_id and row.lot == line.lot]
        if here or not rows:
            return here[0] if here else None
        planned = {
            (other.location_id, other.lot)
            for other in await self._lists.lines(line.pick_list_id)
            if other.order_line_id == line.order_line_id and other.id != line.id and other.state is LineState.OPEN
        }
        moved = [row for row in rows if (row.location_id, row.lot) not in planned]
        return moved[0] if moved else None

    async def _identify(self, found: PickListRef, line: PickLineRef, code: str) -> Hit:
        """Return what *code* is if it is right after all; else say what it is."""
        facts = {"sku": line.sku, "location": line.location_code}
        try:
            location = await self._inventory.scan_location(code, warehouse_id=found.warehouse_id)
        except (UnknownLocationError, AmbiguousLocationError):
            pass
        else:
            if location.id == line.location_id:
                return Hit.LOCATION
            raise WrongLocationError(scanned=location.code, **facts)
        try:
            product = await self._inventory.scan_product(found.seller_id, code)
        except UnknownProductError:
            raise UnknownCodeError(scanned=code[:60], **facts) from None
        if product.id == line.product_id:  # its GTIN was entered after the list was made
            return Hit.PRODUCT
        places = [
            other.location_code
            for other in await self._lists.lines(found.id)
            if other.product_id == product.id and other.location_id != line.location_id
        ]
        if not places:
            places = [
                level.location_code
                for level in await inventory_views.levels(self._session, product_id=product.id)
                if level.on_hand
            ]
        raise WrongProductError(scanned=product.sku, found=places[0] if places else "–", **facts)

    async def _open_list(self, list_id: UUID) -> PickListRef:
        found = await self._lists.find_list(list_id, lock=True)
        if found is None:
            raise PickListNotFoundError(number=str(list_id))
        if not found.is_open:
            raise PickListClosedError(number=found.number, status=str(found.status))
        return found

    async def _line(self, line_id: UUID) -> tuple[PickListRef, PickLineRef]:
        """Lock a line's list, then read the line."""
        line = await self._lists.line(line_id)
        if line is None:
            raise PickLineNotFoundError(number="–")
        found = await self._lists.find_list(line.pick_list_id, lock=True)
        line = await self._lists.line(line_id)
        if found is None or line is None:
            raise PickLineNotFoundError(number="–")
        return found, line

    async def _order(self, line: PickLineRef) -> OrderRef:
        return (await self._orders.orders([line.order_id], lock=True))[0]
