"""Scanning as devices, pages and programs read it: straight from SQL, no decisions."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import LineState
from entrepot.fulfilment.scanning.refs import ActKind
from entrepot.kit.sql import text

MOST_NEIGHBOURS = 400
"""Things near the shelves of a list that a device can tell apart without a network."""


class DeviceLine(msgspec.Struct, frozen=True, kw_only=True):
    """A pick line with all that a device must know to decide by itself."""

    id: UUID
    order_id: UUID
    order_number: str
    position: int
    sku: str
    gtin: str
    title: str
    location: str
    location_barcode: str
    lot: str
    tote: str
    """That its order's goods go into; empty: none yet, or no totes are used."""
    quantity: int
    picked: int
    short: int
    state: LineState
    located: bool
    """Its location was scanned."""
    lot_scanned: str
    scanned_by: str
    picture: str
    """Address of a picture of the product; empty: there is none."""


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A product that is not on the list, near what is."""

    sku: str
    gtin: str
    location: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A location near those of the list."""

    code: str
    barcode: str


async def device_lines(session: AsyncSession, list_id: UUID, *, pictures: bool = False) -> list[DeviceLine]:
    """Return the lines of a list in walking order."""
    rows = await session.execute(
        text(
            """
            SELECT l.id, l.order_id, o.order_number, o.position, l.sku, coalesce(nullif(l.gtin, ''), p.gtin, '') AS gtin,
                l.title, l.location_code AS location, x.barcode AS location_barcode, l.lot, coalesce(t.code, '') AS tote, l.quantity, l.picked, l.short,
                l.state, l.located_at IS NOT NULL AS located, l.lot_scanned, l.scanned_by,
                coalesce('/documents/' || d.id, '') AS picture
            FROM pick_line l JOIN pick_list_order o ON o.pick_list_id = l.pick_list_id AND o.order_id = l.order_id
            LEFT JOIN tote_use t ON t.order_id = l.order_id AND t.pick_list_id = l.pick_list_id AND t.freed_at IS NULL
            JOIN location x ON x.id = l.location_id JOIN product p ON p.id = l.product_id
            LEFT JOIN LATERAL (
                SELECT id FROM document WHERE :pictures AND subject_kind = 'product' AND subject_id = l.product_id
                    AND media_type IN ('image/png', 'image/jpeg', 'image/webp', 'image/gif') ORDER BY id LIMIT 1
            ) d ON true
            WHERE l.pick_list_id = :id ORDER BY l.walk_order, l.location_code, o.position, l.id
            """
        ),
        {"id": list_id, "pictures": pictures},
    )
    return [msgspec.convert(dict(row), DeviceLine) for row in rows.mappings()]


_NEAR = """
    WITH shelf AS (SELECT DISTINCT location_id FROM pick_line WHERE pick_list_id = :id),
    near AS (
        SELECT n.id, n.code, n.barcode FROM location n WHERE n.warehouse_id = :warehouse AND EXISTS (
            SELECT FROM location x JOIN shelf s ON s.location_id = x.id
            WHERE n.id = x.id OR n.parent_id = x.parent_id OR n.walk_order BETWEEN x.walk_order - 3 AND x.walk_order + 3
        ) LIMIT :most
    )
"""


async def neighbours(session: AsyncSession, list_id: UUID, warehouse_id: UUID) -> tuple[list[Neighbour], list[Place]]:
    """Return the products and places around a list's shelves: what a picker mistakes for the right ones."""
    given = {"id": list_id, "warehouse": warehouse_id, "most": MOST_NEIGHBOURS}
    products = await session.execute(
        text(
            _NEAR  # noqa: S608 -- a constant
            + """
            SELECT p.sku, coalesce(p.gtin, '') AS gtin, min(near.code) AS location
            FROM near JOIN stock_level v ON v.location_id = near.id AND v.on_hand > 0 JOIN product p ON p.id = v.product_id
            WHERE p.id NOT IN (SELECT product_id FROM pick_line WHERE pick_list_id = :id)
            GROUP BY p.id, p.sku, p.gtin ORDER BY p.sku LIMIT :most
            """
        ),
        given,
    )
    places = await session.execute(
        text(_NEAR + "SELECT code, barcode FROM near ORDER BY code"),  # noqa: S608 -- a constant
        given,
    )
    return (
        [msgspec.convert(dict(row), Neighbour) for row in products.mappings()],
        [msgspec.convert(dict(row), Place) for row in places.mappings()],
    )


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something scanned on a device that could not be applied."""

    id: UUID
    kind: ActKind
    pick_list_id: UUID
    pick_list: str
    order_id: UUID | None
    order_number: str
    sku: str
    title: str
    location: str
    code: str
    quantity: int
    who: str
    device_name: str
    device_at: datetime
    received_at: datetime
    skew_ms: int
    message: str
    facts: dict[str, Any]
    state: str
    resolved_by: str
    resolved_at: datetime | None
    reason: str

    @property
    def probably_at(self) -> datetime:
        """When it was, if the device's clock was as wrong then as when it sent it."""
        try:
            return self.device_at + timedelta(milliseconds=self.skew_ms)
        except OverflowError:
            return self.received_at


