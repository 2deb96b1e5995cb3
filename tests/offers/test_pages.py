"""Pages and API of offers."""

import httpx
import pytest

from entrepot.access.rights import Right
from entrepot.channels.accounts import Mode
from tests.conftest import MakeClient
from tests.offers.conftest import Shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def listed(shop: Shop) -> str:
    """An offer that has a product and was published; beside it one that nobody knows."""
    await shop.product("MUG", 12, buffer=2)
    offer = shop.offer("MUG")
    shop.offer("UNKNOWN")
    await shop.refresh()
    await shop.publish()
    return str((await shop.state(offer))["id"])


async def test_the_list_filters(client: httpx.AsyncClient, listed: str) -> None:
    everything = (await client.get("/offers")).text
    assert "MUG" in everything
    assert "UNKNOWN" in everything
    unmatched = (await client.get("/offers?state=unmatched")).text
    assert "UNKNOWN" in unmatched
    assert listed not in unmatched
    assert listed in (await client.get("/offers?q=offer+of+mug")).text
    assert listed not in (await client.get("/offers?q=%25")).text
    assert (await client.get("/offers?state=nonsense&cursor=nonsense&account=nonsense")).status_code == 200


async def test_the_page_says_why(client: httpx.AsyncClient, listed: str) -> None:
    page = (await client.get(f"/offers/{listed}")).text

    assert "The buffer is withheld." in page
    assert "Published 10" in page
    assert "Linked to MUG" in page


async def test_linking_by_hand(client: httpx.AsyncClient, shop: Shop, listed: str) -> None:
    assert listed
    unknown = (await client.get("/api/v1/offers?state=unmatched")).json()["items"][0]

    wrong = await client.post(f"/offers/{unknown['id']}/link", data={"sku": "NOBODY"})
    right = await client.post(f"/offers/{unknown['id']}/link", data={"sku": "MUG", "version": unknown["version"]})
    stale = await client.post(f"/offers/{unknown['id']}/link", data={"sku": "MUG", "version": unknown["version"]})

    assert (wrong.status_code, right.status_code, stale.status_code) == (422, 303, 409)
    assert "There is no product with this SKU" in wrong.text
    await shop.publish()
    assert shop.shown(unknown["channel_offer_id"]) == 10


async def test_maximum_and_pause(client: httpx.AsyncClient, listed: str) -> None:
    wrong = await client.post(f"/offers/{listed}/change", data={"maximum": "-4"})
    assert (wrong.status_code, "whole number" in wrong.text) == (422, True)
    assert (await client.post(f"/offers/{listed}/change", data={"maximum": "4"})).status_code == 303
    assert (await client.get(f"/api/v1/offers/{listed}")).json()["wanted"]["quantity"] == 4
    await client.post(f"/offers/{listed}/change", data={"maximum": "4", "paused": "true"})
    assert (await client.get(f"/api/v1/offers/{listed}")).json()["wanted"]["limits"] == ["buffer", "maximum", "paused"]


async def test_an_account_that_only_imports_says_so(client: httpx.AsyncClient, shop: Shop, listed: str) -> None:
    await shop.switch(Mode.IMPORT_ONLY)

    assert (
        "My bol only imports: 10 would be sent, but nothing is until it goes live."
        in (await client.get(f"/offers/{listed}")).text
    )
    refused = await client.post(f"/api/v1/offers/{listed}/publish")

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "channels.import_only")


async def test_the_api_changes_and_publishes(client: httpx.AsyncClient, shop: Shop, listed: str) -> None:
    offer = (await client.get("/api/v1/offers?q=mug")).json()["items"][0]
    assert (offer["state"], offer["published_quantity"], offer["sent"]) == ("in_step", 10, True)

    paused = await client.patch(f"/api/v1/offers/{listed}", json={"paused": True, "version": offer["version"]})
    assert (paused.json()["state"], paused.json()["wanted"]["quantity"]) == ("to_push", 0)
    only_maximum = (await client.patch(f"/api/v1/offers/{listed}", json={"maximum": 3})).json()
    assert (only_maximum["maximum"], only_maximum["paused"]) == (3, True)
    resumed = (await client.patch(f"/api/v1/offers/{listed}", json={"paused": False})).json()
    assert (resumed["maximum"], resumed["wanted"]["quantity"]) == (3, 3)
    stale = await client.patch(f"/api/v1/offers/{listed}", json={"paused": True, "version": offer["version"]})
    assert stale.status_code == 409
    started = await client.post(f"/api/v1/offers/{listed}/publish")
    assert started.status_code == 202
    await shop.publish()
    assert shop.shown(offer["channel_offer_id"]) == 3
    bad = await client.get("/api/v1/offers?cursor=nonsense")
    assert (bad.status_code, bad.json()["type"].rpartition("/")[2]) == (422, "offers.bad_cursor")


async def test_paging_shows_each_once(client: httpx.AsyncClient, shop: Shop) -> None:
    for number in range(5):
        shop.offer(f"MUG-{number}")
    await shop.refresh()
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/api/v1/offers?limit=2{cursor}")).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen)) == 5


async def test_reading_rights_do_not_change(make_client: MakeClient, shop: Shop, listed: str) -> None:
    reader = await make_client(shop.seller, frozenset({Right.OFFERS_READ}))

    assert (await reader.get(f"/offers/{listed}")).status_code == 200
    assert (await reader.patch(f"/api/v1/offers/{listed}", json={"paused": True})).status_code == 403
    assert (await reader.post(f"/offers/{listed}/publish")).status_code == 403
