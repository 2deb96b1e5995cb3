"""What every page has: keys, palette, languages, dark, live."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def test_keys_alone_reach_an_order(demo: Demo, page: Page, bring_in: Callable[[Page, str], str]) -> None:
    number = demo.place_order(("22423", 1))
    address = bring_in(page, number)

    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type(number)
    expect(page.locator("#palette").get_by_role("option").first).to_contain_text(number)
    page.keyboard.press("Enter")
    page.wait_for_url(address)

    page.goto("/products")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/orders")
    page.keyboard.press("/")
    page.keyboard.type(number)
    expect(page.locator("[data-rows] > tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(".row-current")).to_contain_text(number)
    page.keyboard.press("Enter")
    page.wait_for_url(address)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_j_and_k_walk_the_rows(demo: Demo, page: Page, bring_in: Callable[[Page, str], str]) -> None:
    bring_in(page, demo.place_order(("22423", 1)))
    page.goto("/orders")
    rows = page.locator("[data-rows] > tr")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_class(re.compile("row-current"))
    page.keyboard.press("k")
    expect(rows.nth(0)).to_have_class(re.compile("row-current"))
    page.keyboard.press("x")
    expect(page.locator("[data-bulk]")).to_contain_text("1 selected")


@pytest.mark.parametrize(
    ("language", "code", "orders"), [("Nederlands", "nl", "Bestellingen"), ("Deutsch", "de", "Bestellungen")]
)
def test_the_menu_speaks_the_chosen_language(page: Page, language: str, code: str, orders: str) -> None:
    page.goto("/orders")
    english = set(page.locator("nav.side-nav a").all_inner_texts())
    page.get_by_title("Olivia Owner").click()
    page.get_by_role("button", name=language).click()
    expect(page.locator("html")).to_have_attribute("lang", code)
    expect(page.get_by_role("heading", level=1)).to_have_text(orders)
    theirs = set(page.locator("nav.side-nav a").all_inner_texts())
    assert english & theirs <= {
        "Dashboard",
        "Jobs",
        "Audit",
        "Imports",
        "ERP",
        "Badges",
        "Routes",
    }  # the same word there
    page.get_by_title("Olivia Owner").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")


def test_dark_stays_dark(page: Page, picture: Callable[..., None]) -> None:
    page.goto("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_title("Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    picture(page, "dashboard-dark", phone=False)


def test_what_happened_during_a_lost_connection_is_shown_after_it(
    demo: Demo, open_context: Callable[..., BrowserContext], bring_in: Callable[[Page, str], str]
) -> None:
    context = open_context()
    page = context.new_page()  # its console is full of the lost connection
    address = bring_in(page, demo.place_order(("85123A", 1)))
    page.goto(address)
    expect(page.locator("[data-live=live]")).to_be_visible()
    context.set_offline(True)
    expect(page.locator("[data-live=reconnecting]")).to_be_visible()

    other = open_context().new_page()
    other.goto(address)
    other.get_by_role("button", name="Hold", exact=True).click()
    other.get_by_role("dialog").get_by_label("Why?").fill("The buyer called")
    other.get_by_role("dialog").get_by_role("button", name="Hold", exact=True).click()
    expect(other.locator("#order-status")).to_contain_text("On hold")
    expect(page.locator("#order-status")).not_to_contain_text("On hold")

    context.set_offline(False)
    expect(page.locator("#order-status")).to_contain_text("On hold", timeout=20_000)


def test_the_dashboard_counts(page: Page, picture: Callable[..., None]) -> None:
    page.goto("/")
    expect(page.get_by_text("Ready to pick")).to_be_visible()
    page.wait_for_timeout(500)
    picture(page, "dashboard")
