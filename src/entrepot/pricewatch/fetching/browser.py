"""Browser mode: pages that show their price only after their scripts ran, in the system's Chromium."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx

from entrepot.kit.addresses import Network
from entrepot.kit.call_log import CallLog, RecordedCall
from entrepot.kit.clock import now
from entrepot.kit.network import CheckedNetwork
from entrepot.pricewatch.fetching import errors
from entrepot.pricewatch.fetching.addresses import SHOWN, check_reachable, host_of, web_address
from entrepot.pricewatch.fetching.answers import PAUSE_WORTHY, refusal, retry_after
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.direct import StoreRedactor, languages
from entrepot.pricewatch.fetching.gateway import Gateway
from entrepot.pricewatch.fetching.hosts import Hosts
from entrepot.pricewatch.fetching.visit import SETTLED, Guard, store_cookies

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""The shell first: it shows the same pages with half of the work (0.5 s of a core a page against 1.0 s)."""
FLAGS = (
    "--disable-gpu",
    "--disable-quic",  # it would not take the gateway
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in other releases
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # names are the gateway's business
    "--dns-prefetch-disable",
    "--blink-settings=imagesEnabled=false",
    "--disable-remote-fonts",
    "--autoplay-policy=user-gesture-required",
    "--disable-file-system",
    "--disable-notifications",
    "--mute-audio",
    "--js-flags=--max-old-space-size=256",
)
HTML = "text/html; charset=utf-8"
NO_PAGE = "?"
"""The browser does not say what it was that it would not show."""
WHOLE = 6
"""A page with its scripts may bring so many times as much as the page alone."""
SETTLING = 4.0
"""Seconds a page's scripts have after it was loaded."""
PRODUCT = "Entrepot/26.11 (+https://entrepot.dev/bot)"
MOST_REDIRECTS = 20
"""The browser's own limit."""
MB = 1_000_000


