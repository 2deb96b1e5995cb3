"""Every SQL statement by which stock is locked, reserved and moved.

The order of work is the same everywhere: lock the products (:meth:`StockRepository.lock`), read, decide, write.  One
row of ``stock_total`` is the lock of all stock of a product, rows are locked in the order (seller, product), and a use
case locks all its products at once; so no two transactions ever wait for each other in a circle.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.domain import MoveKind, Place
from entrepot.inventory.models import Reservation, StockMove
from entrepot.inventory.refs import ReservationRow
from entrepot.kit.bulk import insert_many
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.sql import text

_RESERVATION = """
    SELECT r.id, r.seller_id, r.order_id, r.order_line_id, r.product_id, l.warehouse_id, r.location_id,
        l.code AS location_code, l.kind AS location_kind, l.walk_order, r.quantity, r.lot
    FROM reservation r JOIN location l ON l.id = r.location_id
"""


class Total(msgspec.Struct, frozen=True):
    """The numbers of one product."""

    seller_id: UUID
    product_id: UUID
    on_hand: int
    reserved: int
    available: int


class Level(msgspec.Struct, frozen=True):
    """The numbers of one product in one location."""

    seller_id: UUID
    product_id: UUID
    location_id: UUID
    lot: str
    on_hand: int
    reserved: int

    @property
    def free(self) -> int:
        return self.on_hand - self.reserved


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One line to write into the ledger."""

    seller_id: UUID
    product_id: UUID
    location_id: UUID
    quantity: int
    lot: str = ""
    reason: str = ""
    transfer_id: UUID | None = None
    reference_kind: str = ""
    reference_id: UUID | None = None


