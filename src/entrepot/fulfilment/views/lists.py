"""Pick lists and their lines."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import LineState, ListStatus
from entrepot.kit.sql import text


class PickListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pick list in a list."""

    id: UUID
    number: str
    status: ListStatus
    warehouse: str
    assigned_to: str
    assigned_name: str
    order_count: int
    lines: int
    done: int
    units: int
    picked: int
    short: int
    put_back: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    paused_at: datetime | None
    due_by: datetime | None
    warehouse_id: UUID
    seller_id: UUID
    mode: str
    zone: str
    group_id: UUID | None


async def pick_lists(
    session: AsyncSession,
    *,
    status: str = "",
    list_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[PickListRow]:
    """Return pick lists, newest first; ``status`` may be ``active`` for those not finished."""
    rows = await session.execute(
        text(
            """
            SELECT p.id, p.number, p.status, w.code AS warehouse, p.assigned_to, p.assigned_name, p.order_count,
                l.lines, l.done, l.units, l.picked, l.short, l.put_back, p.created_at, p.started_at, p.finished_at,
                p.paused_at, p.due_by, p.warehouse_id, p.seller_id, p.mode, p.zone, p.group_id
            FROM pick_list p JOIN warehouse w ON w.id = p.warehouse_id
            CROSS JOIN LATERAL (
                SELECT count(*) AS lines, count(*) FILTER (WHERE state <> 'open') AS done,
                    coalesce(sum(quantity), 0) AS units, coalesce(sum(picked), 0) AS picked,
                    coalesce(sum(short), 0) AS short, coalesce(sum(put_back), 0) AS put_back
                FROM pick_line WHERE pick_list_id = p.id
            ) l
            WHERE (:status = '' OR p.status = :status OR (:status = 'active' AND p.status IN ('open', 'picking')))
                AND (CAST(:id AS uuid) IS NULL OR p.id = CAST(:id AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR p.id < CAST(:before AS uuid))
            ORDER BY p.id DESC LIMIT :limit
            """
        ),
        {"status": status, "id": list_id, "before": before, "limit": limit},
    )
    return [msgspec.convert(dict(row), PickListRow) for row in rows.mappings()]


class PickLineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pick line in a list."""

    id: UUID
    order_id: UUID
    order_number: str
    position: int
    sku: str
    gtin: str
    title: str
    location_code: str
    lot: str
    quantity: int
    picked: int
    short: int
    put_back: int
    reason: str
    state: LineState
    scanned_at: datetime | None
    scanned_by: str
    located_at: datetime | None
    """When its place was scanned."""
    lot_scanned: str
    in_hand: int
    """Units scanned whose tote was not scanned yet."""
    sorted: int
    tote: str

    @property
    def left(self) -> int:
        return self.quantity - self.picked - self.short if self.state is LineState.OPEN else 0

    @property
    def task(self) -> tuple[str, str, str]:
        """What lines have in common that are taken from one place: its code, the SKU and the lot."""
        return self.location_code, self.sku, self.lot


async def pick_lines(session: AsyncSession, list_id: UUID) -> list[PickLineRow]:
    """Return the lines of a list in walking order."""
    rows = await session.execute(
        text(
            """
            SELECT l.id, l.order_id, o.order_number, o.position, l.sku, l.gtin, l.title, l.location_code, l.lot,
                l.quantity, l.picked, l.short, l.put_back, l.reason, l.state, l.scanned_at, l.scanned_by,
                l.located_at, l.lot_scanned, l.in_hand, l.sorted, coalesce(t.code, '') AS tote
            FROM pick_line l JOIN pick_list_order o ON o.pick_list_id = l.pick_list_id AND o.order_id = l.order_id
            LEFT JOIN tote_use t ON t.order_id = l.order_id AND t.pick_list_id = l.pick_list_id AND t.freed_at IS NULL
            WHERE l.pick_list_id = :id ORDER BY l.walk_order, l.location_code, o.position, l.id
            """
        ),
        {"id": list_id},
    )
    return [msgspec.convert(dict(row), PickLineRow) for row in rows.mappings()]


async def lists_of(session: AsyncSession, order_id: UUID) -> list[UUID]:
    """Return the pick lists that an order is or was on."""
    rows = await session.execute(
        text("SELECT pick_list_id FROM pick_list_order WHERE order_id = :id"), {"id": order_id}
    )
    return list(rows.scalars())
