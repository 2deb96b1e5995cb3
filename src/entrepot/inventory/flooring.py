"""What the people on the floor do with promised goods besides picking them: miss some, put some back, ship a part."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from entrepot.inventory.counting import open_check
from entrepot.inventory.desk import check_quantity
from entrepot.inventory.domain import LocationKind, MoveKind, Wish, plan_reservations
from entrepot.inventory.errors import (
    LotPromisedError,
    NotPickedError,
    PickTooMuchError,
    UnknownLotError,
    UnknownReservationError,
)
from entrepot.inventory.refs import ReservationRow
from entrepot.inventory.repository import Movement
from entrepot.inventory.reserving import Reserving
from entrepot.kit.ids import new_id


class Flooring(Reserving):
    """Short picks, undone picks, parcels that take a part of a line."""

    async def miss(self, reservation_id: UUID, missing: int, *, reason: str, replace: bool = True) -> int:
        """Write units off that were promised and are not on their shelf, promise others, and ask for a count there.

        Others are taken from the same building, all that are missing or none; without *replace*, none.

        Returns:
            Units promised elsewhere instead: *missing* or 0.

        Raises:
            UnknownReservationError: it is gone.
            PickTooMuchError: it has fewer units.
        """
        row = await self._locked_reservation(reservation_id)
        sku = (await self._stored([row.product_id]))[row.product_id].sku
        check_quantity(missing, sku)
        if missing > row.quantity:
            raise PickTooMuchError(quantity=missing, sku=sku, location=row.location_code, reserved=row.quantity)
        if missing == row.quantity:
            await self._stock.remove_reservations([row.id])
        else:
            await self._stock.reduce_reservations({row.id: missing})
        await self._stock.write_moves(
            MoveKind.ADJUST,
            [
                Movement(
                    seller_id=row.seller_id,
                    product_id=row.product_id,
                    location_id=row.location_id,
                    lot=row.lot,
                    quantity=-missing,
                    reason=reason,
                    reference_kind="order",
                    reference_id=row.order_id,
                )
            ],
        )
        places, _ = await self._stock.places([row.product_id], [])
        elsewhere = [
            place
            for place in places
            if replace
            and place.warehouse_id == row.warehouse_id
            and (place.location_id, place.lot) != (row.location_id, row.lot)
        ]
        wish = Wish(row.order_line_id, missing, {row.product_id: missing}, row.warehouse_id)
        plan = plan_reservations([wish], elsewhere)
        if plan.takes:
            await self._stock.add_reservations(
                [
                    {
                        "id": new_id(),
                        "seller_id": row.seller_id,
                        "order_id": row.order_id,
                        "order_line_id": row.order_line_id,
                        "product_id": row.product_id,
                        "location_id": take.place.location_id,
                        "lot": take.place.lot,
                        "quantity": take.quantity,
                    }
                    for take in plan.takes
                ]
            )
        await open_check(self._session, row, sku)
        self._changed([row.product_id])
        return sum(take.quantity for take in plan.takes)

    async def swap_lot(self, reservation_id: UUID, lot: str, quantity: int, *, check: bool = False) -> int:
        """Promise another lot from the same place instead, as many units as are free of it.

        Args:
            reservation_id: units of one lot on their shelf.
            lot: the other one.
            quantity: units wanted.
            check: ask for a count of the lot that is left, too.

        Returns:
            Units promised of the other lot instead: *quantity* or fewer.

        Raises:
            UnknownReservationError: it is gone.
            LotPromisedError: none of the other lot is there, or all of it is promised to others.
        """
        row = await self._locked_reservation(reservation_id)
        sku = (await self._stored([row.product_id]))[row.product_id].sku
        levels = await self._stock.levels([row.product_id], [row.location_id])
        there = next((level for level in levels if level.lot.casefold() == lot.casefold() and level.on_hand), None)
        if there is None:
            raise UnknownLotError(lot=lot, sku=sku)
        units = min(quantity, row.quantity, there.free)
        if units <= 0:
            raise LotPromisedError(lot=there.lot, sku=sku, location=row.location_code, on_hand=there.on_hand)
        if units == row.quantity:
            await self._stock.remove_reservations([row.id])
        else:
            await self._stock.reduce_reservations({row.id: units})
        await self._stock.add_reservations(
            [
                {
                    "id": new_id(),
                    "seller_id": row.seller_id,
                    "order_id": row.order_id,
                    "order_line_id": row.order_line_id,
                    "product_id": row.product_id,
                    "location_id": row.location_id,
                    "lot": there.lot,
                    "quantity": units,
                }
            ]
        )
        if check:
            await open_check(self._session, row, sku)
        return units

    async def unpick(self, reservation_id: UUID, quantity: int, to_location_id: UUID) -> None:
        """Carry picked units back to a shelf; they stay promised.

        Raises:
            UnknownReservationError: it is gone.
            NotPickedError: its units are not in staging.
            PickTooMuchError: it has fewer units.
        """
        row = await self._locked_reservation(reservation_id)
        sku = (await self._stored([row.product_id]))[row.product_id].sku
        check_quantity(quantity, sku)
        if not row.picked:
            raise NotPickedError(quantity=row.quantity, sku=sku, location=row.location_code)
        if quantity > row.quantity:
            raise PickTooMuchError(quantity=quantity, sku=sku, location=row.location_code, reserved=row.quantity)
        target = (await self._locations([to_location_id]))[to_location_id]
        await self._carry(MoveKind.PUT_BACK, [(row, quantity)], target)

    async def ship_units(self, units: Mapping[tuple[UUID, UUID], int]) -> int:
        """Let so many picked units of (order line, product) leave the building.

        Returns:
            Units that left.

        Raises:
            NotPickedError: fewer of them are picked; nothing left.
        """
        lines = {line for line, _ in units}
        await self._stock.lock_lines(lines)
        reserved: dict[tuple[UUID, UUID], list[ReservationRow]] = {}
        for row in await self._stock.reservations(lines):
            reserved.setdefault((row.order_line_id, row.product_id), []).append(row)
        whole: list[UUID] = []
        part: dict[UUID, int] = {}
        moves: list[Movement] = []
        for (line_id, product_id), wanted in units.items():
            rows = reserved.get((line_id, product_id), [])
            taken, left = _share([row for row in rows if row.location_kind == LocationKind.STAGING], wanted)
            if left:
                sku = (await self._stored([product_id]))[product_id].sku
                shelves = sorted({row.location_code for row in rows if row.location_kind != LocationKind.STAGING})
                raise NotPickedError(quantity=left, sku=sku, location=", ".join(shelves) or "?")
            for row, count in taken:
                if count == row.quantity:
                    whole.append(row.id)
                else:
                    part[row.id] = count
                moves.append(_leaving(row, count))
        if whole:
            await self._stock.remove_reservations(whole)
        if part:
            await self._stock.reduce_reservations(part)
        if moves:
            await self._stock.write_moves(MoveKind.SHIP, moves)
        self._changed({product for _, product in units})
        return sum(units.values())

    async def _locked_reservation(self, reservation_id: UUID) -> ReservationRow:
        await self._stock.lock_reservations([reservation_id])
        rows = await self._stock.reservations_by_id([reservation_id])
        if not rows:
            raise UnknownReservationError
        return rows[0]


def _share(rows: Iterable[ReservationRow], wanted: int) -> tuple[list[tuple[ReservationRow, int]], int]:
    """Take *wanted* units from the first rows that have some; return them, and how many were not found."""
    taken: list[tuple[ReservationRow, int]] = []
    for row in rows:
        if not wanted:
            break
        count = min(wanted, row.quantity)
        taken.append((row, count))
        wanted -= count
    return taken, wanted


def _leaving(row: ReservationRow, quantity: int) -> Movement:
    return Movement(
        seller_id=row.seller_id,
        product_id=row.product_id,
        location_id=row.location_id,
        lot=row.lot,
        quantity=-quantity,
        reference_kind="order",
        reference_id=row.order_id,
    )
