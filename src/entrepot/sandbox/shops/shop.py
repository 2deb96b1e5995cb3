"""A shop's shelves: what it sells, for how much, and since when; and what is wrong with it on request."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Literal, get_args

import msgspec

from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.retail.dataset import load
from entrepot.sandbox.retail.export import units_sold
from entrepot.sandbox.shops.styles import STYLES, Stock, Style
from entrepot.sandbox.world import World

type Trouble = Literal["", "403", "429", "500", "silent", "slow", "redirect", "bomb"]

TROUBLES: tuple[Trouble, ...] = get_args(Trouble.__value__)
MEANING: dict[Trouble, str] = {
    "": "works as it should",
    "403": "forbidden, with a page that asks whether you are a robot",
    "429": "too many requests; 'seconds' goes into Retry-After",
    "500": "internal server error",
    "silent": "never answers: holds the line for 'seconds'",
    "slow": "the right answer, 'seconds' late",
    "redirect": "sends everybody to an address inside a private network",
    "bomb": "a page of a few hundred kilobytes that unpacks to half a gigabyte",
}
EVERYWHERE = 60
"""So many of the best-selling products are sold by every shop."""
_LEAST = Decimal(2)
_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
_KIND = "shop"
_NO_WORD = re.compile(r"[^a-z0-9]+")


class Fixed(msgspec.Struct, frozen=True):
    """What somebody set by hand for a product."""

    at: datetime
    price: Decimal | None = None
    stock: Stock | None = None


class ShopState(msgspec.Struct):
    """How a shop is just now."""

    key: str
    changed: datetime
    version: int = 1
    """Of its markup, 1 or 2."""
    trouble: Trouble = ""
    seconds: float = 30.0
    fixed: dict[str, Fixed] = msgspec.field(default_factory=dict[str, Fixed])
    """By SKU."""


class Stand(msgspec.Struct, frozen=True):
    """A product on the shelf."""

    price: Decimal
    before: Decimal | None
    """A higher price that is struck out."""
    stock: Stock
    shipping: Decimal
    since: datetime


class WebShop:
    """One shop of a world; what it asks follows from seed and time, so nothing of it has to be remembered."""

    def __init__(self, world: World, style: Style, state: ShopState) -> None:
        self.style = style
        self.state = state
        self._world = world
        self._dice = world.dice
        self.products: dict[str, Product] = {
            slug(product): product
            for place, product in enumerate(_products())
            if place < EVERYWHERE or self._dice.chance(style.key, product.sku, "sold") < style.share
        }

    def stand(self, product: Product, now: datetime) -> Stand:
        """A product as it stands on the shelf at a moment."""
        about = (self.style.key, product.sku)
        hours = 6 + self._dice.below(42, *about, "hours")
        length = timedelta(hours=hours) / self._world.options.market_pace
        phase = length * self._dice.chance(*about, "phase")
        step = (now - _ANCHOR + phase) // length
        since = _ANCHOR - phase + length * step
        price, stock = self._drawn(product, step), self._stock(product, step)
        usual = self.style.attractive(product.price * self.style.rate * Decimal("1.2"))
        fixed = self.state.fixed.get(product.sku)
        if fixed is not None:
            price, stock = fixed.price or price, fixed.stock or stock
            since = max(since, fixed.at)
        free = price >= self.style.shipping * 10
        return Stand(
            price=price,
            before=usual if usual > price else None,
            stock=stock,
            shipping=Decimal(0) if free else self.style.shipping,
            since=max(since, self.state.changed).replace(microsecond=0),
        )

    def related(self, product: Product) -> list[Product]:
        """What others looked at."""
        slugs = tuple(self.products)
        drawn = {self._dice.pick(slugs, self.style.key, product.sku, "related", number) for number in range(4)}
        return [self.products[one] for one in sorted(drawn) if self.products[one] is not product][:3]

    def search(self, text: str) -> Iterator[tuple[str, Product]]:
        """Products with all words of *text* in their title, or with that number."""
        words = text.lower().split()
        for address, product in self.products.items():
            title = product.title.lower()
            if text.strip().upper() in {product.ean, product.sku} or (words and all(word in title for word in words)):
                yield address, product

    def _drawn(self, product: Product, step: int) -> Decimal:
        """One time in three nothing moves."""
        about = (self.style.key, product.sku)
        while self._dice.below(3, *about, "moves", step) == 0:
            step -= 1
        share = Decimal(84 + self._dice.below(36, *about, "price", step)) / 100
        return self.style.attractive(product.price * self.style.rate * share)

    def _stock(self, product: Product, step: int) -> Stock:
        drawn = self._dice.below(100, self.style.key, product.sku, "stock", step)
        return next(stock for limit, stock in _STOCK if drawn < limit)


_STOCK: tuple[tuple[int, Stock], ...] = ((80, "in_stock"), (90, "out_of_stock"), (95, "pre_order"), (100, "back_order"))


class Shops:
    """The shops of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        known = {state.key: state for state in world.store.load(_KIND, ShopState)}
        self.by_key = {
            key: WebShop(world, style, known.get(key) or ShopState(key, _ANCHOR)) for key, style in STYLES.items()
        }

    @classmethod
    def of(cls, world: World) -> "Shops":
        """The shops of a world, which has them once."""
        return world.part(cls)

    def save(self, shop: WebShop) -> None:
        self.world.store.put(_KIND, shop.style.key, shop.state)
        self.world.store.flush()


@cache
def slug(product: Product) -> str:
    """The last part of a product's address."""
    return f"{_NO_WORD.sub('-', product.title.lower()).strip('-')}-{product.sku.lower()}"


@cache
def _products() -> tuple[Product, ...]:
    """What shops may sell, the best-selling first."""
    data, sold = load(), units_sold()
    found = [product for product in data.products if product.price >= _LEAST]
    return tuple(sorted(found, key=lambda product: (-sold.get(product.sku, 0), product.sku)))
