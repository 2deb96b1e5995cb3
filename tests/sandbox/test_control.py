"""The control page and its API."""

import re

import httpx
import pytest

from entrepot.sandbox.options import ALL_AT_ONCE
from tests.sandbox.conftest import MakeWorld
from tests.sandbox.seller import Seller

pytestmark = pytest.mark.anyio


async def do(seller: Seller, command: str, **form: str) -> str:
    """Press a button; returns the page that comes next."""
    answer = await seller.http.post(f"/sandbox/do/{command}", data=form)
    assert answer.status_code == 303
    return (await seller.http.get(answer.headers["location"])).text


async def refusal(seller: Seller, method: str, path: str, body: object = None) -> tuple[int, str]:
    answer: httpx.Response = await seller.http.request(method, f"/sandbox/api{path}", json=body)
    return answer.status_code, answer.json()["detail"]


async def test_the_page_shows_the_world_and_says_what_it_is(make_world: MakeWorld) -> None:
    seller = Seller(make_world(orders=10, cancellations=True))
    order = (await seller.read("/retailer/orders"))["orders"][0]
    parcel = (await seller.book()).json()
    await seller.outcome(await seller.ship(order["orderItems"][0]["orderItemId"], tracking=parcel["tracking_code"]))
    mail = b"Subject: Hello <you>\n\nText"
    seller.world.mails.receive("hub@example.org", ("you@example.org",), mail, seller.world.tick())
    page = (await seller.http.get("/")).text
    for wanted in ("SANDBOX", order["orderId"], "partly shipped", parcel["tracking_code"], "Hello &lt;you&gt;"):
        assert wanted in page
    assert "<style" not in page
    assert " style=" not in page
    assert not re.findall(r"(?:src|href)=\"https?://", page)
    assert (await seller.http.get("/sandbox/live")).text in page.replace('<div id="live">', "").replace("</main>", "")


async def test_the_page_serves_its_own_files(seller: Seller) -> None:
    for name, media_type in (("sandbox.css", "text/css"), ("sandbox.js", "text/javascript")):
        answer = await seller.http.get(f"/sandbox/static/{name}")
        assert answer.headers["content-type"].startswith(media_type)
        assert answer.content
    assert (await seller.http.get("/sandbox/static/secret.py")).status_code == 404


async def test_every_button_does_its_work(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0))
    world = seller.world
    account = world.accounts["sandbox-seller-1"]
    assert "was placed" in await do(seller, "place", client_id="sandbox-seller-1")
    (order_id,) = account.orders.orders
    assert f"The buyer of {order_id} asks to cancel it." in await do(seller, "cancel", order_id=order_id)
    assert account.orders.orders[order_id].state == "cancellation requested"
    assert "has changed" in await do(seller, "change", order_id=order_id)
    code = (await seller.book()).json()["tracking_code"]
    assert f"Parcel {code}: accepted." in await do(seller, "scan", tracking=code)
    assert f"Parcel {code}: delivered." in await do(seller, "deliver", tracking=code)
    assert "nothing more can happen to it" in await do(seller, "scan", tracking=code)
    before = world.clock.now()
    assert "It is now" in await do(seller, "advance", seconds="3600")
    assert (world.clock.now() - before).total_seconds() == 3600
    assert "60 times faster" in await do(seller, "carrier-speed", speed="60")
    assert "void" in await do(seller, "expire-tokens")
    fault = {"kind": "429", "endpoint": "", "percent": "50", "count": "3", "seconds": "4", "applied": "on"}
    assert "Fault f1 is on" in await do(seller, "add-fault", **fault)
    assert world.faults.active["f1"].applied
    assert "Fault f1 is off." in await do(seller, "remove-fault", fault_id="f1")
    await do(seller, "add-fault", **(fault | {"count": ""}))
    assert "All faults are off." in await do(seller, "clear-faults")
    assert not world.faults.active
    assert "Orders per minute: all." in await do(seller, "speed", speed="all")
    assert len(account.orders) == 561


@pytest.mark.parametrize(
    ("command", "form", "said"),
    [
        ("dance", {}, "That was not understood"),
        ("advance", {"seconds": "soon"}, "That was not understood"),
        ("advance", {"seconds": "-1"}, "only goes forward"),
        ("cancel", {"order_id": "NOPE"}, "There is no order NOPE."),
        ("add-fault", {"kind": "429", "endpoint": "*", "percent": "0", "count": "", "seconds": "1"}, "above 0"),
    ],
)
async def test_a_button_that_cannot_says_why(seller: Seller, command: str, form: dict[str, str], said: str) -> None:
    assert said in await do(seller, command, **form)


