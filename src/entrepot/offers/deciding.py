"""Decides what offers should say, from the stock as it is now."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.service import ChannelService
from entrepot.inventory.service import Availability, InventoryService
from entrepot.offers.domain import Component, Derivation, Stock, Units, component, publishable
from entrepot.offers.repository import OfferRepository, OfferRow

BATCH = 5000
"""Offers decided in one statement."""


class Deciding:
    """Keeps ``wanted_quantity`` and its derivation right.

    First a sieve finds the few offers whose number is out of date; those are locked, and only then is the stock read
    that decides: of two transactions the later one sees what the earlier one saw, and more.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._offers = OfferRepository(session)

    async def decide(
        self,
        seller_id: UUID,
        *,
        account_ids: Collection[UUID] | None = None,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> set[UUID]:
        """Decide anew what is out of date; return the accounts that have it.

        Args:
            seller_id: whose offers.
            account_ids: only on these accounts.
            product_ids: only of these products, and of bundles that contain them.
            offer_ids: only these.
        """
        found = await self._offers.out_of_date(
            seller_id, account_ids=account_ids, product_ids=product_ids, offer_ids=offer_ids
        )
        return {row.account_id for row in await self._decide_all(seller_id, found)}

    async def changed(self, seller_id: UUID, *, account_ids: Collection[UUID]) -> int:
        """Do as :meth:`decide` for whole accounts; return how many offers changed."""
        found = await self._offers.out_of_date(seller_id, account_ids=account_ids)
        return len(await self._decide_all(seller_id, found))

    async def _decide_all(self, seller_id: UUID, found: Sequence[UUID]) -> list[OfferRow]:
        if not found:
            return []
        accounts = await ChannelService(self._session).accounts(seller_id=seller_id)
        modes = {account.id: str(account.mode) for account in accounts}
        decided: list[OfferRow] = []
        for start in range(0, len(found), BATCH):
            decided += await self._decide(found[start : start + BATCH], modes)
        return decided

    async def _decide(self, offer_ids: Sequence[UUID], modes: dict[UUID, str]) -> list[OfferRow]:
        rows = await self._offers.lock(offer_ids)
        decided = [
            (row, derivation)
            for row, derivation in zip(rows, await explain(self._session, rows, modes), strict=True)
            if derivation is not None and derivation.quantity != row.wanted_quantity
        ]
        if decided:
            await self._offers.want([(row.id, derivation) for row, derivation in decided])
        return [row for row, _ in decided]


async def explain(session: AsyncSession, rows: Sequence[OfferRow], modes: dict[UUID, str]) -> list[Derivation | None]:
    """Return what each offer should say now, and why; None without a product or where the channel counts."""
    products = await CatalogService(session).products({row.product_id for row in rows if row.product_id})
    components = {unit for product in products.values() for unit in product.units(1)}
    known = products | await CatalogService(session).products(components - products.keys())
    numbers = await InventoryService(session).availability(list(components))
    stocks = {product.id: _stock(product, known, numbers) for product in products.values()}
    answers: list[Derivation | None] = []
    for row in rows:
        product = products.get(row.product_id) if row.product_id else None
        if product is None or row.fulfilment != "seller":
            answers.append(None)
            continue
        _, derivation = publishable(
            stocks[product.id],
            buffer=product.buffer,
            maximum=row.maximum,
            paused=row.paused,
            mode=modes.get(row.account_id, ""),
        )
        answers.append(derivation)
    return answers


def _stock(product: ProductRef, known: dict[UUID, ProductRef], numbers: dict[UUID, Availability]) -> Stock:
    if product.kind == "bundle":
        parts: list[Component] = []
        for part in product.components:
            ref = known.get(part.product_id)
            stored = _units(numbers.get(part.product_id, Availability()))
            parts.append(component(ref.sku if ref else "?", part.quantity, stored, ref.buffer if ref else 0))
        return Stock(sku=product.sku, components=tuple(parts), bundle=True, active=product.active)
    return Stock(sku=product.sku, own=_units(numbers.get(product.id, Availability())), active=product.active)


def _units(numbers: Availability) -> Units:
    return Units(on_hand=numbers.on_hand, reserved=numbers.reserved, available=numbers.available)
