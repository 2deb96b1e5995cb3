"""Counts."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.api.places import Limit
from entrepot.inventory.api.stock import Code, Lot
from entrepot.inventory.errors import BadCursorError, UnknownCountError
from entrepot.inventory.paging import read_cursor, write_cursor
from entrepot.inventory.service import InventoryService, LostReservation
from entrepot.kit.clock import now


class CountIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to count: a building, a part of it, some products."""

    warehouse_id: UUID
    location_id: UUID | None = None
    product_ids: Annotated[list[UUID], msgspec.Meta(max_length=1000)] | None = None
    title: Annotated[str, msgspec.Meta(max_length=200)] = ""
    recount: bool = False
    """What differs must be counted twice before it can be approved."""


class StocktakeIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole building, one sheet per zone."""

    warehouse_id: UUID
    recount: bool = True


class CycleIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was counted longest ago, in so many places."""

    warehouse_id: UUID
    places: Annotated[int, msgspec.Meta(ge=1, le=500)] = 20
    recount: bool = True


class AssignIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who is to count; no id: whoever has time."""

    user_id: UUID | None
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class ReportOut(msgspec.Struct):
    """What approved counts found: totals per currency, and the lines that differed."""

    totals: list[views.CountReport]
    differences: list[views.CountDifference]


class CountedIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody found."""

    product: Code
    location: Code
    counted: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    lot: Lot = ""


class CountList(msgspec.Struct):
    """A page of counts, newest first."""

    items: list[views.CountView]
    next: str | None


class CountOut(msgspec.Struct):
    """A count and its lines."""

    count: views.CountView
    lines: list[views.CountLineView]


class Approved(msgspec.Struct):
    """A count whose differences are in the books, and who lost goods by it."""

    count: views.CountView
    lost_reservations: list[LostReservation]


class CountApi(Controller):
    """Counting what really lies there."""

    path = "/api/v1/counts"
    tags = ("counts",)
    opt = needs(Right.INVENTORY_COUNT)

    @get(operation_id="listCounts", summary="List counts", opt=needs(Right.INVENTORY_READ))
    async def show_list(self, session: AsyncSession, cursor: str | None = None, limit: Limit = 50) -> CountList:
        """List counts, newest first."""
        before = None
        if cursor:
            try:
                before = UUID(read_cursor(cursor, 1)[0])
            except ValueError:
                raise BadCursorError(cursor=cursor[:80]) from None
        rows = await views.counts(session, before=before, limit=limit + 1)
        return CountList(rows[:limit], write_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)

    @post(operation_id="openCount", summary="Ask for a count")
    async def open(self, session: AsyncSession, principal: Principal, data: JSONBody[CountIn]) -> CountOut:
        """Make a sheet of what is recorded in a part of a warehouse."""
        id_ = await InventoryService(session).open_count(
            principal.seller_id(),
            data.warehouse_id,
            location_id=data.location_id,
            product_ids=data.product_ids,
            title=data.title,
            recount=data.recount,
        )
        return await _count(session, id_)

    @post("/stocktake", operation_id="openStocktake", summary="Ask for a stocktake")
    async def stocktake(self, session: AsyncSession, principal: Principal, data: JSONBody[StocktakeIn]) -> CountList:
        """Make one sheet per zone of a building."""
        ids = await InventoryService(session).open_stocktake(
            principal.seller_id(), data.warehouse_id, recount=data.recount
        )
        return CountList([(await _count(session, id_)).count for id_ in ids], None)

    @post("/cycle", operation_id="openCycleCount", summary="Ask for a cycle count")
    async def cycle(self, session: AsyncSession, principal: Principal, data: JSONBody[CycleIn]) -> CountOut:
        """Make a sheet of what was counted longest ago."""
        id_ = await InventoryService(session).open_cycle_count(
            principal.seller_id(), data.warehouse_id, data.places, recount=data.recount
        )
        return await _count(session, id_)

    @get("/report", operation_id="getCountReport", summary="Say what counts found", opt=needs(Right.INVENTORY_READ))
    async def report(
        self,
        session: AsyncSession,
        days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30,
        warehouse_id: UUID | None = None,
        limit: Limit = 50,
    ) -> ReportOut:
        """Say how right the books were, and what the differences are worth at purchase prices."""
        since = now() - timedelta(days=days)
        return ReportOut(
            await views.count_report(session, since=since, warehouse_id=warehouse_id),
            await views.count_differences(session, since=since, warehouse_id=warehouse_id, limit=limit),
        )

    @post("/{count_id:uuid}/assign", operation_id="assignCount", summary="Say who counts", status_code=200)
    async def assign(self, session: AsyncSession, count_id: FromPath[UUID], data: JSONBody[AssignIn]) -> CountOut:
        """Give a count to somebody, or to whoever has time."""
        await InventoryService(session).assign_count(count_id, data.user_id, data.name)
        return await _count(session, count_id)

    @get("/{count_id:uuid}", operation_id="getCount", summary="Show a count", opt=needs(Right.INVENTORY_READ))
    async def show(self, session: AsyncSession, count_id: FromPath[UUID]) -> CountOut:
        """Show a count and its lines."""
        return await _count(session, count_id)

    @post("/{count_id:uuid}/lines", operation_id="recordCount", summary="Note what was counted")
    async def record(
        self, session: AsyncSession, principal: Principal, count_id: FromPath[UUID], data: JSONBody[CountedIn]
    ) -> CountOut:
        """Note how many units were found in a place; counting it again replaces the number."""
        stock = InventoryService(session)
        found = (await _count(session, count_id)).count
        product = await stock.scan_product(principal.seller_id(), data.product)
        location = await stock.scan_location(data.location, warehouse_id=found.warehouse_id)
        await stock.record_count(count_id, product.id, location.id, data.counted, lot=data.lot)
        return await _count(session, count_id)

    @post("/{count_id:uuid}/approve", operation_id="approveCount", summary="Correct the books by a count")
    async def approve(self, session: AsyncSession, count_id: FromPath[UUID]) -> Approved:
        """Write the differences into the ledger; answers which order lines lost their reservation."""
        lost = await InventoryService(session).approve_count(count_id)
        return Approved((await _count(session, count_id)).count, lost)

    @post("/{count_id:uuid}/cancel", operation_id="cancelCount", summary="Forget a count")
    async def cancel(self, session: AsyncSession, count_id: FromPath[UUID]) -> CountOut:
        """Close a count without changing anything."""
        await InventoryService(session).cancel_count(count_id)
        return await _count(session, count_id)


async def _count(session: AsyncSession, count_id: UUID) -> CountOut:
    rows = await views.counts(session, count_id=count_id)
    if not rows:
        raise UnknownCountError
    return CountOut(rows[0], await views.count_lines(session, count_id))
