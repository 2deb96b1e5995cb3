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


async def test_matching_by_hand_in_bulk_and_one_after_the_other(client: httpx.AsyncClient, shop: Shop) -> None:
    await shop.product("MUG", 12)
    await shop.product("CUP", 3)
    for sku in ("mug", "C-1", "C-2", "C-3"):
        shop.offer(sku)
    await shop.refresh()
    listed_first = (await client.get("/api/v1/offer-matching")).json()["items"]
    newest = sorted(listed_first, key=lambda one: (one["sku"] != "mug", one["id"]))
    ids = [one["id"] for one in newest]
    offers = [one["channel_offer_id"] for one in newest]

    listed = (await client.get("/offers/matching")).text
    assert all(one in listed for one in ids)
    page = (await client.get(f"/offers/matching/{ids[3]}")).text
    assert "Which product is this?" in page
    found = (await client.get(f"/offers/matching/{ids[3]}/products", params={"q": "CUP"})).text
    cup = (await client.get("/api/v1/products?sku=CUP")).json()["items"][0]["id"]
    assert cup in found

    following = max(one for one in ids if one < ids[3])
    chosen = await client.post(f"/offers/matching/{ids[3]}/choose", data={"product": cup})
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/offers/matching/{following}")
    nothing = await client.post(f"/offers/matching/{ids[2]}/choose", data={"sku": "NOBODY"})
    assert nothing.status_code == 422
    bulk = await client.post("/offers/matching/choose", data={"ids": ids[1:3], "q": "CUP"})
    assert "One product for 2 offers" in bulk.text
    done = await client.post("/offers/matching/choose", data={"ids": ids[1:3], "product": cup})
    ignored = await client.post("/offers/matching/ignore", data={"ids": ids[:1]})
    assert (done.status_code, ignored.status_code) == (303, 303)
    assert ids[0] in (await client.get("/offers/matching?show=ignored")).text
    assert "Every offer has its product" in (await client.get("/offers/matching")).text
    await shop.publish()
    assert [shop.shown(offer) for offer in offers] == [0, 3, 3, 3]


async def test_why_is_found_from_the_product(client: httpx.AsyncClient, shop: Shop, listed: str) -> None:
    product = (await client.get("/api/v1/products?sku=MUG")).json()["items"][0]["id"]
    assert f"/offers/of/{product}" in (await client.get(f"/products/{product}")).text
    assert (
        "2 of 12 free units are held back: the buffer of the product is 2."
        in (await client.get(f"/offers/of/{product}")).text
    )

    await client.post(f"/offers/of/{product}/pause", data={"paused": "true"})
    await shop.publish()

    assert "This offer is paused, so the channel is told 0." in (await client.get(f"/offers/of/{product}")).text
    causes = (await client.get(f"/api/v1/offers/{listed}/why")).json()["causes"]
    assert causes[0]["cause"] == "paused"
    told = (await client.get(f"/api/v1/offers/{listed}/pushes")).json()["items"]
    assert [(push["quantity"], push["applied"]) for push in told] == [(0, True), (10, True)]
    assert (await client.get("/offers/of/01a1fd62-a2cb-7c42-b890-1b0554c63d4a")).status_code == 404


async def test_where_there_is_no_offer_the_page_says_so(client: httpx.AsyncClient, shop: Shop) -> None:
    vase = await shop.product("VASE", 4)

    page = (await client.get(f"/offers/of/{vase}")).text

    assert "My bol has no offer of this product." in page


async def test_limits_of_an_account(client: httpx.AsyncClient, shop: Shop, listed: str) -> None:
    address = f"/offers/accounts/{shop.account_id}"
    assert "My bol" in (await client.get("/offers/accounts")).text
    assert "Stock on My bol" in (await client.get(address)).text

    wrong = await client.post(address, data={"buffer": "x", "oldest_minutes": "120"})
    right = await client.post(address, data={"buffer": "4", "maximum": "7", "oldest_minutes": "60", "version": "1"})
    stale = await client.post(address, data={"buffer": "1", "oldest_minutes": "60", "version": "1"})

    assert (wrong.status_code, right.status_code, stale.status_code) == (422, 303, 409)
    await shop.publish()
    offer = (await client.get(f"/api/v1/offers/{listed}")).json()
    assert (offer["published_quantity"], offer["wanted"]["maximum_from"]) == (7, "account")
    stock = (await client.get("/api/v1/channel-stock")).json()["items"][0]
    assert (stock["rules"]["buffer"], stock["offers"]) == (4, {"in_step": 1, "unmatched": 1})
    changed = await client.put(f"/api/v1/channel-stock/{shop.account_id}", json={"paused": True})
    assert changed.json()["rules"]["paused"] is True
    assert (await client.get(f"/api/v1/channel-stock/{shop.account_id}/drifts")).json() == {"items": []}


async def test_the_api_matches(client: httpx.AsyncClient, listed: str) -> None:
    assert listed
    unknown = (await client.get("/api/v1/offer-matching")).json()["items"][0]
    product = (await client.get("/api/v1/products?sku=MUG")).json()["items"][0]["id"]
    assert (await client.get("/api/v1/offer-matching?cursor=nonsense")).status_code == 422

    ignored = await client.post("/api/v1/offer-matching/ignore", json={"offer_ids": [unknown["id"]]})
    taken = await client.post("/api/v1/offer-matching/accept", json={"offer_ids": [unknown["id"]]})
    linked = await client.post(
        "/api/v1/offer-matching/link", json={"offer_ids": [unknown["id"]], "product_id": product}
    )

    assert [answer.json()["changed"] for answer in (ignored, taken, linked)] == [1, 0, 1]


async def test_reading_rights_do_not_match_or_set_limits(make_client: MakeClient, shop: Shop, listed: str) -> None:
    reader = await make_client(shop.seller, frozenset({Right.OFFERS_READ}))

    assert (await reader.post(f"/offers/matching/{listed}/ignore")).status_code == 403
    assert (await reader.post(f"/offers/accounts/{shop.account_id}", data={})).status_code == 403
    assert (await reader.get("/offers/matching")).status_code == 200
