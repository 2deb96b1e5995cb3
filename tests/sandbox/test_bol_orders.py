"""Orders as bol.com lists and describes them, and their cancellation."""

import pytest

from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V11, Seller

pytestmark = pytest.mark.anyio


async def test_every_order_is_on_exactly_one_page(seller: Seller) -> None:
    orders = await seller.all_orders()
    assert len(orders) == len({order["orderId"] for order in orders}) == 60
    pages = [len((await seller.read("/retailer/orders", page=page)).get("orders", [])) for page in (1, 2, 3)]
    assert pages == [50, 10, 0]


async def test_an_empty_list_is_left_out(make_world: MakeWorld) -> None:
    assert await Seller(make_world(speed=0)).read("/retailer/orders") == {}
    assert await Seller(make_world(speed=0, omit_empty_arrays=False)).read("/retailer/orders") == {"orders": []}


async def test_the_detail_tells_everything(seller: Seller) -> None:
    reduced = (await seller.all_orders())[0]
    order = await seller.read(f"/retailer/orders/{reduced['orderId']}")
    assert order["orderPlacedDateTime"] == "2026-11-23T10:00:00+01:00"
    assert [item["product"]["ean"] for item in order["orderItems"]] == [item["ean"] for item in reduced["orderItems"]]
    first = order["orderItems"][0]
    assert first["offer"]["reference"] == "85123A"
    assert first["product"]["title"] == "WHITE HANGING HEART T-LIGHT HOLDER"
    assert (first["quantity"], first["unitPrice"], first["totalPrice"]) == (6, 3.01, 18.06)
    assert order["shipmentDetails"]["countryCode"] in {"NL", "BE", "DE"}


async def test_an_unknown_order_is_a_problem_of_bols_form(seller: Seller) -> None:
    answer = await seller.call("GET", "/retailer/orders/NOPE")
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "https://api.bol.com/problems",
        "title": "Not Found",
        "status": 404,
        "detail": "Order NOPE is not found.",
        "host": "Sandbox-001",
        "instance": "https://api.bol.com/retailer/orders/NOPE",
        "violations": [],
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "one"),
        ("status", "CLOSED"),
        ("fulfilment_method", "X"),
        ("change_interval_minute", "61"),
        ("latest_change_date", "yesterday"),
    ],
)
async def test_a_wrong_query_is_a_violation(seller: Seller, name: str, value: str) -> None:
    answer = await seller.call("GET", "/retailer/orders", **{name: value})
    assert answer.status_code == 400
    (violation,) = answer.json()["violations"]
    assert violation["name"] == name.replace("_", "-")
    assert value in violation["reason"]


