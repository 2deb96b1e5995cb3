"""A new hub: the first visitor who sits at it makes it theirs."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import listen, three_free_ports, wait_until_ready

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(240)]


@pytest.mark.timeout(240)
def test_an_empty_hub_is_set_up_on_one_page(
    tmp_path: Path, open_context: Callable[..., BrowserContext], picture: Callable[..., None]
) -> None:
    port = three_free_ports()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}
    environment |= {"ENTREPOT_DATA_DIR": str(tmp_path / "data"), "ENTREPOT_PORT": str(port)}
    log = tmp_path / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "entrepot", "up"], env=environment, stdout=out, stderr=out)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address, process, log)
        page = open_context(storage_state=None, base_url=address).new_page()
        errors = listen(page)
        page.goto("/")
        page.wait_for_url("**/first-run")
        picture(page, "first-run")
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        for label, value in {
            "Your name": "Olga",
            "E-mail address": "olga@example.com",
            "Name of your company or shop": "Olga's Lamps",
            "Name of your warehouse": "Back room",
        }.items():
            page.get_by_label(label).fill(value)
        page.locator("input[name=password]").fill("correct horse battery staple")
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
        expect(page.get_by_role("region", name="First steps")).to_contain_text("channel")
        picture(page, "first-steps")
        page.goto("/warehouses")
        expect(page.locator("main")).to_contain_text("Back room")
        page.goto("/first-run")
        assert "/first-run" not in page.url
        assert errors == []
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
