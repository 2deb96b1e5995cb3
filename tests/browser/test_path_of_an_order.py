"""The way of one order, from a buyer on the marketplace to a delivered parcel, on the real pages only."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE, Demo, import_now

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

SCANNED = ("22423", 2)
CLICKED = ("85123A", 1)


def scan(page: Page, code: str) -> None:
    """Type as a wedge scanner does: fast, wherever the focus is, Enter at the end."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_an_order_travels_from_the_marketplace_to_a_delivered_parcel(  # noqa: PLR0915 -- one story
    demo: Demo, page: Page, picture: Callable[..., None]
) -> None:
    # A buyer orders; the list of orders is open somewhere and shows it without being asked again.
    page.goto("/orders")
    expect(page.locator("[data-live=live]")).to_be_visible()
    number = demo.place_order(SCANNED, CLICKED)
    desk = page.context.new_page()
    desk.goto("/orders")
    import_now(desk)
    row = page.locator("#list").get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("Reserved", timeout=40_000)
    desk.close()
    picture(page, "orders")
    page.set_viewport_size(WIDE)

    # Reserved, with a place to take it from.
    row.get_by_role("link", name=number).click()
    expect(page.locator("#order-status")).to_contain_text("Reserved")
    order = page.url
    picture(page, "order-reserved")
    page.set_viewport_size(WIDE)

    # Released to a pick list.
    page.goto("/fulfilment/ready")
    picture(page, "release")
    page.set_viewport_size(WIDE)
    page.get_by_label(f"Select BOL-{number}").check()
    page.get_by_role("button", name="Release to picking").click()
    page.wait_for_url("**/fulfilment/pick/*/lines")
    expect(page.get_by_role("row").filter(has_text=number)).to_have_count(2)
    picture(page, "pick-list", phone=False)

    # Picked: one line by its barcode, piece by piece, the other by a button.
    page.locator(".page-actions").get_by_role("button", name="Pick", exact=True).click()
    task = page.locator("#task")
    barcode = demo.gtin(SCANNED[0])
    picked = scans = 0
    while picked < SCANNED[1] + CLICKED[1]:
        expect(task).to_contain_text(f"{picked} of 3")
        if barcode in task.inner_text():
            if scans == 0:
                scan(page, demo.gtin("22178"))  # not what was asked for
                expect(task).to_have_class(re.compile("task-danger"))
                picture(page, "pick-wrong", phone=True)
                page.set_viewport_size(WIDE)
            page.wait_for_timeout(800)  # the same code again at once is the same pull of the trigger
            scan(page, barcode)
            picked, scans = picked + 1, scans + 1
            expect(task).to_contain_text(f"{picked} of 3")
            if scans == 1:
                picture(page, "pick")
                page.set_viewport_size(WIDE)
        else:
            task.get_by_role("button", name=re.compile("Picked")).click()
            picked += CLICKED[1]
    expect(task).to_contain_text("All done")
    assert scans == SCANNED[1]

    # Packed and weighed, labelled and shipped.
    page.goto("/fulfilment/pack")
    scan(page, number)
    page.wait_for_url("**/fulfilment/pack/*-*")
    page.get_by_label("Weight in grams").fill("1240")
    picture(page, "pack")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Label and ship").click()
    expect(page.get_by_role("link", name="Print label")).to_be_visible(timeout=30_000)
    label = page.request.get(page.get_by_role("link", name="Print label").get_attribute("href") or "")
    assert label.body().startswith(b"%PDF")
    picture(page, "shipped", phone=False)

    # The marketplace was told, and its word is awaited.
    page.get_by_role("link", name="Shipment", exact=True).click()
    code = page.locator("[data-copy]").first.get_attribute("data-copy")
    assert code
    expect(page.locator("#shipment")).to_contain_text("Confirmed", timeout=40_000)
    known = demo.ask(f"orders/{number}")
    assert [item["shipped"] for item in known["items"]] == [item["quantity"] for item in known["items"]]
    told = [one for account in demo.ask("state")["shipments"].values() for one in account if one["order_id"] == number]
    assert {one["tracking"] for one in told} == {code}

    # The sandbox's own page shows it too.
    market = page.context.new_page()
    market.goto(demo.sandbox)
    expect(market.locator("body")).to_contain_text(code)
    picture(market, "sandbox", phone=False)

    # The carrier delivers; the next look at the carrier says so.
    market.request.post(f"{demo.sandbox}/sandbox/api/parcels/{code}/deliver")
    market.close()
    picture(page, "shipment", phone=False)
    page.get_by_role("button", name="Ask the carrier now").click()
    expect(page.locator("#shipment")).to_contain_text("Delivered", timeout=40_000)
    page.goto(order)
    expect(page.locator("#order-status")).to_contain_text("Delivered", timeout=40_000)
    picture(page, "order-delivered")
