"""The shops' addresses: pages, pictures, search, and what finds and reads pages for others."""

import struct
import zlib
from colorsys import hls_to_rgb
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from html.parser import HTMLParser
from importlib.resources import files
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from entrepot.sandbox import traffic
from entrepot.sandbox.retail.catalogue import Product
from entrepot.sandbox.shops.doors import address_of
from entrepot.sandbox.shops.pages import Pages, as_json
from entrepot.sandbox.shops.shop import Shops, WebShop
from entrepot.sandbox.shops.trouble import misbehave
from entrepot.sandbox.world import World

_ROBOTS = b"User-agent: *\nDisallow: /shops/*/search\nCrawl-delay: 0\n"
_ASSETS = {"app.js": "text/javascript", "shop.css": "text/css"}
_FOUND = 10
_SIDE = 96
"""Pixels of a product's picture."""
_POT = range(24, 84)
"""Its rows that show the pot."""


def _picture(hue: int) -> bytes:
    """Return a small PNG: a pot in the product's colour."""
    wall, pot = (bytes(round(part * 255) for part in hls_to_rgb(hue / 360, light, 0.6)) for light in (0.88, 0.5))
    rows = bytearray()
    for y in range(_SIDE):
        half = 30 - abs(y - 58) // 3 if y in _POT else 0
        rows += b"\0" + wall * (_SIDE // 2 - half) + pot * (2 * half) + wall * (_SIDE // 2 - half)
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


class ShopDoor:
    """Answers requests to the shops."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.shops = Shops.of(world)
        self.pages = Pages()

    async def product(self, request: Request[Any, Any, State], key: str, address: str) -> Response[bytes]:
        """A product's page, or 304 for who has it already."""
        now, shop = self.world.tick(), self.shops.by_key.get(key)
        product = shop.products.get(address) if shop is not None else None
        if shop is None or product is None:
            return self._note(request, key, _absent())
        answer = await misbehave(shop.state)
        if answer is None:
            body = self.pages.product(shop, product, now, _base(request)).encode()
            answer = _conditional(request, body, "text/html", self.pages.since(shop, product, now))
        return self._note(request, key, answer)

    async def state(self, request: Request[Any, Any, State], key: str, address: str) -> Response[bytes]:
        """What a script draws a page from."""
        now, shop = self.world.tick(), self.shops.by_key.get(key)
        product = shop.products.get(address) if shop is not None else None
        if shop is None or product is None:
            return self._note(request, key, _absent())
        answer = await misbehave(shop.state)
        if answer is None:
            body = as_json(self.pages.state(shop, product, now, _base(request)))
            answer = _conditional(request, body, "application/json", self.pages.since(shop, product, now))
        return self._note(request, key, answer)

    async def listing(self, request: Request[Any, Any, State], key: str, asked: str | None) -> Response[bytes]:
        """A shop's first page, or what a search in it finds."""
        now, shop = self.world.tick(), self.shops.by_key.get(key)
        if shop is None:
            return self._note(request, key, _absent())
        answer = await misbehave(shop.state)
        if answer is None:
            found = [product for _, product in shop.search(asked)] if asked is not None else [*shop.products.values()]
            body = self.pages.listing(shop, found, now, _base(request), asked).encode()
            answer = Response(body, media_type="text/html")
        return self._note(request, key, answer)

    def search(self, request: Request[Any, Any, State], text: str, page: int) -> dict[str, object]:
        """What a search engine knows of the shops: the same product of each shop beside one another."""
        self.world.tick()
        base, ports, found = _base(request), self.world.options.shop_port, list[tuple[str, WebShop, Product]]()
        for shop in self.shops.by_key.values():
            found += [(address, shop, product) for address, product in islice(shop.search(text), _FOUND)]
        found.sort(key=lambda one: (one[2].title, one[1].style.key))
        results = [
            {
                "url": f"{address_of(shop.style.key, base, ports)}/shops/{shop.style.key}/p/{address}",
                "title": f"{product.title.capitalize()} | {shop.style.name}",
                "content": f"{product.title.capitalize()}. {shop.style.words.number} {product.sku}, EAN {product.ean}.",
                "engine": "sandbox",
                "engines": ["sandbox"],
                "positions": [place],
                "score": 1 / place,
                "category": "general",
            }
            for place, (address, shop, product) in enumerate(found, 1)
        ]
        start = (page - 1) * _FOUND
        return {
            "query": text,
            "number_of_results": len(results),
            "results": results[start : start + _FOUND],
            "answers": [],
            "corrections": [],
            "infoboxes": [],
            "suggestions": [],
            "unresponsive_engines": [],
        }

    def article(self, request: Request[Any, Any, State], url: str) -> dict[str, object] | None:
        """What an outside service reads from a shop's page with a browser; None if it is no page of a shop."""
        now, parts = self.world.tick(), urlsplit(url)
        steps = parts.path.strip("/").split("/")
        match steps:
            case ["shops", key, "p", address] if key in self.shops.by_key:
                shop = self.shops.by_key[key]
            case _:
                return None
        product = shop.products.get(address)
        if product is None:
            return None
        html = self.pages.product(shop, product, now, _base(request), rendered=True)
        text = _text_of(html)
        return {
            "id": blake2b(url.encode(), digest_size=8).hexdigest(),
            "url": url,
            "domain": parts.netloc,
            "title": product.title.capitalize(),
            "byline": None,
            "excerpt": text[:160],
            "siteName": shop.style.name,
            "content": html,
            "fullContent": html,
            "textContent": text,
            "length": len(text),
            "lang": shop.style.language,
            "dir": "ltr",
            "date": now.isoformat(),
            "query": {"url": [url]},
            "meta": {},
            "resultUri": "",
        }

    def _note(self, request: Request[Any, Any, State], key: str, answer: Response[bytes]) -> Response[bytes]:
        scope = request.scope
        query = scope["query_string"].decode("latin-1")
        address = f"{scope['path']}?{query}" if query else scope["path"]
        shown = traffic.Request(
            0, self.world.clock.now(), f"shop {key}", scope["method"], address, answer.status_code or 200
        )
        self.world.traffic.note(shown, mutates=False)
        return answer


def shop_routes(world: World) -> list[HTTPRouteHandler]:
    """What people, programs and search engines see of the shops."""
    door = ShopDoor(world)

    @get("/shops/{key:str}/p/{address:str}")
    async def product(request: Request[Any, Any, State], key: FromPath[str], address: FromPath[str]) -> Response[bytes]:
        return await door.product(request, key, address)

    @get("/shops/{key:str}/state/{address:str}")
    async def state(request: Request[Any, Any, State], key: FromPath[str], address: FromPath[str]) -> Response[bytes]:
        return await door.state(request, key, address)

    @get("/shops/{key:str}")
    async def front(request: Request[Any, Any, State], key: FromPath[str]) -> Response[bytes]:
        if key in _ASSETS:
            content = files("entrepot.sandbox").joinpath("shops", "static", key).read_bytes()
            return Response(content, media_type=_ASSETS[key])
        return await door.listing(request, key, None)

    @get("/shops/{key:str}/search")
    async def search(request: Request[Any, Any, State], key: FromPath[str], q: FromQuery[str] = "") -> Response[bytes]:
        return await door.listing(request, key, q)

    @get("/shops/{key:str}/img/{name:str}")
    async def image(key: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        sku = "".join(letter for letter in name.removesuffix(".png").upper() if letter.isalnum())
        hue = world.dice.below(360, key, sku)
        return Response(_picture(hue), media_type="image/png")

    @get(["/robots.txt", "/shops/{key:str}/robots.txt"])
    async def robots() -> Response[bytes]:
        return Response(_ROBOTS, media_type="text/plain")

    return [product, state, front, search, image, robots, *_finders(door)]


def _finders(door: ShopDoor) -> list[HTTPRouteHandler]:
    """What finds and reads pages for others."""

    @get("/searxng/search")
    async def searxng(
        request: Request[Any, Any, State], q: FromQuery[str] = "", pageno: FromQuery[int] = 1
    ) -> Response[bytes]:
        if request.query_params.get("format") != "json":
            return Response(b"This instance answers with format=json only.\n", status_code=403, media_type="text/plain")
        return Response(msgspec.json.encode(door.search(request, q, max(1, pageno))), media_type="application/json")

    @get("/api/article")
    async def article(request: Request[Any, Any, State], url: FromQuery[str] = "") -> Response[bytes]:
        found = door.article(request, url)
        if found is None:
            body = {
                "detail": [{"type": "page_not_found", "msg": f"{url} cannot be read: it is no page of a shop here."}]
            }
            return Response(msgspec.json.encode(body), status_code=400, media_type="application/json")
        return Response(msgspec.json.encode(found), media_type="application/json")

    return [searxng, article]


def _base(request: Request[Any, Any, State]) -> str:
    return str(request.base_url).rstrip("/")


def _absent() -> Response[bytes]:
    return Response(b"<!doctype html><title>404</title><h1>404</h1>", status_code=404, media_type="text/html")


def _conditional(request: Request[Any, Any, State], body: bytes, media_type: str, since: datetime) -> Response[bytes]:
    """The page, or 304 when the caller's copy is still good."""
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {
        "ETag": tag,
        "Last-Modified": format_datetime(since.astimezone(UTC), usegmt=True),
        "Cache-Control": "no-cache",
    }
    known, moment = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if known is not None:
        fresh = tag in {part.strip().removeprefix("W/") for part in known.split(",")}
    else:
        fresh = moment is not None and _reached(moment, since)
    if fresh:
        return Response(b"", status_code=304, media_type=media_type, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _reached(text: str, since: datetime) -> bool:
    try:
        return parsedate_to_datetime(text) >= since
    except (TypeError, ValueError):
        return False


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._skipped += tag in {"script", "style", "head"}

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in {"script", "style", "head"}

    def handle_data(self, data: str) -> None:
        if not self._skipped and data.strip():
            self.parts.append(data.strip())


def _text_of(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    return " ".join(reader.parts)
