"""Carriage as pages and programs read it: straight from SQL, no decisions."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import ShipmentState
from entrepot.kit.sql import text


class ProblemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that needs, or needed, a person."""

    id: UUID
    seller_id: UUID
    shipment_id: UUID
    order_id: UUID
    order_number: str
    parcel_id: UUID
    parcel_number: str
    kind: str
    since: datetime
    text: str
    cleared_at: datetime | None
    cleared_by: str
    cleared_reason: str
    carrier_name: str
    tracking_code: str
    tracking_url: str
    state: ShipmentState
    ship_name: str
    ship_country: str


async def problem_rows(
    session: AsyncSession,
    *,
    kind: str = "",
    cleared: bool | None = False,
    problem_id: UUID | None = None,
    shipment_id: UUID | None = None,
    ids: Collection[UUID] | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[ProblemRow]:
    """Return problems, the newest first.

    Args:
        session: the running transaction.
        kind: only of this kind.
        cleared: only open ones; True: only cleared ones; None: both.
        problem_id: only this one.
        shipment_id: only this shipment's.
        ids: only these.
        before: the page after this one.
        limit: most of them.
    """
    rows = await session.execute(
        text(
            """
            SELECT x.id, x.seller_id, x.shipment_id, s.order_id, p.order_number, s.parcel_id, p.number AS parcel_number,
                x.kind, x.since, x.text, x.cleared_at, x.cleared_by, x.cleared_reason, s.carrier_name, s.tracking_code,
                s.tracking_url, s.state, o.ship_name, o.ship_country
            FROM parcel_problem x JOIN shipment s ON s.id = x.shipment_id JOIN parcel p ON p.id = s.parcel_id
            JOIN sales_order o ON o.id = s.order_id
            WHERE (:kind = '' OR x.kind = :kind)
                AND (CAST(:cleared AS boolean) IS NULL OR (x.cleared_at IS NOT NULL) = CAST(:cleared AS boolean))
                AND (CAST(:id AS uuid) IS NULL OR x.id = CAST(:id AS uuid))
                AND (CAST(:shipment AS uuid) IS NULL OR x.shipment_id = CAST(:shipment AS uuid))
                AND (CAST(:ids AS uuid[]) IS NULL OR x.id = ANY(CAST(:ids AS uuid[])))
                AND (CAST(:before AS uuid) IS NULL OR (x.found_at, x.id) <
                    (SELECT b.found_at, b.id FROM parcel_problem b WHERE b.id = CAST(:before AS uuid)))
            ORDER BY x.found_at DESC, x.id DESC LIMIT :limit
            """
        ),
        {
            "kind": kind,
            "cleared": cleared,
            "id": problem_id,
            "shipment": shipment_id,
            "ids": None if ids is None else list(ids),
            "before": before,
            "limit": limit,
        },
    )
    return [msgspec.convert(dict(row), ProblemRow) for row in rows.mappings()]


async def problem_counts(session: AsyncSession) -> dict[str, int]:
    """Return how many open problems there are of each kind."""
    rows = await session.execute(
        text("SELECT kind, count(*) FROM parcel_problem WHERE cleared_at IS NULL GROUP BY kind")
    )
    return {row[0]: int(row[1]) for row in rows}


class ChoiceRow(msgspec.Struct, frozen=True):
    """Why a parcel goes with its carrier: a template and its facts."""

    message: str
    facts: dict[str, str | int]


async def choice_of(session: AsyncSession, shipment_id: UUID) -> ChoiceRow | None:
    """Return why a shipment goes with its carrier; None: nobody knows any more."""
    return (await choices_of(session, [shipment_id])).get(shipment_id)


async def choices_of(session: AsyncSession, shipment_ids: Collection[UUID]) -> dict[UUID, ChoiceRow]:
    """Return why shipments go with their carriers."""
    rows = await session.execute(
        text("SELECT shipment_id, message, facts FROM carrier_choice WHERE shipment_id = ANY(:ids)"),
        {"ids": list(shipment_ids)},
    )
    return {row.shipment_id: ChoiceRow(row.message, row.facts) for row in rows}


class ManifestRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed to a carrier at the end of a day."""

    id: UUID
    carrier_account_id: UUID
    carrier_name: str
    day: date
    number: str
    parcels: int
    refused: list[dict[str, Any]]
    document_ids: list[UUID]
    made_by: str
    made_at: datetime


async def manifests(
    session: AsyncSession, *, manifest_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> list[ManifestRow]:
    """Return manifests, the newest first."""
    rows = await session.execute(
        text(
            """
            SELECT id, carrier_account_id, carrier_name, day, number, parcels, refused, document_ids, made_by, made_at
            FROM manifest WHERE (CAST(:id AS uuid) IS NULL OR id = CAST(:id AS uuid))
                AND (CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid))
            ORDER BY id DESC LIMIT :limit
            """
        ),
        {"id": manifest_id, "before": before, "limit": limit},
    )
    return [msgspec.convert(dict(row), ManifestRow) for row in rows.mappings()]


async def waiting_counts(session: AsyncSession, since: datetime) -> dict[UUID, int]:
    """Return how many parcels of each carrier account left after *since* and are on no manifest."""
    rows = await session.execute(
        text(
            """
            SELECT s.carrier_account_id, count(*) FROM shipment s
            WHERE s.carrier_account_id IS NOT NULL AND s.shipped_at >= :since
                AND NOT EXISTS (SELECT FROM parcel p WHERE p.id = s.parcel_id AND p.with_parcel_id IS NOT NULL)
                AND s.state NOT IN ('failed', 'cancelled', 'requested')
                AND NOT EXISTS (SELECT FROM manifest_parcel m WHERE m.shipment_id = s.id)
            GROUP BY 1
            """
        ),
        {"since": since},
    )
    return {row[0]: int(row[1]) for row in rows}
