"""What the people on the floor do with promised goods besides picking them: miss some, put some back, ship a part."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from entrepot.catalog.service import CatalogService
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
from entrepot.kit.database import CrossedError
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

    async def ship_lines(self, goods: Collection[tuple[UUID, UUID, int]]) -> None:
        """Let picked goods leave the building.

        Args:
            goods: order line, its product and how many of it; of a bundle leave the components.

        Raises:
            NotPickedError: fewer of them are picked; nothing left.
        """
        lines = {line for line, _, _ in goods}
        for locked in (False, True):
            rows = await self.reservations(lines)
            loads, missing = _share(rows, await self._units(goods, rows))
            if not missing and (not loads or await self._carry_promised(MoveKind.SHIP, loads)):
                return
            if missing and locked:
                (line_id, product_id), left = next(iter(missing.items()))
                sku = (await self._stored([product_id]))[product_id].sku
                raise NotPickedError(quantity=left, sku=sku, location=_shelves(rows, line_id, product_id))
            # Perhaps somebody moved them since they were read: nobody does any more.
            await self._stock.lock_lines(lines)
        raise CrossedError

    async def _units(
        self, goods: Iterable[tuple[UUID, UUID, int]], rows: Iterable[ReservationRow]
    ) -> Counter[tuple[UUID, UUID]]:
        """Return the units of (order line, stored product): what is promised itself is no bundle."""
        promised = {(row.order_line_id, row.product_id) for row in rows}
        units: Counter[tuple[UUID, UUID]] = Counter()
        doubtful: list[tuple[UUID, UUID, int]] = []
        for line_id, product_id, quantity in goods:
            if (line_id, product_id) in promised:
                units[line_id, product_id] += quantity
            else:
                doubtful.append((line_id, product_id, quantity))
        products = await CatalogService(self._session).products({product_id for _, product_id, _ in doubtful})
        for line_id, product_id, quantity in doubtful:
            for part, count in products[product_id].units(quantity).items():
                units[line_id, part] += count
        return units

    async def _locked_reservation(self, reservation_id: UUID) -> ReservationRow:
        await self._stock.lock_reservations([reservation_id])
        rows = await self._stock.reservations_by_id([reservation_id])
        if not rows:
            raise UnknownReservationError
        return rows[0]


def _share(
    rows: Collection[ReservationRow], units: Mapping[tuple[UUID, UUID], int]
) -> tuple[list[tuple[ReservationRow, int]], dict[tuple[UUID, UUID], int]]:
    """Take *units* of each (order line, product) from the first rows in staging that have some.

    Returns:
        What is taken of which row, and what was not found.
    """
    taken: list[tuple[ReservationRow, int]] = []
    left = dict(units)
    for row in rows:
        key = row.order_line_id, row.product_id
        if row.location_kind == LocationKind.STAGING and (count := min(left.get(key, 0), row.quantity)):
            taken.append((row, count))
            left[key] -= count
    return taken, {key: count for key, count in left.items() if count}


def _shelves(rows: Iterable[ReservationRow], line_id: UUID, product_id: UUID) -> str:
    """Return where units lie that were not picked."""
    return (
        ", ".join(
            sorted(
                {
                    row.location_code
                    for row in rows
                    if (row.order_line_id, row.product_id) == (line_id, product_id)
                    and row.location_kind != LocationKind.STAGING
                }
            )
        )
        or "?"
    )
