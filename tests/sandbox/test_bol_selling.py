"""bol's warehouse, labels, returns, market, export and subscriptions, as a seller's program meets them."""

import csv
import io
from base64 import b64decode
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from entrepot.sandbox.bol.postman import MOST_ATTEMPTS, deliver_waiting
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V10, Seller
from tests.sandbox.test_bol_specification import check

pytestmark = pytest.mark.anyio

PDF, CSV = "application/vnd.retailer.v10+pdf", "application/vnd.retailer.v10+csv"


@pytest.fixture
def seller(make_world: MakeWorld) -> Seller:
    return Seller(make_world(orders=60, omit_empty_arrays=False))


async def first_items(seller: Seller) -> list[str]:
    return [item["orderItemId"] for item in (await seller.read("/retailer/orders"))["orders"][0]["orderItems"]]


async def test_a_label_is_bought_for_an_order_and_ships_it(seller: Seller) -> None:
    wanted = {"orderItems": [{"orderItemId": item} for item in await first_items(seller)]}
    options = await seller.call("POST", "/retailer/shipping-labels/delivery-options", wanted)
    check(options, "/retailer/shipping-labels/delivery-options")
    chosen = options.json()["deliveryOptions"][0]["shippingLabelOfferId"]

    bought = await seller.call("POST", "/retailer/shipping-labels", wanted | {"shippingLabelOfferId": chosen})
    check(bought, "/retailer/shipping-labels")
    assert "entityId" not in bought.json()
    label_id = (await seller.outcome(bought))["entityId"]
    label = await seller.call("GET", f"/retailer/shipping-labels/{label_id}", media=PDF)
    assert label.content.startswith(b"%PDF-")
    shipped = await seller.call("POST", "/retailer/shipments", wanted | {"shippingLabelId": label_id})

    assert (await seller.outcome(shipped))["status"] == "SUCCESS"
    shipment = (await seller.read("/retailer/shipments"))["shipments"][0]
    detail = await seller.read(f"/retailer/shipments/{shipment['shipmentId']}")
    assert detail["transport"]["trackAndTrace"] == label.headers["X-Track-And-Trace-Code"]


async def test_no_label_is_sold_for_what_is_nobodys(seller: Seller) -> None:
    wanted = {"orderItems": [{"orderItemId": "1"}]}
    refused = await seller.call("POST", "/retailer/shipping-labels/delivery-options", wanted)
    check(refused, "/retailer/shipping-labels/delivery-options")
    assert refused.status_code == 400


async def test_all_offers_are_exported(seller: Seller) -> None:
    accepted = await seller.call("POST", "/retailer/offers/export", {"format": "CSV"})
    check(accepted, "/retailer/offers/export")
    report_id = (await seller.outcome(accepted))["entityId"]

    export = await seller.call("GET", f"/retailer/offers/export/{report_id}", media=CSV)

    rows = list(csv.DictReader(io.StringIO(export.text)))
    assert len(rows) == len(seller.world.accounts["sandbox-seller-1"].offers)
    assert (await seller.call("GET", "/retailer/offers/export/none", media=CSV)).status_code == 404


async def test_bol_ships_what_lies_in_its_warehouse(make_world: MakeWorld) -> None:
    seller = Seller(make_world(orders=60, channel_share=0.5, omit_empty_arrays=False))
    held = await seller.call("GET", "/retailer/inventory")
    check(held, "/retailer/inventory")
    assert len(held.json()["inventory"]) == 50
    own = await seller.all_orders(fulfilment_method="FBB")
    lines = [item for order in own for item in order["orderItems"] if item["fulfilmentMethod"] == "FBB"]
    assert lines

    refused = await seller.outcome(await seller.ship(lines[0]["orderItemId"]))
    assert (refused["status"], "fulfilled by bol" in refused["errorMessage"]) == ("FAILURE", True)
    seller.world.clock.advance(120)
    [order] = [order for order in await seller.all_orders(status="ALL") if order["orderId"] == own[0]["orderId"]]
    assert all(
        item["quantityShipped"] == item["quantity"] for item in order["orderItems"] if item["fulfilmentMethod"] == "FBB"
    )


