"""What the sandbox answers is what bol.com's own specifications say."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from entrepot.sandbox.retail.catalogue import ean13
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V11, Seller

FOLDER = Path(__file__).parents[3] / "shared" / "specs" / "bol"
FILES = {
    "/retailer/offers/export": "retailer.json",
    "/retailer/offers": "offers-v11.transcribed.json",
    "/shared": "shared.json",
    "": "retailer.json",
}

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.contract,
    pytest.mark.skipif(
        not FOLDER.exists() and not os.environ.get("CI"), reason=f"bol.com's specifications are not at {FOLDER}"
    ),
]


@cache
def specification(path: str) -> dict[str, Any]:
    name = next(name for start, name in FILES.items() if path.startswith(start))
    return json.loads((FOLDER / name).read_text(), object_hook=_without_nullable)


def _without_nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """JSON Schema's way to say what OpenAPI 3.0 says with ``nullable``."""
    if schema.pop("nullable", False):
        schema["type"] = [schema["type"], "null"]
    return schema


def check(answer: httpx.Response, template: str) -> None:
    """The answer's status, media type and body are among those the specification allows."""
    found = specification(template)
    responses = found["paths"][template][answer.request.method.lower()]["responses"]
    assert str(answer.status_code) in responses, answer.text
    response = responses[str(answer.status_code)]
    if reference := response.get("$ref"):
        response = found["components"]["responses"][reference.rpartition("/")[2]]
    if "content" not in response:
        assert not answer.content
        return
    schema = response["content"][answer.headers["content-type"]]["schema"]
    validator = jsonschema_rs.validator_for({"components": found["components"], **schema}, validate_formats=True)
    assert [str(error) for error in validator.iter_errors(answer.json())] == []


@pytest.fixture
def seller(make_world: MakeWorld) -> Seller:
    return Seller(make_world(orders=80, cancellations=True, omit_empty_arrays=False))


async def test_orders(seller: Seller) -> None:
    listed = await seller.call("GET", "/retailer/orders", status="ALL")
    check(listed, "/retailer/orders")
    check(await seller.call("GET", "/retailer/orders", page=99), "/retailer/orders")
    for order in listed.json()["orders"]:
        check(await seller.call("GET", f"/retailer/orders/{order['orderId']}"), "/retailer/orders/{order-id}")
    check(await seller.call("GET", "/retailer/orders/NOPE"), "/retailer/orders/{order-id}")


async def test_shipments_and_processes(seller: Seller) -> None:
    items = [i["orderItemId"] for i in (await seller.read("/retailer/orders"))["orders"][0]["orderItems"]]
    parcel = (await seller.book()).json()
    accepted = await seller.ship(*items, tracking=parcel["tracking_code"])
    again = await seller.ship(items[0])
    check(accepted, "/retailer/shipments")
    check(await seller.call("POST", "/retailer/shipments", {}), "/retailer/shipments")
    seller.world.clock.advance(60)
    for answer in (accepted, again):
        found = await seller.call("GET", f"/shared/process-status/{answer.json()['processStatusId']}")
        check(found, "/shared/process-status/{process-status-id}")
    check(await seller.call("GET", "/shared/process-status/none"), "/shared/process-status/{process-status-id}")
    query = {"processStatusQueries": [{"processStatusId": accepted.json()["processStatusId"]}]}
    check(await seller.call("POST", "/shared/process-status", query), "/shared/process-status")
    of_item = await seller.call("GET", "/shared/process-status", entity_id=items[0], event_type="CREATE_SHIPMENT")
    check(of_item, "/shared/process-status")
    check(await seller.call("GET", "/shared/process-status"), "/shared/process-status")
    listed = await seller.call("GET", "/retailer/shipments")
    check(listed, "/retailer/shipments")
    shipment_id = listed.json()["shipments"][0]["shipmentId"]
    check(await seller.call("GET", f"/retailer/shipments/{shipment_id}"), "/retailer/shipments/{shipment-id}")
    check(await seller.call("GET", "/retailer/shipments/none"), "/retailer/shipments/{shipment-id}")


async def test_cancellation(seller: Seller) -> None:
    item_id = (await seller.read("/retailer/orders"))["orders"][0]["orderItems"][0]["orderItemId"]
    body = {"orderItems": [{"orderItemId": item_id, "reasonCode": "OTHER"}]}
    check(await seller.call("PUT", "/retailer/orders/cancellation", body), "/retailer/orders/cancellation")
    check(await seller.call("PUT", "/retailer/orders/cancellation", {}), "/retailer/orders/cancellation")


async def test_offers(seller: Seller) -> None:
    for size in (1, 100):
        check(await seller.call("GET", "/retailer/offers", media=V11, page_size=size), "/retailer/offers")
    check(await seller.call("GET", "/retailer/offers", media=V11, page_size=101), "/retailer/offers")
    new = {
        "ean": ean13("871234567890"),
        "condition": {"category": "NEW"},
        "pricing": {"bundlePrices": [{"quantity": 1, "unitPrice": 12.5}]},
        "fulfilment": {"method": "FBR"},
    }
    created = await seller.call("POST", "/retailer/offers", new, media=V11)
    check(created, "/retailer/offers")
    check(await seller.call("POST", "/retailer/offers", new, media=V11), "/retailer/offers")
    path, template = f"/retailer/offers/{created.json()['offerId']}", "/retailer/offers/{offer-id}"
    check(await seller.call("GET", path, media=V11), template)
    reasons = await seller.call("GET", f"{path}/not-for-sale-reasons", media=V11)
    check(reasons, f"{template}/not-for-sale-reasons")
    check(await seller.call("PATCH", path, {"stock": {"amount": 1}}, media=V11), template)
    check(await seller.call("DELETE", path, media=V11), template)
    check(await seller.call("GET", path, media=V11), template)
