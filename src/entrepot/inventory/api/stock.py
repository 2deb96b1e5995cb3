"""Stock, now and at any moment before, and the ledger."""

from datetime import date, datetime
from typing import Annotated, Literal
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
from entrepot.inventory.domain import MoveKind
from entrepot.inventory.errors import BadCursorError, UnknownProductError
from entrepot.inventory.paging import read_cursor, read_moment, write_cursor
from entrepot.inventory.service import Availability, InventoryService

type Units = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
type Lot = Annotated[str, msgspec.Meta(max_length=60)]
"""Of the goods; empty: they are not kept by lot, or only one lies there."""
type Code = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class StockList(msgspec.Struct):
    """A page of products with their numbers."""

    items: list[views.StockRow]
    next: str | None


class PastStockList(msgspec.Struct):
    """A page of what lay where at a moment."""

    as_of: datetime
    items: list[views.PastLevel]
    next: str | None


class ProductStock(msgspec.Struct):
    """One product: its numbers, and where it lies."""

    product_id: UUID
    numbers: Availability
    locations: list[views.LevelView]


class MoveList(msgspec.Struct):
    """A page of the ledger, newest first."""

    items: list[views.MoveView]
    next: str | None


class ReceiveIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Goods that came in.  *product* is a SKU or GTIN, *location* a code or barcode."""

    product: Code
    location: Code
    quantity: Units
    lot: Lot = ""
    expires_on: date | None = None
    warehouse_id: UUID | None = None
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class MoveIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Goods that change place within a warehouse."""

    product: Code
    from_location: Code
    to_location: Code
    quantity: Units
    lot: Lot = ""
    warehouse_id: UUID | None = None
    with_reservations: bool = False


class AdjustIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A correction: *change* units more or fewer than the books say."""

    product: Code
    location: Code
    change: Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
    reason: Annotated[str, msgspec.Meta(max_length=200)]
    lot: Lot = ""
    warehouse_id: UUID | None = None


class PutAwayIn(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Goods that waited and now stay somewhere.  *new_lot* and *expires_on*: what their label says, if the books do not."""

    product: Code
    from_location: Code
    to_location: Code
    quantity: Units
    lot: Lot = ""
    new_lot: Lot = ""
    expires_on: date | None = None
    warehouse_id: UUID | None = None


class Place(msgspec.Struct):
    """Where goods could go, and why there."""

    location_id: UUID
    location: str
    room: int | None
    why: str


class Places(msgspec.Struct):
    """The places that fit, the best first."""

    items: list[Place]


