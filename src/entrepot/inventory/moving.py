"""Goods that come in, change place, or turn out to be more or fewer."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from entrepot.inventory.desk import check_quantity
from entrepot.inventory.domain import MOST_UNITS, MoveKind
from entrepot.inventory.errors import (
    NotEnoughHereError,
    NothingToAdjustError,
    ReasonMissingError,
    ReservedAdjustError,
    ReservedHereError,
    SameLocationError,
    TooMuchStockError,
    WrongWarehouseError,
)
from entrepot.inventory.lots import Lots, read_lot
from entrepot.inventory.refs import Receipt, ReservationRow
from entrepot.inventory.repository import Level, Movement
from entrepot.inventory.reserving import Reserving
from entrepot.kit.ids import new_id


class Moving(Reserving, Lots):
    """Receive, move, put back, adjust."""

    async def receive(
        self,
        product_id: UUID,
        location_id: UUID,
        quantity: int,
        *,
        lot: str = "",
        expires_on: date | None = None,
        reason: str = "",
        reference: tuple[str, UUID] | None = None,
    ) -> None:
        """Take goods into stock.

        Raises:
            QuantityError, UnknownProductError, NotStockedError, UnknownLocationError, TooMuchStockError
            BadLotCodeError, BadExpiryError, LotDateDiffersError, LotExpiredError: see :class:`Lots`.
        """
        receipt = Receipt(
            product_id=product_id, location_id=location_id, quantity=quantity, lot=lot.strip(), expires_on=expires_on
        )
        await self.receive_many([receipt], reason=reason, reference=reference)

    async def receive_many(
        self,
        receipts: Sequence[Receipt],
        *,
        reason: str = "",
        reference: tuple[str, UUID] | None = None,
        kind: MoveKind = MoveKind.RECEIVE,
    ) -> None:
        """Take many goods into stock: thousands of rows in a few statements, all or none.

        Args:
            receipts: what came in, and where it lies now.
            reason: kept in the ledger.
            reference: (kind, id) of the delivery, return or import it belongs to.
            kind: RECEIVE or RETURN.

        Raises:
            QuantityError, UnknownProductError, NotStockedError, UnknownLocationError, TooMuchStockError
            BadLotCodeError, BadExpiryError, LotDateDiffersError, LotExpiredError: see :class:`Lots`.
        """
        if not receipts:
            return
        products = await self._stored({receipt.product_id for receipt in receipts})
        locations = await self._locations({receipt.location_id for receipt in receipts})
        for receipt in receipts:
            check_quantity(receipt.quantity, products[receipt.product_id].sku)
        totals = await self._stock.lock_new((product.seller_id, product.id) for product in products.values())
        incoming: dict[UUID, int] = {}
        for receipt in receipts:
            incoming[receipt.product_id] = incoming.get(receipt.product_id, 0) + receipt.quantity
        for product_id, quantity in incoming.items():
            if totals[product_id].on_hand + quantity > MOST_UNITS:
                raise TooMuchStockError(quantity=quantity, most=MOST_UNITS, sku=products[product_id].sku)
        await self._write_lots(receipts, products, locations)
        reference_kind, reference_id = reference or ("", None)
        await self._stock.write_moves(
            kind,
            [
                Movement(
                    seller_id=products[receipt.product_id].seller_id,
                    product_id=receipt.product_id,
                    location_id=receipt.location_id,
                    lot=receipt.lot,
                    quantity=receipt.quantity,
                    reason=reason,
                    reference_kind=reference_kind,
                    reference_id=reference_id,
                )
                for receipt in receipts
            ],
        )
        self._changed(incoming)

    async def move(  # noqa: PLR0913 -- a way has that many properties
        self,
        product_id: UUID,
        from_location_id: UUID,
        to_location_id: UUID,
        quantity: int,
        *,
        lot: str = "",
        to_lot: str | None = None,
        reason: str = "",
        with_reservations: bool = False,
        kind: MoveKind = MoveKind.MOVE,
        transfer_id: UUID | None = None,
    ) -> bool:
        """Carry goods to another location of the same warehouse.

        Args:
            product_id: what.
            from_location_id: where it lies.
            to_location_id: where it goes.
            quantity: units.
            lot: of which lot.
            to_lot: what lot they are, if the books did not know; then only free units go.
            reason: kept in the ledger.
            kind: MOVE or PUT_BACK.
            transfer_id: of this way; if it was gone already, nothing happens.
            with_reservations: if the free units do not suffice, reserved ones go too, and with them their
                reservations, the oldest first.

        Raises:
            QuantityError, UnknownProductError, NotStockedError, UnknownLocationError
            SameLocationError: from and to are one.
            WrongWarehouseError: they are in different buildings.
            NotEnoughHereError: fewer units are there.
            ReservedHereError: enough are there, but some are promised.

        Returns:
            False if this way was gone before.
        """
        product = (await self._stored([product_id]))[product_id]
        check_quantity(quantity, product.sku)
        locations = await self._locations([from_location_id, to_location_id])
        origin, target = locations[from_location_id], locations[to_location_id]
        if origin.id == target.id:
            raise SameLocationError(location=origin.code)
        if origin.warehouse_id != target.warehouse_id:
            raise WrongWarehouseError(to=target.code, origin=origin.code)
        await self._stock.lock([product_id])
        if transfer_id is not None and await self._stock.was_moved(product_id, transfer_id):
            return False
        level = await self._level(product_id, origin.id, lot)
        if level is None or level.on_hand < quantity:
            raise NotEnoughHereError(
                quantity=quantity, sku=product.sku, location=origin.code, on_hand=level.on_hand if level else 0
            )
        renamed = to_lot is not None and to_lot != lot
        if level.free < quantity and (renamed or not with_reservations):
            raise ReservedHereError(
                quantity=quantity,
                sku=product.sku,
                location=origin.code,
                reserved=level.reserved,
                on_hand=level.on_hand,
                free=level.free,
            )
        unreserved = min(level.free, quantity)
        if unreserved:
            transfer = transfer_id or new_id()
            goal_lot = read_lot(to_lot, product.sku) if to_lot else lot
            await self._stock.write_moves(
                kind,
                [
                    Movement(
                        seller_id=product.seller_id,
                        product_id=product_id,
                        location_id=location_id,
                        lot=of_lot,
                        quantity=change,
                        reason=reason,
                        transfer_id=transfer,
                    )
                    for location_id, of_lot, change in (
                        (origin.id, lot, -unreserved),
                        (target.id, goal_lot, unreserved),
                    )
                ],
            )
        if rest := quantity - unreserved:
            loads: list[tuple[ReservationRow, int]] = []
            for row in await self._stock.reservations_at(product_id, origin.id, lot):
                if rest:
                    loads.append((row, min(rest, row.quantity)))
                    rest -= loads[-1][1]
            await self._carry(kind, loads, target, reason)
        self._changed([product_id])
        return True

    async def put_back(
        self, product_id: UUID, from_location_id: UUID, to_location_id: UUID, quantity: int, *, lot: str = ""
    ) -> None:
        """Return picked goods that no order takes any more to a shelf.  Raises what :meth:`move` raises."""
        await self.move(product_id, from_location_id, to_location_id, quantity, lot=lot, kind=MoveKind.PUT_BACK)

    async def adjust(self, product_id: UUID, location_id: UUID, change: int, *, reason: str, lot: str = "") -> None:
        """Correct the books: *change* units more (positive) or fewer (negative), and why.

        Raises:
            NothingToAdjustError: zero or absurd.
            ReasonMissingError: no reason.
            NotEnoughHereError: fewer units are there than are to go.
            ReservedAdjustError: enough are there, but they are promised.
            UnknownProductError, NotStockedError, UnknownLocationError, TooMuchStockError
        """
        product = (await self._stored([product_id]))[product_id]
        if not 1 <= abs(change) <= MOST_UNITS:
            raise NothingToAdjustError(quantity=change, most=MOST_UNITS)
        if not reason.strip():
            raise ReasonMissingError(sku=product.sku)
        location = (await self._locations([location_id]))[location_id]
        total = (await self._stock.lock_new([(product.seller_id, product_id)]))[product_id]
        if total.on_hand + change > MOST_UNITS:
            raise TooMuchStockError(quantity=change, most=MOST_UNITS, sku=product.sku)
        if change < 0:
            level = await self._level(product_id, location_id, lot)
            if level is None or level.on_hand < -change:
                raise NotEnoughHereError(
                    quantity=-change, sku=product.sku, location=location.code, on_hand=level.on_hand if level else 0
                )
            if level.free < -change:
                raise ReservedAdjustError(
                    sku=product.sku,
                    location=location.code,
                    quantity=-change,
                    reserved=level.reserved,
                    on_hand=level.on_hand,
                )
        await self._stock.write_moves(
            MoveKind.ADJUST,
            [
                Movement(
                    seller_id=product.seller_id,
                    product_id=product_id,
                    location_id=location_id,
                    lot=lot,
                    quantity=change,
                    reason=reason.strip(),
                )
            ],
        )
        self._changed([product_id])

    async def _level(self, product_id: UUID, location_id: UUID, lot: str) -> Level | None:
        levels = await self._stock.levels([product_id], [location_id])
        return next((level for level in levels if level.lot == lot), None)
