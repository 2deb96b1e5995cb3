"""The catalogue as other slices use it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.domain import gtin_14
from entrepot.catalog.refs import Component, ProductRef
from entrepot.catalog.repository import ProductRepository

__all__ = ["CatalogService", "Component", "ProductRef"]


class CatalogService:
    """Finds products.  Each call is one query, bundles' components included."""

    def __init__(self, session: AsyncSession) -> None:
        self._products = ProductRepository(session)

    async def resolve(self, seller_id: UUID, skus: Collection[str]) -> dict[str, ProductRef]:
        """Return the products with these SKUs; unknown ones are missing."""
        if not skus:
            return {}
        return {ref.sku: ref for ref in await self._products.refs_by_sku(seller_id, set(skus))}

    async def resolve_gtins(self, seller_id: UUID, gtins: Collection[str]) -> dict[str, ProductRef]:
        """Return the products with these GTINs, under the GTINs as they were asked for.

        A GTIN-12 also finds the same number written with 13 or 14 digits.  If several products share a GTIN, the
        active one counts, and the oldest of those.
        """
        wanted = {gtin: gtin_14(gtin) for gtin in gtins}
        if not wanted:
            return {}
        found = dict(await self._products.refs_by_gtin(seller_id, set(wanted.values())))
        return {gtin: found[digits] for gtin, digits in wanted.items() if digits in found}

    async def products(self, ids: Collection[UUID]) -> dict[UUID, ProductRef]:
        """Return these products; those that are gone or out of the transaction's scope are missing."""
        if not ids:
            return {}
        return {ref.id: ref for ref in await self._products.refs_by_id(set(ids))}
