"""Offers API v11: create, change, list, and the stock that buyers consume."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from entrepot.sandbox.retail.catalogue import ean13
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V11, Seller

pytestmark = pytest.mark.anyio

NEW = {
    "ean": ean13("871234567890"),
    "condition": {"category": "NEW"},
    "reference": "MY-SKU",
    "pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": 12.5}]},
    "fulfilment": {"method": "FBR", "schedule": "MY_DELIVERY_PROMISE"},
    "stock": {"amount": 5, "managedByRetailer": True},
}


async def call(seller: Seller, method: str, path: str, body: object = None) -> httpx.Response:
    return await seller.call(method, path, body, media=V11)


async def offer_of(seller: Seller, reference: str) -> dict[str, Any]:
    (offer,) = (await seller.read("/retailer/offers", media=V11, reference=reference))["offers"]
    return offer


async def test_an_offer_is_made_read_changed_and_deleted(seller: Seller) -> None:
    created = await call(seller, "POST", "/retailer/offers", NEW)
    assert created.status_code == 201
    path = f"/retailer/offers/{created.json()['offerId']}"
    offer = await seller.read(path, media=V11)
    assert offer["stock"] == {"amount": 5, "correctedStock": 5, "managedByRetailer": True}
    assert offer["countryAvailabilities"] == [
        {"countryCode": "NL", "forSale": True},
        {"countryCode": "BE", "forSale": True},
    ]
    change = {"stock": {"amount": 9}, "reference": "OTHER", "onHoldByRetailer": True}
    changed = await call(seller, "PATCH", path, change)
    assert (changed.status_code, changed.content) == (204, b"")
    offer = await seller.read(path, media=V11)
    assert (offer["stock"]["amount"], offer["reference"], offer["onHoldByRetailer"]) == (9, "OTHER", True)
    assert offer["pricing"] == NEW["pricing"]
    assert offer["fulfilment"] == NEW["fulfilment"]
    assert offer["countryAvailabilities"][0]["forSale"] is False
    assert (await offer_of(seller, "OTHER"))["offerId"] == offer["offerId"]
    assert (await call(seller, "DELETE", path)).status_code == 204
    for method in ("GET", "DELETE"):
        assert (await call(seller, method, path)).status_code == 404
    assert (await call(seller, "PATCH", path, {})).status_code == 404
    assert (await call(seller, "POST", "/retailer/offers", NEW)).status_code == 201


async def test_every_part_of_an_offer_can_change(seller: Seller) -> None:
    path = f"/retailer/offers/{(await offer_of(seller, '85123A'))['offerId']}"
    change = {
        "unknownProductTitle": "Heart",
        "economicOperatorId": "operator-1",
        "countryAvailabilities": [{"countryCode": "BE"}],
        "pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": 3.5}, {"quantity": 6, "unitPrice": 3}]},
        "fulfilment": {
            "method": "FBR",
            "deliveryPromise": {"minimumDaysToCustomer": 1, "maximumDaysToCustomer": 2},
        },
        "stock": {"managedByRetailer": True},
    }
    assert (await call(seller, "PATCH", path, change)).status_code == 204
    offer = await seller.read(path, media=V11)
    assert [country["countryCode"] for country in offer.pop("countryAvailabilities")] == ["BE"]
    assert offer["stock"]["managedByRetailer"] is True
    for name in ("unknownProductTitle", "economicOperatorId", "pricing", "fulfilment"):
        assert offer[name] == change[name]


async def test_a_second_offer_for_an_ean_is_a_conflict(seller: Seller) -> None:
    assert (await call(seller, "POST", "/retailer/offers", NEW)).status_code == 201
    assert (await call(seller, "POST", "/retailer/offers", NEW)).status_code == 409
    used = NEW | {"condition": {"category": "SECONDHAND", "state": "GOOD"}}
    assert (await call(seller, "POST", "/retailer/offers", used)).status_code == 201


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"ean": "8712345678901"}, "ean"),
        ({"ean": "abc"}, "ean"),
        ({"stock": {"amount": -1, "managedByRetailer": False}}, "stock.amount"),
        ({"pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": 0.99}]}}, "pricing.bundlePrices[0].unitPrice"),
        ({"pricing": {"bundlePrices": []}}, "pricing.bundlePrices"),
        ({"fulfilment": {"method": "DRONE"}}, "fulfilment.method"),
    ],
)
async def test_a_wrong_offer_is_a_bad_request(seller: Seller, change: dict[str, Any], name: str) -> None:
    answer = await call(seller, "POST", "/retailer/offers", NEW | change)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == V11
    assert answer.json()["violations"][0]["name"] == name


async def pages(seller: Seller, size: int) -> list[list[str]]:
    found: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await seller.read("/retailer/offers", media=V11, page_size=size, **cursor)
        found.append([offer["offerId"] for offer in answer["offers"]])
        if answer["page"]["nextCursor"] is None:
            return found
        cursor = {"cursor": answer["page"]["nextCursor"]}


async def test_the_cursor_walks_over_all_offers(seller: Seller) -> None:
    found = await pages(seller, 100)
    assert [len(page) for page in found] == [100] * 21 + [83]
    assert len({offer for page in found for offer in page}) == 2183


async def test_deleting_while_walking_skips_nothing_else(seller: Seller) -> None:
    first = await seller.read("/retailer/offers", media=V11, page_size=50)
    for offer in first["offers"]:
        await call(seller, "DELETE", f"/retailer/offers/{offer['offerId']}")
    second = await seller.read("/retailer/offers", media=V11, page_size=50, cursor=first["page"]["nextCursor"])
    start = await seller.read("/retailer/offers", media=V11, page_size=50)
    assert second["offers"] == start["offers"]


async def test_offers_are_filtered(seller: Seller) -> None:
    one, two = await offer_of(seller, "85123A"), await offer_of(seller, "22423")

    async def found(**query: str) -> list[str]:
        answer = await seller.read("/retailer/offers", media=V11, **query)
        return [offer["offerId"] for offer in answer["offers"]]

    assert await found(eans=one["ean"]) == [one["offerId"]]
    assert set(await found(offer_ids=f"{two['offerId']},{one['offerId']},nope")) == {one["offerId"], two["offerId"]}
    assert await found(eans=two["ean"], reference="85123A") == []
    assert await found(last_modified_date_time="2026-11-24T00:00:00Z") == []
    await call(seller, "PATCH", f"/retailer/offers/{one['offerId']}", {"onHoldByRetailer": True})
    assert await found(for_sale="false") == [one["offerId"]]


@pytest.mark.parametrize(
    "query", [{"page_size": 101}, {"page_size": 0}, {"cursor": "?"}, {"last_modified_date_time": "soon"}]
)
async def test_a_wrong_list_is_a_bad_request(seller: Seller, query: dict[str, Any]) -> None:
    assert (await seller.call("GET", "/retailer/offers", media=V11, **query)).status_code == 400


async def test_reasons_say_why_an_offer_is_not_for_sale(seller: Seller) -> None:
    path = f"/retailer/offers/{(await offer_of(seller, '85123A'))['offerId']}"
    assert (await call(seller, "GET", f"{path}/not-for-sale-reasons")).status_code == 204
    await call(seller, "PATCH", path, {"onHoldByRetailer": True, "stock": {"amount": 0}})
    reasons = await seller.read(f"{path}/not-for-sale-reasons", media=V11)
    assert [reason["category"] for reason in reasons["countries"][0]["reasons"]] == ["ON_HOLD", "STOCK"]


async def test_buyers_consume_stock_as_the_seller_chose(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0))
    path = f"/retailer/offers/{(await offer_of(seller, '22423'))['offerId']}"

    async def set_stock(amount: int, *, managed: bool) -> None:
        await call(seller, "PATCH", path, {"stock": {"amount": amount, "managedByRetailer": managed}})

    async def corrected() -> int:
        return (await seller.read(path, media=V11))["stock"]["correctedStock"]

    await set_stock(10, managed=False)
    order = await seller.control("POST", "/orders", {"lines": [{"sku": "22423", "quantity": 3}]})
    assert await corrected() == 7
    await set_stock(10, managed=False)
    assert await corrected() == 7  # all open orders count
    await set_stock(7, managed=True)
    assert await corrected() == 7  # only orders after the update count
    await seller.control("POST", "/orders", {"lines": [{"sku": "22423", "quantity": 2}]})
    assert await corrected() == 5
    await set_stock(7, managed=False)
    await seller.outcome(await seller.ship(order["items"][0]["order_item_id"]))
    assert await corrected() == 5  # the shipped order is not open any more


async def test_a_restarted_world_knows_its_offers(make_world: MakeWorld, tmp_path: Path) -> None:
    before = Seller(make_world(speed=0, state=tmp_path))
    created = (await call(before, "POST", "/retailer/offers", NEW)).json()["offerId"]
    changed, deleted = await offer_of(before, "22423"), await offer_of(before, "85123A")
    await call(before, "PATCH", f"/retailer/offers/{changed['offerId']}", {"stock": {"amount": 3}})
    await call(before, "DELETE", f"/retailer/offers/{deleted['offerId']}")
    after = Seller(make_world(speed=0, state=tmp_path))
    assert (await offer_of(after, "MY-SKU"))["offerId"] == created
    assert (await offer_of(after, "22423"))["stock"]["amount"] == 3
    assert (await after.read("/retailer/offers", media=V11, reference="85123A"))["offers"] == []
