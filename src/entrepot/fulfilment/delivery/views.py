"""Delivery as pages and programs read it: straight from SQL, no decisions."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """What the time left of an order depends on."""

    id: UUID
    seller_id: UUID
    placed_at: datetime
    ship_by: datetime | None
    warehouse_id: UUID | None
    carrier_account_id: UUID | None
    service: str
    ours: bool
    """Counter or own driver: no carrier's cut-off counts."""


async def placed_orders(session: AsyncSession, order_ids: Collection[UUID]) -> list[Placed]:
    """Return orders with who carries them, as far as that is known."""
    rows = await session.execute(
        text(
            """
            SELECT o.id, o.seller_id, o.placed_at, o.ship_by, coalesce(f.warehouse_id, o.warehouse_id) AS warehouse_id,
                coalesce(s.carrier_account_id, c.carrier_account_id) AS carrier_account_id,
                coalesce(s.service, '') AS service, coalesce(c.how, 'carrier') <> 'carrier' AS ours
            FROM sales_order o LEFT JOIN floor_order f ON f.order_id = o.id
            LEFT JOIN delivery_choice c ON c.order_id = o.id
            LEFT JOIN LATERAL (
                SELECT carrier_account_id, service FROM shipment
                WHERE order_id = o.id AND state NOT IN ('failed', 'cancelled') AND carrier_account_id IS NOT NULL
                ORDER BY id LIMIT 1
            ) s ON true
            WHERE o.id = ANY(:ids)
            """
        ),
        {"ids": list(order_ids)},
    )
    names = tuple(rows.keys())
    return [Placed(**dict(zip(names, row, strict=True))) for row in rows]


class DispatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A packed order."""

    order_id: UUID
    number: str
    how: str
    chosen: bool
    """Somebody said how it leaves."""
    held: bool
    ship_name: str
    ship_postcode: str
    ship_country: str
    parcels: list[str]
    labelled: int
    """Parcels with a label that have not left."""
    carrier: str
    """Of the labels."""
    route_id: UUID | None
    route: str
    packed_at: datetime | None
    reminded_at: datetime | None
    place: str
    """Pick-up point."""


async def to_dispatch(
    session: AsyncSession,
    *,
    how: str = "",
    search: str = "",
    order_id: UUID | None = None,
    ids: Collection[UUID] | None = None,
    limit: int = 500,
) -> list[DispatchRow]:
    """Return packed orders, those packed first first.

    Args:
        session: the running transaction.
        how: ``carrier``, ``counter`` or ``driver``: only those that leave so.
        search: part of the number, the name, the address or a tracking code.
        order_id: only this one.
        ids: only these.
        limit: most of them.
    """
    rows = await session.execute(
        text(
            """
            SELECT o.id AS order_id, o.number, coalesce(c.how, 'carrier') AS how, c.how IS NOT NULL AS chosen,
                o.held_at IS NOT NULL AS held, o.ship_name, o.ship_postcode, o.ship_country, p.numbers AS parcels,
                coalesce(s.labelled, 0) AS labelled, coalesce(s.carrier, '') AS carrier, r.id AS route_id,
                coalesce(r.number, '') AS route, p.packed_at, c.reminded_at, coalesce(c.point->>'name', '') AS place
            FROM sales_order o LEFT JOIN delivery_choice c ON c.order_id = o.id
            JOIN LATERAL (SELECT coalesce(array_agg(number ORDER BY number), '{}') AS numbers, max(packed_at) AS packed_at
                FROM parcel WHERE order_id = o.id AND status = 'packed') p ON true
            LEFT JOIN LATERAL (SELECT count(*) AS labelled, min(carrier_name) AS carrier FROM shipment
                WHERE order_id = o.id AND state = 'labelled' AND shipped_at IS NULL) s ON true
            LEFT JOIN delivery_stop t ON t.order_id = o.id AND t.status = 'planned'
            LEFT JOIN delivery_route r ON r.id = t.route_id
            WHERE o.status = 'packed' AND (:how = '' OR coalesce(c.how, 'carrier') = :how)
                AND (:search = '' OR o.search_text LIKE '%' || :search || '%')
                AND (CAST(:id AS uuid) IS NULL OR o.id = CAST(:id AS uuid))
                AND (CAST(:ids AS uuid[]) IS NULL OR o.id = ANY(CAST(:ids AS uuid[])))
            ORDER BY p.packed_at NULLS LAST, o.id LIMIT :limit
            """
        ),
        {
            "how": how,
            "search": search.lower().replace("\\", "").replace("%", "").replace("_", r"\_"),
            "id": order_id,
            "ids": None if ids is None else list(ids),
            "limit": limit,
        },
    )
    return [msgspec.convert(dict(row), DispatchRow) for row in rows.mappings()]


class RouteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A route in a list."""

    id: UUID
    seller_id: UUID
    number: str
    day: date
    driver_id: str
    driver_name: str
    vehicle_id: UUID | None
    vehicle_name: str
    area: str
    status: str
    note: str
    started_at: datetime | None
    finished_at: datetime | None
    stops: int
    ahead: int
    delivered: int
    failed: int


