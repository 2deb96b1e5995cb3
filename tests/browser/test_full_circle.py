"""From nothing to a full circle: a new hub, an ERP and a channel connected on the pages, an order there and back again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS, Demo, NewHub, keep_picture, listen

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

SHOP = "sandbox-temu-app-2"
"""A shop that the demo is not connected to."""
SKU = "22423"
LONG = 40_000


def test_a_new_hub_takes_an_order_from_temu_through_jtl_and_back(
    demo: Demo, new_hub: NewHub, open_context: Callable[..., BrowserContext]
) -> None:
    page = open_context(storage_state=new_hub.owner, base_url=new_hub.address).new_page()
    errors = listen(page)
    add_the_product(page)
    connect_jtl(page, str(demo.ask("jtl")["address"]))
    connect_temu(page, next(shop for shop in demo.ask("temu") if shop["app_key"] == SHOP))
    join(page)
    number = a_buyer_orders(demo)
    order = see_it_handed_over(page, number)
    code = see_it_come_back(demo, page, number)
    follow_a_call(page, order, number, code)

    assert errors == []


def a_buyer_orders(demo: Demo) -> str:
    """Let a buyer order at Temu, and have thought it over; return Temu's number of the order."""
    demo.tell("temu", {"app_key": SHOP, "withheld_one_in": 0, "codeless_one_in": 0})
    number = demo.place_order((SKU, 2), country="DE", shop=SHOP)
    demo.tell("clock", {"advance_seconds": 6})
    return f"PO-076-{number[1:]}"


def add_the_product(page: Page) -> None:
    """Let the hub know what is sold."""
    page.goto("/products/new")
    page.get_by_label("SKU").first.fill(SKU)
    page.get_by_label("Title").fill("Regency cakestand")
    page.get_by_role("button", name="Save product").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Regency cakestand")


def connect_jtl(page: Page, address: str) -> None:
    """Connect the ERP: a wrong password is refused with a sentence, a test shows every column that was looked for."""
    page.goto("/erp")
    page.get_by_role("link", name="Connect an ERP").first.click()
    jtl(page).get_by_role("link", name="Connect").click()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Database address").fill(address.replace(":sandbox", ":wrong-", 1))
    page.get_by_role("button", name="Test", exact=True).click()
    result = page.locator("#test-result")
    expect(result.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Database address").fill(address)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(result).to_contain_text("everything needed is there", timeout=PATIENCE_MS)
    expect(result).to_contain_text("tXMLBestellImport")
    page.get_by_role("button", name="Test and connect").click()
    page.wait_for_url("**/erp/*-*")


def jtl(page: Page) -> Locator:
    return page.get_by_role("region", name="JTL-Wawi")


def connect_temu(page: Page, shop: dict[str, str]) -> None:
    """Connect the channel from where the ERP says that there is none yet, and go live."""
    page.get_by_role("region", name="Channel accounts").get_by_role("link", name="Connect a channel").click()
    page.get_by_role("region", name="Temu").get_by_role("link", name="Connect").click()
    page.get_by_label("App key").fill(shop["app_key"])
    page.get_by_label("App secret").fill(shop["app_secret"])
    page.get_by_label("Access token").fill("not-the-token")
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Gateway address").fill(shop["gateway"])
    page.get_by_role("button", name="Test", exact=True).click()
    result = page.locator("#test-result")
    expect(result.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label("Access token").fill(shop["access_token"])
    page.get_by_role("button", name="Test", exact=True).click()
    expect(result).to_contain_text("The channel accepts these credentials", timeout=PATIENCE_MS)
    keep_picture(page, "circle-connect-temu")
    page.get_by_role("button", name="Test and connect").click()
    page.wait_for_url("**/channels/*-*")
    expect(page.locator("[data-live=live]")).to_be_visible()  # what happened while the page opened is on it by then
    page.get_by_role("button", name="Go live").click()
    page.get_by_role("dialog").get_by_role("button", name="Go live").click()
    expect(page.get_by_role("region", name="Mode")).to_contain_text("shipments, cancellations and stock go out")
    keep_picture(page, "circle-live")


def join(page: Page) -> None:
    """Let the ERP ship the channel's orders, and go to the runs of the channel."""
    page.goto("/erp")
    page.locator("#list").get_by_role("link", name="JTL-Wawi").click()
    row = page.get_by_role("table", name="Channel accounts").get_by_role("row").filter(has_text="Temu")
    row.get_by_label("Orders and tracking").check()
    row.get_by_label("Stock").check()
    row.get_by_role("button", name="Save").click()
    expect(row.get_by_label("Orders and tracking")).to_be_checked()
    keep_picture(page, "circle-joined")
    row.get_by_role("link", name="Runs").click()
    expect(page.locator(".page-sub")).to_contain_text("JTL-Wawi ships the orders of this account.")


def run_now(page: Page) -> Locator:
    """Start the order run; return what the page says about it."""
    card = page.get_by_role("region", name="Order run")
    with page.expect_navigation():
        card.get_by_role("button", name="Run now").click()
    return card


def see_it_handed_over(page: Page, number: str) -> str:
    """Run, and see the order in the list and at the ERP; return the address of its page."""
    card = run_now(page)
    expect(card.get_by_role("row").filter(has_text="3. Hand over to the ERP")).to_contain_text(
        "handed over", timeout=LONG
    )
    expect(card).to_contain_text("Next run")
    keep_picture(page, "circle-first-run")
    page.goto("/orders")
    page.locator("#list").get_by_role("link", name=number).click()
    page.wait_for_url("**/orders/*-*")
    expect(page.locator("#order-status")).to_contain_text("Handed over", timeout=LONG)
    return page.url


def see_it_come_back(demo: Demo, page: Page, number: str) -> str:
    """Let the ERP send it, run again, and see Temu's confirmation on the order's page; return the tracking code."""
    demo.tell("jtl/send", {})
    back = page.context.new_page()
    back.goto("/channels")
    back.locator("#list").get_by_role("link", name="Temu").click()
    back.locator("main").get_by_role("link", name="Runs", exact=True).click()
    run_now(back)
    parcels = page.get_by_role("region", name="Parcels")
    expect(parcels).to_contain_text("Confirmed", timeout=LONG)  # nobody touched the page of the order meanwhile
    expect(page.locator("#order-status")).to_contain_text("Shipped")
    keep_picture(page, "circle-confirmed")
    back.close()

    code = parcels.locator(".code").first.inner_text()
    at_jtl = next(one for one in demo.ask("jtl")["orders"] if one["reference"].endswith(number))
    assert at_jtl["tracking"] == [code]
    told = [one for one in demo.ask("state")["shipments"][SHOP] if one["order_id"][1:] in number]
    assert [one["tracking"] for one in told] == [code]
    return code


def follow_a_call(page: Page, order: str, number: str, code: str) -> None:
    """From the order to what was said about it outside, into one call, to its run, and back to the order."""
    page.get_by_role("region", name="Calls to the outside").get_by_role("link", name="Show all").click()
    page.wait_for_url("**/calls?order=*")
    page.locator("#list").get_by_role("link", name="shipment").first.click()
    page.wait_for_url("**/calls/*-*")
    expect(page.locator("main")).to_contain_text(code)
    keep_picture(page, "circle-call")
    page.get_by_role("link", name="Order run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order run")
    page.go_back()
    page.get_by_role("link", name=f"TEMU-{number}").click()
    page.wait_for_url(order)
