"""What happens to products."""

from typing import Any, ClassVar

from entrepot.kit.outbox import Event


class ProductCreated(Event, frozen=True, kw_only=True):
    """A product is new in the catalogue."""

    topic: ClassVar[str] = "catalog.product_created"
    subject_kind: ClassVar[str] = "product"

    sku: str
    title: str
    kind: str


class ProductChanged(Event, frozen=True, kw_only=True):
    """Fields, components or the state of a product changed."""

    topic: ClassVar[str] = "catalog.product_changed"
    subject_kind: ClassVar[str] = "product"

    sku: str
    changes: dict[str, list[Any]]
    """Field -> [before, after]; ``components`` maps SKU to quantity."""
