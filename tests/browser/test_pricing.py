"""Repricing as a seller meets it: a group, a rule that is tried, dry-run and switched on, and why a price is what it is."""

import os
import secrets

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def test_a_rule_is_tried_dry_run_switched_on_and_explained(page: Page) -> None:
    name = f"Cake stands {secrets.token_hex(2)}"
    page.goto("/offers?q=22423")  # the demo reads its offers first
    expect(page.locator("#list")).to_contain_text("22423", timeout=60_000)
    page.goto("/pricing")
    page.get_by_role("link", name="New group").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("SKU, title or GTIN contains").fill("22423")
    page.get_by_label("Stock from").fill("0")
    page.get_by_role("button", name="Make group").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    group = page.url
    expect(page.locator("#list")).to_contain_text("22423")

    page.get_by_role("link", name="New rule").first.click()
    page.get_by_label("Name", exact=True).fill("Stay close")
    page.get_by_label("Price floor").fill("1.00")
    page.get_by_label("Ceiling", exact=True).fill("500")
    page.get_by_role("button", name="What would it do now?").click()
    expect(page.locator("#preview")).to_contain_text("22423")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("link", name="Backtest")).to_be_visible()
    snap(page, "rule")

    for mode in ("Dry run", "Automatic"):
        page.goto(group)
        page.get_by_role("radio", name=mode).check()
        page.get_by_role("button", name="Switch", exact=True).click()
        expect(page.locator("header, main").first).to_be_visible()
        page.get_by_role("button", name="Look now").click()
    snap(page, "group")
    page.goto("/pricing/decisions?q=22423")
    decision = page.locator("#list tbody tr", has_text="Stay close").first
    expect(decision).to_be_visible(timeout=60_000)
    decision.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Why this price")).to_be_visible()
    expect(page.locator("#why")).to_contain_text(f"Stay close ({name})")
    snap(page, "why")
    if os.environ.get("PRICING_PICTURES"):
        for path in (
            "/pricing",
            "/pricing/proposals?show=all",
            "/pricing/governor",
            "/pricing/costs",
            "/pricing/analytics",
            "/pricing/groups/new",
        ):
            page.goto(path)
            snap(page, path.strip("/").replace("/", "-").split("?")[0])


def snap(page: Page, name: str) -> None:
    folder = os.environ.get("PRICING_PICTURES")
    if not folder:
        return
    for width in (1440, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
