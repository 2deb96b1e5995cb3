"""How orders are to leave."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.contract_carriage import ServicePoint
from entrepot.fulfilment.models import DeliveryChoice
from entrepot.kit.bulk import insert_rows
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.sql import text


class DeliveryWish(msgspec.Struct, frozen=True, kw_only=True):
    """How one order is to leave."""

    order_id: UUID
    seller_id: UUID
    how: str
    """``carrier``, ``counter`` or ``driver``."""
    area: str
    """Of our own drivers, where somebody said so."""
    carrier_account_id: UUID | None
    point: ServicePoint | None
    """Where the carrier brings it; None: to the door."""
    chosen_by: str
    chosen_at: datetime
    reminded_at: datetime | None


_WISH = ", ".join(DeliveryWish.__struct_fields__)


class ChoiceRepository:
    """Wishes within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, order_id: UUID) -> DeliveryWish | None:
        return (await self.of_many([order_id])).get(order_id)

    async def of_many(self, order_ids: Collection[UUID]) -> dict[UUID, DeliveryWish]:
        rows = await self._session.execute(
            text(f"SELECT {_WISH} FROM delivery_choice WHERE order_id = ANY(:ids)"),  # noqa: S608 -- column names
            {"ids": list(order_ids)},
        )
        return {row["order_id"]: msgspec.convert(dict(row), DeliveryWish) for row in rows.mappings()}

    async def save(
        self,
        seller_id: UUID,
        order_id: UUID,
        how: str,
        *,
        area: str = "",
        account_id: UUID | None = None,
        point: ServicePoint | None = None,
    ) -> None:
        """Say how an order is to leave."""
        row = {
            "order_id": order_id,
            "seller_id": seller_id,
            "how": how,
            "area": area,
            "carrier_account_id": account_id,
            "point": None if point is None else msgspec.to_builtins(point),
            "chosen_by": context_of(self._session).actor.name,
            "chosen_at": now(),
            "reminded_at": None,
        }
        sets = ", ".join(f"{name} = excluded.{name}" for name in row if name not in {"order_id", "seller_id"})
        await insert_rows(self._session, DeliveryChoice, [row], suffix=f"ON CONFLICT (order_id) DO UPDATE SET {sets}")