async def conflicts(
    session: AsyncSession,
    *,
    done: bool | None = False,
    scan_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[ConflictRow]:
    """Return conflicts, the newest first.

    Args:
        session: the running transaction.
        done: those that somebody decided about; None: both.
        scan_id: only this one.
        before: the page after this one.
        limit: most of them.
    """
    rows = await session.execute(
        text(
            """
            SELECT s.id, s.kind, c.pick_list_id, p.number AS pick_list, l.order_id, coalesce(o.order_number, '') AS order_number,
                coalesce(l.sku, '') AS sku, coalesce(l.title, '') AS title, coalesce(l.location_code, '') AS location, s.code,
                s.quantity, s.actor_name AS who, v.device_name, s.device_at, s.received_at, s.skew_ms, s.message, s.facts,
                c.state, c.resolved_by, c.resolved_at, c.reason
            FROM scan_conflict c JOIN device_scan s ON s.id = c.scan_id JOIN scan_session v ON v.id = s.session_id
            JOIN pick_list p ON p.id = c.pick_list_id LEFT JOIN pick_line l ON l.id = s.pick_line_id
            LEFT JOIN pick_list_order o ON o.pick_list_id = l.pick_list_id AND o.order_id = l.order_id
            WHERE (CAST(:done AS boolean) IS NULL OR (c.state <> 'open') = CAST(:done AS boolean))
                AND (CAST(:id AS uuid) IS NULL OR s.id = CAST(:id AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR s.id < CAST(:before AS uuid))
            ORDER BY s.id DESC LIMIT :limit
            """
        ),
        {"done": done, "id": scan_id, "before": before, "limit": limit},
    )
    return [msgspec.convert(dict(row), ConflictRow) for row in rows.mappings()]


async def conflict_count(session: AsyncSession) -> int:
    """Return how many conflicts wait."""
    rows = await session.execute(text("SELECT count(*) FROM scan_conflict WHERE state = 'open'"))
    return int(rows.scalar_one())


class ActRow(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a session, as it arrived."""

    id: UUID
    client_id: str
    sequence: int
    kind: ActKind
    pick_line_id: UUID | None
    code: str
    quantity: int
    device_at: datetime
    received_at: datetime
    skew_ms: int
    outcome: str
    actor_name: str


async def acts(session: AsyncSession, session_id: UUID, *, after: int = 0, limit: int = 50) -> list[ActRow]:
    """Return what was done in a session, in the device's order."""
    rows = await session.execute(
        text(
            """
            SELECT id, client_id, sequence, kind, pick_line_id, code, quantity, device_at, received_at, skew_ms, outcome,
                actor_name
            FROM device_scan WHERE session_id = :id AND sequence > :after ORDER BY sequence LIMIT :limit
            """
        ),
        {"id": session_id, "after": after, "limit": limit},
    )
    return [msgspec.convert(dict(row), ActRow) for row in rows.mappings()]


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A device at work."""

    id: UUID
    pick_list_id: UUID
    pick_list: str
    version: int
    device_name: str
    actor_name: str
    opened_at: datetime
    last_seen_at: datetime
    skew_ms: int
    scans: int
    conflicts: int
    closed_at: datetime | None


async def sessions(session: AsyncSession, *, before: UUID | None = None, limit: int = 50) -> list[SessionRow]:
    """Return sessions of devices, the newest first."""
    rows = await session.execute(
        text(
            """
            SELECT v.id, v.pick_list_id, p.number AS pick_list, v.version, v.device_name, v.actor_name, v.opened_at,
                v.last_seen_at, v.skew_ms, n.scans, n.conflicts, v.closed_at
            FROM scan_session v JOIN pick_list p ON p.id = v.pick_list_id CROSS JOIN LATERAL (
                SELECT count(*) AS scans, count(*) FILTER (WHERE outcome = 'conflict') AS conflicts
                FROM device_scan d WHERE d.session_id = v.id
            ) n
            WHERE CAST(:before AS uuid) IS NULL OR v.id < CAST(:before AS uuid)
            ORDER BY v.id DESC LIMIT :limit
            """
        ),
        {"before": before, "limit": limit},
    )
    return [msgspec.convert(dict(row), SessionRow) for row in rows.mappings()]
