"""Daily work on the real pages: trouble and how it ends, files, channels, people."""

import re
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Demo, listen, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def test_an_order_for_an_unknown_product_waits_and_goes_on(page: Page, picture: Callable[..., None]) -> None:
    sku = f"LAMP-{secrets.token_hex(3).upper()}"
    page.goto("/orders/new")
    for label, value in {
        "SKU": sku, "Quantity": "2", "Price each": "19.95", "First name": "Noor", "Last name": "Bakker",
        "Street": "Kerkstraat", "House number": "7", "Postcode": "3511 AB", "City": "Utrecht",
    }.items():  # fmt: skip
        page.get_by_label(label).first.fill(value)
    page.get_by_role("button", name="Save order").click()
    expect(page.locator("#order")).to_contain_text("Unknown SKU")
    order = page.url
    picture(page, "attention")
    page.goto("/orders?attention=any")
    expect(page.locator("#list")).to_contain_text("Noor Bakker")

    page.goto(order)
    page.get_by_role("link", name="Add the product").click()
    page.get_by_label("SKU").first.fill(sku)
    page.get_by_label("Title").fill("Desk lamp")
    page.get_by_role("button", name="Save product").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Desk lamp")
    page.goto(order)
    expect(page.locator("#order-status")).to_contain_text("Pending")

    receive(page, sku, 5)
    page.goto(order)
    expect(page.locator("#order-status")).to_contain_text("Reserved", timeout=30_000)
    expect(page.locator("#order .notice-danger")).to_have_count(0)


def receive(page: Page, sku: str, quantity: int) -> None:
    """Put goods into the first slot of the demo."""
    page.goto("/stock/receive")
    page.get_by_label("Location").fill("1A-01")
    page.get_by_label("Product (SKU or barcode)").fill(sku)
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_role("button", name="Receive goods").click()
    expect(page.get_by_role("table", name="Ledger")).to_contain_text(sku)


def test_hold_let_go_and_cancel(demo: Demo, page: Page, bring_in: Callable[[Page, str], str]) -> None:
    number = demo.place_order(("22423", 1))
    address = bring_in(page, number)
    page.get_by_role("button", name="Hold", exact=True).click()
    page.get_by_role("dialog").get_by_label("Why?").fill("Address in doubt")
    page.get_by_role("dialog").get_by_role("button", name="Hold", exact=True).click()
    expect(page.locator("#order")).to_contain_text("Address in doubt")
    page.get_by_role("button", name="Let go").click()
    expect(page.locator("#order-status")).not_to_contain_text("On hold")
    page.get_by_role("button", name="Cancel order").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel order").click()
    expect(page.locator("#order-status")).to_contain_text("Cancelled")
    page.goto(address)
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("Olivia Owner")


def test_a_table_of_products_is_tried_before_it_counts(page: Page, picture: Callable[..., None]) -> None:
    page.goto("/imports/new/products")
    rows = "SKU,Title,GTIN,Sales price\nVASE-1,Vase,,12.50\nVASE-2,Vase with a wrong barcode,4006381333932,9.00\n"
    page.get_by_label("CSV file").set_input_files(
        {"name": "vases.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.get_by_role("button", name="Continue").click()
    wrong = page.get_by_role("region", name="Rows that would fail")
    expect(wrong).to_contain_text("check digit")
    picture(page, "import-preview")
    page.get_by_role("button", name=re.compile("Import 2 rows")).first.click()
    expect(page.locator("#result")).to_contain_text("check digit", timeout=30_000)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download failed rows").click()
    assert "VASE-2" in waiting.value.path().read_text()
    page.goto("/products?q=VASE")
    expect(page.locator("#list")).to_contain_text("VASE-1")
    expect(page.locator("#list")).not_to_contain_text("VASE-2")


def test_wrong_credentials_are_refused_in_a_sentence(demo: Demo, page: Page, picture: Callable[..., None]) -> None:
    page.goto("/channels/new/bol")
    picture(page, "connect-bol")
    page.get_by_label("Client ID").fill("somebody")
    page.get_by_label("Client secret").fill("nonsense")
    page.get_by_text("Advanced").click()
    page.get_by_label(re.compile("API", re.IGNORECASE)).last.fill(demo.sandbox)
    page.locator("input[name=token_url]").fill(f"{demo.sandbox}/token")
    page.locator("input[name=api_url]").fill(demo.sandbox)
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_role("alert").first).to_contain_text(re.compile("client|credentials|secret", re.IGNORECASE))
    assert "nonsense" not in page.content()
    page.goto("/channels")
    expect(page.locator("[data-rows] > tr")).to_have_count(2)  # those of the demo
    picture(page, "channels")
    page.locator("[data-rows] a").filter(has_text="bol").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("bol")
    picture(page, "channel-account", phone=False)


def test_another_seller_sees_nothing_of_it(
    demo: Demo, page: Page, open_context: Callable[..., BrowserContext], bring_in: Callable[[Page, str], str]
) -> None:
    order = bring_in(page, demo.place_order(("22423", 1)))
    page.goto("/products")
    page.locator("[data-rows] a").first.click()
    product = page.url
    other = open_context(storage_state=None).new_page()
    errors = listen(other)
    sign_in(other, "kettles@demo.example", demo.password)
    for address in (
        "/orders",
        "/products",
        "/stock",
        "/fulfilment/pick",
        "/fulfilment/ready",
        "/fulfilment/shipments",
        "/offers",
    ):
        other.goto(address)
        expect(other.get_by_role("heading", level=1)).to_be_visible()
        expect(other.locator("[data-rows] > tr")).to_have_count(0)
        expect(other.locator("body")).not_to_contain_text("Gift shop")
    assert errors == []
    for address in (order, product):
        answer = other.goto(address)
        assert answer is not None
        assert answer.status == 404
    assert other.request.get("/search.json?q=BOL").json() == []


def test_pages_of_the_manual(page: Page, picture: Callable[..., None]) -> None:
    for name, address in {
        "products": "/products", "stock": "/stock", "warehouses": "/warehouses", "pick-lists": "/fulfilment/pick",
        "pack-queue": "/fulfilment/pack", "shipments": "/fulfilment/shipments", "needs-attention": "/channels/inbox",
        "users": "/users", "sellers": "/sellers", "api-keys": "/api-keys", "jobs": "/jobs", "carriers": "/carriers",
    }.items():  # fmt: skip
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        picture(page, name, phone=name in {"stock", "pack-queue"})
