"""Work in the warehouse with a wedge scanner, on a phone of 360 px: put-away and a count; its pages can be used by everyone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import listen
from tests.browser.test_every_page import look_at, page_to_look_at
from tests.browser.test_path_of_an_order import scan

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

SKU = "22423"
PAGES = (
    "/lots",
    "/stock/put-away",
    "/replenish",
    "/pick-faces",
    "/reorganise",
    "/counts/new",
    "/counts/report",
    "/counts",
)


def test_pages_of_the_warehouse_fit_and_are_accessible(open_context: Callable[..., BrowserContext]) -> None:
    page = page_to_look_at(open_context)
    errors = listen(page)

    troubles = [f"{address}: {trouble}" for address in PAGES for trouble in look_at(page, address)]

    assert troubles == []
    assert errors == []


def test_puts_away_and_counts_with_a_scanner(page: Page, picture: Callable[..., None]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/stock/receive?location=RECEIVING")
    page.get_by_label("Product (SKU or barcode)").fill(SKU)
    page.get_by_label("Lot", exact=False).first.fill("B-7")
    page.locator("input[name=expires_on]").fill("2031-05-31")
    page.get_by_label("Quantity").fill("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Received: 3 of {SKU}, RECEIVING.")).to_be_visible()

    page.goto("/stock/put-away")
    task = page.locator("#task")
    scan(page, "NO-SUCH-THING")
    expect(task).to_contain_text("neither a product nor a location")
    scan(page, SKU)
    expect(task).to_contain_text("Scan the location")
    expect(task).to_contain_text("B-7")
    picture(page, "put-away")
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    place = task.locator(".task-big").inner_text()
    scan(page, place)
    expect(task).to_contain_text(f"3 of {SKU} now in {place}.")

    page.goto("/lots?q=B-7")
    expect(page.locator("#list").get_by_role("row").filter(has_text="B-7")).to_contain_text("3")
    picture(page, "lots")
