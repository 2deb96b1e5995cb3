"""Plans to swap what lies in places, and what they are made of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.models import Reorganisation, ReorganisationSwap
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text

MOST_PLACES = 300
MOST_BASKETS = 20_000


class Holding(msgspec.Struct, frozen=True):
    """A place in walking order and what lies in it."""

    location_id: UUID
    code: str
    max_units: int | None
    products: list[UUID]
    units: int


class SessionRow(msgspec.Struct, frozen=True):
    """A plan under way."""

    id: UUID
    seller_id: UUID
    warehouse_id: UUID
    location_id: UUID | None
    days: int
    status: str


class SwapRow(msgspec.Struct, frozen=True):
    """A swap of it."""

    id: UUID
    position: int
    first_location_id: UUID
    second_location_id: UUID
    first_products: list[str]
    second_products: list[str]
    status: str


class ReorganisingRepository:
    """Plans within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def holdings(self, warehouse_id: UUID, path: str | None) -> list[Holding]:
        """Return the places that may take part, in walking order: no pick faces, nothing others may have filled."""
        rows = await self._session.execute(
            text(
                """
                WITH used AS MATERIALIZED (SELECT places_in_use AS id FROM places_in_use(:warehouse))
                SELECT l.id, l.code, l.max_units, coalesce(s.products, '{}'), coalesce(s.units, 0)::int
                FROM location l
                LEFT JOIN LATERAL (
                    SELECT array_agg(DISTINCT v.product_id) AS products, sum(v.on_hand) AS units
                    FROM stock_level v WHERE v.location_id = l.id AND v.on_hand > 0
                ) s ON true
                WHERE l.warehouse_id = :warehouse AND l.pickable AND l.kind IN ('shelf', 'box', 'slot')
                    AND (CAST(:path AS text) IS NULL OR l.path = :path OR starts_with(l.path, :path || '/'))
                    AND NOT EXISTS (SELECT 1 FROM location c WHERE c.parent_id = l.id)
                    AND NOT EXISTS (SELECT 1 FROM pick_face f WHERE f.location_id = l.id)
                    AND (s.units > 0 OR NOT EXISTS (SELECT 1 FROM used u WHERE u.id = l.id))
                ORDER BY l.walk_order, l.path LIMIT :most
                """
            ),
            {"warehouse": warehouse_id, "path": path, "most": MOST_PLACES},
        )
        return [Holding(*row) for row in rows]

    async def baskets(self, seller_id: UUID, since: datetime) -> list[set[UUID]]:
        """Return the products of each order picked since then."""
        rows = await self._session.execute(
            text(
                """
                SELECT array_agg(DISTINCT m.product_id) AS products FROM stock_move m
                WHERE m.seller_id = :seller AND m.occurred_at >= :since AND m.kind = 'pick' AND m.quantity < 0
                    AND m.reference_kind = 'order'
                GROUP BY m.reference_id LIMIT :most
                """
            ),
            {"seller": seller_id, "since": since, "most": MOST_BASKETS},
        )
        return [set(row.products) for row in rows]

    async def add(self, row: Mapping[str, Any]) -> None:
        await insert_rows(self._session, Reorganisation, [row])

    async def add_swaps(self, rows: Sequence[Mapping[str, Any]]) -> None:
        await insert_rows(self._session, ReorganisationSwap, rows)

    async def locked(self, id_: UUID) -> SessionRow | None:
        rows = await self._session.execute(
            text(
                "SELECT id, seller_id, warehouse_id, location_id, days, status FROM reorganisation WHERE id = :id"
                " FOR NO KEY UPDATE"
            ),
            {"id": id_},
        )
        row = rows.one_or_none()
        return SessionRow(*row) if row else None

    async def swaps(self, id_: UUID) -> list[SwapRow]:
        rows = await self._session.execute(
            text(
                "SELECT id, position, first_location_id, second_location_id, first_products, second_products, status"
                " FROM reorganisation_swap WHERE reorganisation_id = :id ORDER BY position"
            ),
            {"id": id_},
        )
        return [SwapRow(*row) for row in rows]

    async def settle(self, swap_id: UUID, status: str, by: str, at: datetime) -> None:
        await self._session.execute(
            text("UPDATE reorganisation_swap SET status = :status, done_by = :by, done_at = :at WHERE id = :id"),
            {"id": swap_id, "status": status, "by": by, "at": at},
        )

    async def forget_open(self, id_: UUID) -> None:
        await self._session.execute(
            text("DELETE FROM reorganisation_swap WHERE reorganisation_id = :id AND status = 'open'"), {"id": id_}
        )

    async def set_status(self, id_: UUID, status: str) -> None:
        await self._session.execute(
            text("UPDATE reorganisation SET status = :status WHERE id = :id"), {"id": id_, "status": status}
        )

    async def lying(self, location_ids: Collection[UUID]) -> list[tuple[UUID, UUID, str, int]]:
        """Return (location, product, lot, units) of what lies in these places."""
        rows = await self._session.execute(
            text(
                "SELECT location_id, product_id, lot, on_hand FROM stock_level"
                " WHERE location_id = ANY(:ids) AND on_hand > 0 ORDER BY product_id, lot"
            ),
            {"ids": list(location_ids)},
        )
        return [(row.location_id, row.product_id, row.lot, row.on_hand) for row in rows]
