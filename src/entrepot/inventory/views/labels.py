"""What stands on labels."""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.inventory.labels import MOST, Label, lot_elements
from entrepot.kit.sql import text

type LabelKind = Literal["locations", "products", "lots"]
LABEL_KINDS: tuple[LabelKind, ...] = ("locations", "products", "lots")


class Labelled(msgspec.Struct, frozen=True):
    """A thing that gets a label."""

    id: UUID
    name: str
    more: str
    label: Label


async def labelled(session: AsyncSession, kind: LabelKind, ids: Collection[UUID]) -> list[Labelled]:
    """Return what stands on the labels of these things, in the order in which one walks, or by name."""
    if kind == "locations":
        rows = await session.execute(
            text(
                "SELECT l.id, l.code, l.barcode, l.name, w.code AS warehouse FROM location l"
                " JOIN warehouse w ON w.id = l.warehouse_id WHERE l.id = ANY(:ids)"
                " ORDER BY w.code, l.walk_order, l.path LIMIT :most"
            ),
            {"ids": list(ids), "most": MOST},
        )
        return [
            Labelled(row.id, row.code, row.name, Label(row.code, row.barcode, (row.name, row.warehouse)))
            for row in rows
        ]
    if kind == "products":
        rows = await session.execute(
            text("SELECT id, sku, title, gtin FROM product WHERE id = ANY(:ids) ORDER BY sku LIMIT :most"),
            {"ids": list(ids), "most": MOST},
        )
        return [
            Labelled(row.id, row.sku, row.title, Label(row.sku, row.gtin or row.sku, (row.title[:60], row.gtin or "")))
            for row in rows
        ]
    rows = await session.execute(
        text(
            "SELECT b.id, b.code, b.expires_on, p.sku, p.title, p.gtin FROM lot b JOIN product p ON p.id = b.product_id"
            " WHERE b.id = ANY(:ids) ORDER BY p.sku, b.code LIMIT :most"
        ),
        {"ids": list(ids), "most": MOST},
    )
    return [
        Labelled(
            row.id,
            row.code,
            row.sku,
            Label(
                row.code,
                row.code,
                (f"{row.sku} · {row.title[:50]}", row.expires_on.isoformat() if row.expires_on else ""),
                lot_elements(row.gtin, row.code, row.expires_on),
            ),
        )
        for row in rows
    ]


async def locations_under(
    session: AsyncSession, *, warehouse_id: UUID | None = None, parent_id: UUID | None = None
) -> list[UUID]:
    """Return the ids of a location and what lies directly in it, or of what lies directly in a building."""
    rows = await session.execute(
        text(
            "SELECT id FROM location WHERE (CAST(:parent AS uuid) IS NOT NULL AND (parent_id = :parent OR id = :parent))"
            " OR (CAST(:parent AS uuid) IS NULL AND warehouse_id = :warehouse) ORDER BY walk_order, path LIMIT :most"
        ),
        {"warehouse": warehouse_id, "parent": parent_id, "most": MOST},
    )
    return [row.id for row in rows]
