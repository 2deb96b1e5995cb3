"""The driver's page where there is no network: opened again, and going on where it was."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import Demo, becomes_true
from tests.browser.test_scanning import api, ordered, post

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

ONE_HAND = ViewportSize(width=360, height=740)
KEPT = """async (path) => {
  await navigator.serviceWorker.ready;
  const page = await (await caches.open("entrepot-pages-1")).match(path);
  const files = await (await caches.open("entrepot-files-1")).keys();
  return page !== undefined && files.some((file) => file.url.includes("/drive-"));
}"""


def under_way(demo: Demo, page: Page, orders: int) -> tuple[str, list[str]]:
    """Send a driver off with packed orders; returns the route and the orders."""
    ids = [ordered(demo, page, ("22423", 1))[0] for _ in range(orders)]
    for one in ids:
        post(page, f"orders/{one}/express")
    wanted = {"day": datetime.now(UTC).date().isoformat(), "driver_id": api(page, "me")["id"], "order_ids": ids}
    route = post(page, "routes", wanted)["route"]["id"]
    for stop in api(page, f"routes/{route}")["stops"]:
        for parcel in stop["parcels"]:
            post(page, f"routes/{route}/load", {"code": parcel})
    post(page, f"routes/{route}/start", {})
    return route, ids


def test_a_driver_opens_the_route_again_without_a_network(
    demo: Demo, page: Page, open_context: Callable[..., BrowserContext]
) -> None:
    route, orders = under_way(demo, page, 2)
    path = f"/fulfilment/drive/{route}"
    context = open_context(viewport=ONE_HAND)
    phone = context.new_page()
    phone.goto(path)
    becomes_true(phone, KEPT, path)

    context.set_offline(True)
    first = phone.locator("[data-stop][open]")
    done = first.get_attribute("data-stop")
    first.get_by_label("Who took it").fill("B. Jansen")
    first.get_by_role("button", name="Delivered").click()
    waiting = phone.locator("[data-drive-waiting]")
    expect(waiting).to_contain_text("One report waits")

    # The browser was closed, or the page reloaded: the route is there, and what was reported is not asked for again.
    phone.goto(path)
    expect(phone.locator("#kept")).to_contain_text("This is the route as it was at")
    expect(waiting).to_contain_text("One report waits")
    expect(phone.locator(f'[data-stop="{done}"]')).to_have_class(re.compile("stop-kept"))
    second = phone.locator("[data-stop][open]")
    expect(second).to_have_count(1)
    assert second.get_attribute("data-stop") != done
    expect(phone.get_by_role("button", name="Finish the route")).to_be_disabled()
    second.get_by_label("Who took it").fill("C. Bakker")
    second.get_by_role("button", name="Delivered").click()
    expect(waiting).to_contain_text("2 reports wait")

    context.set_offline(False)
    expect(phone.get_by_text("Nothing ahead")).to_be_visible()
    assert {api(page, f"orders/{one}")["status"] for one in orders} == {"delivered"}

    # A route that is over leaves the phone.
    post(page, f"routes/{route}/finish")
    phone.goto(path)
    becomes_true(phone, "async (path) => !(await (await caches.open('entrepot-pages-1')).match(path))", path)
