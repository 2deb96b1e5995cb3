"""A running demo and a real Chromium.  Skipped, saying why, where there is no Chromium."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))  # one demo, one Chromium
            item.add_marker(pytest.mark.timeout(240))


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the hub and the sandbox listen, and who may sign in."""

    address: str
    sandbox: str
    email: str
    password: str

    def place_order(self, *lines: tuple[str, int], country: str = "NL") -> str:
        """Let a buyer order on the marketplace; returns the marketplace's order number."""
        body: dict[str, object] = {"country": country}
        if lines:
            body["lines"] = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        answer = httpx.post(f"{self.sandbox}/sandbox/api/orders", json=body).raise_for_status().json()
        found = re.search(r"\d{10}|[A-Z0-9]{10}", str(answer.get("order_id") or answer))
        assert found, answer
        return str(answer.get("order_id") or found.group())

    def ask(self, path: str) -> object:
        """Return what the sandbox knows."""
        return httpx.get(f"{self.sandbox}/sandbox/api/{path}").raise_for_status().json()

    def eventually[T](self, look: Callable[[], T | None], *, seconds: float = 40, what: str = "it") -> T:
        """Return what *look* finds, as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
            time.sleep(0.3)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """The demo as a user starts it, with buyers who wait to be told."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium), so no browser test can run")
    folder = tmp_path_factory.mktemp("demo")
    port = _three_free_ports()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}
    log = folder / "demo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "entrepot", "demo", "--port", str(port), "--folder", str(folder / "data"), "--speed", "0"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process, log)
        password = (folder / "data" / "owner.password").read_text().strip()
        yield Demo(address, f"http://127.0.0.1:{port + 1}", "owner@demo.example", password)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def _three_free_ports() -> int:
    for start in range(21000, 29000, 37):
        probes = [socket.socket() for _ in range(3)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind(("127.0.0.1", start + offset))
        except OSError:
            continue
        else:
            return start
        finally:
            for probe in probes:
                probe.close()
    pytest.fail("no three free ports in a row")


def _wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if httpx.get(f"{address}/healthz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.3)


@pytest.fixture(scope="session")
def chromium() -> Generator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(demo: Demo, chromium: Browser) -> object:
    """The owner's cookies."""
    context = chromium.new_context(viewport=WIDE, base_url=demo.address, locale="en-GB")
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(demo.email)
    page.get_by_label("Password", exact=True).fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(demo.address + "/**")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(demo: Demo, chromium: Browser, signed_in: object) -> Generator[BrowserContext]:
    opened = chromium.new_context(viewport=WIDE, base_url=demo.address, locale="en-GB", storage_state=signed_in)  # type: ignore[arg-type]  # what storage_state() returned
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Generator[Page]:
    """A page of the owner; any error on its console fails the test."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == [], "the browser's console has errors"


@pytest.fixture
def picture(page: Page) -> Callable[[str], None]:
    """Return a function that keeps a picture of the page for the manual, wide and as on a phone."""

    def keep(name: str) -> None:
        if not os.environ.get("ENTREPOT_PICTURES"):
            return
        PICTURES.mkdir(parents=True, exist_ok=True)
        for size, suffix in ((PHONE, "phone"), (WIDE, "wide")):
            page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the same keys
            page.wait_for_timeout(200)
            page.screenshot(path=PICTURES / f"{name}-{suffix}.png")

    return keep
