"""Pick faces and what to bring to them."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.inventory import views
from entrepot.inventory.api.places import Limit
from entrepot.inventory.api.stock import Code, Units
from entrepot.inventory.errors import UnknownPickFaceError
from entrepot.inventory.paging import read_cursor, write_cursor
from entrepot.inventory.service import InventoryService


class PickFaceIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many units of a product a place is to hold.  *product* is a SKU or GTIN, *location* a code or barcode."""

    product: Code
    location: Code
    minimum: Units
    maximum: Units
    warehouse_id: UUID | None = None


class PickFaceList(msgspec.Struct):
    """A page of pick faces, by SKU."""

    items: list[views.PickFaceView]
    next: str | None


class BringList(msgspec.Struct):
    """What is to be brought, in walking order; or what was brought, newest first."""

    items: list[views.BringView]
    next: None = None


class BroughtIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many units were brought."""

    quantity: Units


class Brought(msgspec.Struct):
    """Whether it was noted now; false if it was noted before."""

    moved: bool


class Made(msgspec.Struct):
    """How many ways the list has."""

    ways: int


class PickFaceApi(Controller):
    """Places that are to hold so many of a product."""

    path = "/api/v1/pick-faces"
    tags = ("replenishment",)
    opt = needs(Right.INVENTORY_READ)

    @get(operation_id="listPickFaces", summary="List pick faces")
    async def show_list(
        self, session: AsyncSession, product_id: UUID | None = None, cursor: str | None = None, limit: Limit = 50
    ) -> PickFaceList:
        """List pick faces with what lies in them and what could be brought."""
        keys = read_cursor(cursor, 2) if cursor else None
        rows = await views.pick_faces(
            session, after=(keys[0], keys[1]) if keys else None, product_id=product_id, limit=limit + 1
        )
        last = rows[limit - 1] if len(rows) > limit else None
        return PickFaceList(rows[:limit], write_cursor(last.sku, last.location_code) if last else None)

    @put(operation_id="setPickFace", summary="Make or change a pick face", opt=needs(Right.INVENTORY_WRITE))
    async def set_one(self, session: AsyncSession, principal: Principal, data: JSONBody[PickFaceIn]) -> PickFaceList:
        """Say how many units of a product a place is to hold; answers the pick faces of the product."""
        stock = InventoryService(session)
        product = await stock.scan_product(principal.seller_id(), data.product)
        place = await stock.scan_location(data.location, warehouse_id=data.warehouse_id)
        await stock.set_pick_face(product.id, place.id, data.minimum, data.maximum)
        return PickFaceList(await views.pick_faces(session, product_id=product.id), None)

    @delete(
        "/{face_id:uuid}", operation_id="removePickFace", summary="Forget a pick face", opt=needs(Right.INVENTORY_WRITE)
    )
    async def remove(self, session: AsyncSession, face_id: FromPath[UUID]) -> None:
        """Forget a pick face; what lies there stays there."""
        if not await InventoryService(session).remove_pick_faces([face_id]):
            raise UnknownPickFaceError


class ReplenishmentApi(Controller):
    """What to bring to the pick faces."""

    path = "/api/v1/replenishment"
    tags = ("replenishment",)
    opt = needs(Right.INVENTORY_WRITE)

    @get(operation_id="listReplenishment", summary="List what to bring", opt=needs(Right.INVENTORY_READ))
    async def show_list(
        self,
        session: AsyncSession,
        status: Literal["open", "done"] = "open",
        warehouse_id: UUID | None = None,
        limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 200,
    ) -> BringList:
        """List what is to be brought from where, in walking order."""
        return BringList(await views.replenishments(session, status=status, warehouse_id=warehouse_id, limit=limit))

    @post(operation_id="makeReplenishment", summary="Make the list anew")
    async def make(self, session: AsyncSession, principal: Principal) -> Made:
        """Compare every pick face with its minimum and list what to bring, in place of the old list."""
        return Made(await InventoryService(session).make_replenishment(principal.seller_id()))

    @post("/{way_id:uuid}/done", operation_id="bringReplenishment", summary="Note what was brought", status_code=200)
    async def bring(self, session: AsyncSession, way_id: FromPath[UUID], data: JSONBody[BroughtIn]) -> Brought:
        """Move the units in the books; repeating it changes nothing."""
        return Brought(await InventoryService(session).bring(way_id, data.quantity))
