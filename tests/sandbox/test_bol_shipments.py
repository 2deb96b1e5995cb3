"""Shipments: what may be shipped, once, and how the outcome is told."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entrepot.sandbox.marketplace.entities import CancellationInstruction, ShipmentInstruction, ShippedLine
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import Seller

pytestmark = pytest.mark.anyio


async def first_items(seller: Seller, order: int = 0) -> list[str]:
    orders = (await seller.read("/retailer/orders"))["orders"]
    return [item["orderItemId"] for item in orders[order]["orderItems"]]


async def test_a_shipment_is_accepted_and_worked_on_later(seller: Seller) -> None:
    items = await first_items(seller)
    accepted = await seller.ship(*items)
    process = accepted.json()
    assert (accepted.status_code, process["status"], process["eventType"]) == (202, "PENDING", "CREATE_SHIPMENT")
    assert process["entityId"] == items[0]
    assert await seller.read("/retailer/shipments") == {}
    done = await seller.outcome(accepted)
    assert done["status"] == "SUCCESS"
    assert "errorMessage" not in done
    (shipment,) = (await seller.read("/retailer/shipments"))["shipments"]
    assert [item["orderItemId"] for item in shipment["shipmentItems"]] == items


async def test_what_is_shipped_cannot_be_shipped_again(seller: Seller) -> None:
    items = await first_items(seller)
    await seller.outcome(await seller.ship(*items))
    again = await seller.outcome(await seller.ship(items[0]))
    assert again["status"] == "FAILURE"
    assert again["errorMessage"] == f"Order item {items[0]} has already been shipped."
    stats = await seller.stats()
    assert (stats["shipments"], stats["duplicates_refused"]) == (1, 1)
    assert stats["shipped_more_than_once"] == {items[0]: 2}


async def test_two_shipments_in_flight_take_an_item_once(seller: Seller) -> None:
    items = await first_items(seller)
    first, second = await seller.ship(items[0]), await seller.ship(items[0])
    assert ((await seller.outcome(first))["status"], (await seller.outcome(second))["status"]) == ("SUCCESS", "FAILURE")


async def test_part_of_an_item_can_be_shipped(seller: Seller) -> None:
    items = await first_items(seller)
    assert (await seller.outcome(await seller.ship(items[0], quantity=2)))["status"] == "SUCCESS"
    too_many = await seller.outcome(await seller.ship(items[0], quantity=5))
    assert too_many["errorMessage"] == f"Order item {items[0]}: 5 to ship, but only 4 still open."
    assert (await seller.outcome(await seller.ship(items[0])))["status"] == "SUCCESS"
    assert (await seller.stats())["items_shipped"] == 1
    found = await seller.read("/retailer/shipments")
    quantities = []
    for shipment in found["shipments"]:
        detail = await seller.read(f"/retailer/shipments/{shipment['shipmentId']}")
        quantities += [item["quantityShipped"] for item in detail["shipmentItems"]]
    assert quantities == [4, 2]


async def test_an_item_named_twice_in_one_shipment_is_refused(seller: Seller) -> None:
    items = await first_items(seller)
    assert (await seller.outcome(await seller.ship(items[0], items[0])))["status"] == "FAILURE"
    assert (await seller.stats())["shipments"] == 0


async def test_a_shipment_is_all_or_nothing(seller: Seller) -> None:
    items, others = await first_items(seller), await first_items(seller, 1)
    mixed = await seller.outcome(await seller.ship(items[0], others[0]))
    assert mixed["errorMessage"] == f"Order item {others[0]} belongs to another order than the first one."
    unknown = await seller.outcome(await seller.ship(items[0], "1"))
    assert unknown["errorMessage"] == "Order item 1 does not exist."
    assert (await seller.stats())["items_shipped"] == 0


async def test_a_large_order_needs_several_shipments(make_world: MakeWorld) -> None:
    seller = Seller(make_world())
    orders = await seller.all_orders()
    items = [item["orderItemId"] for item in max(orders, key=lambda order: len(order["orderItems"]))["orderItems"]]
    assert (await seller.ship(*items)).status_code == 400
    for start in range(0, len(items), 100):
        assert (await seller.outcome(await seller.ship(*items[start : start + 100])))["status"] == "SUCCESS"
    assert len(await seller.all_orders()) == 560
    assert (await seller.stats())["shipped_more_than_once"] == {}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "body"),
        ({"orderItems": []}, "orderItems"),
        ({"orderItems": [{"orderItemId": ""}]}, "orderItems[0].orderItemId"),
        ({"orderItems": [{"orderItemId": "1", "quantity": 0}]}, "orderItems[0].quantity"),
        ({"orderItems": [{"orderItemId": "1"}]}, "transport"),
        ({"orderItems": [{"orderItemId": "1"}], "shippingLabelId": "x"}, "shippingLabelId"),
        ({"orderItems": [{"orderItemId": "1"}], "shipmentReference": "x" * 91}, "shipmentReference"),
        ({"orderItems": [{"orderItemId": "1"}], "transport": {}}, "transport"),
    ],
)
async def test_a_wrong_shipment_is_a_bad_request(seller: Seller, body: dict[str, Any], name: str) -> None:
    answer = await seller.call("POST", "/retailer/shipments", body)
    assert answer.status_code == 400
    assert answer.json()["violations"][0]["name"] == name


async def test_broken_json_is_a_bad_request(seller: Seller) -> None:
    await seller.log_in()
    headers = {"Authorization": f"Bearer {seller.token}", "Accept": "application/vnd.retailer.v10+json"}
    headers["Content-Type"] = headers["Accept"]
    answer = await seller.http.post("/retailer/shipments", headers=headers, content=b'{"orderItems": [')
    assert answer.status_code == 400


async def test_shipments_are_found_by_order(seller: Seller) -> None:
    orders = (await seller.read("/retailer/orders"))["orders"]
    for order in orders[:2]:
        await seller.outcome(await seller.ship(order["orderItems"][0]["orderItemId"]))
    found = await seller.read("/retailer/shipments", order_id=orders[0]["orderId"])
    assert [shipment["order"]["orderId"] for shipment in found["shipments"]] == [orders[0]["orderId"]]
    newest = (await seller.read("/retailer/shipments"))["shipments"][0]
    assert newest["order"]["orderId"] == orders[1]["orderId"]
    both = await seller.call("GET", "/retailer/shipments", order_id="x", fulfilment_method="FBR")
    assert both.status_code == 400
    assert (await seller.call("GET", "/retailer/shipments/1")).status_code == 404


async def test_processes_are_found_by_entity_and_in_bulk(seller: Seller) -> None:
    items = await first_items(seller)
    accepted = [await seller.ship(items[0]), await seller.ship(items[0]), await seller.ship(items[1])]
    ids = [answer.json()["processStatusId"] for answer in accepted]
    seller.world.clock.advance(5)
    found = await seller.read("/shared/process-status", entity_id=items[0], event_type="CREATE_SHIPMENT")
    assert [(p["processStatusId"], p["status"]) for p in found["processStatuses"]] == [
        (ids[1], "FAILURE"),
        (ids[0], "SUCCESS"),
    ]
    body = {"processStatusQueries": [{"processStatusId": process_id} for process_id in [*ids, "gone"]]}
    bulk = (await seller.call("POST", "/shared/process-status", body)).json()
    assert [process["processStatusId"] for process in bulk["processStatuses"]] == ids
    assert (await seller.call("GET", "/shared/process-status", event_type="CREATE_SHIPMENT")).status_code == 400
    assert (await seller.call("GET", "/shared/process-status", entity_id="1", event_type="DANCE")).status_code == 400
    too_many = {"processStatusQueries": [{"processStatusId": "x"}] * 1001}
    assert (await seller.call("POST", "/shared/process-status", too_many)).status_code == 400


async def test_old_processes_are_forgotten(seller: Seller) -> None:
    accepted = await seller.ship(*(await first_items(seller)))
    await seller.outcome(accepted)
    seller.world.clock.advance(seller.world.options.process_retention_seconds)
    await seller.log_in()
    path = f"/shared/process-status/{accepted.json()['processStatusId']}"
    assert (await seller.call("GET", path)).status_code == 404
    query = {"processStatusQueries": [{"processStatusId": accepted.json()["processStatusId"]}]}
    assert (await seller.call("POST", "/shared/process-status", query)).json() == {}


async def test_the_carriers_scans_become_transport_events(seller: Seller) -> None:
    parcel = (await seller.book()).json()
    await seller.outcome(await seller.ship(*(await first_items(seller)), tracking=parcel["tracking_code"]))
    await seller.control("POST", f"/parcels/{parcel['tracking_code']}/deliver")
    shipment_id = (await seller.read("/retailer/shipments"))["shipments"][0]["shipmentId"]
    transport = (await seller.read(f"/retailer/shipments/{shipment_id}"))["transport"]
    codes = [event["eventCode"] for event in transport["transportEvents"]]
    assert codes == ["PRE_ANNOUNCED", "AT_TRANSPORTER", "IN_TRANSIT", "DELIVERED_AT_CUSTOMER"]


async def test_a_restarted_world_knows_shipments_and_processes(make_world: MakeWorld, tmp_path: Path) -> None:
    before = Seller(make_world(state=tmp_path))
    items = await first_items(before)
    done = await before.ship(items[0])
    await before.outcome(done)
    pending = await before.ship(items[1])
    after = Seller(make_world(state=tmp_path))
    after.world.clock.advance(10)
    assert (await after.read(f"/shared/process-status/{done.json()['processStatusId']}"))["status"] == "SUCCESS"
    assert (await after.outcome(pending))["status"] == "SUCCESS"
    assert (await after.outcome(await after.ship(items[0])))["status"] == "FAILURE"
    assert len((await after.read("/retailer/shipments"))["shipments"]) == 2
    assert len(await after.listed("/mutations?path=/retailer/shipments")) == 3


step = st.tuples(st.sampled_from(["ship", "cancel", "ask", "take back"]), st.integers(0, 3), st.integers(1, 9))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, max_size=20), delay=st.sampled_from([0, 3]))
def test_no_item_is_ever_handled_beyond_its_quantity(
    make_world: MakeWorld, steps: list[tuple[str, int, int]], delay: int
) -> None:
    world = make_world(orders=1)
    account = world.accounts["sandbox-seller-1"]
    (order,) = account.orders.orders.values()
    for action, place, quantity in steps:
        item, now = order.items[place].order_item_id, world.tick()
        if action == "ship":
            wish = ShipmentInstruction((ShippedLine(item, quantity),))
            account.processes.accept(wish, now, timedelta(seconds=2))
        elif action == "cancel":
            account.processes.accept(CancellationInstruction(item, "OTHER"), now, timedelta(seconds=2))
        elif action == "ask":
            account.ask_to_cancel(item, now)
        else:
            account.cancel_units(item, quantity, now)
        world.clock.advance(delay)
    world.clock.advance(60)
    world.tick()
    shipped = Counter[str]()
    for shipment in account.shipments.values():
        shipped.update({line.order_item_id: line.quantity or 0 for line in shipment.lines})
    for item in order.items:
        assert 0 <= item.open == item.quantity - item.shipped - item.cancelled
        assert item.shipped == shipped[item.order_item_id]
    assert (order.order_id in account.orders.open) == order.is_open
    assert {process.status for process in account.processes.processes.values()} <= {"SUCCESS", "FAILURE"}


async def test_bol_fulfils_nothing_here(seller: Seller) -> None:
    await seller.outcome(await seller.ship(*(await first_items(seller))))
    assert await seller.read("/retailer/shipments", fulfilment_method="FBB") == {}
