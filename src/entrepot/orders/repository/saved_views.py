"""Lists of orders that people keep."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class SavedViewRepository:
    """Kept lists within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def save_view(self, seller_id: UUID, user_id: str, name: str, parameters: Mapping[str, str]) -> None:
        await self._session.execute(
            text(
                """
                INSERT INTO order_saved_view (seller_id, user_id, name, filter)
                VALUES (:seller, :user, :name, CAST(:filter AS jsonb))
                ON CONFLICT (seller_id, user_id, name) DO UPDATE SET filter = excluded.filter
                """
            ),
            {"seller": seller_id, "user": user_id, "name": name, "filter": msgspec.json.encode(parameters).decode()},
        )

    async def remove_view(self, user_id: str, view_id: int) -> None:
        await self._session.execute(
            text("DELETE FROM order_saved_view WHERE id = :id AND user_id = :user"), {"id": view_id, "user": user_id}
        )