class StockApi(Controller):
    """What there is."""

    path = "/api/v1/stock"
    tags = ("stock",)
    opt = needs(Right.INVENTORY_READ)

    @get(operation_id="listStock", summary="List stock by product")
    async def show_list(
        self,
        session: AsyncSession,
        q: str = "",
        show: Literal["", "low", "zero", "reserved", "in_stock"] = "",
        warehouse_id: UUID | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> StockList:
        """List products with what is on hand, reserved and available, by SKU."""
        after = _product_place(cursor) if cursor else None
        rows = await views.stock_list(
            session, query=q.replace("\0", ""), state=show, warehouse_id=warehouse_id, after=after, limit=limit + 1
        )
        last = rows[limit - 1] if len(rows) > limit else None
        return StockList(rows[:limit], write_cursor(last.sku, str(last.product_id)) if last else None)

    @get("/past", operation_id="listPastStock", summary="List stock at a moment in the past")
    async def show_past(
        self,
        session: AsyncSession,
        principal: Principal,
        as_of: str,
        product_id: UUID | None = None,
        location_id: UUID | None = None,
        warehouse_id: UUID | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> PastStockList:
        """Say what lay where at *as_of* (ISO 8601; without an offset, in your time zone), replayed from the ledger."""
        at = read_moment(as_of, principal.time_zone)
        keys = read_cursor(cursor, 3) if cursor else None
        rows = await views.stock_at(
            session,
            principal.seller.id if principal.seller else None,
            at,
            product_id=product_id,
            location_id=location_id,
            warehouse_id=warehouse_id,
            after=(keys[0], keys[1], keys[2]) if keys else None,
            limit=limit + 1,
        )
        last = rows[limit - 1] if len(rows) > limit else None
        next_ = write_cursor(last.sku, last.location_code, last.lot) if last else None
        return PastStockList(at, rows[:limit], next_)

    @get("/{product_id:uuid}/places", operation_id="listPutAwayPlaces", summary="Say where goods are best put")
    async def places(
        self, session: AsyncSession, product_id: FromPath[UUID], warehouse_id: UUID, quantity: Units, lot: Lot = ""
    ) -> Places:
        """Suggest places for so many units: the pick face, where the same lot lies, the first free ones."""
        found = await InventoryService(session).places_for(product_id, warehouse_id, quantity, lot=lot)
        return Places([Place(one.location_id, one.code, one.room, one.why) for one in found])

    @get("/{product_id:uuid}", operation_id="getProductStock", summary="Show the stock of a product")
    async def show(self, session: AsyncSession, product_id: FromPath[UUID]) -> ProductStock:
        """Show the numbers of a product (of a bundle: what its components make) and where it lies."""
        return await _product_stock(session, product_id)


class MoveApi(Controller):
    """The ledger."""

    path = "/api/v1/stock-moves"
    tags = ("stock",)

    @get(operation_id="listStockMoves", summary="List stock moves", opt=needs(Right.INVENTORY_READ))
    async def show_list(
        self,
        session: AsyncSession,
        product_id: UUID | None = None,
        location_id: UUID | None = None,
        kind: MoveKind | None = None,
        cursor: str | None = None,
        limit: Limit = 50,
    ) -> MoveList:
        """List lines of the ledger, newest first: what, where, how many, when, who and why."""
        before = _number(cursor) if cursor else None
        rows = await views.moves(
            session, product_id=product_id, location_id=location_id, kind=kind, before=before, limit=limit + 1
        )
        return MoveList(rows[:limit], write_cursor(str(rows[limit - 1].id)) if len(rows) > limit else None)

    @post("/receive", operation_id="receiveStock", summary="Receive goods", opt=needs(Right.INVENTORY_WRITE))
    async def receive(self, session: AsyncSession, principal: Principal, data: JSONBody[ReceiveIn]) -> ProductStock:
        """Take goods into stock."""
        stock = InventoryService(session)
        product = await stock.scan_product(principal.seller_id(), data.product)
        location = await stock.scan_location(data.location, warehouse_id=data.warehouse_id)
        await stock.receive(
            product.id, location.id, data.quantity, lot=data.lot, expires_on=data.expires_on, reason=data.reason
        )
        return await _product_stock(session, product.id)

    @post("/move", operation_id="moveStock", summary="Move goods", opt=needs(Right.INVENTORY_WRITE))
    async def move(self, session: AsyncSession, principal: Principal, data: JSONBody[MoveIn]) -> ProductStock:
        """Carry goods to another location; reserved ones only together with their reservations."""
        stock = InventoryService(session)
        product = await stock.scan_product(principal.seller_id(), data.product)
        origin = await stock.scan_location(data.from_location, warehouse_id=data.warehouse_id)
        target = await stock.scan_location(data.to_location, warehouse_id=data.warehouse_id)
        lot = await stock.lot_here(product.id, origin.id, data.lot)
        await stock.move(
            product.id, origin.id, target.id, data.quantity, lot=lot, with_reservations=data.with_reservations
        )
        return await _product_stock(session, product.id)

    @post("/put-away", operation_id="putAway", summary="Put goods away", opt=needs(Right.INVENTORY_WRITE))
    async def put_away(self, session: AsyncSession, principal: Principal, data: JSONBody[PutAwayIn]) -> ProductStock:
        """Carry goods from where they wait to where they stay, if they fit."""
        stock = InventoryService(session)
        product = await stock.scan_product(principal.seller_id(), data.product)
        origin = await stock.scan_location(data.from_location, warehouse_id=data.warehouse_id)
        target = await stock.scan_location(data.to_location, warehouse_id=data.warehouse_id)
        await stock.put_away(
            product.id,
            origin.id,
            target.id,
            data.quantity,
            lot=await stock.lot_here(product.id, origin.id, data.lot),
            to_lot=data.new_lot,
            expires_on=data.expires_on,
        )
        return await _product_stock(session, product.id)

    @post("/adjust", operation_id="adjustStock", summary="Adjust stock", opt=needs(Right.INVENTORY_WRITE))
    async def adjust(self, session: AsyncSession, principal: Principal, data: JSONBody[AdjustIn]) -> ProductStock:
        """Correct the books, with a reason that the ledger keeps."""
        stock = InventoryService(session)
        product = await stock.scan_product(principal.seller_id(), data.product)
        location = await stock.scan_location(data.location, warehouse_id=data.warehouse_id)
        lot = await stock.lot_here(product.id, location.id, data.lot)
        await stock.adjust(product.id, location.id, data.change, reason=data.reason, lot=lot)
        return await _product_stock(session, product.id)


async def _product_stock(session: AsyncSession, product_id: UUID) -> ProductStock:
    found = await views.availability(session, [product_id]) or await views.bundle_availability(session, [product_id])
    if product_id not in found:
        raise UnknownProductError(code=str(product_id))
    return ProductStock(product_id, found[product_id], await views.levels(session, product_id=product_id))


def _product_place(cursor: str) -> tuple[str, UUID]:
    sku, id_ = read_cursor(cursor, 2)
    try:
        return sku, UUID(id_)
    except ValueError:
        raise BadCursorError(cursor=cursor[:80]) from None


def _number(cursor: str) -> int:
    (number,) = read_cursor(cursor, 1)
    if not number.isdecimal() or len(number) > 18:  # noqa: PLR2004 -- what a bigint holds
        raise BadCursorError(cursor=cursor[:80])
    return int(number)
