"""Every SQL statement that changes or resolves products."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.refs import Component, ProductRef

_REF = """
    SELECT p.id, p.seller_id, p.sku, p.title, p.kind, p.gtin, p.gtin_14, p.weight_g, p.buffer, p.active,
        c.ids AS component_ids, c.quantities
    FROM product p
    LEFT JOIN LATERAL (
        SELECT array_agg(component_id ORDER BY component_id) AS ids, array_agg(quantity ORDER BY component_id) AS quantities
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
        """Return (14 digits, product): products that cannot be sold first, then the youngest, so that the last one wins."""
        rows = await self._rows(
            "WHERE p.seller_id = :seller_id AND p.gtin_14 = ANY(:gtins) AND p.gtin IS NOT NULL"
            " ORDER BY p.active, p.kind <> 'parent', p.id DESC",
            seller_id=seller_id,
            gtins=list(gtins),
        )
        return [(row["gtin_14"], read_ref(row)) for row in rows]

    async def refs_by_id(self, product_ids: Collection[UUID]) -> list[ProductRef]:
        return await self._refs("WHERE p.id = ANY(:ids)", ids=list(product_ids))

    async def _refs(self, where: str, **values: Any) -> list[ProductRef]:
        return [read_ref(row) for row in await self._rows(where, **values)]

    async def _rows(self, where: str, **values: Any) -> list[RowMapping]:
        result = await self._session.execute(text(_REF + where), values)
        return list(result.mappings())
