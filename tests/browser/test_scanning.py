"""The scanning app, driven as a scanner does it: a picker walks out of the network in the middle of a list, and comes back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE_MS, WIDE, Demo, becomes_true, listen, sign_in
from tests.browser.test_path_of_an_order import scan

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

MUG, CUP = ("22423", 3), ("85123A", 1)
ONE_HAND = ViewportSize(width=360, height=740)
KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const page = await (await caches.open("entrepot-pages-1")).match("/fulfilment/scan");
  const files = await (await caches.open("entrepot-files-1")).keys();
  return page !== undefined && files.some((file) => file.url.includes("/scanning-"));
}"""


def api(page: Page, path: str) -> Any:  # noqa: ANN401 -- JSON
    """Ask the hub, as the page's user, what is true."""
    answer = page.request.get(f"/api/v1/{path}")
    assert answer.ok, answer.text()
    return answer.json()


def post(page: Page, path: str, body: object = None) -> Any:  # noqa: ANN401 -- JSON
    """Do something on the hub, as the page's user, from another place."""
    token = next(one.get("value", "") for one in page.context.cookies() if one.get("name") == "csrftoken")
    answer = page.request.post(f"/api/v1/{path}", data=body or {}, headers={"x-csrftoken": token})
    assert answer.ok, answer.text()
    return answer.json()


def ordered(demo: Demo, page: Page, *wanted: tuple[str, int]) -> tuple[str, str]:
    """Enter an order; returns its id and its number."""
    address = {
        "last_name": "Bakker",
        "street": "Kerkstraat",
        "house_number": "7",
        "postcode": "3511 AB",
        "city": "Utrecht",
    }
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in wanted]
    made = post(page, "orders", {"ship_to": address | {"country": "NL"}, "lines": lines})
    demo.eventually(lambda: api(page, f"orders/{made['id']}")["status"] == "reserved", what="the reservation")
    return made["id"], made["number"]


def type_in(page: Page, code: str) -> None:
    """Type a code by hand."""
    page.locator("#scan-code").fill(code)
    page.locator("#scan-code").press("Enter")


def piece(page: Page, code: str) -> None:
    """Scan the next piece: later than one pull of the trigger, which is one piece however often Enter comes."""
    page.clock.run_for(1_000)
    scan(page, code)


def test_two_minutes_without_a_network_in_the_middle_of_a_list(  # noqa: PLR0915 -- one story
    demo: Demo,
    page: Page,
    open_context: Callable[..., BrowserContext],
    picture: Callable[..., None],
) -> None:
    order, number = ordered(demo, page, MUG, CUP)
    barcodes = {sku: demo.gtin(sku) for sku, _ in (MUG, CUP)}
    context = open_context(viewport=ONE_HAND)
    phone = context.new_page()
    errors = listen(phone)
    phone.goto("/fulfilment/scan")
    becomes_true(phone, KEPT)
    phone.clock.install()
    phone.goto("/fulfilment/scan")
    said, state, task = phone.locator("#scan-said"), phone.locator("#scan-state"), phone.locator("#scan-task")
    expect(state).to_contain_text("Online")

    # The order's number, typed by hand, brings the whole list.
    type_in(phone, number)
    expect(said).to_contain_text("Lines to pick: 2")
    picks = api(page, "pick-lists?status=active")["items"]
    work = next(one for one in picks if any(line["order_id"] == order for line in lines(page, one["id"])))
    walk = lines(page, work["id"])
    before = taken_off(page, walk)
    picture(phone, "scanning")
    phone.set_viewport_size(ONE_HAND)

    # With a network, a wrong thing is named and a right one counted, on the hub too; a scanner that sends Enter twice counts once.
    expect(task).to_contain_text(walk[0]["location_code"])
    scan(phone, barcodes[walk[1]["sku"]])
    expect(said).to_contain_text(f"That is SKU {walk[1]['sku']} from {walk[1]['location_code']}")
    expect(said).to_have_class(re.compile("scan-said-error"))
    phone.clock.pause_at(phone.evaluate("Date.now()") / 1000 + 1)  # a busy machine types slower than a scanner
    piece(phone, barcodes[walk[0]["sku"]])
    phone.keyboard.press("Enter")
    scan(phone, barcodes[walk[0]["sku"]])
    phone.clock.resume()
    expect(said).to_contain_text(f"Picked 1 of {walk[0]['sku']}")
    expect(state).to_contain_text("All sent")
    demo.eventually(lambda: sum(line["picked"] for line in lines(page, work["id"])), what="counting the scan")
    assert sum(line["picked"] for line in lines(page, work["id"])) == 1

    # Then the network is gone, in the middle of the list; the page is even opened anew without it.
    context.set_offline(True)
    expect(state).to_contain_text("Offline")
    left = {line["sku"]: line["quantity"] for line in walk}
    left[walk[0]["sku"]] -= 1
    for line in walk:
        while left[line["sku"]]:
            expect(task).to_contain_text(line["location_code"])
            piece(phone, barcodes[line["sku"]])
            expect(said).to_contain_text(f"Picked 1 of {line['sku']}")
            left[line["sku"]] -= 1
            if line is walk[1] or left[line["sku"]]:
                continue
            expect(task).to_contain_text(walk[1]["location_code"])  # what was said of the piece before reads the same
            phone.reload()
            expect(task).to_contain_text(walk[1]["location_code"])
    done = phone.locator("#scan-done")
    expect(done).to_contain_text("All done")
    done.get_by_role("button", name="Undo").click()
    expect(said).to_contain_text(f"Undone: 1 of {walk[1]['sku']}")
    piece(phone, barcodes[walk[1]["sku"]])
    done.get_by_role("button", name="Finish").click()
    expect(phone.get_by_role("button", name="Get me work")).to_be_visible()
    expect(state).to_contain_text("scans wait")
    phone.clock.fast_forward("02:00")
    assert sum(line["picked"] for line in lines(page, work["id"])) == 1  # nobody else knows yet

    # Back in the network, everything arrives once, and the books agree.
    context.set_offline(False)
    expect(state).to_contain_text("All sent", timeout=PATIENCE_MS)
    expect(phone.locator("#scan-notes")).to_have_text("")
    assert [(line["picked"], line["state"]) for line in lines(page, work["id"])] == [
        (line["quantity"], "picked") for line in walk
    ]
    assert api(page, f"orders/{order}")["status"] == "picked"
    session = next(one for one in api(page, "scan-sessions")["items"] if one["pick_list_id"] == work["id"])
    acts = api(page, f"scan-sessions/{session['id']}/acts")["items"]
    kinds = [one["kind"] for one in acts]
    assert kinds == ["wrong", *["pick"] * (MUG[1] + CUP[1]), "undo", "pick", "finish"]  # each once, in their order
    assert [one["outcome"] for one in acts if one["kind"] == "pick"].count("applied") == MUG[1] + CUP[1]
    assert taken_off(page, walk) == {one: before[one] + units for one, units in ((MUG[0], MUG[1]), (CUP[0], CUP[1]))}
    assert [error for error in errors if "ERR_INTERNET_DISCONNECTED" not in error] == []


