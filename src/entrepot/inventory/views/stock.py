"""The numbers of products, where they lie, to whom they are promised, and the ledger."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.refs import Availability
from entrepot.kit.sql import text

_SELLABLE = "l.pickable AND (s.lot = '' OR lot_sellable(s.seller_id, s.product_id, s.lot))"


async def availability(session: AsyncSession, product_ids: Collection[UUID]) -> dict[UUID, Availability]:
    """Return the numbers of products that lie on shelves; bundles are not among them."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, coalesce(t.on_hand, 0), coalesce(t.reserved, 0), coalesce(t.available, 0), p.buffer,
                greatest(0, coalesce(t.available, 0) - p.buffer)
            FROM product p LEFT JOIN stock_total t ON t.seller_id = p.seller_id AND t.product_id = p.id
            WHERE p.id = ANY(:ids) AND p.kind = 'simple'
            """
        ),
        {"ids": list(product_ids)},
    )
    return {row[0]: Availability(*row[1:]) for row in rows}


async def availability_in(
    session: AsyncSession, product_ids: Collection[UUID], warehouse_id: UUID
) -> dict[UUID, Availability]:
    """Return the numbers of stored products in one building; those that have nothing there are left out."""
    rows = await session.execute(
        text(
            f"""
            SELECT s.product_id, sum(s.on_hand)::int AS on_hand, sum(s.reserved)::int AS reserved,
                coalesce(sum(s.on_hand - s.reserved) FILTER (WHERE {_SELLABLE}), 0)::int AS available
            FROM stock_level s JOIN location l ON l.id = s.location_id
            WHERE s.product_id = ANY(:ids) AND l.warehouse_id = :warehouse GROUP BY 1
            """  # noqa: S608 -- our own texts
        ),
        {"ids": list(product_ids), "warehouse": warehouse_id},
    )
    return {
        row.product_id: Availability(row.on_hand, row.reserved, row.available, 0, max(0, row.available)) for row in rows
    }


async def bundle_availability(session: AsyncSession, bundle_ids: Collection[UUID]) -> dict[UUID, Availability]:
    """Return how many of each bundle its components make: the scarcest one decides.

    The components' buffers are withheld from the bundle, too, and then its own.
    """
    rows = await session.execute(
        text(
            """
            SELECT b.id, coalesce(min(coalesce(t.on_hand, 0) / c.quantity), 0),
                0 AS reserved,
                coalesce(min(coalesce(t.available, 0) / c.quantity), 0),
                b.buffer,
                greatest(0, coalesce(min(greatest(0, coalesce(t.available, 0) - p.buffer) / c.quantity), 0) - b.buffer)
            FROM product b
            LEFT JOIN bundle_component c ON c.bundle_id = b.id
            LEFT JOIN product p ON p.id = c.component_id
            LEFT JOIN stock_total t ON t.seller_id = c.seller_id AND t.product_id = c.component_id
            WHERE b.id = ANY(:ids) AND b.kind = 'bundle'
            GROUP BY b.id, b.buffer
            """
        ),
        {"ids": list(bundle_ids)},
    )
    return {row[0]: Availability(*row[1:]) for row in rows}


class StockRow(msgspec.Struct, frozen=True, kw_only=True):
    """One product in the stock list."""

    product_id: UUID
    seller_id: UUID
    sku: str
    title: str
    gtin: str | None
    on_hand: int
    reserved: int
    available: int
    buffer: int
    low: int

    @property
    def sellable(self) -> int:
        return max(0, self.available - self.buffer)

    @property
    def is_low(self) -> bool:
        """Whether channels see no more than the mark the seller set."""
        return self.available > 0 and self.sellable <= self.low


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """One product in one location."""

    product_id: UUID
    sku: str
    title: str
    warehouse_id: UUID
    warehouse_code: str
    location_id: UUID
    location_code: str
    location_kind: str
    pickable: bool
    lot: str
    on_hand: int
    reserved: int
    lot_id: UUID | None = None
    expires_on: date | None = None
    lot_blocked: bool = False
    """Whether its lot is quarantined or expired: promised to nobody."""


class PromiseView(msgspec.Struct, frozen=True, kw_only=True):
    """Units promised to an order."""

    order_id: UUID
    order_line_id: UUID
    location_id: UUID
    location_code: str
    location_kind: str
    lot: str
    quantity: int
    reserved_at: datetime


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger."""

    id: int
    product_id: UUID
    sku: str
    location_id: UUID
    location_code: str
    lot: str
    quantity: int
    kind: str
    reason: str
    transfer_id: UUID | None
    reference_kind: str
    reference_id: UUID | None
    actor_name: str
    occurred_at: datetime


