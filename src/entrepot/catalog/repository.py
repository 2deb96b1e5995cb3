"""Every SQL statement that changes or resolves products."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.fields import READERS
from entrepot.catalog.models import BundleComponent, Product
from entrepot.catalog.refs import Component, ProductRef
from entrepot.kit.bulk import insert_rows
from entrepot.kit.sql import text

DOCUMENTS = frozenset({"tags", "options"})
"""Fields stored as JSON."""
TYPES = {
    "id": "uuid",
    "parent_id": "uuid",
    "weight_g": "integer",
    "length_mm": "integer",
    "width_mm": "integer",
    "height_mm": "integer",
    "buffer": "integer",
    "purchase_price": "numeric",
    "sales_price": "numeric",
    "active": "boolean",
}
"""Types of columns that are not text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A product as it is, before a change."""

    id: UUID
    version: int
    values: dict[str, Any]
    parent_id: UUID | None
    parent_sku: str | None
    components: dict[str, int]


_REF = """
    SELECT p.id, p.seller_id, p.sku, p.title, p.kind, p.gtin, p.gtin_14, p.weight_g, p.length_mm, p.width_mm, p.height_mm,
        p.buffer, p.active,
        c.ids AS component_ids, c.quantities
    FROM product p
    LEFT JOIN LATERAL (
        SELECT array_agg(component_id ORDER BY component_id) AS ids,
            array_agg(quantity ORDER BY component_id) AS quantities
        FROM bundle_component WHERE bundle_id = p.id AND p.kind = 'bundle'
    ) c ON true
"""


def read_ref(row: RowMapping) -> ProductRef:
    """Build a reference from a row of ``_REF``."""
    parts = zip(row["component_ids"] or (), row["quantities"] or (), strict=True)
    return ProductRef(
        id=row["id"],
        seller_id=row["seller_id"],
        sku=row["sku"],
        title=row["title"],
        kind=row["kind"],
        gtin=row["gtin"],
        weight_g=row["weight_g"],
        length_mm=row["length_mm"],
        width_mm=row["width_mm"],
        height_mm=row["height_mm"],
        buffer=row["buffer"],
        active=row["active"],
        components=tuple(Component(product_id, quantity) for product_id, quantity in parts),
    )


class ProductRepository:
    """Products within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def refs_by_sku(self, seller_id: UUID, skus: Collection[str]) -> list[ProductRef]:
        return await self._refs(
            "WHERE p.seller_id = :seller_id AND p.sku = ANY(:skus)", seller_id=seller_id, skus=list(skus)
        )

    async def refs_by_gtin(self, seller_id: UUID, gtins: Collection[str]) -> list[tuple[str, ProductRef]]:
        """Return (14 digits, product), the one that counts last: active before archived, then the oldest."""
        rows = await self._rows(
            "WHERE p.seller_id = :seller_id AND p.gtin_14 = ANY(:gtins) AND p.gtin IS NOT NULL"
            " ORDER BY p.active, p.kind <> 'parent', p.id DESC",
            seller_id=seller_id,
            gtins=list(gtins),
        )
        return [(row["gtin_14"], read_ref(row)) for row in rows]

    async def refs_by_id(self, product_ids: Collection[UUID]) -> list[ProductRef]:
        return await self._refs("WHERE p.id = ANY(:ids)", ids=list(product_ids))

    async def _refs(self, where: str, **values: object) -> list[ProductRef]:
        return [read_ref(row) for row in await self._rows(where, **values)]

    async def _rows(self, where: str, **values: object) -> list[RowMapping]:
        result = await self._session.execute(text(_REF + where), values)
        return list(result.mappings())

    async def tags(self, product_ids: Collection[UUID]) -> dict[UUID, list[str]]:
        result = await self._session.execute(
            text("SELECT id, tags FROM product WHERE id = ANY(:ids)"), {"ids": list(product_ids)}
        )
        return {row.id: row.tags for row in result}

    async def lock(self, seller_id: UUID, skus: Collection[str], ids: Collection[UUID]) -> list[Stored]:
        """Return products by SKU or id, with what they refer to, locked in the order of their ids."""
        result = await self._session.execute(
            text(
                """
                SELECT p.*, (SELECT sku FROM product WHERE id = p.parent_id) AS parent_sku,
                    (SELECT coalesce(jsonb_object_agg(c.sku, b.quantity), '{}') FROM bundle_component b
                        JOIN product c ON c.id = b.component_id WHERE b.bundle_id = p.id) AS components
                FROM product p
                WHERE p.seller_id = :seller_id AND (p.sku = ANY(:skus) OR p.id = ANY(:ids))
                ORDER BY p.id FOR UPDATE OF p
                """
            ),
            {"seller_id": seller_id, "skus": list(skus), "ids": list(ids)},
        )
        return [
            Stored(
                id=row["id"],
                version=row["version"],
                values={field: row[field] for field in READERS},
                parent_id=row["parent_id"],
                parent_sku=row["parent_sku"],
                components=row["components"],
            )
            for row in result.mappings()
        ]

    async def insert(self, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """Add products; return the ids of those that are in now.  A SKU that exists meanwhile is left alone."""
        done = await insert_rows(
            self._session, Product, rows, suffix="ON CONFLICT (seller_id, sku) DO NOTHING RETURNING id"
        )
        return {row[0] for row in done}

    async def update(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write every field of these products and count their versions up."""
        if not rows:
            return
        columns = (*READERS, "parent_id")
        casts = ", ".join(f"CAST(:{name} AS {TYPES.get(name, 'text')}[])" for name in ("id", *columns))
        sets = ", ".join(f"{name} = n.{name}{'::jsonb' if name in DOCUMENTS else ''}" for name in columns)
        statement = f"""
            UPDATE product p SET {sets}, version = p.version + 1, updated_at = now()
            FROM unnest({casts}) AS n(id, {", ".join(columns)}) WHERE p.id = n.id
        """  # noqa: S608 -- only column names are inserted
        values: dict[str, list[Any]] = {"id": [row["id"] for row in rows]}
        for name in columns:
            cells = [row[name] for row in rows]
            values[name] = [msgspec.json.encode(cell).decode() for cell in cells] if name in DOCUMENTS else cells
        await self._session.execute(text(statement), values)

    async def replace_components(self, seller_id: UUID, components: Mapping[UUID, Mapping[UUID, int]]) -> None:
        """Make these the components of these bundles."""
        if not components:
            return
        await self._session.execute(
            text("DELETE FROM bundle_component WHERE bundle_id = ANY(:ids)"), {"ids": list(components)}
        )
        await insert_rows(
            self._session,
            BundleComponent,
            [
                {"bundle_id": bundle, "component_id": component, "seller_id": seller_id, "quantity": quantity}
                for bundle, parts in components.items()
                for component, quantity in sorted(parts.items())
            ],
        )
