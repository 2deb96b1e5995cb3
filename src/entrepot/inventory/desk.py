"""What every group of use cases of the stock starts from."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.inventory.announcement import announce
from entrepot.inventory.domain import MOST_UNITS
from entrepot.inventory.errors import (
    AmbiguousLocationError,
    NotStockedError,
    QuantityError,
    UnknownLocationError,
    UnknownProductError,
)
from entrepot.inventory.refs import LocationRef
from entrepot.inventory.repository import PlaceRepository, StockRepository


class Desk:
    """The stock, seen from one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._stock = StockRepository(session)
        self._places = PlaceRepository(session)

    def _changed(self, product_ids: Iterable[UUID]) -> None:
        announce(self._session, product_ids)

    async def _stored(self, product_ids: Collection[UUID]) -> dict[UUID, ProductRef]:
        """Return these products, each of which can lie on a shelf.

        Raises:
            UnknownProductError: one does not exist here.
            NotStockedError: one is a bundle or a parent of variants.
        """
        found = await CatalogService(self._session).products(product_ids)
        for product_id in product_ids:
            product = found.get(product_id)
            if product is None:
                raise UnknownProductError(code=str(product_id))
            if product.kind != "simple":
                raise NotStockedError(sku=product.sku)
        return found

    async def _locations(self, location_ids: Collection[UUID]) -> dict[UUID, LocationRef]:
        """Return these locations.

        Raises:
            UnknownLocationError: one does not exist here.
        """
        found = await self._places.locations(list(set(location_ids)))
        for location_id in location_ids:
            if location_id not in found:
                raise UnknownLocationError(code=str(location_id))
        return found

    async def scan_product(self, seller_id: UUID, code: str) -> ProductRef:
        """Return the product whose GTIN or SKU was scanned or typed.

        Raises:
            UnknownProductError: nothing has this code.
        """
        code = code.strip()
        catalog = CatalogService(self._session)
        if found := await catalog.resolve(seller_id, [code]):
            return found[code]
        if code.isdecimal() and (by_gtin := await catalog.resolve_gtins(seller_id, [code])):
            return by_gtin[code]
        raise UnknownProductError(code=code)

    async def scan_location(self, code: str, *, warehouse_id: UUID | None = None) -> LocationRef:
        """Return the location whose barcode or code was scanned or typed.

        Raises:
            UnknownLocationError: nothing has this code.
            AmbiguousLocationError: several warehouses have it, and none was named.
        """
        code = code.strip()
        found = await self._places.by_code(code, warehouse_id)
        if not found:
            raise UnknownLocationError(code=code)
        if len({location.warehouse_id for location in found}) > 1:
            raise AmbiguousLocationError(code=code)
        return found[0]


def check_quantity(quantity: int, what: str) -> None:
    """Refuse what cannot be a number of units.

    Raises:
        QuantityError: zero, negative or absurdly many.
    """
    if not 1 <= quantity <= MOST_UNITS:
        raise QuantityError(quantity=quantity, what=what, most=MOST_UNITS)
