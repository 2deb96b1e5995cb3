"""Every SQL statement of daily reports."""

from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.boards.days import Days
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is kept."""

    id: UUID
    seller_id: UUID
    seller: str
    warehouse_id: UUID
    site: str
    day: date
    document_id: UUID | None
    made_by: str
    made_at: datetime
    sent_at: datetime | None


_ROW = """
    SELECT r.id, r.seller_id, s.name AS seller, r.warehouse_id, w.name AS site, r.day, r.document_id, r.made_by,
        r.made_at, r.sent_at
    FROM daily_report r JOIN warehouse w ON w.id = r.warehouse_id JOIN seller s ON s.id = r.seller_id
"""


class ReportRepository:
    """Reports within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def reports(self, *, after: tuple[date, UUID] | None = None, limit: int = 50) -> list[ReportRow]:
        """Return reports, the latest day first."""
        rows = await self._session.execute(
            text(
                _ROW + " WHERE CAST(:day AS date) IS NULL OR (r.day, r.id) < (CAST(:day AS date), CAST(:id AS uuid))"
                " ORDER BY r.day DESC, r.id DESC LIMIT :limit"
            ),
            {"day": after[0] if after else None, "id": after[1] if after else None, "limit": limit},
        )
        return [msgspec.convert(dict(row), ReportRow) for row in rows.mappings()]

    async def report(self, report_id: UUID) -> ReportRow | None:
        rows = await self._session.execute(text(_ROW + " WHERE r.id = :id"), {"id": report_id})
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), ReportRow)

    async def figures(self, report_id: UUID) -> str:
        """Return the figures of a report as JSON."""
        rows = await self._session.execute(
            text("SELECT figures::text FROM daily_report WHERE id = :id"), {"id": report_id}
        )
        return str(rows.scalar_one())

    async def write(self, seller_id: UUID, warehouse_id: UUID, day: date, figures: str, who: str) -> UUID:
        """Write the figures of a day, in place of those of an earlier report of the same day; return its id."""
        rows = await self._session.execute(
            text(
                """
                INSERT INTO daily_report (id, seller_id, warehouse_id, day, figures, made_by, made_at)
                VALUES (:id, :seller, :warehouse, :day, CAST(:figures AS jsonb), :who, :moment)
                ON CONFLICT (seller_id, warehouse_id, day) DO UPDATE SET figures = excluded.figures,
                    made_by = excluded.made_by, made_at = excluded.made_at
                RETURNING id
                """
            ),
            {
                "id": new_id(),
                "seller": seller_id,
                "warehouse": warehouse_id,
                "day": day,
                "figures": figures,
                "who": who,
                "moment": now(),
            },
        )
        return UUID(str(rows.scalar_one()))

    async def keep_document(self, report_id: UUID, document_id: UUID) -> None:
        await self._session.execute(
            text("UPDATE daily_report SET document_id = :document WHERE id = :id"),
            {"id": report_id, "document": document_id},
        )

    async def mark_sent(self, report_id: UUID) -> bool:
        """Note that a report was handed to the mail; False: somebody else did."""
        rows = await self._session.execute(
            text("UPDATE daily_report SET sent_at = :moment WHERE id = :id AND sent_at IS NULL RETURNING id"),
            {"id": report_id, "moment": now()},
        )
        return rows.one_or_none() is not None

    async def sellers_without(self, warehouse_id: UUID, days: Days) -> list[UUID]:
        """Return whose orders moved in a building on a day of which nobody was sent the report yet."""
        rows = await self._session.execute(
            text(
                """
                SELECT DISTINCT f.seller_id FROM floor_step s JOIN floor_order f ON f.order_id = s.order_id
                WHERE s.at >= :begins AND s.at < :ends AND f.warehouse_id = :warehouse AND NOT EXISTS (
                    SELECT 1 FROM daily_report r WHERE r.seller_id = f.seller_id AND r.warehouse_id = f.warehouse_id
                        AND r.day = :day AND r.sent_at IS NOT NULL)
                ORDER BY 1
                """
            ),
            {"begins": days.begins, "ends": days.ends, "warehouse": warehouse_id, "day": days.first},
        )
        return list(rows.scalars())

    async def subscribe(self, seller_id: UUID, warehouse_id: UUID, user_id: UUID) -> None:
        await self._session.execute(
            text(
                "INSERT INTO report_subscription (seller_id, warehouse_id, user_id)"
                " VALUES (:seller, :warehouse, :user) ON CONFLICT DO NOTHING"
            ),
            {"seller": seller_id, "warehouse": warehouse_id, "user": user_id},
        )

    async def unsubscribe(self, seller_id: UUID, warehouse_id: UUID, user_id: UUID) -> None:
        await self._session.execute(
            text(
                "DELETE FROM report_subscription"
                " WHERE seller_id = :seller AND warehouse_id = :warehouse AND user_id = :user"
            ),
            {"seller": seller_id, "warehouse": warehouse_id, "user": user_id},
        )

    async def subscribers(self, seller_id: UUID, warehouse_id: UUID) -> list[UUID]:
        rows = await self._session.execute(
            text("SELECT user_id FROM report_subscription WHERE seller_id = :seller AND warehouse_id = :warehouse"),
            {"seller": seller_id, "warehouse": warehouse_id},
        )
        return list(rows.scalars())

    async def sites_of(self, seller_id: UUID, user_id: UUID) -> set[UUID]:
        """Return the buildings whose report somebody wants."""
        rows = await self._session.execute(
            text("SELECT warehouse_id FROM report_subscription WHERE seller_id = :seller AND user_id = :user"),
            {"seller": seller_id, "user": user_id},
        )
        return set(rows.scalars())
