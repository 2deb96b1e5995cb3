"""Correcting the books by what was counted."""

from collections.abc import Sequence

from entrepot.inventory.desk import Desk
from entrepot.inventory.domain import Held, MoveKind, youngest_to_cover
from entrepot.inventory.events import ReservationLost
from entrepot.inventory.refs import LostReservation
from entrepot.inventory.repository import Movement
from entrepot.inventory.repository.counts import CountLineRow, CountRow
from entrepot.kit import outbox


class Booking(Desk):
    """What approving a count does to the stock."""

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
