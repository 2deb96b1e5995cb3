"""A new hub: the first visitor who sits at it makes it theirs."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import NewHub, listen

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


def test_an_empty_hub_is_set_up_on_one_page(new_hub: NewHub, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context(storage_state=new_hub.owner, base_url=new_hub.address).new_page()
    errors = listen(page)

    page.goto("/warehouses")
    expect(page.locator("main")).to_contain_text("Back room")
    page.goto("/first-run")

    assert "/first-run" not in page.url
    assert [*new_hub.errors, *errors] == []
