"""The catalogue as other slices use it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.domain import clean_tags, gtin_14
from entrepot.catalog.errors import SkuTakenError, UnknownProductError
from entrepot.catalog.fields import read_fields
from entrepot.catalog.refs import Component, ProductRef
from entrepot.catalog.repository import ProductRepository
from entrepot.catalog.writing import Draft, ProductWriter, Saved
from entrepot.kit import i18n
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.tabular import DecimalMark
from entrepot.kit.text import N_

__all__ = ["CatalogService", "Component", "ProductRef"]


class CatalogService:
    """Finds and changes products.  Each finding call is one query, bundles' components included."""

    def __init__(self, session: AsyncSession) -> None:
        self._products = ProductRepository(session)
        self._writer = ProductWriter(session)

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

    async def create_product(
        self,
        seller_id: UUID,
        fields: Mapping[str, object],
        *,
        components: Mapping[str, int] | None = None,
        parent_sku: str | None = None,
        mark: DecimalMark = ".",
    ) -> UUID:
        """Make a product and return its id.

        Args:
            seller_id: owns it.
            fields: as text or as they are (:data:`entrepot.catalog.fields.READERS`); SKU and title are needed.
            components: SKU -> units, of a bundle.
            parent_sku: of a variant.
            mark: what stands before decimals in texts.

        Raises:
            InvalidInputError: with a sentence for each field that is wrong.
            SkuTakenError: another transaction made it a moment ago; it is not written over.
        """
        reading = read_fields({"sku": "", "title": "", **fields}, mark)
        taken = await self._products.refs_by_sku(seller_id, [reading.values.get("sku", "")])
        if taken:
            reading.problems["sku"] = i18n.gettext(N_("Another product has this SKU."))
        if reading.problems:
            raise InvalidInputError(reading.problems)
        draft = Draft(values=reading.values, components=components, parent_sku=parent_sku)
        saved = await self._save(seller_id, draft)
        if saved.product_id is None or saved.result != "created":
            raise SkuTakenError(sku=reading.values["sku"])
        return saved.product_id

    async def change_product(
        self,
        product_id: UUID,
        fields: Mapping[str, object],
        *,
        components: Mapping[str, int] | None = None,
        parent_sku: str | None = None,
        version: int | None = None,
        mark: DecimalMark = ".",
    ) -> None:
        """Change what *fields* names, and the components if given; the rest stays.

        Raises:
            UnknownProductError: there is no such product.
            ProductChangedError: *version* is not the present one.
            InvalidInputError: with a sentence for each field that is wrong.
        """
        found = await self.products([product_id])
        if product_id not in found:
            raise UnknownProductError(product=product_id)
        reading = read_fields(fields, mark)
        if reading.problems:
            raise InvalidInputError(reading.problems)
        draft = Draft(
            values=reading.values, components=components, parent_sku=parent_sku, product_id=product_id, version=version
        )
        await self._save(found[product_id].seller_id, draft)

    async def set_active(self, product_ids: Collection[UUID], *, active: bool) -> int:
        """Archive products, or bring them back; return how many changed."""
        found = await self.products(product_ids)
        drafts = [Draft(values={"active": active}, product_id=ref.id) for ref in found.values()]
        return await self._save_many(found, drafts)

    async def tag(
        self, product_ids: Collection[UUID], *, add: Collection[str] = (), remove: Collection[str] = ()
    ) -> int:
        """Add tags to products and take tags from them; return how many changed.

        Raises:
            InvalidInputError: a tag is too long, or a product would have too many.
        """
        drop = {tag.casefold() for tag in clean_tags(remove)}
        found = await self.products(product_ids)
        drafts: list[Draft] = []
        for product_id, tags in (await self._products.tags(found)).items():
            kept = [tag for tag in tags if tag.casefold() not in drop]
            reading = read_fields({"tags": [*add, *kept]})
            if reading.problems:
                raise InvalidInputError(reading.problems)
            drafts.append(Draft(values=reading.values, product_id=product_id))
        return await self._save_many(found, drafts)

    async def _save(self, seller_id: UUID, draft: Draft) -> Saved:
        (saved,) = await self._writer.save(seller_id, [draft])
        if saved.problems or saved.product_id is None:
            raise InvalidInputError(saved.problems)
        return saved

    async def _save_many(self, found: Mapping[UUID, ProductRef], drafts: list[Draft]) -> int:
        changed = 0
        for seller_id in sorted({ref.seller_id for ref in found.values()}):
            mine = [draft for draft in drafts if draft.product_id and found[draft.product_id].seller_id == seller_id]
            changed += sum(saved.result == "updated" for saved in await self._writer.save(seller_id, mine))
        return changed
