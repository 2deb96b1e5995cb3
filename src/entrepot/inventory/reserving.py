"""Promising stock to order lines, picking it and letting it go."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from entrepot.inventory.announcement import announce
from entrepot.inventory.desk import Desk, check_quantity
from entrepot.inventory.domain import MoveKind, Plan, Wish, plan_reservations
from entrepot.inventory.errors import (
    AlreadyPickedError,
    NotPickedError,
    PickTooMuchError,
)
from entrepot.inventory.refs import LocationRef, ReservationOutcome, ReservationRequest, ReservationRow
from entrepot.inventory.repository import Movement
from entrepot.kit.ids import new_id


class Reserving(Desk):
    """Reservations, from the promise to the parcel."""

    async def reserve(
        self, requests: Sequence[ReservationRequest], *, replace: bool = False
    ) -> list[ReservationOutcome]:
        """Promise stock to order lines, in their order: each line gets all it needs or nothing.

        A line that has a reservation keeps exactly what it has, so repeating a call changes nothing.  Thousands of
        lines take two statements.  The plan is made without a lock and checked under it; only if somebody else took
        from the same places meanwhile is it made anew, so buyers of a hot product hold its lock for one round trip.

        Make one call per transaction, or call :meth:`hold` first: products are locked in a fixed order within a call.

        Args:
            requests: lines in the order in which they are served.
            replace: release what the lines have first (a quantity was edited), under the same locks.

        Returns:
            One outcome per request, in their order.

        Raises:
            QuantityError: a quantity below 1.
        """
        if not requests:
            return []
        wishes: dict[UUID, Wish] = {}
        orders: dict[UUID, ReservationRequest] = {}
        products: set[UUID] = set()
        for request in requests:
            check_quantity(request.quantity, request.product.sku)
            if request.order_line_id in wishes:
                continue
            units = request.product.units(request.quantity)
            wishes[request.order_line_id] = Wish(request.order_line_id, request.quantity, units, request.warehouse_id)
            orders[request.order_line_id] = request
            products.update(units)
        if replace:
            await self._stock.lock_lines(wishes, products)
            released = await self._stock.release(wishes)
            self._changed(product_id for _, product_id in released)
        plan, settled = await self._plan(wishes, products)
        if not await self._write(plan, orders):
            plan, settled = await self._plan(wishes, products)  # nothing changes now: the products are locked
            await self._write(plan, orders)
        return [
            ReservationOutcome(line, reserved=True, shortage=0)
            if (line := request.order_line_id) in settled or (line not in plan.shortages and wishes[line].units)
            else ReservationOutcome(line, reserved=False, shortage=plan.shortages.get(line, request.quantity))
            for request in requests
        ]

    async def _plan(self, wishes: Mapping[UUID, Wish], products: Collection[UUID]) -> tuple[Plan, set[UUID]]:
        """Plan for the lines that have nothing yet; return the others, too."""
        places, settled = await self._stock.places(products, wishes)
        # What has no components cannot be promised: an empty bundle, a parent of variants.
        possible = [wish for line, wish in wishes.items() if line not in settled and wish.units]
        return plan_reservations(possible, places), settled

    async def _write(self, plan: Plan, orders: Mapping[UUID, ReservationRequest]) -> bool:
        """Write the plan; False if it was made of numbers that changed before the products were locked."""
        if not plan.takes:
            return True
        totals = await self._stock.reserve_planned(
            [
                {
                    "id": new_id(),
                    "seller_id": (order := orders[take.order_line_id]).seller_id,
                    "order_id": order.order_id,
                    "order_line_id": take.order_line_id,
                    "product_id": take.place.product_id,
                    "location_id": take.place.location_id,
                    "lot": take.place.lot,
                    "quantity": take.quantity,
                }
                for take in plan.takes
            ]
        )
        announce(self._session, (), totals)
        return bool(totals)

    async def hold(self, product_ids: Collection[UUID]) -> None:
        """Lock all stock of these products, for a transaction that will make several calls."""
        await self._stock.lock(product_ids)

    async def release(self, order_line_ids: Collection[UUID]) -> set[UUID]:
        """Take back what was promised to these lines.

        What was picked already stays in staging and belongs to nobody until it is put back.

        Returns:
            The lines that had something.
        """
        await self._stock.lock_lines(order_line_ids)
        released = await self._stock.release(order_line_ids)
        self._changed(product_id for _, product_id in released)
        return {line for line, _ in released}

    async def reservations(self, order_line_ids: Collection[UUID]) -> list[ReservationRow]:
        """Return what these lines have, in the order a picker walks."""
        return await self._stock.reservations(order_line_ids)

    async def pick(self, loads: Sequence[tuple[ReservationRow, int]]) -> bool:
        """Carry units of reservations from their shelves to the staging of their building, in one round trip.

        Args:
            loads: reservations as :meth:`reservations` returned them, each once, and units of them.

        Returns:
            Whether they still were as they were read.  If not, nothing is carried, and their products are locked: what
            is read now stays so.

        Raises:
            AlreadyPickedError: they are in staging.
            PickTooMuchError: more units than the reservation has.
        """
        for row, units in loads:
            if row.picked or not 1 <= units <= row.quantity:
                sku = (await self._stored([row.product_id]))[row.product_id].sku
                check_quantity(units, sku)
                if row.picked:
                    raise AlreadyPickedError(sku=sku, location=row.location_code)
                raise PickTooMuchError(quantity=units, sku=sku, location=row.location_code, reserved=row.quantity)
        return await self._carry_promised(MoveKind.PICK, loads)

    async def _carry_promised(self, kind: MoveKind, loads: Sequence[tuple[ReservationRow, int]]) -> bool:
        picked = kind is MoveKind.PICK
        totals = await self._stock.carry_promised(
            kind,
            loads,
            [(row.id if units == row.quantity else new_id(), new_id() if picked else None) for row, units in loads],
        )
        announce(self._session, (), totals)
        return bool(totals)

    async def _carry(
        self, kind: MoveKind, loads: Sequence[tuple[ReservationRow, int]], to: LocationRef, reason: str = ""
    ) -> dict[tuple[UUID, UUID, str], UUID]:
        """Move reserved units together with their reservations.  The products are locked and everything is checked.

        In this order, because each statement leaves the levels true: promised units are never more than there are.

        Returns:
            (Order line, product, lot) -> the reservation of its units where they are now.
        """
        whole = [row.id for row, quantity in loads if quantity == row.quantity]
        part = {row.id: quantity for row, quantity in loads if quantity < row.quantity}
        if whole:
            await self._stock.remove_reservations(whole)
        if part:
            await self._stock.reduce_reservations(part)
        moves: list[Movement] = []
        for row, quantity in loads:
            transfer = new_id()
            moves += (
                Movement(
                    seller_id=row.seller_id,
                    product_id=row.product_id,
                    location_id=location_id,
                    lot=row.lot,
                    quantity=change,
                    reason=reason,
                    transfer_id=transfer,
                    reference_kind="order",
                    reference_id=row.order_id,
                )
                for location_id, change in ((row.location_id, -quantity), (to.id, quantity))
            )
        await self._stock.write_moves(kind, moves)
        merged: dict[tuple[UUID, UUID, str], tuple[ReservationRow, UUID, int]] = {}
        for row, quantity in loads:
            key = (row.order_line_id, row.product_id, row.lot)
            first, id_, sum_ = merged.get(key, (row, row.id if row.id in whole else new_id(), 0))
            merged[key] = (first, id_, sum_ + quantity)
        after = await self._stock.add_reservations(
            [
                {
                    "id": id_,
                    "seller_id": row.seller_id,
                    "order_id": row.order_id,
                    "order_line_id": row.order_line_id,
                    "product_id": row.product_id,
                    "location_id": to.id,
                    "lot": row.lot,
                    "quantity": quantity,
                }
                for row, id_, quantity in merged.values()
            ]
        )
        self._changed({row.product_id for row, _ in loads})
        return after

    async def ship(self, order_line_ids: Collection[UUID]) -> int:
        """Let picked goods leave the building; their reservations end.  Repeating it changes nothing.

        Returns:
            Units that left.

        Raises:
            NotPickedError: some of them still lie on a shelf; nothing left.
        """
        await self._stock.lock_lines(order_line_ids)
        rows = await self._stock.reservations(order_line_ids)
        for row in rows:
            if not row.picked:
                products = await self._stored([row.product_id])
                raise NotPickedError(
                    quantity=row.quantity, sku=products[row.product_id].sku, location=row.location_code
                )
        if not rows:
            return 0
        await self._stock.remove_reservations([row.id for row in rows])
        await self._stock.write_moves(
            MoveKind.SHIP,
            [
                Movement(
                    seller_id=row.seller_id,
                    product_id=row.product_id,
                    location_id=row.location_id,
                    lot=row.lot,
                    quantity=-row.quantity,
                    reference_kind="order",
                    reference_id=row.order_id,
                )
                for row in rows
            ],
        )
        self._changed({row.product_id for row in rows})
        return sum(row.quantity for row in rows)
