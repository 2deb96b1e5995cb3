"""A row that somebody presses is not drawn anew under the finger, which would take the click away."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]

SKU = "22423"


def press(page: Page) -> None:
    """Press the button of the mouse on the product's link, and hold it."""
    link = page.locator("#list").get_by_role("link", name=SKU, exact=True)
    box = link.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()


@pytest.mark.usefixtures("demo")
def test_leaving_the_search_for_a_row_opens_the_row(page: Page) -> None:
    page.goto("/products")
    page.get_by_role("searchbox", name="SKU, title or GTIN").fill(SKU)
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.wait_for_url(f"**q={SKU}**")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if f"q={SKU}" in request.url else None)

    press(page)
    page.wait_for_timeout(500)
    assert asked == []
    page.mouse.up()

    page.wait_for_url("**/products/*-*")


def test_news_wait_until_the_button_is_let_go(demo: Demo, page: Page) -> None:
    assert demo
    page.goto(f"/products?q={SKU}")
    page.evaluate("document.querySelector('#list').dataset.old = 'yes'")
    old = page.locator("#list[data-old]")

    press(page)
    with page.expect_response(lambda answer: "/products" in answer.url):
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:catalog'))")
    page.wait_for_timeout(300)
    expect(old).to_have_count(1)
    page.mouse.move(5, 400)  # it was not meant: nothing is opened
    page.mouse.up()

    expect(old).to_have_count(0)
    press(page)
    page.mouse.up()
    page.wait_for_url("**/products/*-*")


def test_a_menu_of_a_row_does_not_stop_the_news(demo: Demo, page: Page) -> None:
    assert demo
    page.goto(f"/products?q={SKU}")
    page.evaluate("document.querySelector('#list').dataset.old = 'yes'")
    link = page.locator("#list").get_by_role("link", name=SKU, exact=True)

    link.hover()
    page.mouse.down(button="right")
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live:catalog'))")

    expect(page.locator("#list[data-old]")).to_have_count(0)
    page.mouse.up(button="right")
