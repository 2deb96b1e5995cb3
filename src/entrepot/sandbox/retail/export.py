"""What a demonstration needs to fill a hub so that it can ship the sandbox's orders."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from entrepot.sandbox.retail.catalogue import Bundle
from entrepot.sandbox.retail.dataset import load


def catalogue_rows() -> list[dict[str, str]]:
    """One row per product, ready for `csv.DictWriter`: sku, gtin, title, price and cost in EUR, weight in grams."""
    return [
        {
            "sku": product.sku,
            "gtin": product.ean,
            "title": product.title,
            "price": str(product.price),
            "cost": str(product.cost),
            "weight": str(product.weight_grams),
        }
        for product in load().products
    ]


def bundles() -> tuple[Bundle, ...]:
    """The gift sets, with the products they consist of."""
    return load().bundles


@cache
def units_sold() -> Mapping[str, int]:
    """Units of each product that one round of all orders takes, the components of bundles included."""
    parts = {bundle.product.sku: bundle.components for bundle in load().bundles}
    sold: Counter[str] = Counter()
    for sale in load().sales:
        for item in sale.items:
            for component in parts.get(item.product.sku, ()):
                sold[component.sku] += component.quantity * item.quantity
            if item.product.sku not in parts:
                sold[item.product.sku] += item.quantity
    return MappingProxyType(sold)
