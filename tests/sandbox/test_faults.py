"""Misbehaviour on request, the same for the same seed."""

import time
from typing import Any

import pytest

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.faults import KINDS, Fault, FaultError, Faults
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import V11, Seller

pytestmark = pytest.mark.anyio

ORDERS = "GET /retailer/orders"
SHIPMENTS = "POST /retailer/shipments"


async def add(seller: Seller, kind: str, endpoint: str = "*", **more: object) -> dict[str, Any]:
    return await seller.control("POST", "/faults", {"kind": kind, "endpoint": endpoint, **more})


async def first_item(seller: Seller) -> str:
    return (await seller.read("/retailer/orders"))["orders"][0]["orderItems"][0]["orderItemId"]


def draws(seed: int) -> list[bool]:
    faults = Faults(Dice(seed))
    faults.add(Fault(kind="500", probability=0.3))
    return [bool(faults.draw((ORDERS,), "", frozenset(KINDS))) for _ in range(500)]


async def test_chance_is_the_same_for_the_same_seed() -> None:
    assert draws(7) == draws(7) != draws(8)
    assert 100 < sum(draws(7)) < 200


async def test_a_count_ends_a_fault(seller: Seller) -> None:
    await add(seller, "500", ORDERS, count=2)
    statuses = [(await seller.call("GET", "/retailer/orders")).status_code for _ in range(4)]
    assert statuses == [500, 500, 200, 200]
    assert (await seller.control("GET", "/faults"))["active"] == []


async def test_a_fault_hits_only_what_its_patterns_match(seller: Seller) -> None:
    await add(seller, "503", "GET /retailer/orders/*", client_id="sandbox-seller-2")
    order_id = (await seller.read("/retailer/orders"))["orders"][0]["orderId"]
    assert (await seller.call("GET", f"/retailer/orders/{order_id}")).status_code == 200
    other = Seller(seller.world, "sandbox-seller-2")
    other_id = (await other.read("/retailer/orders"))["orders"][0]["orderId"]
    assert (await other.call("GET", f"/retailer/orders/{other_id}")).status_code == 503


async def test_faults_are_switched_off_one_by_one_or_all(seller: Seller) -> None:
    one, two = await add(seller, "500"), await add(seller, "503")
    await seller.control("DELETE", f"/faults/{one['fault_id']}")
    assert [fault["fault_id"] for fault in (await seller.control("GET", "/faults"))["active"]] == [two["fault_id"]]
    gone = await seller.http.delete(f"/sandbox/api/faults/{one['fault_id']}")
    assert (gone.status_code, gone.json()["detail"]) == (404, "There is no fault f1.")
    await seller.control("DELETE", "/faults")
    assert (await seller.call("GET", "/retailer/orders")).status_code == 200


@pytest.mark.parametrize("wrong", [{"probability": 0}, {"probability": 1.1}, {"count": 0}, {"seconds": -1}])
async def test_a_senseless_fault_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FaultError):
        Faults(Dice(7)).add(Fault(kind="500", **wrong))


async def test_too_many_requests_with_and_without_retry_after(seller: Seller) -> None:
    await add(seller, "429", ORDERS, count=1, seconds=4)
    answer = await seller.call("GET", "/retailer/orders")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "4")
    await add(seller, "429", ORDERS, count=1, seconds=0)
    answer = await seller.call("GET", "/retailer/orders")
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers


async def test_an_internal_error_is_html(seller: Seller) -> None:
    await add(seller, "500", ORDERS)
    answer = await seller.call("GET", "/retailer/orders")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")


async def test_no_answer_in_time(seller: Seller) -> None:
    item = await first_item(seller)
    await add(seller, "timeout", SHIPMENTS, seconds=0.05, count=1)
    started = time.perf_counter()
    assert (await seller.ship(item)).status_code == 504
    assert time.perf_counter() - started >= 0.05
    assert (await seller.stats())["items_pushed"] == 0


