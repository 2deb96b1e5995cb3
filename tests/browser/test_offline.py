"""The installed hub without a connection: the last known dashboard, and how old it is."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import becomes_true

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

KEPT = """async () => {
  await navigator.serviceWorker.ready;
  const pages = await caches.open("entrepot-pages-1");
  return (await pages.match("/jobs")) !== undefined && (await pages.match("/offline")) !== undefined;
}"""


def keep(page: Page) -> None:
    """Open the dashboard, and wait until it is kept."""
    page.goto("/jobs")
    becomes_true(page, KEPT)


def test_the_dashboard_is_there_without_a_connection_and_says_how_old_it_is(
    open_context: Callable[..., BrowserContext],
) -> None:
    context = open_context()
    page = context.new_page()
    keep(page)
    page.reload()
    schedule = page.get_by_role("rowheader").first.inner_text()

    context.set_offline(True)
    page.goto("/jobs")

    notice = page.locator("#kept")
    expect(notice).to_contain_text("No connection. This is the last known state, of")
    expect(notice).to_contain_text(re.compile(r"\d{1,2}:\d{2}"))
    expect(page.locator("main")).to_contain_text(schedule.splitlines()[0])
    expect(page.locator("main button[type=submit]:not([disabled])")).to_have_count(0)
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_have_text("No connection")
    page.get_by_role("link", name="Show the last known state of the runs").click()
    expect(notice).to_be_visible()

    context.set_offline(False)
    expect(page.locator("#kept")).to_have_count(0)  # the page asks again by itself


def test_a_page_that_loses_its_connection_says_so(open_context: Callable[..., BrowserContext]) -> None:
    context = open_context()
    page = context.new_page()
    page.goto("/jobs")

    context.set_offline(True)
    expect(page.locator("#kept")).to_contain_text("No connection")
    context.set_offline(False)
    expect(page.locator("#kept")).to_have_count(0)


def test_nothing_is_kept_after_signing_out(open_context: Callable[..., BrowserContext], page: Page) -> None:
    assert page
    context = open_context()
    own = context.new_page()
    keep(own)

    own.evaluate("fetch('/session/language', {method: 'POST'})")  # as signing out, without ending the others' session

    becomes_true(own, "async () => (await (await caches.open('entrepot-pages-1')).match('/jobs')) === undefined")


def test_it_can_be_installed(page: Page) -> None:
    page.goto("/jobs")
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")

    assert manifest["start_url"] == "/jobs"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        status = page.evaluate(
            "async (src) => (await fetch(new URL(src, document.querySelector('link[rel=manifest]').href))).status",
            icon["src"],
        )
        assert status == 200
