"""What channels call carriers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.models import CarrierMapping, ChannelCarriers
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class MappingRepository:
    """Carrier mappings within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def chosen(self, account_id: UUID) -> dict[tuple[str, str], str]:
        rows = await self._session.execute(
            text("SELECT carrier, service, code FROM carrier_mapping WHERE account_id = :account"),
            {"account": account_id},
        )
        return {(row.carrier, row.service): row.code for row in rows}

    async def store(self, row: Mapping[str, Any]) -> None:
        await insert_rows(
            self._session,
            CarrierMapping,
            [row],
            suffix="ON CONFLICT (account_id, carrier, service)"
            " DO UPDATE SET code = excluded.code, changed_at = excluded.changed_at",
        )

    async def remove(self, account_id: UUID, carrier: str, service: str) -> None:
        await self._session.execute(
            text(
                "DELETE FROM carrier_mapping WHERE account_id = :account AND carrier = :carrier AND service = :service"
            ),
            {"account": account_id, "carrier": carrier, "service": service},
        )

    async def waiting(self, account_id: UUID) -> int:
        rows = await self._session.execute(
            text(
                "SELECT count(*) FROM channel_push p WHERE account_id = :account AND state = 'waiting' AND EXISTS ("
                "SELECT 1 FROM sales_order o WHERE o.id = p.order_id AND jsonb_exists(o.attention, 'carrier_unmapped'))"
            ),
            {"account": account_id},
        )
        found: int = rows.scalar_one()
        return found

    async def list_of(self, account_id: UUID) -> tuple[list[dict[str, Any]], datetime] | None:
        """Return what an account said it accepts, and when."""
        rows = await self._session.execute(
            text("SELECT carriers, read_at FROM channel_carriers WHERE account_id = :account"), {"account": account_id}
        )
        row = rows.one_or_none()
        return None if row is None else (row.carriers, row.read_at)

    async def store_list(self, row: Mapping[str, Any]) -> None:
        await insert_rows(
            self._session,
            ChannelCarriers,
            [row],
            suffix="ON CONFLICT (account_id) DO UPDATE SET carriers = excluded.carriers, read_at = excluded.read_at",
        )
