"""The shop's products and bundles, with an EAN, a price in euro, a cost and a weight for each."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from entrepot.sandbox.dice import Dice

EURO_PER_POUND = Decimal("1.18")
"""Fixed, about the rate of December 2010."""
MINIMUM_PRICE = Decimal("1.00")
"""bol.com takes no offer below one euro."""

_CENT = Decimal("0.01")
_EAN_BODY = 10**11
_LIGHTEST_GRAMS, _WEIGHT_SPREAD = 25, 650
_COST_FROM, _COST_SPREAD = 42, 24
"""Per cent of the price that the shop pays for a product."""
_PRODUCT_DICE = Dice(0)
"""Products are the same whatever the seed of a world."""


class Product(msgspec.Struct, frozen=True):
    """Something the shop sells; ``sku`` is the data set's stock code in upper case."""

    sku: str
    ean: str
    title: str
    price: Decimal
    cost: Decimal
    weight_grams: int


class Component(msgspec.Struct, frozen=True):
    """What one unit of a bundle takes of a product."""

    sku: str
    quantity: int


class Bundle(msgspec.Struct, frozen=True):
    """An invented gift set of real products."""

    product: Product
    components: tuple[Component, ...]


_BUNDLES = (
    ("BUNDLE-TEATIME", "Teatime gift set: cakestand with four cups", (("22423", 1), ("22697", 2), ("22699", 2))),
    ("BUNDLE-JAM", "Jam maker's gift set with candles", (("22960", 1), ("22961", 1), ("22969", 2))),
    ("BUNDLE-WINTER", "Winter walk gift set: hot water bottle and hand warmers", (("84029G", 1), ("22633", 2))),
)
_BUNDLE_DISCOUNT = Decimal("0.95")


def ean13(twelve_digits: str) -> str:
    """Append the check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve_digits))
    return f"{twelve_digits}{-total % 10}"


def ean_of(sku: str) -> str:
    """The EAN of *sku*: in GS1's range for internal use (prefix 2), always the same."""
    return ean13(f"2{_PRODUCT_DICE.below(_EAN_BODY, 'ean', sku):011d}")


def converted(pounds: Decimal) -> Decimal:
    """The price in euro, rounded half up to cents."""
    return (pounds * EURO_PER_POUND).quantize(_CENT, ROUND_HALF_UP)


def in_euro(pounds: Decimal) -> Decimal:
    """The price in euro that bol.com takes: never below its minimum."""
    return max(MINIMUM_PRICE, converted(pounds))


def make_product(sku: str, title: str, price: Decimal) -> Product:
    """Invent what the data set does not say: EAN, cost and weight."""
    share = Decimal(_COST_FROM + _PRODUCT_DICE.below(_COST_SPREAD, "cost", sku)) / 100
    return Product(
        sku=sku,
        ean=ean_of(sku),
        title=title,
        price=price,
        cost=max(_CENT, (price * share).quantize(_CENT, ROUND_HALF_UP)),
        weight_grams=_LIGHTEST_GRAMS + _PRODUCT_DICE.below(_WEIGHT_SPREAD, "weight", sku),
    )


def make_bundles(products: Sequence[Product]) -> tuple[Bundle, ...]:
    """The three gift sets; a set costs 5 % less than its components."""
    by_sku = {product.sku: product for product in products}
    return tuple(_make_bundle(sku, title, parts, by_sku) for sku, title, parts in _BUNDLES)


def _make_bundle(sku: str, title: str, parts: Iterable[tuple[str, int]], by_sku: dict[str, Product]) -> Bundle:
    members = [(by_sku[part], quantity) for part, quantity in parts]
    price = sum((member.price * quantity for member, quantity in members), Decimal(0)) * _BUNDLE_DISCOUNT
    return Bundle(
        product=Product(
            sku=sku,
            ean=ean_of(sku),
            title=title,
            price=price.quantize(_CENT, ROUND_HALF_UP),
            cost=sum((member.cost * quantity for member, quantity in members), Decimal(0)),
            weight_grams=sum(member.weight_grams * quantity for member, quantity in members),
        ),
        components=tuple(Component(member.sku, quantity) for member, quantity in members),
    )
