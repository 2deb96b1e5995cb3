"""What is known and wanted of carrier accounts."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.models import CarrierSettings
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text


class SettingsRepository:
    """What is known and wanted of carrier accounts."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def services(self, account_ids: Collection[UUID]) -> dict[UUID, list[dict[str, str]]]:
        rows = await self._session.execute(
            text("SELECT carrier_account_id, services FROM carrier_settings WHERE carrier_account_id = ANY(:ids)"),
            {"ids": list(account_ids)},
        )
        return {row.carrier_account_id: row.services for row in rows}

    async def quiet_days(self, account_id: UUID) -> int | None:
        rows = await self._session.execute(
            text("SELECT quiet_days FROM carrier_settings WHERE carrier_account_id = :id"), {"id": account_id}
        )
        found: int | None = rows.scalar_one_or_none()
        return found

    async def keep(self, seller_id: UUID, account_id: UUID, **values: object) -> None:
        """Store settings of an account; what is not named stays."""
        sets = ", ".join(f"{name} = excluded.{name}" for name in values)
        await insert_rows(
            self._session,
            CarrierSettings,
            [{"carrier_account_id": account_id, "seller_id": seller_id, **values}],
            suffix=f"ON CONFLICT (carrier_account_id) DO UPDATE SET {sets}",
        )
