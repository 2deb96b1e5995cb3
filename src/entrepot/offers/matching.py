"""Which product an offer is: found by itself, said once by a person, or left alone."""

from collections.abc import Collection, Sequence
from uuid import UUID

from entrepot.catalog import views as catalog
from entrepot.catalog.service import ProductRef
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.offers.basis import OfferWork, sellable
from entrepot.offers.events import OfferIgnored, OfferLinked
from entrepot.offers.likeness import Candidate, best, searches
from entrepot.offers.rows import OfferRow

AT_ONCE = 2000
SUGGESTED_AT_ONCE = 200
"""Offers for which one run looks for something similar: each takes a few searches."""
NO_PRODUCT = N_("There is no product with this SKU. Add it first.")
ONLY_GROUPS = N_("This product only groups its variants. Link the offer to one of them.")


class Matching(OfferWork):
    """Finding products of offers."""

    async def match_account(self, account_id: UUID) -> tuple[int, int]:
        """Look for the products of an account's offers that have none; return how many had none, and now have one."""
        account = await self._channels.account(account_id)
        looked = unmatched = 0
        after = UUID(int=0)
        while rows := await self._offers.unmatched_after(account_id, after, limit=AT_ONCE):
            after = rows[-1].id
            looked += len(rows)
            unmatched += await self._match(account.seller_id, [(row.id, row.sku, row.gtin, row) for row in rows])
        return looked, looked - unmatched

    async def match_products(self, products: Collection[ProductRef]) -> None:
        """Link offers that nobody knew to products that have their SKU or GTIN now."""
        for seller_id in sorted({product.seller_id for product in products}):
            own = [product for product in products if product.seller_id == seller_id]
            found = await self._offers.unmatched(
                seller_id, [product.sku for product in own], [product.gtin or "" for product in own]
            )
            await self._match(seller_id, [(row.id, row.sku, row.gtin, row) for row in found])
            await self._offers.suggest_again(seller_id)

    async def _match(self, seller_id: UUID, wanted: Sequence[tuple[UUID, str, str, OfferRow | None]]) -> int:
        """Find products by what a person said, by SKU, then by GTIN; return how many offers stay without."""
        if not wanted:
            return 0
        skus = {sku for _, sku, _, _ in wanted if sku}
        by_hand = await self._said(seller_id, skus, {gtin for _, _, gtin, _ in wanted if gtin})
        by_sku = await self._catalog.resolve(seller_id, skus)
        left = {gtin for _, sku, gtin, _ in wanted if gtin and not sellable(by_sku.get(sku))}
        by_gtin = await self._catalog.resolve_gtins(seller_id, left)
        links: list[tuple[UUID, UUID | None, str]] = []
        linked: list[OfferLinked] = []
        unmatched = 0
        for offer_id, sku, gtin, row in wanted:
            product, how = by_hand.get(("sku", sku)) or by_hand.get(("gtin", gtin)), "mapping"
            if not sellable(product):
                product, how = by_sku.get(sku), "sku"
            if not sellable(product):
                product, how = by_gtin.get(gtin), "gtin"
            if product is None or not sellable(product):
                unmatched += 1
                if row is not None and row.product_id is not None:
                    links.append((offer_id, None, ""))
            elif row is None or row.product_id != product.id:
                links.append((offer_id, product.id, how))
                linked.append(OfferLinked(seller_id=seller_id, subject_id=offer_id, sku=product.sku, how=how))
        await self._offers.link(links)
        await outbox.record(self._session, *linked)
        return unmatched

    async def _said(
        self, seller_id: UUID, skus: Collection[str], gtins: Collection[str]
    ) -> dict[tuple[str, str], ProductRef]:
        said = await self._offers.mappings(seller_id, skus, gtins)
        if not said:
            return {}
        products = await self._catalog.products(set(said.values()))
        return {name: products[product_id] for name, product_id in said.items() if product_id in products}

    async def suggest(self, account_id: UUID) -> int:
        """Look for similar products for some offers without one; return how many got a suggestion."""
        rows = await self._offers.unsuggested(account_id, limit=SUGGESTED_AT_ONCE)
        found: list[tuple[UUID, UUID | None, str]] = []
        for row in rows:
            candidates: dict[UUID, Candidate] = {}
            asked: list[str] = [*([row.sku] if row.sku else []), *searches(row.sku), *searches(row.title)]
            for query in dict.fromkeys(asked):
                for product in await catalog.search(self._session, query):
                    if product.seller_id == row.seller_id and product.kind != "parent" and product.active:
                        candidates[product.id] = Candidate(product.id, product.sku, product.title)
                if (likely := best(row.sku, row.title, candidates.values())) is not None:
                    found.append((row.id, likely[0].product_id, likely[1]))
                    break
            else:
                found.append((row.id, None, "none"))
        await self._offers.suggested(found)
        return sum(product_id is not None for _, product_id, _ in found)

    # What people decide

    async def link(self, offer_id: UUID, sku: str, *, version: int | None = None) -> None:
        """Say which product an offer is, by the product's SKU.

        Raises:
            InvalidInputError: there is no such product, or nothing of its kind can be sold.
            OfferChangedError: *version* is not the present one.
        """
        row = await self._row(offer_id, version)
        product = (await self._catalog.resolve(row.seller_id, [sku.strip()])).get(sku.strip())
        if product is None:
            raise InvalidInputError({"sku": gettext(NO_PRODUCT)})
        await self._link([row], product)

    async def link_many(self, offer_ids: Collection[UUID], product_id: UUID) -> int:
        """Say that these offers are all one product; return how many there are.

        Raises:
            InvalidInputError: there is no such product, or nothing of its kind can be sold.
        """
        rows = await self._offers.lock(offer_ids)
        product = (await self._catalog.products([product_id])).get(product_id)
        if product is None or any(row.seller_id != product.seller_id for row in rows):
            raise InvalidInputError({"sku": gettext(NO_PRODUCT)})
        await self._link(rows, product)
        return len(rows)

    async def accept(self, offer_ids: Collection[UUID]) -> int:
        """Take the suggestions for these offers; return how many had one."""
        rows = [row for row in await self._offers.lock(offer_ids) if row.state in {"unmatched", "ignored"}]
        wanted = {row.suggested_product_id for row in rows if row.suggested_product_id}
        products = await self._catalog.products(wanted)
        taken = 0
        for product in products.values():
            own = [row for row in rows if row.suggested_product_id == product.id]
            await self._link(own, product)
            taken += len(own)
        return taken

    async def ignore(self, offer_ids: Collection[UUID], *, ignored: bool = True) -> int:
        """Leave offers without a product alone, or look at them again; return how many changed."""
        rows = [row for row in await self._offers.lock(offer_ids) if row.ignored != ignored and not row.product_id]
        await self._offers.ignore([row.id for row in rows], ignored=ignored)
        await outbox.record(
            self._session,
            *(OfferIgnored(seller_id=row.seller_id, subject_id=row.id, ignored=ignored) for row in rows),
        )
        return len(rows)

    async def _link(self, rows: Sequence[OfferRow], product: ProductRef) -> None:
        """Link offers by hand, remember it for others of the same name, and find those."""
        if not rows:
            return
        if not sellable(product):
            raise InvalidInputError({"sku": gettext(ONLY_GROUPS)})
        seller_id = product.seller_id
        await self._offers.link([(row.id, product.id, "hand") for row in rows])
        await outbox.record(
            self._session,
            *(OfferLinked(seller_id=seller_id, subject_id=row.id, sku=product.sku, how="hand") for row in rows),
        )
        names = {("sku", row.sku) if row.sku else ("gtin", row.gtin) for row in rows if row.sku or row.gtin}
        names -= {("sku", product.sku)}  # is found by itself
        await self._offers.map(
            [
                {
                    "id": new_id(),
                    "seller_id": seller_id,
                    "kind": kind,
                    "value": value,
                    "product_id": product.id,
                    "created_by": context_of(self._session).actor.name,
                }
                for kind, value in sorted(names)
            ]
        )
        others = await self._offers.unmatched(
            seller_id,
            [value for kind, value in names if kind == "sku"],
            [value for kind, value in names if kind == "gtin"],
        )
        await self._match(seller_id, [(row.id, row.sku, row.gtin, row) for row in others])
        await self.stock_changed(seller_id, offer_ids=[row.id for row in [*rows, *others]])
