"""Reorganisation."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory.api.places import Limit
from entrepot.inventory.errors import BadCursorError, UnknownReorganisationError
from entrepot.inventory.paging import read_cursor, write_cursor
from entrepot.inventory.service import InventoryService, ReorganisationPreview
from entrepot.inventory.views.reorganising import ReorganisationView, SwapView, reorganisations, swaps_of


class PlanIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to look, how far back, and how many swaps at most."""

    warehouse_id: UUID
    location_id: UUID | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=730)] = 90
    most: Annotated[int, msgspec.Meta(ge=1, le=50)] = 20


class PlanList(msgspec.Struct):
    """A page of plans, newest first."""

    items: list[ReorganisationView]
    next: str | None


class PlanOut(msgspec.Struct):
    """A plan and its swaps."""

    plan: ReorganisationView
    swaps: list[SwapView]


class ReorganisationApi(Controller):
    """Swaps that shorten the way of pickers."""

    path = "/api/v1/reorganisations"
    tags = ("reorganisation",)
    opt = needs(Right.INVENTORY_WRITE)

    @get(operation_id="listReorganisations", summary="List plans", opt=needs(Right.INVENTORY_READ))
    async def show_list(self, session: AsyncSession, cursor: str | None = None, limit: Limit = 50) -> PlanList:
        """List plans, newest first."""
        before = None
        if cursor:
            try:
                before = UUID(read_cursor(cursor, 1)[0])
            except ValueError:
                raise BadCursorError(cursor=cursor[:80]) from None
        rows = await reorganisations(session, before=before, limit=limit + 1)
        return PlanList(rows[:limit], write_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)

    @post("/preview", operation_id="previewReorganisation", summary="Say what a plan would save", status_code=200)
    async def preview(
        self, session: AsyncSession, principal: Principal, data: JSONBody[PlanIn]
    ) -> ReorganisationPreview:
        """Say which swaps would shorten the way, and by how much; nothing changes."""
        return await InventoryService(session).preview_reorganisation(
            principal.seller_id(), data.warehouse_id, location_id=data.location_id, days=data.days, most=data.most
        )

    @post(operation_id="startReorganisation", summary="Begin a plan")
    async def start(self, session: AsyncSession, principal: Principal, data: JSONBody[PlanIn]) -> PlanOut:
        """Write a plan down, to be done swap by swap."""
        id_ = await InventoryService(session).start_reorganisation(
            principal.seller_id(), data.warehouse_id, location_id=data.location_id, days=data.days, most=data.most
        )
        return await _plan(session, id_)

    @get("/{plan_id:uuid}", operation_id="getReorganisation", summary="Show a plan", opt=needs(Right.INVENTORY_READ))
    async def show(self, session: AsyncSession, plan_id: FromPath[UUID]) -> PlanOut:
        """Show a plan and its swaps."""
        return await _plan(session, plan_id)

    @post("/{plan_id:uuid}/swaps/{swap_id:uuid}/done", operation_id="doSwap", summary="Swap", status_code=200)
    async def swap(self, session: AsyncSession, plan_id: FromPath[UUID], swap_id: FromPath[UUID]) -> PlanOut:
        """Move in the books what was swapped; only the next swap, and repeating it changes nothing."""
        await InventoryService(session).swap(plan_id, swap_id)
        return await _plan(session, plan_id)

    @post("/{plan_id:uuid}/swaps/{swap_id:uuid}/skip", operation_id="skipSwap", summary="Skip a swap", status_code=200)
    async def skip(self, session: AsyncSession, plan_id: FromPath[UUID], swap_id: FromPath[UUID]) -> PlanOut:
        """Leave the two places as they are; the rest is planned anew without them."""
        await InventoryService(session).skip_swap(plan_id, swap_id)
        return await _plan(session, plan_id)

    @post("/{plan_id:uuid}/stop", operation_id="stopReorganisation", summary="End a plan", status_code=200)
    async def stop(self, session: AsyncSession, plan_id: FromPath[UUID]) -> PlanOut:
        """End a plan; what was swapped stays swapped."""
        await InventoryService(session).stop_reorganisation(plan_id)
        return await _plan(session, plan_id)


async def _plan(session: AsyncSession, plan_id: UUID) -> PlanOut:
    found = await reorganisations(session, reorganisation_id=plan_id)
    if not found:
        raise UnknownReorganisationError
    return PlanOut(found[0], await swaps_of(session, plan_id))
