"""Carts, the put wall and lot swaps as pages and programs read them."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ListStatus
from entrepot.kit.sql import text


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One zone's part of a list."""

    id: UUID
    number: str
    zone: str
    status: ListStatus
    assigned_name: str
    units: int
    picked: int


async def parts_of(session: AsyncSession, group_id: UUID) -> list[Part]:
    """Return the parts of a list that was split by zone."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, p.number, p.zone, p.status, p.assigned_name, coalesce(sum(l.quantity), 0)::int AS units,
                coalesce(sum(l.picked), 0)::int AS picked
            FROM pick_list p LEFT JOIN pick_line l ON l.pick_list_id = p.id AND l.state <> 'cancelled'
            WHERE p.group_id = :group GROUP BY p.id ORDER BY p.zone
            """
        ),
        {"group": group_id},
    )
    return [msgspec.convert(dict(row), Part) for row in rows.mappings()]


async def zones_to_do(session: AsyncSession) -> list[str]:
    """Return the zones for which there are lists that nobody has begun."""
    rows = await session.execute(
        text(
            "SELECT DISTINCT zone FROM pick_list WHERE status = 'open' AND assigned_to = '' AND zone <> '' ORDER BY zone"
        )
    )
    return list(rows.scalars())


class ToSort(msgspec.Struct, frozen=True, kw_only=True):
    """A list of which pieces wait to be sorted."""

    id: UUID
    number: str
    mode: str
    zone: str
    status: ListStatus
    orders: int
    units: int
    """Pieces that are off their shelf and in no compartment."""
    oldest: datetime
    due_by: datetime | None


async def to_sort(session: AsyncSession, *, number: str = "", limit: int = 50) -> list[ToSort]:
    """Return lists of several orders whose goods lie in one bin, the most urgent first; *number*: the one called so."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, p.number, p.mode, p.zone, p.status, count(DISTINCT l.order_id) AS orders,
                sum(l.picked - l.sorted)::int AS units, min(l.scanned_at) AS oldest, p.due_by
            FROM pick_list p JOIN pick_line l ON l.pick_list_id = p.id JOIN sales_order o ON o.id = l.order_id
            WHERE p.mode IN ('batch', 'zone') AND p.order_count > 1 AND p.status <> 'cancelled' AND l.picked > l.sorted
                AND l.put_back = 0 AND l.state <> 'cancelled' AND o.status IN ('picking', 'picked')
                AND (:number = '' OR lower(p.number) = lower(:number))
            GROUP BY p.id ORDER BY p.due_by NULLS LAST, p.id LIMIT :limit
            """
        ),
        {"number": number, "limit": limit},
    )
    return [msgspec.convert(dict(row), ToSort) for row in rows.mappings()]


class SingleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A product of which single pieces wait for their parcel."""

    sku: str
    title: str
    orders: int
    due_by: datetime | None


async def singles_waiting(session: AsyncSession, *, limit: int = 50) -> list[SingleRow]:
    """Return the products of picked orders of one single piece, the most urgent first."""
    rows = await session.execute(
        text(
            """
            SELECT l.sku, min(l.title) AS title, count(*) AS orders, min(o.ship_by) AS due_by
            FROM pick_list p JOIN pick_line l ON l.pick_list_id = p.id JOIN sales_order o ON o.id = l.order_id
            WHERE p.mode = 'singles' AND o.status = 'picked' AND o.held_at IS NULL AND o.unit_count = 1
                AND l.state = 'picked' AND l.put_back = 0
            GROUP BY l.product_id, l.sku ORDER BY due_by NULLS LAST, l.sku LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [SingleRow(**row) for row in rows.mappings()]


class SwapRow(msgspec.Struct, frozen=True, kw_only=True):
    """Another lot than the suggested one was taken."""

    id: UUID
    order_id: UUID
    number: str
    sku: str
    location_code: str
    from_lot: str
    to_lot: str
    quantity: int
    reason: str
    actor_name: str
    swapped_at: datetime


async def lot_swaps(
    session: AsyncSession, *, order_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[SwapRow]:
    """Return swaps of lots, newest first."""
    rows = await session.execute(
        text(
            """
            SELECT s.id, s.order_id, o.number, s.sku, s.location_code, s.from_lot, s.to_lot, s.quantity, s.reason,
                s.actor_name, s.swapped_at
            FROM lot_swap s JOIN sales_order o ON o.id = s.order_id
            WHERE (CAST(:order AS uuid) IS NULL OR s.order_id = CAST(:order AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR s.id < CAST(:before AS uuid))
            ORDER BY s.id DESC LIMIT :limit
            """
        ),
        {"order": order_id, "before": before, "limit": limit},
    )
    return [SwapRow(**row) for row in rows.mappings()]
