"""The shops' control page at ``/shops``, and the same as JSON under ``/sandbox/api/shops``."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

import jinja2
import msgspec
from litestar import MediaType, Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.shops.control import (
    NoSuchThing,
    ProductChange,
    ProductFigures,
    ShopChange,
    ShopDesk,
    ShopFigures,
)
from entrepot.sandbox.shops.shop import MEANING, Shops
from entrepot.sandbox.world import World

_ROWS = 12
_CENT = Decimal("0.01")
_LESS, _MORE = Decimal("0.9"), Decimal("1.1")


class _Row(msgspec.Struct):
    """A product beside itself in other shops."""

    sku: str
    ean: str
    title: str
    stands: dict[str, ProductFigures]


def shop_control(world: World) -> list[HTTPRouteHandler | Router]:
    """The page and the API."""
    desk = ShopDesk(Shops.of(world))
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["clock"] = _clock
    template = environment.from_string(files("entrepot.sandbox").joinpath("shops", "page.html.jinja").read_text())

    @get("/")
    async def listed(request: Request[Any, Any, State]) -> list[ShopFigures]:
        return desk.figures(_base(request))

    @post("/{key:str}", status_code=200)
    async def change(
        request: Request[Any, Any, State], key: FromPath[str], data: JSONBody[ShopChange]
    ) -> list[ShopFigures]:
        world.tick()
        desk.change(key, data)
        return desk.figures(_base(request))

    @get("/{key:str}/products")
    async def products(
        request: Request[Any, Any, State], key: FromPath[str], limit: FromQuery[int] = 60
    ) -> list[ProductFigures]:
        world.tick()
        return desk.products(key, _base(request), limit)

    @post("/{key:str}/products/{sku:str}", status_code=200)
    async def fix(key: FromPath[str], sku: FromPath[str], data: JSONBody[ProductChange]) -> ProductFigures:
        world.tick()
        return desk.fix(key, sku, data)

    @get("/shops", media_type=MediaType.HTML)
    async def page(request: Request[Any, Any, State], q: FromQuery[str] = "", said: FromQuery[str] = "") -> str:
        now, base = world.tick(), _base(request)
        return template.render(
            shops=desk.figures(base),
            rows=_rows(desk, q, base),
            troubles=MEANING,
            now=now,
            base=base,
            q=q,
            said=said,
            pace=f"{world.options.market_pace:g}",
        )

    @post("/shops/do")
    async def do(request: Request[Any, Any, State]) -> Redirect:
        form = {name: str(value) for name, value in (await request.form()).items()}
        world.tick()
        try:
            said = _command(desk, form)
        except (KeyError, ValueError, ArithmeticError):
            said = "That was not understood: fill in the form of the page."
        except NoSuchThing as error:
            said = str(error)
        return Redirect(f"/shops?{urlencode({'q': form.get('q', ''), 'said': said})}", status_code=303)

    handlers = [listed, change, products, fix]
    return [Router("/sandbox/api/shops", route_handlers=handlers, exception_handlers={NoSuchThing: _explain}), page, do]


def _rows(desk: ShopDesk, text: str, base: str) -> list[_Row]:
    shops = desk.shops.by_key.values()
    found: dict[str, Product] = {}
    for shop in shops:
        chosen = (product for _, product in shop.search(text)) if text else iter(shop.products.values())
        found |= {product.sku: product for product, _ in zip(chosen, range(_ROWS), strict=False)}
    return [
        _Row(
            product.sku,
            product.ean,
            product.title,
            {shop.style.key: desk.stands(shop, product, base) for shop in shops if product in shop.products.values()},
        )
        for product in list(found.values())[:_ROWS]
    ]


def _command(desk: ShopDesk, form: dict[str, str]) -> str:
    shop = desk.shop(form["shop"])
    match form["do"]:
        case "markup":
            desk.change(shop.style.key, ShopChange(version=3 - shop.state.version))
            return f"{shop.style.name} writes its pages otherwise from now on."
        case "trouble":
            change = msgspec.convert({"trouble": form["trouble"], "seconds": float(form["seconds"])}, ShopChange)
            desk.change(shop.style.key, change)
            return f"{shop.style.name}: {MEANING[shop.state.trouble]}."
        case "cheaper" | "dearer" as way:
            product = desk.product(shop, form["sku"])
            price = desk.stands(shop, product, "").price * (_LESS if way == "cheaper" else _MORE)
            changed = ProductChange(price=max(_CENT, price.quantize(_CENT)))
        case "stock":
            now = desk.stands(shop, desk.product(shop, form["sku"]), "").stock
            changed = ProductChange(stock="out_of_stock" if now == "in_stock" else "in_stock")
        case "release":
            changed = ProductChange(release=True)
        case _:
            raise KeyError(form["do"])
    found = desk.fix(shop.style.key, form["sku"], changed)
    return f"{found.title} at {shop.style.name}: {found.price} {found.currency}, {found.stock.replace('_', ' ')}."


def _explain(_: object, error: NoSuchThing) -> Response[dict[str, Any]]:
    return Response({"status": 404, "detail": str(error)}, status_code=404)


def _base(request: Request[Any, Any, State]) -> str:
    return str(request.base_url).rstrip("/")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M:%S}"
