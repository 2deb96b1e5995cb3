"""What is on a manifest, and what is missing from the next: parcels that left, and parcels with a label that still stand here."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text


class ManifestParcelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel of a carrier."""

    shipment_id: UUID
    order_id: UUID
    carrier_account_id: UUID
    parcel_number: str
    tracking_code: str
    ship_name: str
    ship_postcode: str
    ship_country: str
    weight_g: int
    labelled_at: datetime | None
    shipped_at: datetime | None


_COLUMNS = """
    s.id AS shipment_id, s.order_id, s.carrier_account_id, p.number AS parcel_number, s.tracking_code, o.ship_name,
    o.ship_postcode, o.ship_country, p.weight_g, s.labelled_at, s.shipped_at
    FROM shipment s JOIN parcel p ON p.id = s.parcel_id JOIN sales_order o ON o.id = s.order_id
"""


async def parcels_on(session: AsyncSession, manifest_id: UUID) -> list[ManifestParcelRow]:
    """Return the parcels of a manifest."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} JOIN manifest_parcel m ON m.shipment_id = s.id"
            " WHERE m.manifest_id = :id ORDER BY p.number"
        ),
        {"id": manifest_id},
    )
    return [ManifestParcelRow(**row) for row in rows.mappings()]


async def still_here(session: AsyncSession, *, limit: int = 200) -> list[ManifestParcelRow]:
    """Return parcels that a carrier made a label for and that have not left, the longest waiting first."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} WHERE s.state = 'labelled' AND s.shipped_at IS NULL"
            " AND s.carrier_account_id IS NOT NULL ORDER BY s.labelled_at, s.id LIMIT :limit"
        ),
        {"limit": limit},
    )
    return [ManifestParcelRow(**row) for row in rows.mappings()]


async def left_unlisted(session: AsyncSession, since: datetime, *, limit: int = 200) -> list[ManifestParcelRow]:
    """Return parcels that left after *since* and are on no manifest."""
    rows = await session.execute(
        text(
            f"SELECT {_COLUMNS} WHERE s.carrier_account_id IS NOT NULL AND s.shipped_at >= :since"  # noqa: S608 -- column names
            " AND s.state NOT IN ('failed', 'cancelled', 'requested')"
            " AND NOT EXISTS (SELECT FROM manifest_parcel m WHERE m.shipment_id = s.id)"
            " ORDER BY s.shipped_at, s.id LIMIT :limit"
        ),
        {"since": since, "limit": limit},
    )
    return [ManifestParcelRow(**row) for row in rows.mappings()]