def test_what_cannot_be_counted_waits_in_review_and_nobody_sends_it_for_another(
    demo: Demo,
    page: Page,
    open_context: Callable[..., BrowserContext],
    picture: Callable[..., None],
) -> None:
    order, number = ordered(demo, page, ("22178", 2))
    context = open_context(viewport=ONE_HAND)
    phone = context.new_page()
    phone.clock.install()
    phone.goto("/fulfilment/scan")
    state, notes = phone.locator("#scan-state"), phone.locator("#scan-notes")
    type_in(phone, number)
    expect(phone.locator("#scan-said")).to_contain_text("Lines to pick: 1")
    context.set_offline(True)
    expect(state).to_contain_text("Offline")
    phone.get_by_role("button", name="Picked 2").click()
    expect(phone.locator("#scan-done")).to_be_visible()
    expect(state).to_contain_text("1 scan waits")

    # Meanwhile the order is cancelled, and somebody else takes the device, who may neither see nor send it.
    post(page, f"orders/{order}/cancel", {"reason": "Ordered twice", "put_back": True})
    cookies = context.cookies()
    context.clear_cookies()
    context.set_offline(False)
    expect(notes).to_contain_text("You are signed out. What you scanned (1) is kept", timeout=PATIENCE_MS)
    sign_in(phone, "kettles@demo.example", demo.password)
    phone.goto("/fulfilment/scan")
    expect(notes).to_contain_text("Somebody else's scans wait on this device (1)")
    expect(state).to_contain_text("All sent")
    expect(phone.locator("body")).not_to_contain_text(number)

    # Its owner is back: it is sent, cannot be counted, says so, and waits in review.
    context.clear_cookies()
    context.add_cookies(cookies)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] -- as they were read
    phone.goto("/fulfilment/scan")
    expect(notes).to_contain_text(f"waits in review: Order {number} was cancelled", timeout=PATIENCE_MS)
    expect(state).to_contain_text("All sent")
    page.goto("/fulfilment/scan/review")
    row = page.locator("#list tbody tr").filter(has_text=number)
    expect(row).to_contain_text(f"Order {number} was cancelled in the meantime. Put 22178 back in")
    expect(row).to_contain_text("Olivia Owner")
    picture(page, "scan-review")
    page.set_viewport_size(WIDE)
    row.get_by_label("Why, for the scan of 22178").fill("Lies on its shelf again")
    row.get_by_role("button", name="Discard").click()
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Decided").click()
    expect(row).to_contain_text("Lies on its shelf again")


def taken_off(page: Page, walk: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many pieces the ledger says were ever picked from the places of these lines."""
    found = {line["sku"]: 0 for line in walk}
    places = {(line["sku"], line["location_code"]) for line in walk}
    cursor = ""
    while cursor is not None:
        answer = api(page, f"stock-moves?kind=pick&limit=200{cursor}")
        for move in answer["items"]:
            if (move["sku"], move["location_code"]) in places:
                found[move["sku"]] -= move["quantity"]
        cursor = f"&cursor={answer['next']}" if answer["next"] else None
    return found


def lines(page: Page, list_id: str) -> list[dict[str, Any]]:
    """Return the lines of a list as the hub has them."""
    found: list[dict[str, Any]] = api(page, f"pick-lists/{list_id}")["lines"]
    return found
