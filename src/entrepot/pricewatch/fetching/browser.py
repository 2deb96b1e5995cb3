"""Browser mode: pages that show their price only after their scripts ran, in the system's Chromium."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import msgspec

from entrepot.kit.addresses import Network
from entrepot.kit.call_log import CallLog, RecordedCall
from entrepot.kit.clock import now
from entrepot.kit.network import CheckedNetwork
from entrepot.pricewatch.fetching import errors
from entrepot.pricewatch.fetching.addresses import SHOWN, check_reachable, host_of, web_address
from entrepot.pricewatch.fetching.answers import PAUSE_WORTHY, refusal, retry_after
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.devtools import START, DevTools, DevToolsError
from entrepot.pricewatch.fetching.direct import StoreRedactor
from entrepot.pricewatch.fetching.gateway import Gateway
from entrepot.pricewatch.fetching.hosts import Hosts
from entrepot.pricewatch.fetching.visit import HEIGHT, WIDTH, Window

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""The shell first: it shows the same pages with half of the work (well under half of it, and frames only when told to)."""
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "PaintHolding",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "Translate",
)
"""Features that cost without being of use here."""
FLAGS = (
    "--headless",
    f"--disable-features={','.join(OFF)}",
    "--disable-field-trial-config",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-extensions",
    "--disable-hang-monitor",
    "--disable-sync",
    "--disable-search-engine-choice-screen",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-service-autorun",
    "--password-store=basic",
    "--use-mock-keychain",
    "--hide-scrollbars",
    "--block-new-web-contents",
    f"--window-size={WIDTH},{HEIGHT}",
    "--enable-begin-frame-control",  # nobody looks: pages make a frame when it is time for their scripts
    "--run-all-compositor-stages-before-draw",
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
AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    " Entrepot/26.11 (+https://entrepot.dev/bot)"
)
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
        self._devtools: DevTools | None = None
        self._agent = self._address = ""

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Open a page, wait until its scripts are done, and return what is shown then.

        Raises:
            FetchRefusedError, FetchAwayError: as they say.
        """
        page = web_address(plan.url)
        host = host_of(page)
        await check_reachable(self._network, page)  # the gateway refuses it, too, but not so fast
        devtools = await self._started()
        turn = self._hosts.turn(
            host, interval=plan.interval_ms / 1000, most=plan.concurrency, patience=plan.patience, room=self._room
        )
        async with turn:
            visit = _Visit(plan)
            try:
                async with self._recorded(plan, visit):
                    return await self._look(devtools, plan, page, visit)
            except errors.FetchTrouble as error:
                error.status, error.took_ms, error.call_id = visit.status, visit.took_ms, plan.call_id
                raise

    async def _look(self, devtools: DevTools, plan: FetchPlan, page: httpx.URL, visit: "_Visit") -> Fetched:
        host, largest = host_of(page), self._largest_mb * MB
        window: Window | None = None
        try:
            async with (
                asyncio.timeout(plan.timeout),
                Window.opened(devtools, plan, page, agent=self._agent, limit=largest * WHOLE) as window,
            ):
                problem = await window.go()
                await self._judge(host, window, visit)
                if problem:
                    raise self._named(host, window, problem, plan)
                ended, text = await window.shown(SETTLING, largest)
        except (TimeoutError, DevToolsError) as error:
            if window is not None:
                window.check(host, self._largest_mb)
            if isinstance(error, TimeoutError):
                raise errors.NoAnswerError(host=host, seconds=plan.timeout) from error
            raise errors.BrowserFailedError(host=host, reason=str(error)[:200]) from error
        window.check(host, self._largest_mb)
        body = b"" if text is None else text.encode("utf-8", "replace")
        if text is None or len(body) > largest:
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

    async def _judge(self, host: str, window: Window, visit: "_Visit") -> None:
        """Raise what the page's own answer means if it is no page, whatever the browser makes of it."""
        if window.answer is None:
            return
        status, headers = window.answer
        visit.status = status
        wanted = retry_after(headers) if status in PAUSE_WORTHY else None
        pause: int | None = None
        if status == 429 or wanted is not None:  # noqa: PLR2004 -- "too many requests"
            pause = await self._hosts.limited(host, wanted)
        else:
            self._hosts.answered(host)
        if (problem := refusal(host, status, headers, pause=pause)) is not None:
            raise problem

    def _named(self, host: str, window: Window, message: str, plan: FetchPlan) -> errors.FetchTrouble:
        """Return what the browser means."""
        reason = message[:200]
        if "ERR_SOCKS_CONNECTION" in reason or "ERR_PROXY" in reason:
            wanted = window.last_host or host
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
            "ERR_ABORTED": lambda: errors.NotAPageError(host=host, kind=NO_PAGE),
            "net::ERR": lambda: errors.UnreachableError(host=host, reason=reason),
        }
        unknown = lambda: errors.BrowserFailedError(host=host, reason=reason)  # noqa: E731 -- the last of the row above
        return next((told for mark, told in known.items() if mark in message), unknown)()

    async def _started(self) -> DevTools:
        async with self._starting:
            if self._devtools is not None and self._devtools.alive:
                return self._devtools
            path = shutil.which(self._path) if self._path else next(filter(None, map(shutil.which, NAMES)), None)
            if path is None:
                raise errors.BrowserMissingError(reason="Chromium was not found")
            if self._devtools is not None:
                await self._devtools.aclose()
            self._address = self._address or await self._gateway.start()
            flags = [*FLAGS, f"--proxy-server={self._address}", "--proxy-bypass-list=<-loopback>"]
            if os.geteuid() == 0:
                flags.append("--no-sandbox")  # Chromium refuses its sandbox to root
            try:
                self._devtools = await DevTools.start(path, flags)
                async with asyncio.timeout(START):
                    told = await self._devtools.call("Browser.getVersion")
            except (DevToolsError, TimeoutError) as error:
                raise errors.BrowserMissingError(reason=str(error)[:200] or "it does not start") from error
            major = msgspec.json.decode(told, type=dict[str, str])["product"].partition("/")[2].partition(".")[0]
            self._agent = AGENT.format(major=major)
            return self._devtools

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
        if self._devtools is not None:
            await self._devtools.aclose()
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
