"""Counting what really lies there, and correcting the books by it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from entrepot.inventory.desk import Desk
from entrepot.inventory.domain import MOST_UNITS, CountStatus, Held, LocationKind, MoveKind, youngest_to_cover
from entrepot.inventory.errors import (
    CountClosedError,
    CountUnfinishedError,
    NothingToCountError,
    OutsideCountError,
    QuantityError,
    UnknownCountError,
    UnknownWarehouseError,
)
from entrepot.inventory.events import CountClosed, CountOpened, ReservationLost
from entrepot.inventory.refs import LostReservation
from entrepot.inventory.repository import CountRepository, Movement
from entrepot.inventory.repository.counts import CountLineRow, CountRow
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id


class Counting(Desk):
    """Counts: asked for, counted blind, compared, approved."""

    async def open_count(
        self,
        seller_id: UUID,
        warehouse_id: UUID,
        *,
        location_id: UUID | None = None,
        product_ids: Collection[UUID] | None = None,
        title: str = "",
    ) -> UUID:
        """Ask for a count of what is recorded in a part of a warehouse.

        Args:
            seller_id: whose stock.
            warehouse_id: where.
            location_id: this location and all below it; None: the whole building.
            product_ids: only these; None: every product.
            title: what people call it; empty: the part of the building.

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
        id_ = new_id()
        title = title.strip() or where
        await counts.add(
            {
                "id": id_,
                "seller_id": seller_id,
                "warehouse_id": warehouse_id,
                "location_id": location_id,
                "title": title,
                "created_by": context_of(self._session).actor.name,
            },
            [
                {
                    "id": new_id(),
                    "seller_id": seller_id,
                    "count_id": id_,
                    "product_id": product_id,
                    "location_id": place,
                    "lot": lot,
                }
                for product_id, place, lot in lying
            ],
        )
        await outbox.record(
            self._session, CountOpened(seller_id=seller_id, subject_id=id_, title=title, lines=len(lying))
        )
        return id_

    async def record_count(
        self, count_id: UUID, product_id: UUID, location_id: UUID, counted: int, *, lot: str = ""
    ) -> None:
        """Note how many units somebody found.  Counting a place again replaces the number.

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
        await CountRepository(self._session).write_line(
            {
                "id": new_id(),
                "seller_id": count.seller_id,
                "count_id": count_id,
                "product_id": product_id,
                "location_id": location_id,
                "lot": lot,
                "expected": expected,
                "counted": counted,
                "counted_by": context_of(self._session).actor.name,
                "counted_at": now(),
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
        """
        counts = CountRepository(self._session)
        count = await self._open(count_id)
        lines = await counts.lines(count_id)
        missing = sum(line.counted is None for line in lines)
        if missing:
            raise CountUnfinishedError(open=missing, lines=len(lines), title=count.title)
        different = [line for line in lines if line.difference]
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

    async def _settle(self, count: CountRow, lines: Sequence[CountLineRow]) -> list[LostReservation]:
        products = {line.product_id for line in lines}
        await self._stock.lock_new((count.seller_id, product_id) for product_id in products)
        levels = {
            (level.product_id, level.location_id, level.lot): level
            for level in await self._stock.levels(products, {line.location_id for line in lines})
        }
        lost: list[LostReservation] = []
        moves: list[Movement] = []
        for line in lines:
            level = levels.get((line.product_id, line.location_id, line.lot))
            on_hand, reserved = (level.on_hand, level.reserved) if level else (0, 0)
            after = max(0, on_hand + line.difference)  # more left since the count than the count says was there
            if after == on_hand:
                continue
            if after < reserved:
                lost += await self._take_back(line, reserved - after)
            moves.append(
                Movement(
                    seller_id=count.seller_id,
                    product_id=line.product_id,
                    location_id=line.location_id,
                    lot=line.lot,
                    quantity=after - on_hand,
                    reason=count.title,
                    reference_kind="stock_count",
                    reference_id=count.id,
                )
            )
        if moves:
            await self._stock.write_moves(MoveKind.COUNT, moves)
        self._changed(products)
        await outbox.record(
            self._session,
            *(
                ReservationLost(
                    seller_id=count.seller_id,
                    subject_id=loss.order_id,
                    order_line_id=loss.order_line_id,
                    product_id=loss.product_id,
                    quantity=loss.quantity,
                )
                for loss in lost
            ),
        )
        return lost

    async def _take_back(self, line: CountLineRow, excess: int) -> list[LostReservation]:
        rows = {row.id: row for row in await self._stock.reservations_at(line.product_id, line.location_id, line.lot)}
        chosen = youngest_to_cover((Held(row.id, row.order_line_id, row.quantity) for row in rows.values()), excess)
        await self._stock.remove_reservations([held.id for held in chosen])
        return [
            LostReservation(
                order_id=rows[held.id].order_id,
                order_line_id=held.order_line_id,
                product_id=line.product_id,
                quantity=held.quantity,
            )
            for held in chosen
        ]
