"""Writes the shops' pages."""

from datetime import datetime
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.shops.shop import Stand, WebShop, slug
from entrepot.sandbox.shops.styles import Stock

_SCHEMA: dict[Stock, str] = {
    "in_stock": "InStock",
    "pre_order": "PreOrder",
    "back_order": "BackOrder",
    "out_of_stock": "OutOfStock",
    "discontinued": "Discontinued",
}
_OPEN_GRAPH: dict[Stock, str] = {
    "in_stock": "instock",
    "pre_order": "preorder",
    "back_order": "available for order",
    "out_of_stock": "out of stock",
    "discontinued": "discontinued",
}
_LISTED = 60
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Pages:
    """The templates of all shops."""

    def __init__(self) -> None:
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("entrepot.sandbox.shops", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["json"] = _json

    def product(self, shop: WebShop, product: Product, now: datetime, base: str, *, rendered: bool = False) -> str:
        """A product's page.

        Args:
            shop: whose page.
            product: that it is about.
            now: the time of the world.
            base: address of the server, without a slash at its end.
            rendered: as a browser shows it once scripts have run.
        """
        facts = self._facts(shop, product, now, base)
        related = [self._facts(shop, other, now, base) for other in shop.related(product)]
        template = self._templates.get_template(f"{shop.style.layout}.html.jinja")
        state = self.state(shop, product, now, base)
        return template.render(
            **facts, **self._common(shop, base), related=related, rendered=rendered, shop_state=state
        )

    def listing(self, shop: WebShop, products: list[Product], now: datetime, base: str, asked: str | None) -> str:
        """The first page of a shop, or what a search in it found."""
        listed = [self._facts(shop, product, now, base) for product in products[:_LISTED]]
        template = self._templates.get_template("list.html.jinja")
        return template.render(**self._common(shop, base), products=listed, count=len(products), asked=asked)

    def state(self, shop: WebShop, product: Product, now: datetime, base: str) -> dict[str, Any]:
        """What the shop's script draws a page from."""
        facts = self._facts(shop, product, now, base)
        stand: Stand = facts["stand"]
        offer: dict[str, object] = {"price": stand.price, "currency": shop.style.currency, "availability": stand.stock}
        if shop.state.version > 1:
            minor = int(stand.price * 100)
            offer = {"current": {"minor": minor, "iso": shop.style.currency}, "buyable": stand.stock == "in_stock"}
        return {
            "product": {"name": facts["title"], "gtin13": product.ean, "sku": product.sku, "offer": offer},
            "shown": {
                "price": facts["price"],
                "stock": facts["stock"],
                "basket": shop.style.words.basket,
                "klass": facts["klass"],
            },
        }

    def since(self, shop: WebShop, product: Product, now: datetime) -> datetime:
        """When the page of a product last changed."""
        return max(shop.stand(one, now).since for one in (product, *shop.related(product)))

    def _facts(self, shop: WebShop, product: Product, now: datetime, base: str) -> dict[str, Any]:
        style, stand = shop.style, shop.stand(product, now)
        whole, _, cents = str(stand.price).partition(".")
        return {
            "title": product.title.capitalize(),
            "sku": product.sku,
            "ean": product.ean,
            "url": f"{base}/shops/{style.key}/p/{slug(product)}",
            "path": f"/shops/{style.key}/p/{slug(product)}",
            "image": f"{base}/shops/{style.key}/img/{product.sku.lower()}.png",
            "stand": stand,
            "price": style.write(stand.price),
            "before": style.write(stand.before) if stand.before is not None else "",
            "shipping": style.write(stand.shipping) if stand.shipping else style.words.free,
            "ships_for": stand.shipping,
            "whole": whole,
            "cents": f"{cents:0<2}",
            "stock": style.words.stock[stand.stock],
            "schema_stock": f"https://schema.org/{_SCHEMA[stand.stock]}",
            "og_stock": _OPEN_GRAPH[stand.stock],
            "klass": "offer-price" if shop.state.version == 1 else "x-amount",
            "data": self._schema(shop, product, stand),
            "now": now,
        }

    @staticmethod
    def _schema(shop: WebShop, product: Product, stand: Stand) -> dict[str, object]:
        delivery = {"@type": "MonetaryAmount", "value": stand.shipping, "currency": shop.style.currency}
        return {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": product.title.capitalize(),
            "sku": product.sku,
            "gtin13": product.ean,
            "offers": {
                "@type": "Offer",
                "price": str(stand.price),
                "priceCurrency": shop.style.currency,
                "availability": f"https://schema.org/{_SCHEMA[stand.stock]}",
                "shippingDetails": {"@type": "OfferShippingDetails", "shippingRate": delivery},
            },
        }

    @staticmethod
    def _common(shop: WebShop, base: str) -> dict[str, Any]:
        return {
            "shop": shop,
            "style": shop.style,
            "words": shop.style.words,
            "version": shop.state.version,
            "base": base,
        }


def as_json(value: object) -> bytes:
    """JSON in which amounts are numbers."""
    return _ENCODER.encode(value)


def _json(value: object) -> Markup:
    """JSON that cannot end the script it stands in."""
    written = as_json(value).decode()
    return Markup(written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 -- escaped here
