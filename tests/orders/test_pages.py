"""The pages of orders through their front door."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.orders.service import OrderService
from tests.conftest import MakeClient
from tests.orders.factories import World, channel_line, channel_order, make_world, new_order
from tests.statements import sent

type MakeSeller = Callable[..., Awaitable[SellerRef]]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("world")]


@pytest.fixture
async def world(database: Database, seller: SellerRef) -> World:
    async with database.transaction(Scope.of(seller.id)) as session:
        return await make_world(session, seller.id, [("MUG-BLUE", 10), ("MUG-RED", 0)])


async def place(database: Database, world: World, *lines: tuple[str, int], **rest: Any) -> UUID:  # noqa: ANN401 -- any field
    async with database.transaction(Scope.of(world.seller_id)) as session:
        return await OrderService(session).create(world.seller_id, new_order(*lines, **rest))


async def test_list_shows_orders_in_few_queries(client: httpx.AsyncClient, database: Database, world: World) -> None:
    for _ in range(3):
        await place(database, world, ("MUG-BLUE", 1))
    with sent(database) as queries:
        response = await client.get("/orders")
    assert response.status_code == 200, response.text
    assert len(re.findall(r'<tr data-href="/orders/', response.text)) == 3
    assert len(queries) <= 12
    assert len(response.content) < 150_000


@pytest.mark.parametrize(
    "query",
    ["q=keizer", "q=1015+CS", "q=de+vries", "q=MUG-BLUE", "status=reserved", "status=open", "country=NL", "tag=gift"],
)
async def test_list_finds(client: httpx.AsyncClient, database: Database, world: World, query: str) -> None:
    order_id = await place(database, world, ("MUG-BLUE", 1), tags=("gift",))
    response = await client.get(f"/orders?{query}")
    assert (f'data-href="/orders/{order_id}"' in response.text) == (query != "q=keizer")


@pytest.mark.parametrize(
    "query", ["q=nothing-like-it", "status=shipped", "attention=any", "held=1", "late=1", "country=DE"]
)
async def test_list_leaves_out(client: httpx.AsyncClient, database: Database, world: World, query: str) -> None:
    await place(database, world, ("MUG-BLUE", 1))
    response = await client.get(f"/orders?{query}")
    assert response.status_code == 200
    assert "data-href" not in response.text


async def test_list_pages_by_key(client: httpx.AsyncClient, database: Database, world: World) -> None:
    async with database.transaction(Scope.of(world.seller_id)) as session:
        await OrderService(session).create_many(world.seller_id, [new_order(("MUG-RED", 1)) for _ in range(120)])
    seen: list[str] = []
    url: str | None = "/orders"
    while url:
        text = (await client.get(url)).text
        seen += re.findall(r'data-href="/orders/([^"]+)"', text)
        found = re.search(r'href="([^"]+)" rel="next"', text)
        url = found.group(1).replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 120


async def test_detail_tells_everything(client: httpx.AsyncClient, database: Database, world: World) -> None:
    order = channel_order("4712", channel_line(1, "MUG-BLUE", 2), channel_line(2, "MUG-RED"), channel_line(3, "NOPE"))
    async with database.transaction(Scope.of(world.seller_id)) as session:
        [outcome] = await OrderService(session).import_orders(world.account, [order])
    with sent(database) as queries:
        response = await client.get(f"/orders/{outcome.order_id}")
    assert response.status_code == 200, response.text
    for text in ("B-4712", "Keizersgracht", "MUG-RED", "Unknown SKU", "Order imported", "bol NL"):
        assert text in response.text
    assert len(queries) <= 13, queries  # 12 unless some of its lines have their stock and others wait


async def test_an_order_is_entered_by_hand(client: httpx.AsyncClient) -> None:
    assert (await client.get("/orders/new")).status_code == 200
    address = {"last_name": "Smit", "street": "Dam", "postcode": "1012 JS", "city": "Amsterdam", "country": "nl"}
    refused = await client.post("/orders/new", data={**address, "sku-0": "MUG-BLUE", "quantity-0": "-1"})
    assert refused.status_code == 422
    assert "whole number" in refused.text
    response = await client.post(
        "/orders/new", data={**address, "sku-0": "MUG-BLUE", "quantity-0": "2", "unit_price-0": "9,95"}
    )
    assert response.status_code == 303, response.text
    page = await client.get(response.headers["location"])
    assert re.search(r"M-\d+", page.text)
    assert "Reserved" in page.text


async def test_what_can_be_done_to_an_order(client: httpx.AsyncClient, database: Database, world: World) -> None:
    order_id = await place(database, world, ("MUG-BLUE", 3))
    url = f"/orders/{order_id}"
    async with database.transaction(Scope.of(world.seller_id)) as session:
        line = (await OrderService(session).order(order_id)).lines[0]
    for path, data in [
        ("/hold", {"reason": "buyer on holiday"}),
        ("/let-go", {}),
        ("/notes", {"text": "calls tomorrow"}),
        ("/tags", {"tags": "gift, urgent"}),
        (f"/lines/{line.id}", {"quantity": "5"}),
        ("/lines", {"sku": "MUG-RED", "quantity": "1", "unit_price": "1"}),
        ("/address", {"last_name": "Smit", "street": "Dam", "postcode": "1", "city": "Gent", "country": "BE"}),
        ("/cancel", {"reason": "wrong"}),
    ]:
        response = await client.post(url + path, data=data)
        assert response.status_code == 303, (path, response.text)
    page = (await client.get(url)).text
    for text in ("buyer on holiday", "calls tomorrow", "urgent", "3 → 5 units", "Gent", "Order cancelled"):
        assert text in page


async def test_bulk_hold_and_cancel(client: httpx.AsyncClient, database: Database, world: World) -> None:
    ids = [await place(database, world, ("MUG-BLUE", 1)) for _ in range(2)]
    for action in ("hold", "let-go", "cancel"):
        response = await client.post(f"/orders/{action}", data={"ids": [str(order_id) for order_id in ids]})
        assert response.status_code == 303, response.text
    async with database.transaction(Scope.of(world.seller_id)) as session:
        assert {order.status for order in await OrderService(session).orders(ids)} == {"cancelled"}
    assert (await client.post("/orders/hold", data={})).status_code == 422


async def test_saved_views(client: httpx.AsyncClient) -> None:
    response = await client.post("/orders/views", data={"name": "Late Germans", "query": "?country=DE&late=1&x=2"})
    assert response.headers["location"] == "/orders?country=DE&late=1"
    page = (await client.get("/orders")).text
    assert "Late Germans" in page
    [path] = re.findall(r"/orders/views/\d+/remove", page)
    await client.post(path)
    assert "Late Germans" not in (await client.get("/orders")).text


async def test_nobody_sees_anothers_order(
    make_client: MakeClient, make_seller: MakeSeller, database: Database, world: World
) -> None:
    order_id = await place(database, world, ("MUG-BLUE", 1))
    stranger = await make_client(await make_seller("Stranger"))
    assert (await stranger.get(f"/orders/{order_id}")).status_code == 404
    assert str(order_id) not in (await stranger.get("/orders?q=de+vries")).text
    assert (await stranger.post(f"/orders/{order_id}/hold", data={"reason": "x"})).status_code in {303, 404}
    async with database.transaction(Scope.of(world.seller_id)) as session:
        assert (await OrderService(session).order(order_id)).held_at is None


async def test_reading_does_not_allow_writing(
    make_client: MakeClient, seller: SellerRef, database: Database, world: World
) -> None:
    order_id = await place(database, world, ("MUG-BLUE", 1))
    reader = await make_client(seller, frozenset({Right.ORDERS_READ}))
    page = await reader.get(f"/orders/{order_id}")
    assert page.status_code == 200
    assert "Cancel order" not in page.text
    assert (await reader.post(f"/orders/{order_id}/cancel", data={})).status_code == 403
