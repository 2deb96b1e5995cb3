"""What a site set about its counter and its cut-off times: every statement of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.delivery.cut_offs import CutOff
from entrepot.fulfilment.delivery.models import CutOffTime, SiteHoliday
from entrepot.kit.bulk import insert_rows
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text

REMIND_DAYS = 7


class Uncollected(msgspec.Struct, frozen=True, kw_only=True):
    """An order that nobody collects."""

    order_id: UUID
    seller_id: UUID
    number: str
    days: int


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which nothing is collected."""

    id: UUID
    seller_id: UUID
    warehouse_id: UUID | None
    day: date
    name: str


class DeliverySettings:
    """Settings within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def remind_days(self, seller_id: UUID) -> int:
        rows = await self._session.execute(
            text("SELECT remind_days FROM counter_setting WHERE seller_id = :seller"), {"seller": seller_id}
        )
        return int(rows.scalar_one_or_none() or REMIND_DAYS)

    async def set_remind_days(self, seller_id: UUID, days: int) -> None:
        await self._session.execute(
            text(
                "INSERT INTO counter_setting (seller_id, remind_days) VALUES (:seller, :days)"
                " ON CONFLICT (seller_id) DO UPDATE SET remind_days = excluded.remind_days"
            ),
            {"seller": seller_id, "days": days},
        )

    async def not_collected(self) -> list[Uncollected]:
        """Mark the orders that wait at the counter for too long and were not told of yet, and return them."""
        rows = await self._session.execute(
            text(
                """
                WITH late AS (
                    SELECT c.order_id, c.seller_id, o.number, extract(day FROM now() - f.since)::int AS days
                    FROM delivery_choice c JOIN sales_order o ON o.id = c.order_id
                    JOIN floor_order f ON f.order_id = c.order_id
                    LEFT JOIN counter_setting s ON s.seller_id = c.seller_id
                    WHERE c.how = 'counter' AND c.reminded_at IS NULL AND o.status = 'packed' AND f.stage = 'packed'
                        AND f.since < now() - make_interval(days => coalesce(s.remind_days, :days))
                    FOR UPDATE OF c SKIP LOCKED
                )
                UPDATE delivery_choice c SET reminded_at = now() FROM late WHERE c.order_id = late.order_id
                RETURNING c.order_id, c.seller_id, late.number, late.days
                """
            ),
            {"days": REMIND_DAYS},
        )
        return [Uncollected(**row) for row in rows.mappings()]

    # -- cut-off times

    async def cut_offs(self, seller_id: UUID | None = None) -> dict[UUID, list[CutOff]]:
        """Return seller -> cut-off times."""
        rows = await self._session.execute(
            text(
                "SELECT seller_id, warehouse_id, carrier_account_id, service, weekday, at FROM cut_off_time"
                " WHERE CAST(:seller AS uuid) IS NULL OR seller_id = CAST(:seller AS uuid)"
                " ORDER BY warehouse_id NULLS FIRST, carrier_account_id NULLS FIRST, service, weekday"
            ),
            {"seller": seller_id},
        )
        found: dict[UUID, list[CutOff]] = {}
        for row in rows.mappings():
            values = dict(row)
            found.setdefault(values.pop("seller_id"), []).append(CutOff(**values))
        return found

    async def replace_cut_offs(
        self,
        seller_id: UUID,
        warehouse_id: UUID | None,
        account_id: UUID | None,
        service: str,
        rows: Sequence[CutOff],
    ) -> None:
        """Put the times of one carrier, service and building in place of those there were."""
        key: Mapping[str, Any] = {
            "seller": seller_id,
            "warehouse": warehouse_id,
            "account": account_id,
            "service": service,
        }
        await self._session.execute(
            text(
                "DELETE FROM cut_off_time WHERE seller_id = :seller AND service = :service"
                " AND warehouse_id IS NOT DISTINCT FROM CAST(:warehouse AS uuid)"
                " AND carrier_account_id IS NOT DISTINCT FROM CAST(:account AS uuid)"
            ),
            key,
        )
        await insert_rows(
            self._session,
            CutOffTime,
            [{"id": new_id(), "seller_id": seller_id, **msgspec.structs.asdict(one)} for one in rows],
            suffix="ON CONFLICT DO NOTHING",
        )

    async def holidays(self, seller_id: UUID | None = None) -> list[Holiday]:
        rows = await self._session.execute(
            text(
                "SELECT id, seller_id, warehouse_id, day, name FROM site_holiday"
                " WHERE CAST(:seller AS uuid) IS NULL OR seller_id = CAST(:seller AS uuid) ORDER BY day, id"
            ),
            {"seller": seller_id},
        )
        return [Holiday(**row) for row in rows.mappings()]

    async def add_holiday(self, seller_id: UUID, warehouse_id: UUID | None, day: date, name: str) -> None:
        row = {"id": new_id(), "seller_id": seller_id, "warehouse_id": warehouse_id, "day": day, "name": name}
        await insert_rows(
            self._session,
            SiteHoliday,
            [row],
            suffix="ON CONFLICT (seller_id, warehouse_id, day) DO UPDATE SET name = excluded.name",
        )

    async def remove_holiday(self, holiday_id: UUID) -> None:
        await self._session.execute(text("DELETE FROM site_holiday WHERE id = :id"), {"id": holiday_id})
