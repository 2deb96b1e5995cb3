"""A running demo and a real Chromium.  Skipped, saying why, where there is no Chromium."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

SHELL = None if os.environ.get("ENTREPOT_PICTURES") else shutil.which("chromium-headless-shell")
CHROMIUM = SHELL or shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's shell of it draws the same pages with a third less work."""
HOW = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # it draws by the processor anyway: a process of its own only passes everything on
    "--disable-background-networking",
    "--js-flags=--no-maglev --no-turbofan",  # a page is left before it is worth compiling its programs twice
)
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)  # a machine that tests in three processes is slow at times
DEMO_PORTS = 10
TRUSTS_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here is asked by TLS; reading whom to trust takes 45 ms each time."""
BUYERS = 24
"""So many orders of the data set wait on the marketplace when the tests begin."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the hub and the sandbox listen, and who may sign in."""

    address: str
    sandbox: str
    email: str
    password: str

    def place_order(self, *lines: tuple[str, int], country: str = "NL", shop: str = "") -> str:
        """Let a buyer order on the marketplace, any basket unless told; returns the marketplace's order number."""
        body: dict[str, object] = {"country": country, "client_id": shop or None}
        if lines:
            body["lines"] = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
        return str(self.tell("orders", body)["order_id"])

    def ask(self, path: str) -> Any:  # noqa: ANN401 -- JSON
        """Return what the sandbox knows."""
        return (
            httpx.get(f"{self.sandbox}/sandbox/api/{path}", timeout=30, verify=TRUSTS_NOBODY).raise_for_status().json()
        )

    def tell(self, path: str, body: object) -> Any:  # noqa: ANN401 -- JSON
        """Let something happen in the sandbox; returns its answer."""
        return (
            httpx.post(f"{self.sandbox}/sandbox/api/{path}", json=body, timeout=30, verify=TRUSTS_NOBODY)
            .raise_for_status()
            .json()
        )

    def gtin(self, sku: str) -> str:
        """Return the barcode on a product."""
        return next(str(row["gtin"]) for row in self.ask("catalogue") if row["sku"] == sku)

    def eventually[T](self, look: Callable[[], T | None], *, seconds: float = 40, what: str = "it") -> T:
        """Return what *look* finds, as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
            time.sleep(0.3)


def becomes_true(page: Page, script: str, arg: str | None = None) -> None:
    """Wait until the promise of *script* holds; Playwright's own waiting takes any promise for yes."""
    deadline = time.monotonic() + 40
    while not page.evaluate(script, arg):
        assert time.monotonic() < deadline, f"{script} did not hold in 40 s"
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Running:
    """A command of the hub that runs."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        """Return when it answers."""
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{self.address}/healthz", timeout=2, verify=TRUSTS_NOBODY).is_success:
                    return
            except httpx.HTTPError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.3)


@contextmanager
def running(folder: Path, port: int, command: str, *arguments: str, **settings: str) -> Generator[Running]:
    """Run a command of the hub, until told to stop; it may not answer yet."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}
    log = folder / f"{command}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "entrepot", command, *arguments],
            env=environment | settings,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Running(f"http://127.0.0.1:{port}", process, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="package")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """The demo as a user starts it, with buyers who wait to be told."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium), so no browser test can run")
    if known := os.environ.get(
        "ENTREPOT_TEST_DEMO"
    ):  # "PORT FOLDER" of a demo that runs already: quicker to write tests
        number, _, data = known.partition(" ")
        yield _demo_at(int(number), Path(data))
        return
    folder = tmp_path_factory.mktemp("demo")
    port = free_ports()
    arguments = ("--port", str(port), "--folder", str(folder / "data"), "--speed", "0")
    with running(folder, port, "demo", *arguments) as started:
        if any("begun_hub" in getattr(item, "fixturenames", ()) for item in request.session.items):
            request.getfixturevalue("begun_hub")  # it begins beside the demo, for the tests that come to it later
        started.wait()
        found = _demo_at(port, folder / "data")
        for _ in range(BUYERS):  # a shop in which nothing happens proves little
            found.place_order()
        yield found


@pytest.fixture(scope="package")
def begun_hub(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    """A hub that has nothing and nobody yet, beside the demo: the demo's sandbox is its outside world, too."""
    folder = tmp_path_factory.mktemp("hub")
    port = free_ports(25000)  # away from the demo's, which may not listen yet
    settings = {
        "ENTREPOT_DATA_DIR": str(folder / "data"),
        "ENTREPOT_PORT": str(port),
        "ENTREPOT_OUTSIDE_ALLOW": '["127.0.0.0/8"]',
    }
    with running(folder, port, "up", **settings) as started:
        yield started


