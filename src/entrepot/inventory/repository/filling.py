"""Pick faces, and what is to be brought to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.filling import Face, Source
from entrepot.inventory.models import PickFace, Replenishment
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.sql import text


class BringRow(msgspec.Struct, frozen=True):
    """One thing to bring."""

    id: UUID
    seller_id: UUID
    warehouse_id: UUID
    product_id: UUID
    lot: str
    from_location_id: UUID
    to_location_id: UUID
    quantity: int
    status: str


class FillingRepository:
    """Pick faces within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def set_face(self, row: Mapping[str, Any]) -> None:
        await insert_rows(
            self._session,
            PickFace,
            [row],
            suffix="ON CONFLICT (product_id, location_id)"
            " DO UPDATE SET minimum = excluded.minimum, maximum = excluded.maximum",
        )

    async def remove_faces(self, ids: Collection[UUID]) -> int:
        rows = await self._session.execute(
            text("DELETE FROM pick_face WHERE id = ANY(:ids) RETURNING id"), {"ids": list(ids)}
        )
        return len(rows.all())

    async def sellers(self) -> list[UUID]:
        """Return who has pick faces."""
        rows = await self._session.execute(text("SELECT DISTINCT seller_id FROM pick_face ORDER BY 1"))
        return [row.seller_id for row in rows]

    async def lock_list(self, seller_id: UUID) -> None:
        """Let nobody else make or work off the list of a seller until the transaction ends."""
        await self._session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": f"replenishment:{seller_id}"},
        )

    async def faces(self, seller_id: UUID) -> list[Face]:
        rows = await self._session.execute(
            text(
                """
                SELECT f.seller_id, l.warehouse_id, f.product_id, f.location_id, f.minimum, f.maximum,
                    coalesce((SELECT sum(s.on_hand) FROM stock_level s
                        WHERE s.product_id = f.product_id AND s.location_id = f.location_id), 0)::int
                FROM pick_face f JOIN location l ON l.id = f.location_id WHERE f.seller_id = :seller
                """
            ),
            {"seller": seller_id},
        )
        return [Face(*row) for row in rows]

    async def sources(self, seller_id: UUID) -> list[Source]:
        """Return free, sellable units of products with pick faces, outside those."""
        rows = await self._session.execute(
            text(
                """
                SELECT s.product_id, l.warehouse_id, s.location_id, s.lot, s.on_hand - s.reserved, l.walk_order, l.code,
                    b.expires_on
                FROM stock_level s JOIN location l ON l.id = s.location_id
                    LEFT JOIN lot b ON s.lot <> '' AND b.seller_id = s.seller_id AND b.product_id = s.product_id
                        AND b.code = s.lot
                WHERE s.seller_id = :seller AND s.on_hand > s.reserved
                    AND l.kind NOT IN ('staging', 'receiving', 'quarantine')
                    AND b.sellable IS NOT FALSE AND (b.expires_on IS NULL OR b.expires_on >= :today)
                    AND s.product_id IN (SELECT product_id FROM pick_face WHERE seller_id = :seller)
                    AND NOT EXISTS (
                        SELECT 1 FROM pick_face f WHERE f.product_id = s.product_id AND f.location_id = s.location_id
                    )
                """
            ),
            {"seller": seller_id, "today": now().date()},
        )
        return [Source(*row) for row in rows]

    async def replace_open(self, seller_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
        """Forget what is open and write down what is to be brought now."""
        await self._session.execute(
            text("DELETE FROM replenishment WHERE seller_id = :seller AND status = 'open'"), {"seller": seller_id}
        )
        await insert_rows(self._session, Replenishment, rows)

    async def locked(self, id_: UUID) -> BringRow | None:
        rows = await self._session.execute(
            text(
                "SELECT id, seller_id, warehouse_id, product_id, lot, from_location_id, to_location_id, quantity, status"
                " FROM replenishment WHERE id = :id FOR NO KEY UPDATE"
            ),
            {"id": id_},
        )
        row = rows.one_or_none()
        return BringRow(*row) if row else None

    async def done(self, id_: UUID, moved: int, by: str, at: datetime) -> None:
        await self._session.execute(
            text(
                "UPDATE replenishment SET status = 'done', moved = :moved, done_by = :by, done_at = :at WHERE id = :id"
            ),
            {"id": id_, "moved": moved, "by": by, "at": at},
        )
