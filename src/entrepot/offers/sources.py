"""Whose numbers count for which channel account: all of our buildings, one of them, or an ERP."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.accounts import AccountRef
from entrepot.erp import views as erp_views
from entrepot.erp.service import ErpService
from entrepot.inventory import views as inventory
from entrepot.inventory.service import Availability, InventoryService
from entrepot.inventory.views import Counted
from entrepot.offers.domain import Component, Source, Stock, Units, component


@dataclass(frozen=True, slots=True)
class StockSource:
    """Where the numbers of some accounts come from."""

    source: Source = field(default_factory=Source)
    warehouse_id: UUID | None = None
    erp_account_id: UUID | None = None

    @property
    def counted(self) -> Counted:
        """The word of the inventory for it."""
        return "given" if self.erp_account_id else "warehouse" if self.warehouse_id else "all"

    @property
    def silent(self) -> bool:
        """Whether it is an ERP that was never read: nobody knows what there is, which is not the same as nothing."""
        return self.erp_account_id is not None and self.source.read_at is None


OWN = StockSource()


async def sources_of(session: AsyncSession, accounts: Iterable[AccountRef]) -> dict[UUID, StockSource]:
    """Return whose numbers count for each account."""
    wanted = list(accounts)
    erps = {erp.id: erp for erp in await ErpService(session).accounts()}
    joins = {
        join.channel_account_id: erps[join.erp_account_id]
        for join in (await ErpService(session).joins() if erps else ())
        if join.take_stock and join.erp_account_id in erps
    }
    found: dict[UUID, StockSource] = {}
    buildings: dict[UUID, str] = {}
    if any(account.warehouse_id for account in wanted):
        buildings = {row.id: row.name or row.code for row in await inventory.warehouses(session)}
    for account in wanted:
        erp = joins.get(account.id)
        if erp is not None:
            told = Source(kind="erp", name=erp.name, read_at=erp.stock_read_at)
            found[account.id] = StockSource(told, erp_account_id=erp.id)
        elif account.warehouse_id is not None:
            name = buildings.get(account.warehouse_id, "")
            found[account.id] = StockSource(Source(kind="warehouse", name=name), warehouse_id=account.warehouse_id)
        else:
            found[account.id] = OWN
    return found


def grouped(sources: Mapping[UUID, StockSource]) -> dict[StockSource, list[UUID]]:
    """Return the accounts of each source."""
    groups: defaultdict[StockSource, list[UUID]] = defaultdict(list)
    for account_id, source in sources.items():
        groups[source].append(account_id)
    return dict(groups)


class Stocks:
    """Everything there is of products, as one source counts it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._catalog = CatalogService(session)
        self._inventory = InventoryService(session)
        self._products: dict[UUID, ProductRef] = {}

    async def read(self, source: StockSource, product_ids: Collection[UUID]) -> dict[UUID, tuple[ProductRef, Stock]]:
        """Return products, and what there is of them now."""
        await self._learn(product_ids)
        products = [self._products[product_id] for product_id in product_ids if product_id in self._products]
        parts = {part for product in products for part in product.units(1)}
        await self._learn(parts)
        if source.erp_account_id is not None:
            return await self._told(source, source.erp_account_id, products, parts)
        numbers = {
            product_id: Units(on_hand=row.on_hand, reserved=row.reserved, available=row.available)
            for product_id, row in (await self._counted(source, parts)).items()
        }
        return {product.id: (product, self._stock(source, product, numbers)) for product in products}

    async def _learn(self, product_ids: Collection[UUID]) -> None:
        if unknown := [product_id for product_id in product_ids if product_id not in self._products]:
            self._products |= await self._catalog.products(unknown)

    async def _counted(self, source: StockSource, product_ids: Collection[UUID]) -> dict[UUID, Availability]:
        if source.warehouse_id is not None:
            return await self._inventory.availability_in(product_ids, source.warehouse_id)
        return await self._inventory.availability(list(product_ids))

    async def _told(
        self, source: StockSource, erp_account_id: UUID, products: Collection[ProductRef], parts: Collection[UUID]
    ) -> dict[UUID, tuple[ProductRef, Stock]]:
        """Return what an ERP said.  It knows our SKUs, perhaps those of bundles, too; and nothing of our reservations."""
        refs = {product.id: product for product in products}
        refs |= {part: self._products[part] for part in parts if part in self._products}
        told = await erp_views.stock(self._session, erp_account_id, {ref.sku for ref in refs.values()})
        numbers = {
            ref.id: Units(on_hand=told[ref.sku], available=told[ref.sku]) for ref in refs.values() if ref.sku in told
        }
        return {product.id: (product, self._stock(source, product, numbers)) for product in products}

    def _stock(self, source: StockSource, product: ProductRef, numbers: dict[UUID, Units]) -> Stock:
        counts_bundles = source.erp_account_id is not None
        if product.kind == "bundle" and not (counts_bundles and product.id in numbers):
            parts: list[Component] = []
            for part in product.components:
                ref = self._products.get(part.product_id)
                units = numbers.get(part.product_id, Units())
                parts.append(component(ref.sku if ref else "?", part.quantity, units, ref.buffer if ref else 0))
            return Stock(
                sku=product.sku, components=tuple(parts), bundle=True, active=product.active, source=source.source
            )
        return Stock(
            sku=product.sku,
            own=numbers.get(product.id, Units()),
            active=product.active,
            source=source.source,
            known=not counts_bundles or product.id in numbers,
        )