async def test_a_request_can_take_effect_although_its_answer_is_lost(seller: Seller) -> None:
    item = await first_item(seller)
    await add(seller, "timeout", SHIPMENTS, seconds=0.01, count=1, applied=True)
    assert (await seller.ship(item)).status_code == 504
    assert (await seller.outcome(await seller.ship(item)))["status"] == "FAILURE"
    stats = await seller.stats()
    assert (stats["shipments"], stats["duplicates_refused"]) == (1, 1)


async def test_a_slow_answer_is_right(seller: Seller) -> None:
    await add(seller, "slow", ORDERS, seconds=0.05)
    started = time.perf_counter()
    assert len((await seller.read("/retailer/orders"))["orders"]) == 50
    assert time.perf_counter() - started >= 0.05


@pytest.mark.parametrize("kind", ["broken_json", "truncated"])
async def test_a_body_that_is_not_json(seller: Seller, kind: str) -> None:
    await add(seller, kind, ORDERS)
    answer = await seller.call("GET", "/retailer/orders")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()


async def test_pages_with_entries_named_twice(seller: Seller) -> None:
    await add(seller, "duplicate_entries", ORDERS)
    ids = [order["orderId"] for order in await seller.all_orders()]
    assert len(ids) > len(set(ids)) == 60


async def test_pages_in_no_order_hold_everything_once(seller: Seller) -> None:
    in_order = [order["orderId"] for order in await seller.all_orders()]
    await add(seller, "shuffled_pages", ORDERS)
    shuffled = [order["orderId"] for order in await seller.all_orders()]
    assert shuffled != in_order
    assert sorted(shuffled) == sorted(in_order)


async def test_offers_can_be_listed_twice_and_shuffled(seller: Seller) -> None:
    await add(seller, "duplicate_entries", "GET /retailer/offers")
    await add(seller, "shuffled_pages", "GET /retailer/offers")
    offers = (await seller.read("/retailer/offers", media=V11))["offers"]
    assert len(offers) > len({offer["offerId"] for offer in offers}) == 50


async def test_a_token_expires_in_the_middle_of_a_run(seller: Seller) -> None:
    await seller.log_in()
    await add(seller, "expired_token", ORDERS, count=1)
    for _ in range(2):
        assert (await seller.call("GET", "/retailer/orders")).json()["title"] == "Expired JWT"
    await seller.log_in()
    assert (await seller.call("GET", "/retailer/orders")).status_code == 200


async def test_a_buyer_cancels_after_the_order_was_read(seller: Seller) -> None:
    path = f"/retailer/orders/{(await seller.read('/retailer/orders'))['orders'][0]['orderId']}"
    await add(seller, "buyer_cancels", "GET /retailer/orders/*", count=1)
    assert not any(item["cancellationRequest"] for item in (await seller.read(path))["orderItems"])
    assert [item["cancellationRequest"] for item in (await seller.read(path))["orderItems"]].count(True) == 1


async def test_an_order_changes_after_it_was_read(seller: Seller) -> None:
    path = f"/retailer/orders/{(await seller.read('/retailer/orders'))['orders'][0]['orderId']}"
    await add(seller, "order_changes", "GET /retailer/orders/*", count=1)
    before = await seller.read(path)
    seller.world.clock.advance(1)
    after = await seller.read(path)
    assert int(after["shipmentDetails"]["houseNumber"]) == int(before["shipmentDetails"]["houseNumber"]) + 1
    assert after["orderItems"] == before["orderItems"]


async def test_the_log_names_the_faults(seller: Seller) -> None:
    await add(seller, "500", SHIPMENTS)
    await seller.ship("1")
    (mutation,) = await seller.listed("/mutations")
    assert (mutation["status"], mutation["faults"]) == (500, ["500"])
    assert '"orderItemId":"1"' in mutation["body"]
    assert (await seller.listed("/requests"))[0] == mutation


async def test_log_in_and_carrier_misbehave_too(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0))
    await add(seller, "503", "POST /token", count=1)
    assert (await seller.log_in()).status_code == 503
    await add(seller, "500", "POST /carrier/*", count=1, applied=True)
    assert (await seller.book()).status_code == 500
    assert (await seller.book()).status_code == 200
