"""What other slices know of a product."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from entrepot.catalog.domain import bundle_stock


class Component(msgspec.Struct, frozen=True):
    """*quantity* units of a product in one bundle."""

    product_id: UUID
    quantity: int


class ProductRef(msgspec.Struct, frozen=True, kw_only=True):
    """A product as orders, stock and shipping need it."""

    id: UUID
    seller_id: UUID
    sku: str
    title: str
    kind: str
    """``simple``, ``bundle`` or ``parent`` (:class:`entrepot.catalog.domain.Kind`)."""
    gtin: str | None = None
    weight_g: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    buffer: int = 0
    """Units withheld from channels."""
    active: bool = True
    components: tuple[Component, ...] = ()
    """Of a bundle, in the order of their ids: the order in which to lock them."""

    def units(self, quantity: int) -> dict[UUID, int]:
        """Return the units of each stored product in *quantity* of this one."""
        if self.kind == "bundle":
            return {component.product_id: component.quantity * quantity for component in self.components}
        return {self.id: quantity}

    def makeable(self, available: Mapping[UUID, int]) -> int:
        """Return how many of this product there are, given the *available* units of each stored product."""
        return bundle_stock(self.units(1), available)
