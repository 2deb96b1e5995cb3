"""The floor as pages and programs read it: straight from SQL, no decisions."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import LineState, ListStatus, ParcelStatus, PushState, ShipmentState


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
    found = rows.mappings().all()
    orders = [msgspec.convert({name: row[name] for name in ReadyOrder.__struct_fields__}, ReadyOrder) for row in found]
    return orders, int(found[0]["total"]) if found else 0


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
                l.lines, l.done, l.units, l.picked, l.short, l.put_back, p.created_at, p.started_at, p.finished_at
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

    @property
    def left(self) -> int:
        return self.quantity - self.picked - self.short if self.state is LineState.OPEN else 0


async def pick_lines(session: AsyncSession, list_id: UUID) -> list[PickLineRow]:
    """Return the lines of a list in walking order."""
    rows = await session.execute(
        text(
            """
            SELECT l.id, l.order_id, o.order_number, o.position, l.sku, l.gtin, l.title, l.location_code, l.lot,
                l.quantity, l.picked, l.short, l.put_back, l.reason, l.state, l.scanned_at, l.scanned_by
            FROM pick_line l JOIN pick_list_order o ON o.pick_list_id = l.pick_list_id AND o.order_id = l.order_id
            WHERE l.pick_list_id = :id ORDER BY l.walk_order, l.location_code, o.position, l.id
            """
        ),
        {"id": list_id},
    )
    return [msgspec.convert(dict(row), PickLineRow) for row in rows.mappings()]


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
    """Return the orders that a scanned code stands for: an order's, parcel's, or pick list's number, or a tracking code."""
    rows = await session.execute(
        text(
            """
            SELECT id FROM sales_order WHERE lower(number) = lower(:code) OR lower(channel_order_id) = lower(:code)
            UNION SELECT order_id FROM parcel WHERE lower(number) = lower(:code)
            UNION SELECT order_id FROM shipment WHERE tracking_code = :code AND :code <> ''
            UNION SELECT o.order_id FROM pick_list p JOIN pick_list_order o ON o.pick_list_id = p.id
                JOIN sales_order s ON s.id = o.order_id
                WHERE lower(p.number) = lower(:code) AND s.status IN ('picked', 'packed')
            LIMIT 50
            """
        ),
        {"code": code},
    )
    return list(rows.scalars())


class ShipmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shipment in a list."""

    id: UUID
    order_id: UUID
    order_number: str
    parcel_id: UUID
    parcel_number: str
    parcel_status: ParcelStatus
    ship_name: str
    ship_country: str
    channel: str | None
    weight_g: int
    carrier_name: str
    service: str
    state: ShipmentState
    tracking_code: str
    tracking_url: str
    label_pdf_id: UUID | None
    label_zpl_id: UUID | None
    last_error: str
    attempts: int
    created_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    cost: Decimal | None
    currency: str
    push_state: PushState | None
    push_error: str | None
    push_attempts: int | None
    push_account_id: UUID | None

    @property
    def shown_state(self) -> str:
        """Where the parcel is, as one word."""
        return "shipped" if self.state is ShipmentState.LABELLED and self.shipped_at else str(self.state)


async def shipments(  # noqa: PLR0913 -- filters
    session: AsyncSession,
    *,
    state: str = "",
    push: str = "",
    search: str = "",
    problem: bool = False,
    shipment_id: UUID | None = None,
    order_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[ShipmentRow]:
    """Return shipments, newest first.

    Args:
        session: the running transaction.
        state: of the shipment; ``shipped`` is a label that left.
        push: state of what the channel is told.
        search: part of order, parcel or tracking code.
        problem: only those that need a person.
        shipment_id: only this one.
        order_id: only this order's.
        before: older than this one.
        limit: most of them.
    """
    rows = await session.execute(
        text(
            """
            SELECT s.id, s.order_id, p.order_number, s.parcel_id, p.number AS parcel_number, p.status AS parcel_status,
                o.ship_name, o.ship_country, o.channel, p.weight_g, s.carrier_name, s.service, s.state,
                s.tracking_code, s.tracking_url, s.label_pdf_id, s.label_zpl_id, s.last_error, s.attempts,
                s.created_at, s.shipped_at, s.delivered_at, s.cost, s.currency, c.state AS push_state,
                c.last_error AS push_error, c.attempts AS push_attempts, c.account_id AS push_account_id
            FROM shipment s JOIN parcel p ON p.id = s.parcel_id JOIN sales_order o ON o.id = s.order_id
            LEFT JOIN channel_push c ON c.shipment_id = s.id
            WHERE (:state = '' OR (:state = 'shipped' AND s.state = 'labelled' AND s.shipped_at IS NOT NULL)
                    OR (s.state = :state AND (:state <> 'labelled' OR s.shipped_at IS NULL)))
                AND (:push = '' OR c.state = :push)
                AND (NOT :problem OR s.state = 'problem' OR c.state = 'failed'
                    OR (s.last_error <> '' AND s.state IN ('requested', 'failed')))
                AND (:search = '' OR lower(p.number) LIKE :pattern OR lower(s.tracking_code) LIKE :pattern)
                AND (CAST(:id AS uuid) IS NULL OR s.id = CAST(:id AS uuid))
                AND (CAST(:order AS uuid) IS NULL OR s.order_id = CAST(:order AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR s.id < CAST(:before AS uuid))
            ORDER BY s.id DESC LIMIT :limit
            """
        ),
        {
            "state": state,
            "push": push,
            "search": search,
            "pattern": "%" + search.lower().replace("\\", "").replace("%", "").replace("_", r"\_") + "%",
            "problem": problem,
            "id": shipment_id,
            "order": order_id,
            "before": before,
            "limit": limit,
        },
    )
    return [msgspec.convert(dict(row), ShipmentRow) for row in rows.mappings()]


async def shipment_counts(session: AsyncSession) -> dict[str, int]:
    """Return how many shipments there are in each state, and with a problem."""
    rows = await session.execute(
        text(
            """
            SELECT CASE WHEN state = 'labelled' AND shipped_at IS NOT NULL THEN 'shipped' ELSE state END AS state,
                count(*) FROM shipment GROUP BY 1
            """
        )
    )
    return {row[0]: int(row[1]) for row in rows}


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One time a carrier was asked for a label."""

    outcome: str
    reason: str
    actor_name: str
    request_id: str
    at: datetime


async def attempts(session: AsyncSession, shipment_id: UUID) -> list[AttemptRow]:
    """Return the attempts to get a label, newest first."""
    rows = await session.execute(
        text(
            "SELECT outcome, reason, actor_name, request_id, at FROM label_attempt"
            " WHERE shipment_id = :id ORDER BY id DESC"
        ),
        {"id": shipment_id},
    )
    return [AttemptRow(**row) for row in rows.mappings()]


class ScanRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a parcel on its way."""

    milestone: str
    at: datetime
    place: str
    text: str


async def tracking(session: AsyncSession, shipment_id: UUID) -> list[ScanRow]:
    """Return what the carrier reported, newest first."""
    rows = await session.execute(
        text("SELECT milestone, at, place, text FROM tracking_event WHERE shipment_id = :id ORDER BY at DESC, id DESC"),
        {"id": shipment_id},
    )
    return [ScanRow(**row) for row in rows.mappings()]


class PushRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel must be told about a shipment."""

    shipment_id: UUID
    account_id: UUID
    state: PushState
    payload: dict[str, Any]
    process_ref: str
    attempts: int
    looks: int
    last_error: str
    created_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    next_look_at: datetime


async def push_of(session: AsyncSession, shipment_id: UUID) -> PushRow | None:
    """Return what the channel is told about a shipment, if it is told anything."""
    rows = await session.execute(
        text(
            "SELECT shipment_id, account_id, state, payload, process_ref, attempts, looks, last_error, created_at,"
            " sent_at, settled_at, next_look_at FROM channel_push WHERE shipment_id = :id"
        ),
        {"id": shipment_id},
    )
    row = rows.mappings().one_or_none()
    return None if row is None else msgspec.convert(dict(row), PushRow)


async def pushes(session: AsyncSession, *, state: str = "", limit: int = 100) -> list[PushRow]:
    """Return what channels are told, newest first."""
    rows = await session.execute(
        text(
            "SELECT shipment_id, account_id, state, payload, process_ref, attempts, looks, last_error, created_at,"
            " sent_at, settled_at, next_look_at FROM channel_push WHERE :state = '' OR state = :state"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"state": state, "limit": limit},
    )
    return [msgspec.convert(dict(row), PushRow) for row in rows.mappings()]
