"""Counting what really lies there, and correcting the books by it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.booking import Booking
from entrepot.inventory.domain import MOST_UNITS, CountCause, CountStatus, LocationKind
from entrepot.inventory.errors import (
    CountClosedError,
    CountUnfinishedError,
    NothingToCountError,
    OutsideCountError,
    QuantityError,
    RecountNeededError,
    UnknownCountError,
    UnknownWarehouseError,
)
from entrepot.inventory.events import CountClosed, CountOpened
from entrepot.inventory.refs import LostReservation, ReservationRow
from entrepot.inventory.repository import CountRepository
from entrepot.inventory.repository.counts import CountRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

MOST_PLACES = 500
ROUNDS = 2
"""How often what differs is counted where a count asks for it."""
TWICE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is to be counted, and why."""

    seller_id: UUID
    warehouse_id: UUID
    location_id: UUID | None
    title: str
    cause: CountCause
    recount: bool
    stocktake_id: UUID | None


async def open_check(session: AsyncSession, row: ReservationRow, sku: str) -> UUID | None:
    """Ask for a count where fewer units lay than the books said; None if one is asked for already.

    The product is locked, so two short picks at once ask once.
    """
    counts = CountRepository(session)
    if await counts.is_asked_for(row.product_id, row.location_id, row.lot):
        return None
    sheet = Sheet(
        row.seller_id,
        row.warehouse_id,
        row.location_id,
        f"{sku} · {row.location_code}",
        CountCause.SHORT_PICK,
        recount=False,
        stocktake_id=None,
    )
    return await Counting(session).open_sheet(sheet, [(row.product_id, row.location_id, row.lot)])