async def test_orders_are_placed_as_described(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0))
    body = {"lines": [{"sku": "22423", "quantity": 2}, {"sku": "bundle-jam", "unit_price": 9}], "country": "BE"}
    order = await seller.control("POST", "/orders", body | {"client_id": "sandbox-seller-2"})
    assert [(item["sku"], item["quantity"]) for item in order["items"]] == [("22423", 2), ("BUNDLE-JAM", 1)]
    assert order["items"][1]["unit_price"] == "9"
    assert order["buyer"]["country"] == "BE"
    assert (await seller.control("GET", f"/orders/{order['order_id']}")) == order
    assert [found["order_id"] for found in await seller.listed("/orders?limit=5")] == [order["order_id"]]
    assert await seller.listed("/orders?client_id=sandbox-seller-1") == []


async def test_the_next_order_of_the_data_set_and_then_any(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, orders=1))
    assert (await seller.control("POST", "/orders", {}))["source"] == "536365"
    invented = await seller.control("POST", "/orders", {})
    assert (invented["source"], 1 <= len(invented["items"]) <= 3) == ("", True)


async def test_what_cannot_be_done_says_why(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0, respect_stock=True))
    assert await refusal(seller, "POST", "/orders", {"lines": [{"sku": "X"}]}) == (404, "The shop does not sell X.")
    few = {"lines": [{"sku": "22423", "quantity": 0}]}
    assert await refusal(seller, "POST", "/orders", few) == (409, "Order at least one of 22423.")
    assert await refusal(seller, "POST", "/orders", {"client_id": "X"}) == (404, "There is no account X.")
    assert (await refusal(seller, "POST", "/parcels/X/scan"))[0] == 404
    assert (await refusal(seller, "POST", "/speed", {"orders_per_minute": -1}))[0] == 409
    assert (await refusal(seller, "POST", "/speed", {"carrier_speed": -1}))[0] == 409
    assert (await refusal(seller, "POST", "/clock", {"advance_seconds": -1}))[0] == 409
    assert (await refusal(seller, "POST", "/faults", {"kind": "500", "count": 0}))[0] == 409
    assert (await refusal(seller, "POST", "/faults", {"kind": "earthquake"}))[0] == 400
    order = await seller.control("POST", "/orders", {})
    path = f"/orders/{order['order_id']}/cancel"
    assert (await refusal(seller, "POST", path, {"order_item_id": "1"}))[0] == 404
    seller.world.accounts["sandbox-seller-1"].offers.of_reference("22423")[0].amount = 0
    sold_out = {"lines": [{"sku": "22423"}]}
    assert await refusal(seller, "POST", "/orders", sold_out) == (409, "Nothing of the basket is in stock.")
    assert (await seller.stats())["lost_orders"] == 1


async def test_speed_is_set_for_all_or_one_account(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=0))
    body = {"orders_per_minute": "all", "client_id": "sandbox-seller-2"}
    accounts = (await seller.control("POST", "/speed", body))["accounts"]
    assert [account["orders"] for account in accounts] == [0, 57, 0]
    await seller.control("POST", "/speed", {"orders_per_minute": 60})
    clock = await seller.control("POST", "/clock", {"advance_seconds": 2})
    assert clock == await seller.control("GET", "/clock")
    assert (await seller.stats())["orders"] == 2


async def test_the_state_and_the_exports_are_complete(make_world: MakeWorld) -> None:
    seller = Seller(make_world(speed=ALL_AT_ONCE, orders=3))
    items = (await seller.read("/retailer/orders"))["orders"][0]["orderItems"]
    await seller.outcome(await seller.ship(items[0]["orderItemId"]))
    await seller.book()
    await seller.control("POST", "/faults", {"kind": "slow", "count": 1})
    state = await seller.control("GET", "/state")
    assert len(state["orders"]) == 6
    assert len(state["shipments"]["sandbox-seller-1"]) == len(state["processes"]["sandbox-seller-1"]) == 1
    assert (len(state["parcels"]), len(state["faults"])) == (1, 1)
    assert len(await seller.listed("/parcels")) == 1
    assert (await seller.control("GET", "/report"))["orders"] == 561
    assert len(await seller.listed("/catalogue")) == 2180
    assert len(await seller.listed("/bundles")) == 3
    assert len(await seller.control("GET", "/units-sold")) == 2180


async def test_mails_are_listed_and_cleared(seller: Seller) -> None:
    content = b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\nContent-Type: text/plain; charset=utf-8\n\nHallo \xc3\xa4\n"
    seller.world.mails.receive("a@example.org", ("b@example.org",), content, seller.world.tick())
    (mail,) = await seller.listed("/mails")
    assert (mail["subject"], mail["text"], mail["recipients"]) == ("Größe", "Hallo ä\n", ["b@example.org"])
    await seller.control("DELETE", "/mails")
    assert await seller.listed("/mails") == []
