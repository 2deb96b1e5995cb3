"""What people and tests do to the shops."""

from datetime import datetime
from decimal import Decimal
from itertools import islice

import msgspec

from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.shops.doors import address_of
from entrepot.sandbox.shops.shop import Fixed, Shops, Trouble, WebShop, slug
from entrepot.sandbox.shops.styles import LAYOUTS, Stock


class NoSuchThing(Exception):  # noqa: N818 -- an answer to the user
    """No shop, or nothing in it, is called that; the text says what."""


class ShopChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different about a shop; what is left out stays as it is."""

    version: int | None = None
    trouble: Trouble | None = None
    seconds: float | None = None


class ProductChange(msgspec.Struct, forbid_unknown_fields=True):
    """What a product is to cost and how it is to stand, until it is let go again."""

    price: Decimal | None = None
    stock: Stock | None = None
    release: bool = False


class ShopFigures(msgspec.Struct):
    """How a shop is."""

    key: str
    name: str
    locale: str
    currency: str
    layout: str
    means: str
    address: str
    products: int
    version: int
    trouble: Trouble
    seconds: float


class ProductFigures(msgspec.Struct):
    """How a product stands in a shop."""

    shop: str
    sku: str
    ean: str
    title: str
    address: str
    price: Decimal
    currency: str
    stock: Stock
    since: datetime
    fixed: bool


class ShopDesk:
    """Acts on the shops of a world."""

    def __init__(self, shops: Shops) -> None:
        self.shops = shops
        self._world = shops.world

    def shop(self, key: str) -> WebShop:
        found = self.shops.by_key.get(key)
        if found is None:
            raise NoSuchThing(f"There is no shop {key}.")
        return found

    def address(self, key: str, base: str) -> str:
        return address_of(key, base, self._world.options.shop_port)

    def product(self, shop: WebShop, sku: str) -> Product:
        found = next((one for one in shop.products.values() if one.sku == sku.upper()), None)
        if found is None:
            raise NoSuchThing(f"{shop.style.name} does not sell {sku}.")
        return found

    def change(self, key: str, change: ShopChange) -> None:
        """Change a shop."""
        shop = self.shop(key)
        state = shop.state
        if change.version is not None and change.version != state.version:
            state.version, state.changed = change.version, self._world.clock.now()
        state.trouble = state.trouble if change.trouble is None else change.trouble
        state.seconds = state.seconds if change.seconds is None else max(0.0, change.seconds)
        self.shops.save(shop)

    def fix(self, key: str, sku: str, change: ProductChange) -> ProductFigures:
        """Set what a product costs in a shop, or how it stands."""
        shop = self.shop(key)
        product, now = self.product(shop, sku), self._world.clock.now()
        before = shop.state.fixed.pop(product.sku, None)
        if not change.release:
            price = change.price if change.price is not None else (before.price if before else None)
            stock = change.stock if change.stock is not None else (before.stock if before else None)
            shop.state.fixed[product.sku] = Fixed(now, price, stock)
        else:
            shop.state.changed = now
        self.shops.save(shop)
        return self.stands(shop, product, "")

    def figures(self, base: str) -> list[ShopFigures]:
        """How all shops are."""
        return [
            ShopFigures(
                key=key,
                name=shop.style.name,
                locale=shop.style.locale,
                currency=shop.style.currency,
                layout=shop.style.layout,
                means=LAYOUTS[shop.style.layout],
                address=f"{self.address(key, base)}/shops/{key}/",
                products=len(shop.products),
                version=shop.state.version,
                trouble=shop.state.trouble,
                seconds=shop.state.seconds,
            )
            for key, shop in self.shops.by_key.items()
        ]

    def products(self, key: str, base: str, count: int) -> list[ProductFigures]:
        """What a shop sells, the best-selling first."""
        shop = self.shop(key)
        return [self.stands(shop, product, base) for product in islice(shop.products.values(), count)]

    def stands(self, shop: WebShop, product: Product, base: str) -> ProductFigures:
        """How a product stands in a shop."""
        stand = shop.stand(product, self._world.clock.now())
        return ProductFigures(
            shop=shop.style.key,
            sku=product.sku,
            ean=product.ean,
            title=product.title,
            address=f"{self.address(shop.style.key, base)}/shops/{shop.style.key}/p/{slug(product)}",
            price=stand.price,
            currency=shop.style.currency,
            stock=stand.stock,
            since=stand.since,
            fixed=product.sku in shop.state.fixed,
        )
