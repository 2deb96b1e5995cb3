"""Places where goods might go."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.storing import Spot
from entrepot.kit.sql import text

MOST_FREE = 20
"""Free places worth considering."""


class StoringRepository:
    """Places within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def spots(self, product_id: UUID, lot: str, warehouse_id: UUID) -> list[Spot]:
        """Return where the product lies or is to lie in a building, and the first free places on the way."""
        rows = await self._session.execute(
            text(
                """
                WITH used AS MATERIALIZED (SELECT places_in_use AS id FROM places_in_use(:warehouse)),
                free AS (
                    SELECT l.id FROM location l
                    WHERE l.warehouse_id = :warehouse AND l.pickable AND l.kind IN ('shelf', 'box', 'slot')
                        AND NOT EXISTS (SELECT 1 FROM used u WHERE u.id = l.id)
                        AND NOT EXISTS (SELECT 1 FROM location c WHERE c.parent_id = l.id)
                        AND NOT EXISTS (SELECT 1 FROM pick_face f WHERE f.location_id = l.id)
                    ORDER BY l.walk_order, l.code LIMIT :limit
                ), wanted AS (
                    SELECT id FROM free
                    UNION SELECT s.location_id FROM stock_level s WHERE s.product_id = :product AND s.on_hand > 0
                    UNION SELECT f.location_id FROM pick_face f WHERE f.product_id = :product
                )
                SELECT l.id, l.code, l.walk_order, coalesce(n.units, 0)::int, coalesce(n.same, 0)::int,
                    coalesce(n.other_lots, 0)::int, u.id IS NOT NULL, l.max_units, f.maximum
                FROM wanted w JOIN location l ON l.id = w.id LEFT JOIN used u ON u.id = l.id
                LEFT JOIN pick_face f ON f.location_id = l.id AND f.product_id = :product
                LEFT JOIN LATERAL (
                    SELECT sum(s.on_hand) AS units,
                        sum(s.on_hand) FILTER (WHERE s.product_id = :product AND s.lot = :lot) AS same,
                        sum(s.on_hand) FILTER (WHERE s.product_id = :product AND s.lot <> :lot) AS other_lots
                    FROM stock_level s WHERE s.location_id = l.id
                ) n ON true
                WHERE l.warehouse_id = :warehouse AND l.kind NOT IN ('staging', 'receiving', 'quarantine')
                """
            ),
            {"warehouse": warehouse_id, "product": product_id, "lot": lot, "limit": MOST_FREE},
        )
        return [Spot(*row) for row in rows]

    async def units_in(self, location_id: UUID) -> int:
        """Return how many units of everything lie in a place."""
        rows = await self._session.execute(
            text("SELECT coalesce(sum(on_hand), 0)::int FROM stock_level WHERE location_id = :id"), {"id": location_id}
        )
        units: int = rows.scalar_one()
        return units
