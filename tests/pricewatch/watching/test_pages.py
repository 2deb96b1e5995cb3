"""Pages of watched products and stores."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.pricewatch.watching.service import NewListing, WatchService
from tests.pricewatch.watching.conftest import Shop, Watch, page

pytestmark = pytest.mark.anyio

SHARED = (
    '{"entrepot_store": 1, "name": "Mug House", "domains": ["mughouse.example"], "locale": "de_DE",'
    ' "currency": "EUR", "check_minutes": 60}'
)


async def watch(database: Database, seller: SellerRef, url: str) -> tuple[UUID, UUID]:
    async with database.transaction(Scope.of(seller.id)) as session:
        added = await WatchService(session).add_url(seller.id, NewListing(url=url))
        assert added.listing_id is not None
        return added.watched_product_id, added.listing_id


async def test_every_page_of_a_watched_product_answers(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    product_id, listing_id = await watch(database, seller, "https://shop.example/blue-mug.html")
    async with database.transaction(Scope.of(seller.id)) as session:
        store_id = (await session.execute(text("SELECT id FROM price_store"))).scalar_one()
    pages = {
        "/prices/products?q=mug&state=unavailable": "Blue mug",
        f"/prices/products/{product_id}": "shop.example",
        f"/prices/products/{product_id}/edit": "SKU of your product",
        f"/prices/listings/{listing_id}": "Not fetched yet",
        f"/prices/listings/{listing_id}/edit": "Units in a pack",
        "/prices/attention": "All is well",
        "/prices/stores?q=shop": "shop.example",
        f"/prices/stores/{store_id}": "Try it on a page",
        f"/prices/stores/{store_id}/edit": "Largest believed jump",
        "/prices/stores/new": "Hosts",
        "/prices/stores/import": "Read it",
        "/prices/add": "Look at it",
        "/prices/add/many": "One a line",
        "/prices/add/search": "Product, or its GTIN",
        "/prices/groups": "No groups yet",
    }
    for address, expected in pages.items():
        answer = await client.get(address)
        assert answer.status_code == 200, address
        assert expected in answer.text, address
    exported = (await client.get(f"/prices/stores/{store_id}/export")).json()
    assert exported["domains"] == ["shop.example"]
    assert "sealed" not in exported


async def test_a_page_is_watched_once_and_a_duplicate_says_where(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    await watch(database, seller, "https://shop.example/cup?colour=red&utm_source=mail")
    pasted = "https://www.shop.example/saucer\nhttp://\nhttps://SHOP.example/cup?colour=red#top\nhttps://www.shop.example/saucer"
    shown = (await client.post("/prices/add/many", data={"lines": pasted})).text
    assert "You watch this already under “Cup”." in shown
    assert "The same page is in an earlier line." in shown
    assert "is not the address of a web page" in shown
    answer = await client.post("/prices/add/many", data={"lines": pasted, "confirmed": "yes", "group": "Kitchen"})
    assert answer.status_code == 303
    listed = (await client.get("/prices/products")).text
    assert "Saucer" in listed
    assert "Kitchen" in listed


async def test_a_shared_store_is_seen_before_it_is_added(client: httpx.AsyncClient) -> None:
    assert (
        "This is not the definition of a store"
        in (await client.post("/prices/stores/import", data={"definition": "{}"})).text
    )
    preview = await client.post("/prices/stores/import", data={"definition": SHARED})
    assert "Add this store" in preview.text
    added = await client.post("/prices/stores/import", data={"definition": SHARED, "confirmed": "yes"})
    assert added.status_code == 303
    again = await client.post("/prices/stores/import", data={"definition": SHARED, "confirmed": "yes"})
    assert "belongs to the store “Mug House” already" in again.text
    assert (await client.get("/prices/stores")).text.count("Mug House") == 1


async def test_favourites_are_each_users_own(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    product_id, _ = await watch(database, seller, "https://shop.example/bowl")
    await client.post(f"/prices/products/{product_id}/favourite", data={"favourite": "true"})
    assert "Bowl" in (await client.get("/prices/products?mine=yes")).text
    async with database.transaction(Scope.of(seller.id)) as session:
        await session.execute(text("UPDATE watched_favourite SET user_id = gen_random_uuid()"))
    assert "Bowl" not in (await client.get("/prices/products?mine=yes")).text
    removed = await client.post(f"/prices/products/{product_id}/remove")
    assert removed.status_code == 303
    assert (await client.get(f"/prices/products/{product_id}")).status_code == 404


async def test_pages_that_wait_long_for_their_turn_are_told_with_what_the_pace_takes(
    shop: Shop, watch: Watch, client: httpx.AsyncClient
) -> None:
    for name in ("mug", "cup", "pot"):
        shop.pages[f"/{name}"] = (200, page("12.95"))
        await watch.add(shop.url(f"/{name}"))
    await watch.check()
    calm = (await client.get("/prices/attention")).text
    assert "waits for its turn" not in calm
    late = "UPDATE price_listing SET checked_at = now() - interval '{}' WHERE url LIKE '%{}' RETURNING id"
    await watch.rows(late.format("14 hours", "mug"))
    await watch.rows(late.format("11 hours", "cup"))  # three times four hours, and one: not yet
    await watch.rows("UPDATE price_store SET interval_ms = 90000 RETURNING id")

    for address in ("/prices/attention", f"/prices/stores/{(await watch.rows('SELECT id FROM price_store'))[0].id}"):
        told = (await client.get(address)).text
        assert "waits for its turn" in told
        assert "all 3 watched pages takes 5 minutes" in told

    await watch.rows("UPDATE price_listing SET failures = 1 RETURNING id")
    assert "waits for its turn" not in (await client.get("/prices/attention")).text, "it was asked"
