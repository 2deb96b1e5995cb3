"""Carrier accounts and sender addresses."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.models import CarrierAccount, SenderAddress
from entrepot.fulfilment.refs import CarrierAccountRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text

_ACCOUNT = ", ".join(CarrierAccountRef.__struct_fields__)


class CarrierRepository:
    """Carrier accounts within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def insert(self, row: Mapping[str, Any]) -> bool:
        """Store an account; False if its name is taken."""
        return bool(
            await insert_rows(
                self._session, CarrierAccount, [row], suffix="ON CONFLICT (seller_id, name) DO NOTHING RETURNING id"
            )
        )

    async def find(self, account_id: UUID) -> CarrierAccountRef | None:
        rows = await self._session.execute(
            text(f"SELECT {_ACCOUNT} FROM carrier_account WHERE id = :id"),  # noqa: S608 -- column names
            {"id": account_id},
        )
        row = rows.mappings().one_or_none()
        return None if row is None else msgspec.convert(dict(row), CarrierAccountRef)

    async def all(self, seller_id: UUID | None = None) -> list[CarrierAccountRef]:
        rows = await self._session.execute(
            text(
                f"SELECT {_ACCOUNT} FROM carrier_account"  # noqa: S608 -- column names
                " WHERE CAST(:seller AS uuid) IS NULL OR seller_id = CAST(:seller AS uuid) ORDER BY name, id"
            ),
            {"seller": seller_id},
        )
        return [msgspec.convert(dict(row), CarrierAccountRef) for row in rows.mappings()]

    async def credentials(self, account_id: UUID) -> bytes | None:
        rows = await self._session.execute(
            text("SELECT credentials FROM carrier_account WHERE id = :id"), {"id": account_id}
        )
        found: bytes | None = rows.scalar_one_or_none()
        return found

    async def name_taken(self, seller_id: UUID, name: str, but: UUID) -> bool:
        rows = await self._session.execute(
            text("SELECT 1 FROM carrier_account WHERE seller_id = :seller AND name = :name AND id <> :but"),
            {"seller": seller_id, "name": name, "but": but},
        )
        return rows.first() is not None

    async def update(self, account_id: UUID, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE carrier_account SET {sets} WHERE id = :account_id"),  # noqa: S608 -- column names of the callers
            {**values, "account_id": account_id},
        )

    async def sender(self, seller_id: UUID, warehouse_id: UUID | None) -> dict[str, Any] | None:
        """Return the sender's address for a building: its own, else the general one."""
        rows = await self._session.execute(
            text(
                "SELECT address FROM sender_address WHERE seller_id = :seller"
                " AND (warehouse_id = CAST(:warehouse AS uuid) OR warehouse_id IS NULL)"
                " ORDER BY warehouse_id NULLS LAST LIMIT 1"
            ),
            {"seller": seller_id, "warehouse": warehouse_id},
        )
        found: dict[str, Any] | None = rows.scalar_one_or_none()
        return found

    async def set_sender(self, row: Mapping[str, Any]) -> None:
        await insert_rows(
            self._session,
            SenderAddress,
            [row],
            suffix="ON CONFLICT (seller_id, warehouse_id) DO UPDATE SET address = excluded.address",
        )
