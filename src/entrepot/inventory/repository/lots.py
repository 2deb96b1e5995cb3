"""Lots and their history."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.domain import LotEventKind
from entrepot.inventory.models import Lot, LotEvent
from entrepot.inventory.refs import LotRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import context_of
from entrepot.kit.sql import text

_LOT = "SELECT b.id, b.seller_id, b.product_id, b.code, b.expires_on, b.status, b.sellable, b.note FROM lot b"


class LotRepository:
    """Lots within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> list[UUID]:
        """Add lots; return the ids of those that were new."""
        added = await insert_rows(
            self._session,
            Lot,
            rows,
            suffix="ON CONFLICT (seller_id, product_id, code) DO NOTHING RETURNING id",
        )
        return [row.id for row in added]

    async def of(self, product_ids: Collection[UUID]) -> list[LotRef]:
        """Return every lot of these products, what expires first in front."""
        rows = await self._session.execute(
            text(f"{_LOT} WHERE b.product_id = ANY(:ids) ORDER BY b.expires_on NULLS LAST, b.code"),
            {"ids": list(product_ids)},
        )
        return [LotRef(**row) for row in rows.mappings()]

    async def by_id(self, lot_id: UUID) -> LotRef | None:
        rows = await self._session.execute(text(f"{_LOT} WHERE b.id = :id"), {"id": lot_id})
        row = rows.mappings().one_or_none()
        return LotRef(**row) if row else None

    async def due(self, today: date, limit: int) -> list[LotRef]:
        """Return lots whose last day is over and whose goods still count as available."""
        rows = await self._session.execute(
            text(f"{_LOT} WHERE b.sellable AND b.expires_on < :today ORDER BY b.id LIMIT :limit"),
            {"today": today, "limit": limit},
        )
        return [LotRef(**row) for row in rows.mappings()]

    async def change(self, lot_id: UUID, **values: object) -> None:
        """Set columns of one lot."""
        sets = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(text(f"UPDATE lot SET {sets} WHERE id = :id"), {**values, "id": lot_id})  # noqa: S608 -- names from our own calls

    async def note(
        self, lots: Collection[tuple[UUID, UUID]], kind: LotEventKind, *, reason: str = "", detail: str = ""
    ) -> None:
        """Write into the history of these (seller, lot) what became of them."""
        await insert_rows(
            self._session,
            LotEvent,
            [
                {
                    "seller_id": seller_id,
                    "lot_id": lot_id,
                    "kind": str(kind),
                    "reason": reason,
                    "detail": detail,
                    "actor_name": context_of(self._session).actor.name,
                }
                for seller_id, lot_id in lots
            ],
        )

    async def promised(self, lot: LotRef) -> list[Any]:
        """Return the reservations of a lot's goods that nobody has picked yet, youngest last."""
        rows = await self._session.execute(
            text(
                "SELECT r.id, r.order_id, r.order_line_id, r.quantity FROM reservation r"
                " JOIN location l ON l.id = r.location_id"
                " WHERE r.product_id = :product AND r.lot = :lot AND l.kind <> 'staging' ORDER BY r.id"
            ),
            {"product": lot.product_id, "lot": lot.code},
        )
        return list(rows)
