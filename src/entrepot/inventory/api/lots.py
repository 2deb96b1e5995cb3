"""Lots."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.api.places import Limit
from entrepot.inventory.errors import UnknownLotError
from entrepot.inventory.paging import lot_cursor, lot_place
from entrepot.inventory.service import InventoryService, LostReservation

type Reason = Annotated[str, msgspec.Meta(max_length=200)]


class LotList(msgspec.Struct):
    """A page of lots, what expires first in front."""

    items: list[views.LotView]
    next: str | None


class LotOut(msgspec.Struct):
    """A lot and what became of it."""

    lot: views.LotView
    history: list[views.LotEventView]


class ReasonIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why."""

    reason: Reason


class LotIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a lot says of itself; a changed date needs a reason."""

    expires_on: date | None
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""
    reason: Reason = ""


class Quarantined(msgspec.Struct):
    """A lot set aside, and who lost goods by it."""

    lot: views.LotView
    lost_reservations: list[LostReservation]


class LotApi(Controller):
    """Batches of goods, their expiry and their state."""

    path = "/api/v1/lots"
    tags = ("lots",)
    opt = needs(Right.INVENTORY_READ)

    @get(operation_id="listLots", summary="List lots")
    async def show_list(
        self,
        session: AsyncSession,
        q: str = "",
        show: Literal["", "expiring", "expired", "quarantined", "in_stock"] = "",
        days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30,
        product_id: UUID | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> LotList:
        """List lots; *expiring* are those with stock whose last day comes within *days*."""
        rows = await views.lots(
            session,
            query=q.replace("\0", ""),
            show=show,
            days=days,
            product_id=product_id,
            after=lot_place(cursor) if cursor else None,
            limit=limit + 1,
        )
        last = rows[limit - 1] if len(rows) > limit else None
        return LotList(rows[:limit], lot_cursor(last.expires_on, last.code, last.id) if last else None)

    @get("/{lot_id:uuid}", operation_id="getLot", summary="Show a lot")
    async def show(self, session: AsyncSession, lot_id: FromPath[UUID]) -> LotOut:
        """Show a lot and its history."""
        return LotOut(await _lot(session, lot_id), await views.lot_events(session, lot_id))

    @put("/{lot_id:uuid}", operation_id="changeLot", summary="Correct a lot", opt=needs(Right.INVENTORY_WRITE))
    async def change(self, session: AsyncSession, lot_id: FromPath[UUID], data: JSONBody[LotIn]) -> views.LotView:
        """Correct the date or the note of a lot."""
        await InventoryService(session).change_lot(
            lot_id, expires_on=data.expires_on, note=data.note, reason=data.reason
        )
        return await _lot(session, lot_id)

    @post(
        "/{lot_id:uuid}/quarantine",
        operation_id="quarantineLot",
        summary="Set a lot aside",
        opt=needs(Right.INVENTORY_WRITE),
        status_code=200,
    )
    async def quarantine(self, session: AsyncSession, lot_id: FromPath[UUID], data: JSONBody[ReasonIn]) -> Quarantined:
        """Promise its goods to nobody; answers which order lines lost their reservation."""
        lost = await InventoryService(session).quarantine(lot_id, data.reason)
        return Quarantined(await _lot(session, lot_id), lost)

    @post(
        "/{lot_id:uuid}/release",
        operation_id="releaseLot",
        summary="Release a lot",
        opt=needs(Right.INVENTORY_WRITE),
        status_code=200,
    )
    async def release(self, session: AsyncSession, lot_id: FromPath[UUID], data: JSONBody[ReasonIn]) -> views.LotView:
        """Let a quarantined lot be sold again."""
        await InventoryService(session).release_lot(lot_id, data.reason)
        return await _lot(session, lot_id)


async def _lot(session: AsyncSession, lot_id: UUID) -> views.LotView:
    found = await views.lots(session, lot_id=lot_id, limit=1)
    if not found:
        raise UnknownLotError(lot=str(lot_id), sku="?")
    return found[0]