async def routes(
    session: AsyncSession,
    *,
    day: date | None = None,
    driver_id: str = "",
    status: str = "",
    route_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[RouteRow]:
    """Return routes, the newest first."""
    rows = await session.execute(
        text(
            """
            SELECT r.id, r.seller_id, r.number, r.day, r.driver_id, r.driver_name, r.vehicle_id, r.vehicle_name, r.area,
                r.status, r.note, r.started_at, r.finished_at, s.stops, s.ahead, s.delivered, s.failed
            FROM delivery_route r JOIN LATERAL (
                SELECT count(*) FILTER (WHERE status <> 'removed') AS stops,
                    count(*) FILTER (WHERE status = 'planned') AS ahead,
                    count(*) FILTER (WHERE status = 'delivered') AS delivered,
                    count(*) FILTER (WHERE status = 'failed') AS failed
                FROM delivery_stop WHERE route_id = r.id
            ) s ON true
            WHERE (CAST(:day AS date) IS NULL OR r.day = CAST(:day AS date))
                AND (:driver = '' OR r.driver_id = :driver) AND (:status = '' OR r.status = :status)
                AND (CAST(:id AS uuid) IS NULL OR r.id = CAST(:id AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR r.id < CAST(:before AS uuid))
            ORDER BY r.id DESC LIMIT :limit
            """
        ),
        {"day": day, "driver": driver_id, "status": status, "id": route_id, "before": before, "limit": limit},
    )
    return [RouteRow(**row) for row in rows.mappings()]


class StopRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stop as the driver sees it."""

    id: UUID
    order_id: UUID
    order_number: str
    position: int
    status: str
    reason: str
    note: str
    received_by: str
    at: datetime | None
    by_name: str
    ship_name: str
    address: dict[str, Any]
    phone: str
    parcels: list[str]
    loaded: int
    tries: int
    """Failed ones before this."""


async def stops_of(session: AsyncSession, route_id: UUID) -> list[StopRow]:
    """Return the stops of a route in their order."""
    rows = await session.execute(
        text(
            """
            SELECT s.id, s.order_id, o.number AS order_number, s.position, s.status, s.reason, s.note, s.received_by,
                s.at, s.by_name, o.ship_name, o.shipping_address AS address, o.customer_phone AS phone, p.parcels,
                p.loaded, (SELECT count(*) FROM delivery_stop e
                    WHERE e.order_id = s.order_id AND e.status = 'failed' AND e.id < s.id) AS tries
            FROM delivery_stop s JOIN sales_order o ON o.id = s.order_id JOIN LATERAL (
                SELECT coalesce(array_agg(p.number ORDER BY p.number), '{}') AS parcels, count(l.parcel_id) AS loaded
                FROM parcel p LEFT JOIN route_parcel l ON l.route_id = s.route_id AND l.parcel_id = p.id
                WHERE p.order_id = s.order_id AND p.status IN ('packed', 'shipped')
            ) p ON true
            WHERE s.route_id = :id ORDER BY s.status = 'removed', s.position, s.id
            """
        ),
        {"id": route_id},
    )
    return [msgspec.convert(dict(row), StopRow) for row in rows.mappings()]


class TryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver an order."""

    route_id: UUID
    route: str
    driver_name: str
    status: str
    reason: str
    note: str
    received_by: str
    at: datetime | None


async def tries_of(session: AsyncSession, order_id: UUID) -> list[TryRow]:
    """Return on which routes an order was, the latest first."""
    rows = await session.execute(
        text(
            """
            SELECT r.id AS route_id, r.number AS route, r.driver_name, s.status, s.reason, s.note, s.received_by, s.at
            FROM delivery_stop s JOIN delivery_route r ON r.id = s.route_id WHERE s.order_id = :id ORDER BY s.id DESC
            """
        ),
        {"id": order_id},
    )
    return [TryRow(**row) for row in rows.mappings()]


class ProofRow(msgspec.Struct, frozen=True, kw_only=True):
    """A proof as its order's page shows it."""

    document_id: UUID
    kind: str
    name: str
    file_name: str
    media_type: str
    size: int
    added_by: str
    added_at: datetime


async def proofs_of(session: AsyncSession, order_id: UUID) -> list[ProofRow]:
    """Return the proofs of an order, the oldest first."""
    rows = await session.execute(
        text(
            """
            SELECT p.document_id, p.kind, p.name, d.name AS file_name, d.media_type, d.size, p.added_by, p.added_at
            FROM delivery_proof p JOIN document d ON d.id = p.document_id WHERE p.order_id = :id ORDER BY p.id
            """
        ),
        {"id": order_id},
    )
    return [ProofRow(**row) for row in rows.mappings()]


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change of carrier."""

    parcel_number: str
    from_carrier: str
    from_service: str
    from_tracking: str
    to_carrier: str
    to_service: str
    reason: str
    actor_name: str
    at: datetime


async def changes_of(session: AsyncSession, order_id: UUID) -> list[ChangeRow]:
    """Return which parcels of an order changed carriers, the latest first."""
    rows = await session.execute(
        text(
            """
            SELECT parcel_number, from_carrier, from_service, from_tracking, to_carrier, to_service, reason, actor_name, at
            FROM carrier_change WHERE order_id = :id ORDER BY id DESC
            """
        ),
        {"id": order_id},
    )
    return [ChangeRow(**row) for row in rows.mappings()]


class BroughtBack(msgspec.Struct, frozen=True, kw_only=True):
    """An order that a driver brought back."""

    order_id: UUID
    number: str
    ship_name: str
    ship_postcode: str
    ship_country: str
    reason: str
    note: str
    at: datetime
    route_id: UUID
    route: str
    driver_name: str
    tries: int


async def brought_back(session: AsyncSession, *, order_id: UUID | None = None, limit: int = 200) -> list[BroughtBack]:
    """Return orders whose last try failed, and which wait for a later route or the way back to stock."""
    rows = await session.execute(
        text(
            """
            SELECT o.id AS order_id, o.number, o.ship_name, o.ship_postcode, o.ship_country, t.reason, t.note, t.at,
                r.id AS route_id, r.number AS route, r.driver_name,
                (SELECT count(*) FROM delivery_stop e WHERE e.order_id = o.id AND e.status = 'failed') AS tries
            FROM delivery_stop t JOIN sales_order o ON o.id = t.order_id AND o.status = 'shipped'
            JOIN delivery_route r ON r.id = t.route_id
            WHERE t.status = 'failed' AND (CAST(:id AS uuid) IS NULL OR o.id = CAST(:id AS uuid))
                AND NOT EXISTS (SELECT FROM delivery_stop n
                    WHERE n.order_id = t.order_id AND n.id > t.id AND n.status <> 'removed')
                AND EXISTS (SELECT FROM shipment h WHERE h.order_id = o.id AND h.state <> 'cancelled'
                    AND h.handed_by = 'driver')
            ORDER BY t.at, o.id LIMIT :limit
            """
        ),
        {"id": order_id, "limit": limit},
    )
    return [BroughtBack(**row) for row in rows.mappings()]
