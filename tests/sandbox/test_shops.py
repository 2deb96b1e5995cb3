"""Simulated web shops: what their pages say, how prices move, and how they misbehave."""

import asyncio
import contextlib
import json
import re
import socket
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrepot.sandbox.shops.doors import doors
from entrepot.sandbox.shops.shop import Shops, Stand, slug
from entrepot.sandbox.shops.styles import STYLES
from entrepot.sandbox.world import World
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import Seller

pytestmark = pytest.mark.anyio


@pytest.fixture
def visitor(make_world: MakeWorld) -> Seller:
    """Never logs in; looks at the shops."""
    return Seller(make_world(speed=0))


def first(world: World, key: str) -> str:
    shop = Shops.of(world).by_key[key]
    return f"/shops/{key}/p/{next(iter(shop.products))}"


SEEN = {
    "woonhuis": (r'"price":"([\d.]+)"', r'class="product-price"'),
    "geschenkewelt": (r'itemprop="price" content="([\d.]+)"', r'class="preis"'),
    "kettle": (r'price:amount" content="([\d.]+)"', r"product:price"),
    "maison": (r'class="entier">(\d+)<', r'id="prix"'),
    "presentboden": (r'"price":([\d.]+)', r'"offer":{"price"'),
}


@pytest.mark.parametrize("key", SEEN)
async def test_each_shop_says_its_price_in_its_own_way_until_it_is_rebuilt(visitor: Seller, key: str) -> None:
    (known, *_) = await visitor.listed(f"/shops/{key}/products?limit=1")
    price, marker = SEEN[key]
    page = (await visitor.http.get(known["address"])).text
    found = re.search(price, page)
    assert found is not None
    assert Decimal(found[1]) == (int(Decimal(known["price"])) if key == "maison" else Decimal(known["price"]))
    assert known["ean"] in page
    assert f'lang="{STYLES[key].language}"' in page
    await visitor.control("POST", f"/shops/{key}", {"version": 2})
    assert marker not in (await visitor.http.get(known["address"])).text


async def test_only_a_browser_sees_the_price_of_a_drawn_page(visitor: Seller) -> None:
    (known, *_) = await visitor.listed("/shops/upominki/products?limit=1")
    page = (await visitor.http.get(known["address"])).text
    shown = STYLES["upominki"].write(Decimal(known["price"]))
    assert known["ean"] not in page
    assert shown not in page
    state = (await visitor.http.get(known["address"].replace("/p/", "/state/"))).json()
    assert state["product"]["offer"]["price"] == float(known["price"])
    read = (await visitor.http.get("/api/article", params={"url": known["address"]})).json()
    assert shown in read["content"]
    assert shown in read["textContent"]
    assert (await visitor.http.get("/api/article?url=https://elsewhere.example/x")).status_code == 400


async def test_prices_move_with_time_and_not_with_looking(make_world: MakeWorld) -> None:
    def walk(world: World, looks: int) -> list[Stand]:
        shop = Shops.of(world).by_key["woonhuis"]
        start, seen = world.clock.now(), list[Stand]()
        for number in range(looks + 1):
            now = start + timedelta(days=14) * number / looks
            seen = [shop.stand(product, now) for product in list(shop.products.values())[:30]]
        return seen

    one, other = make_world(speed=0), make_world(speed=0)
    before = walk(other, 1)
    assert walk(one, 50) == before
    shop = Shops.of(one).by_key["woonhuis"]
    product = next(iter(shop.products.values()))
    now = one.clock.now()
    stands = {shop.stand(product, now + timedelta(hours=hours)) for hours in range(24 * 60)}
    assert len({stand.price for stand in stands}) > 3
    assert "out_of_stock" in {stand.stock for stand in stands}
    assert {str(stand.price)[-1] for stand in stands} <= {"9", "5"}


async def test_who_has_the_page_is_not_sent_it_again(visitor: Seller) -> None:
    path = first(visitor.world, "woonhuis")
    page = await visitor.http.get(path)
    for headers in (
        {"If-None-Match": page.headers["etag"]},
        {"If-Modified-Since": page.headers["last-modified"]},
    ):
        again = await visitor.http.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b"")
    await visitor.control("POST", "/shops/woonhuis", {"version": 2})
    changed = await visitor.http.get(path, headers={"If-None-Match": page.headers["etag"]})
    assert changed.status_code == 200
    since = {"If-Modified-Since": page.headers["last-modified"]}
    assert (await visitor.http.get(path, headers=since)).status_code == 200


