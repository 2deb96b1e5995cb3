"""The REST API of the price watch."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from entrepot.access.principal import SellerRef
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio

STORE = {"name": "Mug House", "domains": ["mughouse.example"], "currency": "EUR", "cookies": {"age": "18-canary"}}


async def test_pages_are_watched_changed_and_removed(client: httpx.AsyncClient) -> None:
    pages = [
        {"url": "https://a.example/mug", "title": "Mug", "tags": ["blue"]},
        {"url": "https://b.example/mug?utm_source=x", "title": "Mug"},
        {"url": "https://a.example/mug#again"},
    ]
    added = (await client.post("/api/v1/watched-products", json={"items": pages})).json()["items"]
    assert added[0]["watched_product_id"] == added[1]["watched_product_id"], "one product of one title"
    assert added[1]["url"] == "https://b.example/mug"
    product = f"/api/v1/watched-products/{added[0]['watched_product_id']}"
    changed = await client.patch(product, json={"group": "Kitchen", "version": 1})
    assert changed.json()["product"]["group"] == "Kitchen"
    assert len(changed.json()["listings"]) == 2
    assert (await client.patch(product, json={"title": "Cup", "version": 1})).status_code == 409
    [group] = (await client.get("/api/v1/watch-groups")).json()["items"]
    assert (group["name"], group["products"]) == ("Kitchen", 1)
    address = f"/api/v1/watch-groups/{group['id']}"
    assert (await client.patch(address, json={"name": "Table"})).status_code == 204
    assert "Table" in (await client.get("/prices/groups")).text
    assert (await client.delete(address)).status_code == 204
    assert (await client.get(product)).json()["product"]["group"] is None
    listing = f"/api/v1/price-listings/{added[0]['listing_id']}"
    moved = await client.patch(listing, json={"url": "https://c.example/mug", "pack": 6, "paused": True})
    assert (moved.json()["store"], moved.json()["pack"], moved.json()["paused"]) == ("c.example", 6, True)
    nowhere = await client.patch(listing, json={"window": {"time_zone": "Europe"}})
    assert nowhere.status_code == 422, nowhere.text
    first = (await client.get("/api/v1/price-listings?limit=1")).json()
    rest = (await client.get(f"/api/v1/price-listings?cursor={first['next']}")).json()
    assert len(first["items"] + rest["items"]) == 2
    assert (await client.delete(product)).status_code == 204
    assert (await client.get(listing)).status_code == 404


async def test_a_store_never_gives_its_cookies_away(client: httpx.AsyncClient) -> None:
    made = (await client.post("/api/v1/price-stores", json=STORE)).json()
    assert made["has_secrets"]
    address = f"/api/v1/price-stores/{made['id']}"
    texts = [
        (await client.get(where)).text for where in (address, f"{address}/export", f"/prices/stores/{made['id']}/edit")
    ]
    assert not any("canary" in shown for shown in texts)
    taken = await client.post("/api/v1/price-stores", json={"name": "Other", "domains": ["www.mughouse.example"]})
    assert taken.json()["type"].endswith("pricewatch.domain_taken")
    wrong = await client.put(address, json={"name": "x", "domains": ["mughouse.example"], "interval_ms": -1})
    assert wrong.status_code == 422
    assert (await client.delete(address)).status_code == 204


async def test_another_sellers_things_do_not_exist(
    client: httpx.AsyncClient, make_client: MakeClient, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    page = {"url": "https://a.example/secret", "title": "Secret"}
    added = (await client.post("/api/v1/watched-products", json={"items": [page]})).json()["items"][0]
    other = await make_client(await make_seller("Other"))
    for address in (
        f"/api/v1/watched-products/{added['watched_product_id']}",
        f"/api/v1/price-listings/{added['listing_id']}",
        f"/api/v1/price-listings/{added['listing_id']}/observations",
    ):
        assert (await other.get(address)).status_code == 404
        assert (await client.get(address)).status_code == 200
    again = (await other.post("/api/v1/watched-products", json={"items": [page]})).json()["items"][0]
    assert again["listing_id"] not in {None, added["listing_id"]}