class StockRepository:
    """Stock, ledger and reservations within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    # -- locks

    async def lock(self, product_ids: Collection[UUID]) -> dict[UUID, Total]:
        """Lock all stock of these products until the transaction ends; products that never had any are missing."""
        return await self._lock("t.product_id = ANY(:ids)", ids=list(product_ids))

    async def lock_new(self, products: Iterable[tuple[UUID, UUID]]) -> dict[UUID, Total]:
        """Lock all stock of these (seller, product), those without any yet included."""
        pairs = sorted(set(products))
        sellers, ids = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        await self._session.execute(
            text(
                "INSERT INTO stock_total (seller_id, product_id)"
                " SELECT p.seller_id, p.product_id"
                " FROM unnest(CAST(:sellers AS uuid[]), CAST(:ids AS uuid[])) AS p(seller_id, product_id)"
                " WHERE NOT EXISTS"
                "  (SELECT 1 FROM stock_total t WHERE t.seller_id = p.seller_id AND t.product_id = p.product_id)"
                " ORDER BY 1, 2 ON CONFLICT DO NOTHING"
            ),
            {"sellers": sellers, "ids": ids},
        )
        return await self.lock(ids)

    async def lock_lines(self, order_line_ids: Collection[UUID], more: Collection[UUID] = ()) -> None:
        """Lock the stock of every product reserved for these order lines, and of *more* products."""
        await self._lock(
            "t.product_id = ANY(:more) OR t.product_id IN"
            " (SELECT r.product_id FROM reservation r WHERE r.order_line_id = ANY(:lines))",
            lines=list(order_line_ids),
            more=list(more),
        )

    async def lock_reservations(self, reservation_ids: Collection[UUID]) -> None:
        """Lock the stock of the products of these reservations."""
        await self._lock(
            "t.product_id IN (SELECT r.product_id FROM reservation r WHERE r.id = ANY(:ids))", ids=list(reservation_ids)
        )

    async def lock_location(self, location_id: UUID) -> set[UUID]:
        """Lock the location against products new to it, then the stock of every product it has or had; return those."""
        await self._session.execute(text("SELECT id FROM location WHERE id = :id FOR UPDATE"), {"id": location_id})
        locked = await self._lock(
            "t.product_id IN (SELECT s.product_id FROM stock_level s WHERE s.location_id = :id)", id=location_id
        )
        return set(locked)

    async def _lock(self, where: str, **values: object) -> dict[UUID, Total]:
        rows = await self._session.execute(
            text(
                "SELECT t.seller_id, t.product_id, t.on_hand, t.reserved, t.available FROM stock_total t"  # noqa: S608
                f" WHERE {where} ORDER BY t.seller_id, t.product_id FOR NO KEY UPDATE OF t"
            ),
            values,
        )
        return {row.product_id: Total(*row) for row in rows}

    # -- what there is

    async def totals(self, product_ids: Collection[UUID]) -> list[Total]:
        rows = await self._session.execute(
            text(
                "SELECT seller_id, product_id, on_hand, reserved, available FROM stock_total"
                " WHERE product_id = ANY(:ids) ORDER BY product_id"
            ),
            {"ids": list(product_ids)},
        )
        return [Total(*row) for row in rows]

    async def places(
        self, product_ids: Collection[UUID], order_line_ids: Collection[UUID]
    ) -> tuple[list[Place], set[UUID]]:
        """Return where units of the products are free, and which of the order lines have a reservation already.

        Goods of a lot that is quarantined or past its day are nowhere, whether a job has noticed or not.
        One statement for both: while it runs, others wait for the products' locks.
        """
        rows = await self._session.execute(
            text(
                """
                SELECT s.product_id, s.location_id, s.lot, s.on_hand - s.reserved, l.walk_order, l.code, l.warehouse_id,
                    b.expires_on
                FROM stock_level s JOIN location l ON l.id = s.location_id
                    LEFT JOIN lot b ON s.lot <> '' AND b.seller_id = s.seller_id AND b.product_id = s.product_id
                        AND b.code = s.lot
                WHERE s.product_id = ANY(:products) AND s.on_hand > s.reserved AND l.pickable
                    AND b.sellable IS NOT FALSE AND (b.expires_on IS NULL OR b.expires_on >= :today)
                UNION ALL
                SELECT r.order_line_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                FROM reservation r WHERE r.order_line_id = ANY(:lines)
                """
            ),
            {"products": list(product_ids), "lines": list(order_line_ids), "today": now().date()},
        )
        places: list[Place] = []
        lines: set[UUID] = set()
        for row in rows:
            if row[1] is None:
                lines.add(row[0])
            else:
                places.append(Place(*row))
        return places, lines

    async def levels(self, product_ids: Collection[UUID], location_ids: Collection[UUID]) -> list[Level]:
        """Return the levels of any of the products in any of the locations."""
        rows = await self._session.execute(
            text(
                "SELECT seller_id, product_id, location_id, lot, on_hand, reserved FROM stock_level"
                " WHERE product_id = ANY(:products) AND location_id = ANY(:locations)"
            ),
            {"products": list(product_ids), "locations": list(location_ids)},
        )
        return [Level(*row) for row in rows]

    async def was_moved(self, product_id: UUID, transfer_id: UUID) -> bool:
        """Whether the ledger has this way already; it looks at what happened since yesterday."""
        rows = await self._session.execute(
            text(
                "SELECT 1 FROM stock_move WHERE product_id = :product AND transfer_id = :transfer"
                " AND occurred_at > statement_timestamp() - interval '1 day' LIMIT 1"
            ),
            {"product": product_id, "transfer": transfer_id},
        )
        return rows.one_or_none() is not None

    # -- reservations

    async def reservations(self, order_line_ids: Collection[UUID]) -> list[ReservationRow]:
        """Return what is reserved for these lines, in walking order."""
        return await self._reservations(
            "WHERE r.order_line_id = ANY(:ids) ORDER BY l.walk_order, l.code, r.id", ids=list(order_line_ids)
        )

    async def reservations_by_id(self, ids: Collection[UUID]) -> list[ReservationRow]:
        return await self._reservations("WHERE r.id = ANY(:ids) ORDER BY r.id", ids=list(ids))

    async def reservations_at(self, product_id: UUID, location_id: UUID, lot: str) -> list[ReservationRow]:
        """Return what is reserved of one product in one location, oldest first."""
        return await self._reservations(
            "WHERE r.product_id = :product AND r.location_id = :location AND r.lot = :lot ORDER BY r.id",
            product=product_id,
            location=location_id,
            lot=lot,
        )

    async def _reservations(self, where: str, **values: object) -> list[ReservationRow]:
        rows = await self._session.execute(text(_RESERVATION + where), values)
        return [ReservationRow(**row) for row in rows.mappings()]

    async def reserve_planned(self, rows: Sequence[Mapping[str, Any]]) -> list[Total]:
        """Lock the products and reserve, if all of it is still free and none of the lines has anything yet.

        Returns:
            The new numbers of the products; nothing if the plan is out of date.  The products are locked either way.
        """
        # As one JSON text: asyncpg looks at every element of an array, which costs more than the rest of the call.
        found = await self._session.execute(
            text(
                """
                SELECT t.seller_id, t.product_id, t.on_hand, t.reserved, t.available
                FROM (
                    SELECT array_agg(id) AS ids, array_agg(seller_id) AS sellers, array_agg(order_id) AS orders,
                        array_agg(order_line_id) AS lines, array_agg(product_id) AS products,
                        array_agg(location_id) AS locations, array_agg(lot) AS lots, array_agg(quantity) AS quantities
                    FROM json_to_recordset(:rows) AS r(id uuid, seller_id uuid, order_id uuid, order_line_id uuid,
                        product_id uuid, location_id uuid, lot text, quantity integer)
                ) p CROSS JOIN LATERAL reserve_planned(
                    p.ids, p.sellers, p.orders, p.lines, p.products, p.locations, p.lots, p.quantities
                ) t
                """
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )
        return [Total(*row) for row in found]

    async def carry_promised(
        self, kind: MoveKind, loads: Sequence[tuple[ReservationRow, int]], fresh: Sequence[tuple[UUID, UUID | None]]
    ) -> list[Total]:
        """Lock the products and carry units of reservations, if those still are as they were read.

        Args:
            kind: a pick takes them to the staging of their building, and their reservations go along; else they leave.
            loads: what was read, and how many units of it.
            fresh: for each, the id of a reservation made in staging, and of the way.

        Returns:
            The new numbers of the products; nothing if a reservation changed.  The products are locked either way.
        """
        context = context_of(self._session)
        rows = [
            {
                "id": row.id,
                "product_id": row.product_id,
                "location_id": row.location_id,
                "lot": row.lot,
                "held": row.quantity,
                "units": units,
                "fresh": made,
                "way": way,
            }
            for (row, units), (made, way) in zip(loads, fresh, strict=True)
        ]
        found = await self._session.execute(
            text(
                """
                SELECT t.seller_id, t.product_id, t.on_hand, t.reserved, t.available
                FROM (
                    SELECT array_agg(id) AS ids, array_agg(product_id) AS products, array_agg(location_id) AS places,
                        array_agg(lot) AS lots, array_agg(held) AS held, array_agg(units) AS units,
                        array_agg(fresh) AS fresh, array_agg(way) AS ways
                    FROM json_to_recordset(:rows) AS r(id uuid, product_id uuid, location_id uuid, lot text,
                        held integer, units integer, fresh uuid, way uuid)
                ) p CROSS JOIN LATERAL carry_promised(
                    p.ids, p.products, p.places, p.lots, p.held, p.units, p.fresh, p.ways,
                    :kind, :actor_kind, :actor_id, :actor_name, :request
                ) t
                """
            ),
            {
                "rows": msgspec.json.encode(rows).decode(),
                "kind": str(kind),
                "actor_kind": context.actor.kind,
                "actor_id": context.actor.id,
                "actor_name": context.actor.name,
                "request": context.request_id,
            },
        )
        return [Total(*row) for row in found]

    async def add_reservations(self, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[UUID, UUID, str], UUID]:
        """Reserve, adding to what the line may have in the same place already.

        Returns:
            (Order line, product, lot) -> its reservation there, for rows of one place.
        """
        written = await insert_many(
            self._session,
            Reservation,
            rows,
            suffix="ON CONFLICT (order_line_id, product_id, location_id, lot)"
            " DO UPDATE SET quantity = reservation.quantity + excluded.quantity"
            " RETURNING order_line_id, product_id, lot, id",
        )
        return {(line_id, product_id, lot): id_ for line_id, product_id, lot, id_ in written}

    async def reduce_reservations(self, less: Mapping[UUID, int]) -> None:
        """Take units off reservations; the rest of each must stay above zero."""
        await self._session.execute(
            text(
                "UPDATE reservation r SET quantity = r.quantity - d.quantity"
                " FROM unnest(CAST(:ids AS uuid[]), CAST(:quantities AS integer[])) AS d(id, quantity)"
                " WHERE r.id = d.id"
            ),
            {"ids": list(less), "quantities": list(less.values())},
        )

    async def remove_reservations(self, ids: Collection[UUID]) -> None:
        await self._session.execute(text("DELETE FROM reservation WHERE id = ANY(:ids)"), {"ids": list(ids)})

    async def release(self, order_line_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
        """Remove the lines' reservations; return (order line, product) of each."""
        rows = await self._session.execute(
            text("DELETE FROM reservation WHERE order_line_id = ANY(:ids) RETURNING order_line_id, product_id"),
            {"ids": list(order_line_ids)},
        )
        return [(row.order_line_id, row.product_id) for row in rows]

    # -- ledger

    async def write_moves(self, kind: MoveKind, moves: Sequence[Movement]) -> None:
        """Add lines to the ledger in the name of the transaction's author.  The levels follow."""
        context = context_of(self._session)
        author = {
            "kind": str(kind),
            "actor_kind": context.actor.kind,
            "actor_id": context.actor.id,
            "actor_name": context.actor.name,
            "request_id": context.request_id,
        }
        await insert_many(self._session, StockMove, [{**msgspec.structs.asdict(move), **author} for move in moves])

    # -- products

    async def set_low(self, seller_id: UUID, product_id: UUID, low: int) -> None:
        await self._session.execute(
            text(
                "INSERT INTO stock_total (seller_id, product_id, low) VALUES (:seller, :product, :low)"
                " ON CONFLICT (seller_id, product_id) DO UPDATE SET low = excluded.low"
            ),
            {"seller": seller_id, "product": product_id, "low": low},
        )
