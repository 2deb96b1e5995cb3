"""The door, and the page behind it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Demo, listen, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def test_the_owner_signs_in_and_sees_the_dashboard(
    demo: Demo, open_context: Callable[..., BrowserContext], picture: Callable[..., None]
) -> None:
    page = open_context(storage_state=None).new_page()
    errors = listen(page)
    page.goto("/orders")  # asked for something else before
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    picture(page, "sign-in", phone=False)
    sign_in(page, demo.email, demo.password)
    page.goto("/")
    expect(page.get_by_role("heading", level=1, name="Dashboard")).to_be_visible()
    expect(page.locator("[data-live=live]")).to_be_visible()
    assert errors == []


def test_a_wrong_password_is_refused_in_words(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context(storage_state=None).new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(demo.email)
    page.get_by_label("Password", exact=True).fill("something-else-entirely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("password")
    assert page.context.cookies() == [] or not any(c.get("name") == "session" for c in page.context.cookies())


def test_signing_out_ends_the_session(demo: Demo, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context(storage_state=None).new_page()
    sign_in(page, demo.email, demo.password)
    before = page.context.storage_state()
    page.get_by_title("Olivia Owner").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    old: Page = open_context(storage_state=before).new_page()
    old.goto("/orders")
    expect(old.get_by_role("heading", name="Sign in")).to_be_visible()