class Browser:
    """A browser that is started when the first page needs it, and a few pages open in it at once.

    Args:
        hosts: turns at the shops.
        allowed: networks that may be reached although they are private.
        path: of Chromium; empty: the system's.
        pages: open at the same moment.
        largest_mb: of a page's own text.
        calls: records every visit.
    """

    def __init__(
        self,
        hosts: Hosts,
        *,
        allowed: Sequence[Network],
        path: str,
        pages: int,
        largest_mb: int,
        calls: CallLog | None,
    ) -> None:
        self._hosts = hosts
        self._path = path
        self._room = asyncio.Semaphore(pages)
        self._largest_mb = largest_mb
        self._calls = calls
        self._network = CheckedNetwork(allowed)
        self._gateway = Gateway(allowed, largest=largest_mb * WHOLE * MB)
        self._starting = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Open a page, wait until its scripts are done, and return what is shown then.

        Raises:
            FetchRefusedError, FetchAwayError: as they say.
        """
        page = web_address(plan.url)
        host = host_of(page)
        await check_reachable(self._network, page)  # the gateway refuses it, too, but not so fast
        chromium = await self._started()
        turn = self._hosts.turn(
            host, interval=plan.interval_ms / 1000, most=plan.concurrency, patience=plan.patience, room=self._room
        )
        async with turn:
            visit = _Visit(plan)
            try:
                async with self._recorded(plan, visit):
                    return await self._look(chromium, plan, page, visit)
            except errors.FetchTrouble as error:
                error.status, error.took_ms, error.call_id = visit.status, visit.took_ms, plan.call_id
                raise

    async def _look(self, chromium: "Chromium", plan: FetchPlan, page: httpx.URL, visit: "_Visit") -> Fetched:
        from playwright.async_api import Error  # noqa: PLC0415 -- it is optional

        host = host_of(page)
        guard = Guard(plan, page, limit=self._largest_mb * WHOLE * MB)
        try:
            async with asyncio.timeout(plan.timeout), self._context(chromium, plan) as context:
                await context.add_cookies(store_cookies(plan, page))
                opened = await context.new_page()
                await guard.watch(opened)
                try:
                    await opened.goto(str(page), wait_until="domcontentloaded", timeout=plan.timeout * 1000)
                finally:
                    await self._judge(host, guard, visit)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SETTLING + 1):
                        await opened.evaluate(SETTLED, SETTLING * 1000)
                body = (await opened.content()).encode("utf-8", "replace")
                ended = opened.url
        except TimeoutError as error:
            guard.check(host, self._largest_mb)
            raise errors.NoAnswerError(host=host, seconds=plan.timeout) from error
        except Error as error:
            guard.check(host, self._largest_mb)
            raise self._named(host, guard, error.message, plan) from error
        guard.check(host, self._largest_mb)
        if len(body) > self._largest_mb * MB:
            raise errors.TooLargeError(host=host, limit=self._largest_mb)
        return Fetched(
            url=str(web_address(ended)),
            status=visit.status or 0,
            body=body,
            content_type=HTML,
            took_ms=visit.took_ms,
            call_id=plan.call_id,
            mode=FetchMode.BROWSER,
        )

    async def _judge(self, host: str, guard: Guard, visit: "_Visit") -> None:
        """Raise what the page's own answer means if it is no page, whatever the browser makes of it."""
        if guard.answer is None:
            return
        status, headers = guard.answer
        visit.status = status
        wanted = retry_after(headers) if status in PAUSE_WORTHY else None
        pause: int | None = None
        if status == 429 or wanted is not None:  # noqa: PLR2004 -- "too many requests"
            pause = await self._hosts.limited(host, wanted)
        else:
            self._hosts.answered(host)
        if (problem := refusal(host, status, headers, pause=pause)) is not None:
            raise problem

    def _named(self, host: str, guard: Guard, message: str, plan: FetchPlan) -> errors.FetchTrouble:
        """Return what the browser means."""
        reason = message.partition("\n")[0].partition(" at ")[0].removeprefix("Page.goto: ")[:200]
        if "ERR_SOCKS_CONNECTION" in reason or "ERR_PROXY" in reason:
            wanted = guard.last_host or host
            refused = wanted in self._gateway.refused
            return (
                errors.AddressRefusedError(host=wanted)
                if refused
                else errors.UnreachableError(host=wanted, reason="no connection")
            )
        known: dict[str, Callable[[], errors.FetchTrouble]] = {
            "ERR_UNSAFE_REDIRECT": lambda: errors.NotAWebAddressError(url=plan.url[:SHOWN]),
            "ERR_UNKNOWN_URL_SCHEME": lambda: errors.NotAWebAddressError(url=plan.url[:SHOWN]),
            "ERR_TOO_MANY_REDIRECTS": lambda: errors.TooManyRedirectsError(host=host, limit=MOST_REDIRECTS),
            "ERR_CERT": lambda: errors.InsecureError(host=host, reason=reason),
            "ERR_SSL": lambda: errors.InsecureError(host=host, reason=reason),
            "Download is starting": lambda: errors.NotAPageError(host=host, kind=NO_PAGE),
            "ERR_ABORTED": lambda: errors.NotAPageError(host=host, kind=NO_PAGE),
            "Timeout": lambda: errors.NoAnswerError(host=host, seconds=plan.timeout),
            "net::ERR": lambda: errors.UnreachableError(host=host, reason=reason),
        }
        unknown = lambda: errors.BrowserFailedError(host=host, reason=reason)  # noqa: E731 -- the last of the row above
        return next((told for mark, told in known.items() if mark in message), unknown)()

    @asynccontextmanager
    async def _context(self, chromium: "Chromium", plan: FetchPlan) -> AsyncGenerator["BrowserContext"]:
        """Open a window of its own: nothing of one visit is there in the next."""
        major = chromium.version.partition(".")[0]
        agent = (
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
        )
        context: BrowserContext = await chromium.new_context(
            user_agent=f"{agent} {PRODUCT}",
            locale=languages(plan.locale).partition(",")[0].partition(";")[0],
            accept_downloads=False,
            service_workers="block",
            viewport={"width": 1280, "height": 900},
        )
        try:
            yield context
        finally:
            closing = asyncio.ensure_future(context.close())
            with contextlib.suppress(Exception):  # the browser may be gone; there is nothing left to close then
                await asyncio.shield(closing)

    async def _started(self) -> "Chromium":
        async with self._starting:
            if self._chromium is not None and self._chromium.is_connected():
                return self._chromium
            try:
                from playwright.async_api import Error, async_playwright  # noqa: PLC0415 -- it is optional
            except ImportError as error:
                raise errors.BrowserMissingError(reason="“playwright” is not installed") from error
            path = self._path or next(filter(None, map(shutil.which, NAMES)), None)
            if path is None or shutil.which(path) is None:
                raise errors.BrowserMissingError(reason="Chromium was not found")
            if self._playwright is None:
                self._playwright = await async_playwright().start()
                self._address = await self._gateway.start()
            try:
                self._chromium = await self._playwright.chromium.launch(
                    executable_path=path,
                    args=list(FLAGS),
                    chromium_sandbox=os.geteuid() != 0,  # Chromium refuses its sandbox to root
                    proxy={"server": self._address, "bypass": "<-loopback>"},
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                )
            except Error as error:
                raise errors.BrowserMissingError(reason=error.message.partition("\n")[0][:200]) from error
            return self._chromium

    @asynccontextmanager
    async def _recorded(self, plan: FetchPlan, visit: "_Visit") -> AsyncGenerator[None]:
        """Record the visit as one call: what its scripts asked for besides is the page's own affair."""
        started_at, problem = now(), ""
        try:
            yield
        except (errors.FetchTrouble, asyncio.CancelledError) as error:
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise
        finally:
            if self._calls is not None:
                redactor = StoreRedactor(plan)
                await self._calls.add(
                    RecordedCall(
                        id=plan.call_id,
                        seller_id=plan.seller_id,
                        account_id=None,
                        run_id=plan.run_id,
                        subject="",
                        why=plan.why,
                        actor_name="",
                        request_id="",
                        method="GET",
                        url=redactor.url(plan.url) + "#browser",
                        status=visit.status,
                        started_at=started_at,
                        duration_ms=visit.took_ms,
                        request_headers={},
                        request_body="",
                        response_headers={},
                        response_body="",
                        response_bytes=0,
                        error=redactor.text(problem),
                    )
                )

    async def aclose(self) -> None:
        """Close the browser."""
        if self._chromium is not None:
            with contextlib.suppress(Exception):  # it may have died
                await self._chromium.close()
        if self._playwright is not None:
            await self._playwright.stop()
        await self._gateway.aclose()


class _Visit:
    """One visit while it goes on."""

    def __init__(self, plan: FetchPlan) -> None:
        self.plan = plan
        self.status: int | None = None
        self._begun = time.monotonic()

    @property
    def took_ms(self) -> int:
        return round((time.monotonic() - self._begun) * 1000)
