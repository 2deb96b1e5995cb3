"""Changing many prices after a look at them, and asking why one is what it is."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def at_rest(page: Page) -> None:
    """Wait until the hub has read all that the channel offers: until then what was read last stands above."""
    before, now = None, ""
    while before != now:
        before = now
        page.wait_for_timeout(4000)
        now = page.locator("#list tbody tr").first.get_attribute("data-href") or ""


def call_of_newest(page: Page) -> Locator:
    """Return the link to the call that told the newest price."""
    call = page.locator("#pushes tbody tr").first.get_by_role("link", name="Call")
    expect(call).to_be_visible()
    return call


def test_many_prices_change_after_a_preview_and_one_is_explained(page: Page, picture: Callable[..., None]) -> None:
    page.goto("/offers/prices")
    account = page.locator("select[name=account]")
    if account.count():
        account.select_option(label="bol (sandbox)")
        page.wait_for_url("**account=**")
    rows = page.locator("#list tbody tr")
    expect(rows.nth(2)).to_be_visible()
    expect(rows.filter(has_not_text="bol (sandbox)")).to_have_count(0)
    at_rest(page)
    known = rows.filter(has=page.locator("[data-label=Published]", has_text=re.compile(r"\d")))
    expect(known.nth(1)).to_be_visible(timeout=60_000)
    for place in range(2):
        known.nth(place).locator("input[data-pick]").check()
    picture(page, "prices-1-list")
    page.set_viewport_size(WIDE)
    expect(page.locator("[data-bulk-count]")).to_have_text("2")

    page.locator("[data-bulk]").get_by_role("button", name="Change prices").click()
    expect(page.get_by_role("region", name="2 offers")).to_be_visible()
    # By five per cent, a price that ends so already would end as it is, and be left alone.
    page.get_by_label("What to do").select_option(label="Raise by amount")
    page.get_by_label("Price, percentage or amount").fill("5")
    page.get_by_label("Round the result").select_option(label="Ending in .95")
    page.get_by_label("Reason").fill("Autumn prices")
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    new = page.locator("#list tbody tr").first.locator("[data-label=New]")
    expect(new).to_contain_text(".95")
    price = new.inner_text().strip()
    picture(page, "prices-2-preview")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Change 2 prices").click()
    expect(page.locator("#list tbody tr").first).to_contain_text("Changed")

    page.locator("#list tbody tr").first.get_by_role("link").click()
    page.wait_for_url(re.compile("/offers/prices/[0-9a-f-]{36}$"))
    expect(page.locator("#why")).to_contain_text("Autumn prices")
    expect(page.locator("#why")).to_contain_text("It stays until a person lets go of it.")
    told = page.locator("#pushes tbody tr").first
    expect(told).to_contain_text("Accepted", timeout=40_000)
    expect(told).to_contain_text(price)
    picture(page, "prices-3-why")
    page.set_viewport_size(WIDE)
    number = page.locator("#price .copyable .code").inner_text()
    call_of_newest(page).click()
    expect(page.locator("main")).to_contain_text(number)

    page.goto("/offers/prices/edits")
    page.get_by_role("link", name="Raised by 5").first.click()
    page.get_by_role("button", name="Put them back").click()
    page.get_by_role("dialog").get_by_role("button", name="Put them back").click()
    expect(page.locator("#list tbody tr").first).to_contain_text("Put back")