async def test_orders_are_filtered_by_status(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    await seller.outcome(await seller.ship(*(item["orderItemId"] for item in order["orderItems"])))
    assert len(await seller.all_orders(status="OPEN")) == 59
    assert [shipped["orderId"] for shipped in await seller.all_orders(status="SHIPPED")] == [order["orderId"]]
    assert len(await seller.all_orders(status="ALL")) == 60
    assert await seller.all_orders(fulfilment_method="FBB") == []


async def test_a_partly_shipped_order_is_open_and_shipped(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    await seller.outcome(await seller.ship(order["orderItems"][0]["orderItemId"], quantity=1))
    assert order["orderId"] in {found["orderId"] for found in await seller.all_orders(status="OPEN")}
    assert order["orderId"] in {found["orderId"] for found in await seller.all_orders(status="SHIPPED")}


async def test_changes_are_found_by_interval_and_by_day(seller: Seller) -> None:
    order = (await seller.all_orders())[7]
    seller.world.clock.advance(2 * 24 * 3600)
    await seller.log_in()
    assert await seller.all_orders(change_interval_minute=60) == []
    assert len(await seller.all_orders(latest_change_date="2026-11-23")) == 60
    await seller.control("POST", f"/orders/{order['orderId']}/cancel", {})
    seller.world.clock.advance(30 * 60)
    await seller.log_in()
    assert [o["orderId"] for o in await seller.all_orders(change_interval_minute=31)] == [order["orderId"]]
    assert await seller.all_orders(change_interval_minute=29) == []
    assert len(await seller.all_orders(latest_change_date="2026-11-23")) == 59
    assert [o["orderId"] for o in await seller.all_orders(latest_change_date="2026-11-25")] == [order["orderId"]]


async def cancel(seller: Seller, item_id: str, reason: str = "OUT_OF_STOCK") -> dict[str, object]:
    body = {"orderItems": [{"orderItemId": item_id, "reasonCode": reason}]}
    return await seller.outcome(await seller.call("PUT", "/retailer/orders/cancellation", body))


async def test_a_seller_cancels_an_item(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    item_id = order["orderItems"][0]["orderItemId"]
    assert (await cancel(seller, item_id))["status"] == "SUCCESS"
    item = (await seller.read(f"/retailer/orders/{order['orderId']}"))["orderItems"][0]
    assert (item["quantityCancelled"], item["quantityShipped"]) == (item["quantity"], 0)
    again = await cancel(seller, item_id)
    assert (again["status"], again["errorMessage"]) == ("FAILURE", f"Order item {item_id} has already been cancelled.")


async def test_a_shipped_item_cannot_be_cancelled(seller: Seller) -> None:
    item_id = (await seller.all_orders())[0]["orderItems"][0]["orderItemId"]
    await seller.outcome(await seller.ship(item_id))
    assert (await cancel(seller, item_id))["errorMessage"] == f"Order item {item_id} has already been shipped."


async def test_a_buyers_request_is_seen_and_confirmed(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    item_id = order["orderItems"][0]["orderItemId"]
    await seller.control("POST", f"/orders/{order['orderId']}/cancel", {"order_item_id": item_id})
    seen = (await seller.read(f"/retailer/orders/{order['orderId']}"))["orderItems"]
    assert [item["cancellationRequest"] for item in seen[:2]] == [True, False]
    assert (await cancel(seller, item_id, "REQUESTED_BY_CUSTOMER"))["status"] == "SUCCESS"


async def test_units_can_be_cancelled_for_the_buyer(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    body = {"order_item_id": order["orderItems"][0]["orderItemId"], "quantity": 2}
    await seller.control("POST", f"/orders/{order['orderId']}/cancel", body)
    item = (await seller.read(f"/retailer/orders/{order['orderId']}"))["orderItems"][0]
    assert (item["quantity"], item["quantityCancelled"]) == (6, 2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"orderItems": []},
        {"orderItems": [{"orderItemId": "1", "reasonCode": "BORED"}]},
        {"orderItems": [{"orderItemId": "1", "reasonCode": "OTHER"}] * 2},
    ],
)
async def test_a_wrong_cancellation_is_a_bad_request(seller: Seller, body: dict[str, object]) -> None:
    answer = await seller.call("PUT", "/retailer/orders/cancellation", body)
    assert answer.status_code == 400
    assert answer.json()["violations"][0]["reason"]


async def test_what_was_handled_can_no_longer_be_cancelled_by_the_buyer(seller: Seller) -> None:
    order = (await seller.all_orders())[0]
    await seller.outcome(await seller.ship(*(item["orderItemId"] for item in order["orderItems"])))
    path = f"/orders/{order['orderId']}/cancel"
    item_id = order["orderItems"][0]["orderItemId"]
    for body in ({"order_item_id": item_id}, {"order_item_id": item_id, "quantity": 1}):
        await seller.control("POST", path, body)
    after = (await seller.read(f"/retailer/orders/{order['orderId']}"))["orderItems"][0]
    assert (after["cancellationRequest"], after["quantityCancelled"]) == (False, 0)
    assert (await seller.stats())["late_cancellations"] == 2
    await seller.control("POST", "/faults", {"kind": "buyer_cancels"})
    assert (await seller.call("GET", f"/retailer/orders/{order['orderId']}")).status_code == 200
    assert (await seller.stats())["late_cancellations"] == 2


async def test_a_deleted_offer_can_have_open_orders(seller: Seller) -> None:
    order = await seller.read(f"/retailer/orders/{(await seller.all_orders())[0]['orderId']}")
    item = order["orderItems"][0]
    await seller.call("DELETE", f"/retailer/offers/{item['offer']['offerId']}", media=V11)
    assert (await seller.outcome(await seller.ship(item["orderItemId"])))["status"] == "SUCCESS"
    bought = await seller.control("POST", "/orders", {"lines": [{"sku": item["offer"]["reference"], "quantity": 2}]})
    assert bought["items"][0]["quantity"] == 2
    assert (await seller.stats())["oversold_units"] == 2