async def test_shops_misbehave_on_request(visitor: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    path = first(visitor.world, "kettle")
    monkeypatch.setattr("entrepot.sandbox.shops.trouble._BLOCKS", 2)

    async def with_trouble(trouble: str, seconds: float) -> httpx.Response:
        await visitor.control("POST", "/shops/kettle", {"trouble": trouble, "seconds": seconds})
        return await visitor.http.get(path)

    statuses = {trouble: (await with_trouble(trouble, 0)).status_code for trouble in ("403", "500", "silent", "slow")}
    assert statuses == {"403": 403, "500": 500, "silent": 504, "slow": 200}
    assert (await with_trouble("429", 17)).headers["retry-after"] == "17"
    assert (await with_trouble("redirect", 0)).headers["location"].startswith("http://10.")
    bomb = await with_trouble("bomb", 0)
    assert bomb.content == b" " * (2 << 20)
    assert int(bomb.headers["content-length"]) < 10_000
    assert (await with_trouble("", 0)).status_code == 200


async def test_a_product_is_found_in_all_shops(visitor: Seller) -> None:
    shops = Shops.of(visitor.world)
    address, product = next(iter(shops.by_key["woonhuis"].products.items()))
    answer = (await visitor.http.get("/searxng/search", params={"q": product.ean, "format": "json"})).json()
    assert [result["url"] for result in answer["results"]] == [
        f"http://sandbox/shops/{key}/p/{address}" for key in sorted(STYLES)
    ]
    assert (await visitor.http.get("/searxng/search?q=x")).status_code == 403
    words = product.title.lower()
    assert (await visitor.http.get("/shops/woonhuis/search", params={"q": words})).text.count(slug(product)) == 1
    hostile = (await visitor.http.get("/shops/woonhuis/search", params={"q": '"><script>alert(1)</script>'})).text
    assert "<script>alert" not in hostile
    for path in (
        "/robots.txt",
        "/shops/woonhuis/robots.txt",
        "/shops/app.js",
        "/shops/woonhuis/",
        "/shops/kettle/img/1.png",
    ):
        assert (await visitor.http.get(path)).status_code == 200
    for path in (
        "/shops/nowhere/",
        "/shops/woonhuis/p/nothing",
        "/shops/upominki/state/nothing",
        "/shops/nowhere/search",
    ):
        assert (await visitor.http.get(path)).status_code == 404


async def test_people_push_the_shops_about(make_world: MakeWorld, tmp_path: Path) -> None:
    visitor = Seller(make_world(speed=0, state=tmp_path))
    (known, *_) = await visitor.listed("/shops/maison/products?limit=1")

    async def press(**form: str) -> str:
        answer = await visitor.http.post("/shops/do", data={"shop": "maison", "sku": known["sku"]} | form)
        assert answer.status_code == 303
        return (await visitor.http.get(answer.headers["location"])).text

    assert "writes its pages otherwise" in await press(do="markup")
    assert "internal server error" in await press(do="trouble", trouble="500", seconds="1")
    assert 'role="status"' in await press(do="cheaper")
    assert "sold out" not in await press(do="stock")
    assert "not understood" in await press(do="dance")
    assert "does not sell" in await press(do="stock", sku="NOPE")
    visitor.world.close()
    again = Seller(make_world(speed=0, state=tmp_path))
    (shop,) = [one for one in await again.listed("/shops") if one["key"] == "maison"]
    assert (shop["version"], shop["trouble"]) == (2, "500")
    (kept, *_) = await again.listed("/shops/maison/products?limit=1")
    assert kept["fixed"]
    assert Decimal(kept["price"]) < Decimal(known["price"])
    body: dict[str, Any] = {"release": True}
    free = await again.control("POST", f"/shops/maison/products/{known['sku']}", body)
    assert (free["price"], free["fixed"]) == (known["price"], False)
    missing = await again.http.post("/sandbox/api/shops/nowhere", content=json.dumps({}))
    assert missing.status_code == 404


async def test_each_shop_may_have_a_port_of_its_own(make_world: MakeWorld) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + asked)
        writer.close()

    first_port = free_ports(len(STYLES))
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with doors("127.0.0.1", port, first_port), httpx.AsyncClient() as http:
            for place in (0, len(STYLES) - 1):
                said = (await http.get(f"http://127.0.0.1:{first_port + place}/x")).text
                assert f"host: 127.0.0.1:{first_port + place}" in said.lower()
    visitor = Seller(make_world(speed=0, shop_port=first_port))
    (known, *_) = await visitor.listed("/shops/kettle/products?limit=1")
    assert known["address"].startswith(f"http://sandbox:{first_port + 2}/shops/kettle/p/")


def free_ports(count: int) -> int:
    """The first of some ports in a row that are free."""
    for first_port in range(20_000, 30_000, count):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for place in range(count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", first_port + place))
            return first_port
    raise AssertionError("no ports")
