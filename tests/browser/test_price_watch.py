"""From a pasted address to a chart; and a store that changed its pages is put right where its fetch is looked at."""

import re
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

BEFORE = """<!doctype html><html lang="nl"><title>Theepot</title><script type="application/ld+json">{"@context":
"https://schema.org", "@type": "Product", "name": "Theepot", "offers": {"@type": "Offer", "price": "12.95",
"priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}</script><h1>Theepot</h1>"""
AFTER = (
    """<!doctype html><html lang="nl"><title>Theepot</title><h1>Theepot</h1><div id="buy" data-amount="11,50"></div>"""
)


class Pages(BaseHTTPRequestHandler):
    """A shop of one page."""

    shown = BEFORE

    def do_GET(self) -> None:
        content = type(self).shown.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Say nothing."""


@pytest.fixture
def shop() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/theepot"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_pasted_address_becomes_a_chart(page: Page, demo: Demo, picture: Callable[..., None]) -> None:
    shown = demo.ask("shops")[0]
    product = demo.ask(f"shops/{shown['key']}/products?limit=40")[-2]
    page.goto("/prices/products")
    page.get_by_role("link", name="Watch a page").first.click()
    page.get_by_label("Address of the product's page").fill(f"{product['address']}?utm_source=newsletter")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Watch this page?")
    expect(page.get_by_label("Title")).not_to_have_value("")
    expect(page.get_by_role("region", name="Where it was found")).to_contain_text("Price")
    picture(page, "watch-2-found")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Watch it").click()
    page.wait_for_url(re.compile("/prices/products/[0-9a-f-]{36}$"))
    expect(page.locator("#history")).to_contain_text("What it cost", timeout=30_000)
    expect(page.locator("#listings tbody tr")).to_have_count(1)
    expect(page.locator("#listings tbody tr")).not_to_contain_text("not yet")
    picture(page, "watch-3-product")
    page.set_viewport_size(WIDE)
    page.goto(f"/prices/add?url={product['address']}")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("main")).to_contain_text("You watch this page already")


def test_a_store_that_changed_its_pages_is_put_right(page: Page, shop: str, picture: Callable[..., None]) -> None:
    Pages.shown = BEFORE
    page.goto(f"/prices/add?url={shop}")
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Watch it").click()
    page.locator("#listings").get_by_role("link", name="Look into it").click()
    answers = page.locator("#answers")
    expect(answers).to_contain_text("12.95")
    Pages.shown = AFTER
    page.get_by_role("button", name="Check now").click()
    fetches = page.locator("main").get_by_role("table", name="Fetches").locator("tbody tr")
    for _ in range(60):
        if fetches.count() > 1:
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(fetches).to_have_count(2)
    expect(answers.locator("tbody tr").first).not_to_contain_text("12.95")

    selectors = page.get_by_label("Selectors", exact=True)
    selectors.fill("price=attribute:#nothing@data-amount")
    page.get_by_role("button", name="Try on this page").click()
    expect(answers).not_to_contain_text("11.5")
    selectors.fill("price=attribute:#buy@data-amount")
    page.get_by_label("Currency", exact=True).fill("EUR")
    page.get_by_role("button", name="Try on this page").click()
    expect(answers).to_contain_text("11.5")
    picture(page, "watch-4-debug")
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Save for the store").click()
    expect(page.get_by_role("main")).to_contain_text("Saved.")
    for _ in range(60):
        if "11.50" in page.locator(".stats").inner_text():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator(".stats")).to_contain_text("11.50")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
