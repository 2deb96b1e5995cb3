"""Adding a page after a look at it; fixing it where its fetch is shown; taking in what a browser of one's own saw."""

import re
from ipaddress import ip_network

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.kit.settings import Settings
from tests.pricewatch.watching.conftest import Shop, page

pytestmark = pytest.mark.anyio


@pytest.fixture
def reachable(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine be reached."""
    monkeypatch.setattr(settings, "outside_allow", [ip_network("127.0.0.0/8")])


@pytest.mark.usefixtures("reachable")
async def test_a_page_is_looked_at_then_watched_then_read_differently(
    client: httpx.AsyncClient, shop: Shop, database: Database, seller: SellerRef
) -> None:
    link = f'<link rel="canonical" href="{shop.url("/mug")}">'
    shop.pages["/mug"] = (200, page("12.95").replace("</head>", f"{link}</head>"))
    shop.pages["/other"] = shop.pages["/mug"]
    shown = await client.post("/prices/add/look", data={"url": shop.url("/other?utm_source=x")})
    assert shown.status_code == 200
    assert "Mug, blue" in shown.text
    token = re.search(r'name="glimpse" value="([^"]+)"', shown.text)
    assert token is not None
    asked = len(shop.asked)
    form = {"url": shop.url("/mug"), "glimpse": token[1], "title": "My mug", "tags": "a, b"}
    added = await client.post("/prices/add", data=form)
    assert added.status_code == 303
    assert len(shop.asked) == asked, "what was looked at a moment ago is not fetched again"
    product = await client.get(added.headers["location"])
    assert "12.95" in product.text
    assert "My mug" in product.text
    again = await client.post("/prices/add/look", data={"url": shop.url("/other")})
    assert "You watch this page already under" in again.text

    async with database.transaction(Scope.of(seller.id)) as session:
        [(listing_id, store_id)] = (await session.execute(text("SELECT id, store_id FROM price_listing"))).all()
    debug = f"/prices/listings/{listing_id}"
    opened = (await client.get(debug)).text
    assert "json_ld" in opened
    assert "&lt;h1&gt;Mug, blue" in opened, "the page's source is text, never a page"
    tried = await client.post(f"{debug}/try", data={"selectors": "title=css:h1\nprice=regex:price.: .([0-9.]+)"})
    assert "With your selectors" in tried.text
    broken = await client.post(f"{debug}/try", data={"selectors": "price=css:["})
    assert broken.status_code == 422
    refused = await client.post(f"{debug}/selectors", data={"selectors": "sku=css:h1"})
    assert "What would change" in refused.text
    noted = re.search(r'name="snapshot_id" value="([^"]+)"', opened)
    assert noted is not None
    case = {"snapshot_id": noted[1], "field": "price", "right": "12.95"}
    assert (await client.post(f"{debug}/wrong", data=case)).status_code == 303
    pinned = await client.post(f"{debug}/pins", data={"pins": "title=css:h1", "availability": "pre_order"})
    assert pinned.status_code == 303
    tested = await client.post(f"/prices/stores/{store_id}/try", data={"url": shop.url("/mug")})
    assert "Mug, blue" in tested.text


async def test_what_a_browser_of_ones_own_saw_is_judged_like_a_fetch(client: httpx.AsyncClient) -> None:
    address, url = "/api/v1/price-observations", "https://shop.example/kettle"
    unknown = await client.post(address, json={"url": url, "price": "5", "currency": "EUR"})
    assert unknown.json()["type"].endswith("pricewatch.not_watched")
    assert (await client.post(address, json={"url": url})).status_code == 422
    first = (await client.post(address, json={"url": url, "html": page("5.00", title="Kettle"), "watch": True})).json()
    assert (first["believed"], first["changed"]) == (True, True)
    lower = (await client.post(address, json={"url": url, "price": "4.50", "currency": "EUR", "availability": "in_stock"})).json()  # fmt: skip
    assert lower["changed"]
    wild = (await client.post(address, json={"url": url, "price": "450", "currency": "EUR"})).json()
    assert not wild["believed"]
    assert "450" in wild["problem"]
    observed = (await client.get(f"/api/v1/price-listings/{first['listing_id']}/observations?limit=1")).json()
    assert observed["items"][0]["price"] == "4.5000"
    rest = await client.get(f"/api/v1/price-listings/{first['listing_id']}/observations", params={"cursor": observed["next"]})  # fmt: skip
    assert [item["price"] for item in rest.json()["items"]] == ["5.0000"]
    fetches = (await client.get(f"/api/v1/price-listings/{first['listing_id']}/fetches")).json()["items"]
    assert len(fetches) == 3