async def test_returns_come_and_are_handled(make_world: MakeWorld) -> None:
    seller = Seller(make_world(orders=60, return_share=1.0, omit_empty_arrays=False))
    items = await first_items(seller)
    await seller.outcome(await seller.ship(*items))
    assert (await seller.read("/retailer/returns", handled="false"))["returns"] == []
    seller.world.clock.advance(120)

    listed = await seller.call("GET", "/retailer/returns", handled="false")
    check(listed, "/retailer/returns")
    found = listed.json()["returns"]
    assert {item["orderId"] for one in found for item in one["returnItems"]}
    detail = await seller.call("GET", f"/retailer/returns/{found[0]['returnId']}")
    check(detail, "/retailer/returns/{return-id}")
    check(await seller.call("GET", "/retailer/returns/none"), "/retailer/returns/{return-id}")
    line = found[0]["returnItems"][0]
    body = {"handlingResult": "RETURN_RECEIVED", "quantityReturned": line["expectedQuantity"]}
    handled = await seller.call("PUT", f"/retailer/returns/{line['rmaId']}", body)
    check(handled, "/retailer/returns/{rma-id}")
    assert (await seller.outcome(handled))["status"] == "SUCCESS"

    still = (await seller.read("/retailer/returns", handled="false"))["returns"]
    done = (await seller.read("/retailer/returns", handled="true"))["returns"]
    assert len(still) == len(found) - 1
    assert done[0]["returnItems"][0]["processingResults"][0]["handlingResult"] == "RETURN_RECEIVED"


async def test_a_return_that_nobody_announced(seller: Seller) -> None:
    items = await first_items(seller)
    await seller.outcome(await seller.ship(items[0], quantity=1))
    body = {"orderItemId": items[0], "quantityReturned": 1, "handlingResult": "RETURN_RECEIVED"}

    created = await seller.call("POST", "/retailer/returns", body)

    outcome = await seller.outcome(created)
    found = await seller.read(f"/retailer/returns/{outcome['entityId']}")
    assert found["returnItems"][0]["handled"]
    too_many = await seller.call("POST", "/retailer/returns", body | {"quantityReturned": 50})
    assert (await seller.outcome(too_many))["status"] == "FAILURE"


async def test_the_market(seller: Seller) -> None:
    offer = next(iter(seller.world.accounts["sandbox-seller-1"].offers.after(-1)))
    competing = await seller.call("GET", f"/retailer/products/{offer.ean}/offers")
    check(competing, "/retailer/products/{ean}/offers")
    assert sum(one["bestOffer"] for one in competing.json()["offers"]) == 1
    day = seller.world.clock.now().date().replace(day=1)
    ranks = await seller.call("GET", "/retailer/insights/product-ranks", ean=offer.ean, date=day)
    check(ranks, "/retailer/insights/product-ranks")
    assert ranks.json()["ranks"]
    tomorrow = await seller.call("GET", "/retailer/insights/product-ranks", ean=offer.ean, date="2027-01-01")
    assert tomorrow.status_code == 400
    query = {"commissionQueries": [{"ean": offer.ean, "unitPrice": 10.0}]}
    commission = await seller.call("POST", "/retailer/commission", query)
    check(commission, "/retailer/commission")
    assert commission.json()["commissions"][0]["totalCost"] == 2.23


async def subscribe(seller: Seller) -> dict[str, Any]:
    body = {"resources": ["PROCESS_STATUS"], "url": "http://hub.test/hooks", "subscriptionType": "WEBHOOK"}
    created = await seller.call("POST", "/retailer/subscriptions", body)
    check(created, "/retailer/subscriptions")
    await seller.outcome(created)
    listed = await seller.call("GET", "/retailer/subscriptions")
    check(listed, "/retailer/subscriptions")
    found: dict[str, Any] = listed.json()["subscriptions"][0]
    return found


async def test_a_subscription_brings_signed_notices(seller: Seller) -> None:
    subscription = await subscribe(seller)
    keys = await seller.call("GET", "/retailer/subscriptions/signature-keys")
    check(keys, "/retailer/subscriptions/signature-keys")
    came: list[httpx.Request] = []

    def door(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return httpx.Response(200)

    await seller.outcome(await seller.ship(*await first_items(seller)))
    async with httpx.AsyncClient(transport=httpx.MockTransport(door)) as http:
        assert await deliver_waiting(seller.world, http) == len(came) > 0

    header = came[0].headers["Signature"]
    signature = b64decode(header.partition("signature=")[2])
    key = load_der_public_key(b64decode(keys.json()["signatureKeys"][0]["publicKey"]))
    assert isinstance(key, RSAPublicKey)
    key.verify(signature, came[0].content, PKCS1v15(), SHA256())
    path = f"/retailer/subscriptions/{subscription['id']}"
    check(await seller.call("GET", path), "/retailer/subscriptions/{subscription-id}")
    check(await seller.call("DELETE", path), "/retailer/subscriptions/{subscription-id}")


async def test_a_door_that_stays_shut_ends_a_subscription(seller: Seller) -> None:
    await subscribe(seller)
    await seller.outcome(await seller.ship(*await first_items(seller)))
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503))) as http:
        for _ in range(MOST_ATTEMPTS):
            assert await deliver_waiting(seller.world, http) == 0
            seller.world.clock.advance(61)
    seller.token = ""

    assert not (await seller.read("/retailer/subscriptions", V10))["subscriptions"][0]["enabled"]