@dataclass(frozen=True, slots=True)
class NewHub:
    """A hub that its first visitor has just made theirs."""

    address: str
    owner: StorageState
    errors: list[str]
    """What the browser complained about meanwhile."""


@pytest.fixture(scope="package")
def new_hub(begun_hub: Running, chromium: Browser) -> NewHub:
    """Set the hub up on its first page."""
    begun_hub.wait()
    context = chromium.new_context(viewport=WIDE, base_url=begun_hub.address, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors = listen(page)
    page.goto("/")
    page.wait_for_url("**/first-run")
    keep_picture(page, "first-run")
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
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard", timeout=PATIENCE_MS)
    expect(page.get_by_role("region", name="First steps")).to_contain_text("channel")
    keep_picture(page, "first-steps")
    owner = context.storage_state()
    context.close()
    return NewHub(begun_hub.address, owner, errors)


def _demo_at(port: int, data: Path) -> Demo:
    password = (data / "owner.password").read_text().strip()
    return Demo(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}", "owner@demo.example", password)


def free_ports(first: int = 21000) -> int:
    """The first of as many ports in a row as a demo takes, all free."""
    for start in range(first, first + 4000, 37):
        probes = [socket.socket() for _ in range(DEMO_PORTS)]
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
    pytest.fail("no free ports in a row")


@pytest.fixture(scope="package")
def chromium() -> Generator[Browser]:
    """The browser, gone when the last test of this package is: while it is there, no other event loop can run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=HOW)
        yield browser
        browser.close()


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in as a person does."""
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


@pytest.fixture(scope="package")
def signed_in(demo: Demo, chromium: Browser) -> StorageState:
    """The owner's cookies, working for the seller of the demo's orders."""
    context = chromium.new_context(viewport=WIDE, base_url=demo.address, locale="en-GB")
    page = context.new_page()
    sign_in(page, demo.email, demo.password)
    page.get_by_title("Switch seller").click()
    page.get_by_role("button", name="Gift shop").click()
    page.wait_for_load_state()
    cookies = context.storage_state()
    context.close()
    return cookies


@pytest.fixture
def open_context(demo: Demo, chromium: Browser, signed_in: StorageState) -> Generator[Callable[..., BrowserContext]]:
    """Return a function that opens a browser of its own: the owner's, unless told otherwise."""
    opened: list[BrowserContext] = []

    def open_one(**how: Any) -> BrowserContext:  # noqa: ANN401 -- Playwright's options
        given: dict[str, Any] = {
            "viewport": WIDE,
            "base_url": demo.address,
            "locale": "en-GB",
            "storage_state": signed_in,
        } | how
        opened.append(chromium.new_context(**given))
        opened[-1].set_default_timeout(PATIENCE_MS)
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def listen(page: Page) -> list[str]:
    """Return the list that errors on the page's console will be added to."""
    errors: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # A form that is refused answers 422, which is no mistake of the page.
        if message.type == "error" and "status of 422" not in message.text:
            errors.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Generator[Page]:
    """A page of the owner; any error on its console fails the test."""
    opened = open_context().new_page()
    errors = listen(opened)
    yield opened
    assert errors == [], "the browser's console has errors"


@pytest.fixture
def bring_in(demo: Demo) -> Callable[[Page, str], str]:
    """Return a function that imports now, opens an order by its marketplace's number, and returns its address."""

    def bring(page: Page, number: str) -> str:
        page.goto("/orders")
        import_now(page)
        page.goto(f"/orders?q={number}")
        row = page.locator("#list").get_by_role("link", name=number)

        def imported() -> bool:
            page.reload()
            return row.count() > 0

        demo.eventually(imported, what=f"the import of {number}")
        row.click()
        page.wait_for_url("**/orders/*-*")
        return page.url

    return bring


def import_now(page: Page) -> None:
    """Press "Import now" on the list of orders, for the account of bol."""
    page.get_by_text("Import now", exact=True).click()
    page.locator("form[action='/orders/import'] button").filter(has_text="bol").click()
    page.wait_for_load_state()


@pytest.fixture
def picture() -> Callable[..., None]:
    """Return a function that keeps a picture of a page for the manual, wide and as on a phone."""

    return keep_picture


def keep_picture(page: Page, name: str, *, phone: bool = True) -> None:
    """Keep a picture of a page, if pictures are wanted; the page is wide afterwards."""
    if not os.environ.get("ENTREPOT_PICTURES"):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, suffix in ((PHONE, "phone"), (WIDE, "wide"))[0 if phone else 1 :]:
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(300)
        page.screenshot(path=PICTURES / f"{name}-{suffix}.png")
