"""Why is the stock of this SKU not on the channel?  In three clicks; and what a person does about it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE, Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(480)]

SKU = "22423"
CHANNEL = "Temu (sandbox)"


@contextmanager
def clicks_counted(page: Page) -> Generator[list[str]]:
    """Yield a list to which every click on a page is added."""
    clicked: list[str] = []

    def count(what: str) -> None:
        clicked.append(what)

    page.expose_function("countClick", count)
    page.add_init_script("addEventListener('click', (event) => countClick(event.target.textContent), true)")
    yield clicked


def test_why_a_sku_is_not_on_the_channel_in_three_clicks(demo: Demo, page: Page, picture: Callable[..., None]) -> None:
    offer = the_offer(demo, page)
    page.goto(offer)
    page.get_by_label("Units held back from this offer").fill("100000")
    with page.expect_response(lambda answer: answer.url.endswith(offer)):  # something happens to offers meanwhile
        page.evaluate("document.body.dispatchEvent(new CustomEvent('live:offers'))")
    expect(page.get_by_label("Units held back from this offer")).to_have_value("100000")
    page.locator("form").filter(has_text="Units held back").get_by_role("button", name="Save").click()
    expect(page.locator("#why")).to_contain_text("are held back: the buffer of this offer is 100,000")

    # What somebody does who only knows the SKU.
    with clicks_counted(page) as clicked:
        page.goto("/products")
        page.get_by_role("searchbox", name="SKU, title or GTIN").fill(SKU)
        product = page.locator("#list").get_by_role("link", name=SKU, exact=True)
        expect(page.locator("#list tbody tr")).to_have_count(1)
        picture(page, "why-1-search", phone=False)
        page.set_viewport_size(WIDE)
        product.click()
        page.wait_for_url("**/products/*-*")
        picture(page, "why-2-product", phone=False)
        page.set_viewport_size(WIDE)
        page.get_by_role("link", name="On the channels").click()
        expect(page.locator("#standing")).to_contain_text("are held back: the buffer of this offer is 100,000")
        picture(page, "why-3-channels")
        page.set_viewport_size(WIDE)
        page.get_by_role("region", name=CHANNEL).get_by_role("link", name="Why").click()
        page.wait_for_url("**/offers/*-*")
        expect(page.locator("#why")).to_contain_text("are held back: the buffer of this offer is 100,000")
        assert len(clicked) == 3, clicked

    # The channel was told 0, and said yes.
    expect(page.locator("#pushes tbody tr").first).to_contain_text("Accepted", timeout=40_000)
    expect(page.locator("#offer")).to_contain_text("100,000 (this offer)")
    picture(page, "why-4-offer")
    page.set_viewport_size(WIDE)

    # Taken away again, the channel is told what there is.
    page.get_by_label("Units held back from this offer").fill("")
    page.locator("form").filter(has_text="Units held back").get_by_role("button", name="Save").click()
    expect(page.locator("#why")).to_contain_text("and that is right", timeout=40_000)


def test_limits_of_an_account_and_reading_back(page: Page, picture: Callable[..., None]) -> None:
    page.goto("/offers/accounts")
    page.locator("#list tbody").get_by_role("link").first.click()
    page.get_by_label("Most units the channel is told").fill("nothing")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#e-maximum")).to_contain_text("Enter a whole number")
    page.get_by_label("Most units the channel is told").fill("900")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Most units the channel is told")).to_have_value("900")
    page.get_by_role("button", name="Read some back now").click()
    expect(page.locator("#figures")).to_contain_text("in seven days", timeout=40_000)
    picture(page, "channel-stock")
    page.set_viewport_size(WIDE)
    page.get_by_label("Most units the channel is told").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Most units the channel is told")).to_have_value("")


def the_offer(demo: Demo, page: Page) -> str:
    """Return the address of the SKU's offer, once it has been read and told."""

    told = f"/offers?state=in_step&q={SKU}"

    def found() -> str | None:
        if (
            CHANNEL not in page.request.get(told).text().partition('id="list"')[2]
        ):  # cheaper than a page with its styles
            return None
        page.goto(told)
        rows = page.locator("#list tbody tr").filter(has_text=CHANNEL)
        return rows.first.get_by_role("link").first.get_attribute("href") if rows.count() else None

    return demo.eventually(found, what="telling the channel", seconds=400)  # thousands of offers, at the channel's pace
