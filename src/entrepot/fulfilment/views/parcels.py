"""Shipments, the attempts to get their labels, and where they are."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ParcelStatus, PushState, ShipmentState
from entrepot.kit.sql import text


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