STATES = ("low", "zero", "reserved", "in_stock")
RARE = {"low", "zero"}
"""Of few products, which are found sooner by looking at all at once than by walking through them by SKU."""


async def stock_list(
    session: AsyncSession,
    *,
    query: str = "",
    state: str = "",
    warehouse_id: UUID | None = None,
    product_id: UUID | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[StockRow]:
    """Return products with their numbers, by SKU.

    Args:
        session: the transaction.
        query: part of SKU, title or GTIN.
        state: one of :data:`STATES`, or empty for all.
        warehouse_id: count only what is in this building, and leave out what is not there.
        product_id: only this one.
        after: SKU and id of the last row seen.
        limit: most rows.
    """
    if warehouse_id is None:
        numbers = "LEFT JOIN stock_total n ON n.seller_id = p.seller_id AND n.product_id = p.id"
        low = "coalesce(n.low, 0)"
    else:
        numbers = f"""
            JOIN (
                SELECT s.product_id, sum(s.on_hand)::int AS on_hand, sum(s.reserved)::int AS reserved,
                    coalesce(sum(s.on_hand - s.reserved) FILTER (WHERE {_SELLABLE}), 0)::int AS available
                FROM stock_level s JOIN location l ON l.id = s.location_id
                WHERE l.warehouse_id = :warehouse GROUP BY 1 HAVING sum(s.on_hand) > 0
            ) n ON n.product_id = p.id
            LEFT JOIN stock_total t ON t.seller_id = p.seller_id AND t.product_id = p.id
        """  # noqa: S608 -- our own texts
        low = "coalesce(t.low, 0)"
    available = "coalesce(n.available, 0)"
    states = {
        "low": f"AND {available} > 0 AND {available} - p.buffer <= {low}",
        "zero": f"AND {available} = 0",
        "reserved": "AND n.reserved > 0",
        "in_stock": "AND n.on_hand > 0",
    }
    values: dict[str, object] = {"limit": limit}
    where = ""
    if query.strip():
        where += r" AND p.search_text LIKE :pattern"
        values["pattern"] = f"%{_escaped(query.strip().lower())}%"
    if product_id is not None:
        where += " AND p.id = :product"
        values["product"] = product_id
    if warehouse_id is not None:
        values["warehouse"] = warehouse_id
    if after is not None:
        where += " AND (p.sku, p.id) > (:sku, :id)"
        values |= {"sku": after[0], "id": after[1]}
    found = f"""
        SELECT p.id AS product_id, p.seller_id, p.sku, p.title, p.gtin, coalesce(n.on_hand, 0) AS on_hand,
            coalesce(n.reserved, 0) AS reserved, {available} AS available, p.buffer, {low} AS low
        FROM product p {numbers}
        WHERE p.kind = 'simple' AND (p.active OR n.on_hand > 0) {states.get(state, "")} {where}
    """  # noqa: S608 -- our own texts
    order = "ORDER BY sku, product_id LIMIT :limit"
    if warehouse_id is None and state not in RARE:  # each seller's own index has the order, the rows of several do not
        found = f"""
            SELECT f.* FROM unnest(scope_sellers()) AS s(seller_id),
                LATERAL ({found} AND p.seller_id = s.seller_id {order}) AS f
        """  # noqa: S608 -- as above
    rows = await session.execute(text(f"{found} {order}"), values)
    return [StockRow(**row) for row in rows.mappings()]


def _escaped(query: str) -> str:
    return query.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


_LEVEL = """
    SELECT s.product_id, p.sku, p.title, l.warehouse_id, w.code AS warehouse_code, s.location_id,
        l.code AS location_code, l.kind AS location_kind, l.pickable, s.lot, s.on_hand, s.reserved, b.id AS lot_id,
        b.expires_on, coalesce(NOT b.sellable, false) AS lot_blocked
    FROM stock_level s JOIN product p ON p.id = s.product_id JOIN location l ON l.id = s.location_id
        JOIN warehouse w ON w.id = l.warehouse_id
        LEFT JOIN lot b ON s.lot <> '' AND b.seller_id = s.seller_id AND b.product_id = s.product_id AND b.code = s.lot
"""


async def levels(
    session: AsyncSession, *, product_id: UUID | None = None, path: tuple[UUID, str] | None = None, limit: int = 500
) -> list[LevelView]:
    """Return what lies where now, in walking order.

    Args:
        session: the transaction.
        product_id: of this product.
        path: (warehouse, path): in this location and all below it.
        limit: most rows.
    """
    rows = await session.execute(
        text(
            _LEVEL + " WHERE s.on_hand > 0 AND (CAST(:product AS uuid) IS NULL OR s.product_id = :product)"
            " AND (CAST(:path AS text) IS NULL OR l.warehouse_id = :warehouse"
            "  AND (l.path = :path OR starts_with(l.path, :path || '/')))"
            " ORDER BY w.code, l.walk_order, l.code, p.sku, s.lot LIMIT :limit"
        ),
        {
            "product": product_id,
            "warehouse": path[0] if path else None,
            "path": path[1] if path else None,
            "limit": limit,
        },
    )
    return [LevelView(**row) for row in rows.mappings()]


async def contents(session: AsyncSession, location_id: UUID, *, limit: int) -> list[LevelView]:
    """Return what lies in a location itself, not below it, by SKU."""
    rows = await session.execute(
        text(
            f"""
            SELECT f.* FROM unnest(scope_sellers()) AS mine(seller_id), LATERAL (
                {_LEVEL} WHERE s.on_hand > 0 AND s.location_id = :location AND s.seller_id = mine.seller_id
                    AND p.seller_id = mine.seller_id
                ORDER BY p.sku, s.lot LIMIT :limit
            ) AS f ORDER BY sku, lot LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        {"location": location_id, "limit": limit},
    )
    return [LevelView(**row) for row in rows.mappings()]


async def staged_leftovers(session: AsyncSession, warehouse_id: UUID | None = None) -> list[LevelView]:
    """Return picked goods that no order takes any more: they wait in staging to be put back."""
    rows = await session.execute(
        text(
            _LEVEL + " WHERE l.kind = 'staging' AND s.on_hand > s.reserved"
            " AND (CAST(:warehouse AS uuid) IS NULL OR l.warehouse_id = :warehouse) ORDER BY w.code, p.sku LIMIT 500"
        ),
        {"warehouse": warehouse_id},
    )
    return [LevelView(**row) for row in rows.mappings()]


async def promises(session: AsyncSession, product_id: UUID, *, limit: int = 100) -> list[PromiseView]:
    """Return to which orders units of a product are promised, oldest first."""
    rows = await session.execute(
        text(
            """
            SELECT r.order_id, r.order_line_id, r.location_id, l.code AS location_code, l.kind AS location_kind, r.lot,
                r.quantity, r.reserved_at
            FROM reservation r JOIN location l ON l.id = r.location_id
            WHERE r.product_id = :product ORDER BY r.id LIMIT :limit
            """
        ),
        {"product": product_id, "limit": limit},
    )
    return [PromiseView(**row) for row in rows.mappings()]


async def moves(
    session: AsyncSession,
    *,
    product_id: UUID | None = None,
    location_id: UUID | None = None,
    kind: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[MoveView]:
    """Return lines of the ledger, newest first.

    Args:
        session: the transaction.
        product_id: of this product.
        location_id: at this location.
        kind: of this kind.
        before: number of the last line seen.
        limit: most rows.
    """
    values: dict[str, object] = {"limit": limit}
    where = "true"
    for column, value in {"product_id": product_id, "location_id": location_id, "kind": kind}.items():
        if value is not None:
            where += f" AND m.{column} = :{column}"
            values[column] = value
    if before is not None:
        where += " AND m.id < :before"
        values["before"] = before
    rows = await session.execute(
        text(
            f"""
            SELECT m.id, m.product_id, p.sku, m.location_id, l.code AS location_code, m.lot, m.quantity, m.kind,
                m.reason, m.transfer_id, m.reference_kind, m.reference_id, m.actor_name, m.occurred_at
            FROM stock_move m JOIN product p ON p.id = m.product_id JOIN location l ON l.id = m.location_id
            WHERE {where} ORDER BY m.id DESC LIMIT :limit
            """  # noqa: S608 -- our own texts
        ),
        values,
    )
    return [MoveView(**row) for row in rows.mappings()]


async def waiting(session: AsyncSession, warehouse_id: UUID | None = None, *, limit: int = 200) -> list[LevelView]:
    """Return what came in and waits to be put away."""
    rows = await session.execute(
        text(
            _LEVEL + " WHERE l.kind = 'receiving' AND s.on_hand > s.reserved"
            " AND (CAST(:warehouse AS uuid) IS NULL OR l.warehouse_id = :warehouse)"
            " ORDER BY w.code, b.expires_on NULLS LAST, p.sku, s.lot LIMIT :limit"
        ),
        {"warehouse": warehouse_id, "limit": limit},
    )
    return [LevelView(**row) for row in rows.mappings()]
