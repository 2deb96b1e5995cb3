"""Another lot at the shelf than the one that expires first: with a reason, and kept."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carts.errors import OtherLotError, QuarantinedLotError, SwapReasonError
from entrepot.fulfilment.carts.events import LotSwapped
from entrepot.fulfilment.carts.repository import CartRepository
from entrepot.fulfilment.domain import CHECKED_SWAPS, LineState, SwapReason
from entrepot.fulfilment.errors import AlreadyPickedError, StockGoneError
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.taking import REPEATED, Taking
from entrepot.fulfilment.way.errors import ExpiredLotError, WrongLotError
from entrepot.fulfilment.way.going import Way
from entrepot.inventory import views as inventory_views
from entrepot.inventory.service import InventoryService
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderStatus

SWAPPED = N_("{quantity} of lot {after} instead of lot {before}. Now scan {sku}.")


class Swapping:
    """Offers and makes swaps of lots."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._carts = CartRepository(session)
        self._inventory = InventoryService(session)
        self._ground = Taking(session)
        self._way = Way(session)

    async def known(self, line: PickLineRef, code: str) -> str:
        """Return the lot of the line's product that *code* names; empty if there is none.

        Raises:
            ExpiredLotError: it is past its date.
            QuarantinedLotError: it was set aside.
        """
        said = code.strip().casefold()
        lots = await self._inventory.lots_of([line.product_id])
        lot = next((one for one in lots if one.code.casefold() == said), None)
        if lot is None:
            return ""
        if lot.expires_on is not None and lot.expired(now().date()):
            raise ExpiredLotError(sku=line.sku, lot=lot.code, expired=lot.expires_on.isoformat())
        if not lot.sellable:
            raise QuarantinedLotError(sku=line.sku, lot=lot.code)
        return lot.code

    async def refuse(self, line: PickLineRef, code: str, expires_on: date | None = None) -> None:
        """Say what is wrong with another lot of the line's product; whether it may be taken with a reason.

        Raises:
            OtherLotError: it lies there, too, and may be taken.
            WrongLotError: by the books it does not lie there.
            ExpiredLotError, QuarantinedLotError: nobody may take it.
        """
        if expires_on is not None and expires_on < now().date():
            raise ExpiredLotError(sku=line.sku, lot=code, expired=expires_on.isoformat())
        lot = await self.known(line, code)
        facts = {"lot": line.lot, "sku": line.sku, "location": line.location_code}
        for level in await inventory_views.levels(self._session, product_id=line.product_id) if lot else ():
            if level.location_id == line.location_id and level.lot == lot and level.on_hand:
                raise OtherLotError(scanned=lot, **facts)
        raise WrongLotError(scanned=code, **facts)

    async def swap(self, line_id: UUID, lot: str, reason: str, *, client_id: str = "") -> PickOutcome:
        """Take another lot from the same place; as many units as are free of it.

        Args:
            line_id: an open line.
            lot: of the same product, as it was scanned.
            reason: one of :class:`SwapReason`.
            client_id: of the act; the same again changes nothing.

        Raises:
            SwapReasonError: nobody said why.
            ExpiredLotError, QuarantinedLotError: nobody may take it.
            UnknownLotError, LotPromisedError: there is none of it, or none that is free.
        """
        found, line = await self._ground.line(line_id)
        if client_id and (known := await self._carts.swapped_before(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=found.id, pick_line_id=known, picked=0, repeated=True, message=REPEATED)
        if line.state is not LineState.OPEN or not line.lot:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        if reason not in set(SwapReason):
            raise SwapReasonError(scanned=lot, sku=line.sku, lot=line.lot)
        order = await self._ground.order(line)
        if order.status is OrderStatus.CANCELLED:
            return await self._ground.skip(found, line, order)
        await self._way.not_in_review({order.id: order.number})
        after = await self.known(line, lot)
        if not after:
            raise WrongLotError(scanned=lot[:60], lot=line.lot, sku=line.sku, location=line.location_code)
        if after == line.lot:
            return PickOutcome(pick_list_id=found.id, pick_line_id=line.id, picked=0, repeated=True, message=REPEATED)
        row = await self._ground.reservation(line)
        if row is None:
            raise StockGoneError(sku=line.sku, location=line.location_code, number=order.number)
        check = SwapReason(reason) in CHECKED_SWAPS
        units = await self._inventory.swap_lot(row.id, after, line.left, check=check)
        other = await self._rewrite(found, line, after, units)
        await self._keep(line, after, units, reason, client_id)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=other,
            picked=0,
            hit="swapped",
            message=SWAPPED,
            facts={"quantity": units, "before": line.lot, "after": after, "sku": line.sku},
        )

    # -- inside

    async def _rewrite(self, found: PickListRef, line: PickLineRef, lot: str, units: int) -> UUID:
        """Let the list say what is taken now; return the line of the other lot."""
        for other in await self._lists.lines(found.id):
            if (
                other.state is LineState.OPEN
                and (other.order_line_id, other.product_id) == (line.order_line_id, line.product_id)
                and (other.location_id, other.lot) == (line.location_id, lot)
            ):
                await self._lists.update_line(other.id, quantity=other.quantity + units, lot_scanned=lot)
                await self._leave(line, units)
                return other.id
        if units == line.quantity:
            await self._lists.update_line(line.id, lot=lot, lot_scanned=lot, in_hand=0)
            return line.id
        await self._leave(line, units)
        fresh = new_id()
        await self._lists.insert_lines(
            [
                {
                    **{name: getattr(line, name) for name in COPIED},
                    "id": fresh,
                    "lot": lot,
                    "lot_scanned": lot,
                    "located_at": line.located_at,
                    "quantity": units,
                    "state": str(LineState.OPEN),
                }
            ]
        )
        return fresh

    async def _leave(self, line: PickLineRef, units: int) -> None:
        """Take units off a line; what nothing is left of is done."""
        rest = line.quantity - units
        if not rest:
            await self._lists.update_line(line.id, state=str(LineState.CANCELLED), in_hand=0)
        elif rest == line.picked + line.short:
            state = LineState.SHORT if line.short else LineState.PICKED
            await self._lists.update_line(line.id, quantity=rest, state=str(state), in_hand=0)
        else:
            await self._lists.update_line(line.id, quantity=rest, in_hand=0)

    async def _keep(self, line: PickLineRef, after: str, units: int, reason: str, client_id: str) -> None:
        await self._carts.add_swap(
            {
                "seller_id": line.seller_id,
                "client_id": client_id or new_id().hex,
                "order_id": line.order_id,
                "pick_line_id": line.id,
                "sku": line.sku,
                "location_code": line.location_code,
                "from_lot": line.lot,
                "to_lot": after,
                "quantity": units,
                "reason": reason,
            }
        )
        await outbox.record(
            self._session,
            LotSwapped(
                seller_id=line.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                sku=line.sku,
                location=line.location_code,
                before=line.lot,
                after=after,
                quantity=units,
                reason=reason,
            ),
        )


COPIED = (
    "seller_id",
    "pick_list_id",
    "order_id",
    "order_line_id",
    "product_id",
    "sku",
    "gtin",
    "title",
    "location_id",
    "location_code",
    "walk_order",
)
"""What the line of the other lot has in common with the one it came from."""
