"""What waits on the floor: figures, orders to pick, orders to pack."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class FloorCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the dashboard shows of the floor."""

    picked_today: int
    """Units."""
    packed_today: int
    """Parcels."""
    shipped_today: int
    open_lists: int
    waiting_pushes: int
    failed_pushes: int
    failed_labels: int
    problems: int
    """Parcels with trouble on their way."""


async def counts(session: AsyncSession, *, time_zone: str = "Europe/Amsterdam") -> FloorCounts:
    """Count what was done today (in *time_zone*) and what waits for a person."""
    rows = await session.execute(
        text(
            """
            WITH day AS (SELECT date_trunc('day', now() AT TIME ZONE :zone) AT TIME ZONE :zone AS since)
            SELECT
                (SELECT coalesce(sum(quantity), 0) FROM pick_scan, day WHERE scanned_at >= since) AS picked_today,
                (SELECT count(*) FROM parcel, day WHERE packed_at >= since AND status <> 'cancelled') AS packed_today,
                (SELECT count(*) FROM parcel, day WHERE shipped_at >= since) AS shipped_today,
                (SELECT count(*) FROM pick_list WHERE status IN ('open', 'picking')) AS open_lists,
                (SELECT count(*) FROM channel_push WHERE state IN ('waiting', 'sent')) AS waiting_pushes,
                (SELECT count(*) FROM channel_push WHERE state = 'failed') AS failed_pushes,
                (SELECT count(*) FROM shipment s WHERE s.last_error <> '' AND s.state IN ('requested', 'failed')
                    AND NOT EXISTS (SELECT 1 FROM shipment n WHERE n.parcel_id = s.parcel_id AND n.id > s.id)
                ) AS failed_labels,
                (SELECT count(*) FROM shipment WHERE state = 'problem') AS problems
            """
        ),
        {"zone": time_zone},
    )
    return FloorCounts(**{name: int(value) for name, value in rows.mappings().one().items()})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the floor has of an order: most orders have little of all that they could have."""

    place: bool = True
    wish: bool = True
    proofs: bool = True
    tries: bool = True
    changes: bool = True
    boxes: bool = True
    checks: bool = True
    group: bool = True
    shipments: bool = True


EVERYTHING = Known()
"""For those who ask for all of it anyway."""


async def known_of(session: AsyncSession, order_id: UUID) -> Known:
    """Tell what there is of an order, so that only that is asked for."""
    rows = await session.execute(
        text(
            """
            SELECT EXISTS (SELECT FROM floor_order WHERE order_id = :id) AS place,
                EXISTS (SELECT FROM delivery_choice WHERE order_id = :id) AS wish,
                EXISTS (SELECT FROM delivery_proof WHERE order_id = :id) AS proofs,
                EXISTS (SELECT FROM delivery_stop WHERE order_id = :id) AS tries,
                EXISTS (SELECT FROM carrier_change WHERE order_id = :id) AS changes,
                EXISTS (SELECT FROM container_line WHERE order_id = :id) AS boxes,
                EXISTS (SELECT FROM floor_check WHERE order_id = :id) AS checks,
                EXISTS (SELECT FROM consolidation_order WHERE order_id = :id AND current) AS "group",
                EXISTS (SELECT FROM shipment WHERE order_id = :id) AS shipments
            """
        ),
        {"id": order_id},
    )
    return Known(**rows.mappings().one())


class ReadyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that can be released."""

    id: UUID
    number: str
    channel: str | None
    placed_at: datetime
    ship_by: datetime | None
    ship_name: str
    ship_country: str
    line_count: int
    unit_count: int
    attention: list[str]


async def ready_orders(
    session: AsyncSession,
    *,
    search: str = "",
    kind: str = "",
    due: str = "",
    channel: str = "",
    limit: int = 200,
) -> tuple[list[ReadyOrder], int]:
    """Return reserved orders nobody holds, the most urgent first, and how many there are.

    Args:
        session: the running transaction.
        search: part of number or name.
        kind: ``single`` (one unit) or ``multi``.
        due: ``late`` or ``today``.
        channel: key of a connector.
        limit: most orders.
    """
    rows = await session.execute(
        text(
            """
            SELECT o.id, o.number, o.channel, o.placed_at, o.ship_by, o.ship_name, o.ship_country, o.line_count,
                o.unit_count, o.attention, count(*) OVER () AS total
            FROM sales_order o
            WHERE o.status = 'reserved' AND o.held_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM pick_list_order p WHERE p.order_id = o.id AND p.open)
                AND (:search = '' OR o.search_text LIKE '%' || :search || '%')
                AND (:kind = '' OR (:kind = 'single') = (o.unit_count = 1))
                AND (:channel = '' OR o.channel = :channel)
                AND (:due = '' OR (:due = 'late' AND o.ship_by < now())
                    OR (:due = 'today' AND o.ship_by < date_trunc('day', now()) + interval '1 day'))
            ORDER BY o.ship_by NULLS LAST, o.placed_at, o.id LIMIT :limit
            """
        ),
        {
            "search": search.lower().replace("\\", "").replace("%", "").replace("_", r"\_"),
            "kind": kind,
            "due": due,
            "channel": channel,
            "limit": limit,
        },
    )
    found = rows.all()
    fields = ReadyOrder.__struct_fields__  # in the order of the columns, behind which stands the total
    return [ReadyOrder(**dict(zip(fields, row, strict=False))) for row in found], found[0].total if found else 0


class PackRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits to be packed or to be shipped."""

    order_id: UUID
    number: str
    status: str
    ship_name: str
    ship_country: str
    ship_by: datetime | None
    unit_count: int
    held: bool
    parcels: int
    labelled: int


async def to_pack(session: AsyncSession, *, limit: int = 100) -> list[PackRow]:
    """Return picked and packed orders, the most urgent first."""
    rows = await session.execute(
        text(
            """
            SELECT o.id AS order_id, o.number, o.status, o.ship_name, o.ship_country, o.ship_by, o.unit_count,
                o.held_at IS NOT NULL AS held,
                (SELECT count(*) FROM parcel p WHERE p.order_id = o.id AND p.status IN ('packed', 'open')) AS parcels,
                (SELECT count(*) FROM shipment s WHERE s.order_id = o.id AND s.state = 'labelled'
                    AND s.shipped_at IS NULL) AS labelled
            FROM sales_order o WHERE o.status IN ('picked', 'packed')
            ORDER BY o.ship_by NULLS LAST, o.placed_at, o.id LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [msgspec.convert(dict(row), PackRow) for row in rows.mappings()]


async def orders_called(session: AsyncSession, code: str) -> list[UUID]:
    """Return the orders that a scanned code stands for: an order's, parcel's, list's or tote's, or a tracking code."""
    rows = await session.execute(
        text(
            """
            SELECT id FROM sales_order WHERE lower(number) = lower(:code) OR lower(channel_order_id) = lower(:code)
            UNION SELECT order_id FROM parcel WHERE lower(number) = lower(:code)
            UNION SELECT order_id FROM shipment WHERE tracking_code = :code AND :code <> ''
            UNION SELECT order_id FROM container WHERE code = upper(:code) AND state <> 'gone' AND order_id IS NOT NULL
            UNION SELECT order_id FROM tote_use WHERE code = upper(:code) AND freed_at IS NULL
            UNION SELECT o.order_id FROM pick_list p JOIN pick_list_order o ON o.pick_list_id = p.id
                JOIN sales_order s ON s.id = o.order_id
                WHERE lower(p.number) = lower(:code) AND s.status IN ('picked', 'packed')
            LIMIT 50
            """
        ),
        {"code": code},
    )
    return list(rows.scalars())