class Counting(Booking):
    """Counts: asked for, counted blind, compared, approved."""

    async def open_count(
        self,
        seller_id: UUID,
        warehouse_id: UUID,
        *,
        location_id: UUID | None = None,
        product_ids: Collection[UUID] | None = None,
        title: str = "",
        cause: CountCause = CountCause.REQUEST,
        recount: bool = False,
        stocktake_id: UUID | None = None,
    ) -> UUID:
        """Ask for a count of what is recorded in a part of a warehouse.

        Args:
            seller_id: whose stock.
            warehouse_id: where.
            location_id: this location and all below it; None: the whole building.
            product_ids: only these; None: every product.
            title: what people call it; empty: the part of the building.
            cause: why it is asked for.
            recount: what differs from the books has to be counted twice before it can be approved.
            stocktake_id: shared by the counts of one stocktake.

        Raises:
            UnknownWarehouseError, UnknownLocationError
            NothingToCountError: nothing is recorded there.
        """
        warehouse = await self._places.warehouse(warehouse_id)
        if warehouse is None:
            raise UnknownWarehouseError(code=str(warehouse_id))
        location = (await self._locations([location_id]))[location_id] if location_id else None
        counts = CountRepository(self._session)
        lying = await counts.what_lies(seller_id, warehouse_id, location.path if location else None, product_ids)
        where = location.code if location else warehouse.name
        if not lying:
            raise NothingToCountError(location=where)
        sheet = Sheet(seller_id, warehouse_id, location_id, title.strip() or where, cause, recount, stocktake_id)
        return await self.open_sheet(sheet, lying)

    async def open_sheet(self, sheet: Sheet, lying: Sequence[tuple[UUID, UUID, str]]) -> UUID:
        """Write a sheet down with a line for each of these (product, location, lot)."""
        id_ = new_id()
        await CountRepository(self._session).add(
            {
                "id": id_,
                "seller_id": sheet.seller_id,
                "warehouse_id": sheet.warehouse_id,
                "location_id": sheet.location_id,
                "title": sheet.title,
                "cause": str(sheet.cause),
                "recount": sheet.recount,
                "stocktake_id": sheet.stocktake_id,
                "created_by": context_of(self._session).actor.name,
            },
            [
                {
                    "id": new_id(),
                    "seller_id": sheet.seller_id,
                    "count_id": id_,
                    "product_id": product_id,
                    "location_id": place,
                    "lot": lot,
                }
                for product_id, place, lot in lying
            ],
        )
        await outbox.record(
            self._session,
            CountOpened(seller_id=sheet.seller_id, subject_id=id_, title=sheet.title, lines=len(lying)),
        )
        return id_

    async def open_stocktake(self, seller_id: UUID, warehouse_id: UUID, *, recount: bool = True) -> list[UUID]:
        """Ask for a count of a whole building, one sheet per zone, so that several people count at once.

        Raises:
            UnknownWarehouseError
            NothingToCountError: nothing is recorded anywhere.
        """
        warehouse = await self._places.warehouse(warehouse_id)
        if warehouse is None:
            raise UnknownWarehouseError(code=str(warehouse_id))
        stocktake_id, sheets = new_id(), list[UUID]()
        for root in await self._places.roots(warehouse_id):
            if root.kind == LocationKind.STAGING:
                continue
            lying = await CountRepository(self._session).what_lies(seller_id, warehouse_id, root.path, None)
            if lying:
                title = f"{warehouse.name} · {root.code}"
                sheet = Sheet(seller_id, warehouse_id, root.id, title, CountCause.STOCKTAKE, recount, stocktake_id)
                sheets.append(await self.open_sheet(sheet, lying))
        if not sheets:
            raise NothingToCountError(location=warehouse.name)
        return sheets

    async def open_cycle_count(
        self, seller_id: UUID, warehouse_id: UUID, places: int = 20, *, recount: bool = True
    ) -> UUID:
        """Ask for a count of what was counted longest ago, or never, in so many places.

        Raises:
            UnknownWarehouseError, NothingToCountError
            QuantityError: absurdly many places.
        """
        warehouse = await self._places.warehouse(warehouse_id)
        if warehouse is None:
            raise UnknownWarehouseError(code=str(warehouse_id))
        if not 1 <= places <= MOST_PLACES:
            raise QuantityError(quantity=places, what=warehouse.name, most=MOST_PLACES)
        lying = await CountRepository(self._session).longest_uncounted(seller_id, warehouse_id, places)
        if not lying:
            raise NothingToCountError(location=warehouse.name)
        title = f"{warehouse.name} · {now().date().isoformat()}"
        sheet = Sheet(seller_id, warehouse_id, None, title, CountCause.CYCLE, recount, None)
        return await self.open_sheet(sheet, lying)

    async def assign_count(self, count_id: UUID, user_id: UUID | None, name: str) -> None:
        """Say who is to count it; None: whoever has time.

        Raises:
            UnknownCountError, CountClosedError
        """
        count = await self._open(count_id)
        await CountRepository(self._session).assign(count.id, user_id, name if user_id else "")

    async def record_count(
        self, count_id: UUID, product_id: UUID, location_id: UUID, counted: int, *, lot: str = ""
    ) -> None:
        """Note how many units somebody found.  Counting a place again replaces the number.

        Once the whole sheet is counted, counting what differs again is its second count, and the first is kept beside
        it.  The same number from the same person within seconds is a scanner that sent Enter twice.

        The books' number of this moment is kept beside it, so that what is picked or received between counting and
        approval does not look like a difference.

        Raises:
            UnknownCountError, CountClosedError, QuantityError, UnknownProductError, NotStockedError
            OutsideCountError: the place is in another building, or outside the part to count.
        """
        count = await self._open(count_id)
        product = (await self._stored([product_id]))[product_id]
        if not 0 <= counted <= MOST_UNITS:
            raise QuantityError(quantity=counted, what=product.sku, most=MOST_UNITS)
        locations = await self._locations([location_id, *([count.location_id] if count.location_id else [])])
        place = locations[location_id]
        part = locations[count.location_id] if count.location_id else None
        inside = part is None or place.path == part.path or place.path.startswith(part.path + "/")
        if place.warehouse_id != count.warehouse_id or place.kind == LocationKind.STAGING or not inside:
            raise OutsideCountError(location=place.code, title=count.title)
        await self._stock.lock([product_id])  # so that the two numbers are of one moment
        levels = await self._stock.levels([product_id], [location_id])
        expected = next((level.on_hand for level in levels if level.lot == lot), 0)
        counts = CountRepository(self._session)
        lines = await counts.lines(count_id)
        place_of = (product_id, location_id, lot)
        before = next((line for line in lines if (line.product_id, line.location_id, line.lot) == place_of), None)
        by, at = context_of(self._session).actor.name, now()
        same = before is not None and (before.counted, before.counted_by) == (counted, by)
        if same and before and before.counted_at and at - before.counted_at < TWICE:
            return
        rounds, first, first_by = (
            (before.rounds, before.first_counted, before.first_counted_by) if before else (0, None, "")
        )
        if before and rounds and all(line.counted is not None for line in lines):
            if rounds == 1:
                first, first_by = before.counted, before.counted_by
            rounds += 1
        await counts.write_line(
            {
                "id": new_id(),
                "seller_id": count.seller_id,
                "count_id": count_id,
                "product_id": product_id,
                "location_id": location_id,
                "lot": lot,
                "expected": expected,
                "counted": counted,
                "counted_by": by,
                "counted_at": at,
                "rounds": max(1, rounds),
                "first_counted": first,
                "first_counted_by": first_by,
            }
        )

    async def approve_count(self, count_id: UUID) -> list[LostReservation]:
        """Correct the books by the differences found.

        Where fewer units remain than are promised, the youngest promises are taken back, each with an event for its
        order.

        Returns:
            Order lines that lost their goods.

        Raises:
            UnknownCountError, CountClosedError
            CountUnfinishedError: a line is not counted.
            RecountNeededError: a line differs, was counted once, and the count wants it counted twice.
        """
        counts = CountRepository(self._session)
        count = await self._open(count_id)
        lines = await counts.lines(count_id)
        missing = sum(line.counted is None for line in lines)
        if missing:
            raise CountUnfinishedError(open=missing, lines=len(lines), title=count.title)
        different = [line for line in lines if line.difference]
        once = sum(line.rounds < ROUNDS for line in different) if count.recount else 0
        if once:
            raise RecountNeededError(lines=once, title=count.title)
        await counts.value(count_id)
        lost = await self._settle(count, different) if different else []
        await self._close(count, CountStatus.APPROVED, len(different))
        return lost

    async def cancel_count(self, count_id: UUID) -> None:
        """Forget a count.

        Raises:
            UnknownCountError, CountClosedError
        """
        await self._close(await self._open(count_id), CountStatus.CANCELLED, 0)

    async def count(self, product_id: UUID, location_id: UUID, counted: int, *, lot: str = "") -> list[LostReservation]:
        """Count one product in one place and correct the books at once.

        Returns and raises: see :meth:`record_count` and :meth:`approve_count`.
        """
        product = (await self._stored([product_id]))[product_id]
        location = (await self._locations([location_id]))[location_id]
        count_id = new_id()
        await CountRepository(self._session).add(
            {
                "id": count_id,
                "seller_id": product.seller_id,
                "warehouse_id": location.warehouse_id,
                "location_id": location_id,
                "title": f"{product.sku} · {location.code}",
                "created_by": context_of(self._session).actor.name,
            },
            [],
        )
        await self.record_count(count_id, product_id, location_id, counted, lot=lot)
        return await self.approve_count(count_id)

    async def _open(self, count_id: UUID) -> CountRow:
        count = await CountRepository(self._session).locked(count_id)
        if count is None:
            raise UnknownCountError
        if count.status in {CountStatus.APPROVED, CountStatus.CANCELLED}:
            raise CountClosedError(title=count.title)
        return count

    async def _close(self, count: CountRow, status: CountStatus, differences: int) -> None:
        by = context_of(self._session).actor.name
        await CountRepository(self._session).set_status(count.id, status, by, now())
        await outbox.record(
            self._session,
            CountClosed(
                seller_id=count.seller_id,
                subject_id=count.id,
                approved=status is CountStatus.APPROVED,
                differences=differences,
            ),
        )
