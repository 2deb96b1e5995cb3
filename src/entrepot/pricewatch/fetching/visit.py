"""One page while the browser has it open, and what watches over it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx
import msgspec

from entrepot.pricewatch.fetching.addresses import host_of, is_same_shop, web_address
from entrepot.pricewatch.fetching.contract import FetchPlan
from entrepot.pricewatch.fetching.devtools import DevTools, DevToolsError
from entrepot.pricewatch.fetching.direct import REDIRECTS, languages, store_headers
from entrepot.pricewatch.fetching.errors import NotAWebAddressError, TooLargeError

SETTLED = """
(most, longest) => new Promise(done => {
  const shown = () => {
    const type = document.doctype ? new XMLSerializer().serializeToString(document.doctype) : "";
    const text = type + (document.documentElement ? document.documentElement.outerHTML : "");
    done([location.href, text.length > longest ? null : text]);
  };
  const settle = () => {
    let quiet;
    const again = () => { clearTimeout(quiet); quiet = setTimeout(shown, document.readyState === "complete" ? 250 : 600) };
    const watch = new MutationObserver(again);
    watch.observe(document, {subtree: true, childList: true, characterData: true});
    setTimeout(shown, most);
    again();
  };
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", settle, {once: true}) : settle();
})
"""
"""Resolves with the address and the text of what is shown when nothing on the page has changed for a moment, or *most*
milliseconds after it was parsed; without the text if that is longer than *longest*."""
UNWANTED = ("Media", "Font", "Image", "Ping", "CSPViolationReport")
"""Kinds of content that no price stands in, nor waits for."""
FIRST = """
(() => {
  if (navigator.serviceWorker) navigator.serviceWorker.register = () => new Promise(() => {});
  const unseen = new CSSStyleSheet();
  const see = () => { unseen.disabled = true };
  const seeing = (owner, name, key, isOne) => {
    const known = Object.getOwnPropertyDescriptor(owner, name);
    const apply = (does, it, given) => { if (!isOne || isOne(given[0])) see(); return Reflect.apply(does, it, given) };
    const construct = (kind, given, made) => { see(); return Reflect.construct(kind, given, made) };
    Object.defineProperty(owner, name, {...known, [key]: new Proxy(known[key], {apply, construct})});
  };
  for (const name of ["IntersectionObserver", "ResizeObserver"]) seeing(window, name, "value");
  for (const name of ["elementFromPoint", "elementsFromPoint"]) seeing(Document.prototype, name, "value");
  seeing(Element.prototype, "checkVisibility", "value");
  for (const name of ["innerText", "outerText"]) seeing(HTMLElement.prototype, name, "get");
  seeing(HTMLElement.prototype, "focus", "value");
  const waits = /^(webkit)?(animation|transition)/i;
  seeing(EventTarget.prototype, "addEventListener", "value", kind => waits.test(kind));
  unseen.replaceSync("body { content-visibility: hidden !important }");
  document.adoptedStyleSheets = [unseen];  // last: only where everything above is in place
})()
"""
"""Runs before a page's own scripts.  Service workers would serve the next visit, and there is none.  Where everything
stands on the page is computed when a script asks, or waits to be told: nobody looks, and it is a sixth of the work."""
FRAME = 0.05
"""Seconds between two frames of a page: scripts wait for one, or for what stands in it, before they show more."""
ENOUGH = 4
"""Frames that every page gets, once it is parsed, before it is read."""
HANGS = 10.0
"""Seconds after which a page that makes no frame is given up: the others wait for theirs."""
WIDTH, HEIGHT = 1280, 900
GOING = ("navigated or closed", "Execution context was destroyed", "Cannot find context", "Promise was collected")
"""What the browser says of a script whose page went elsewhere."""


class Given(msgspec.Struct):
    """A header as the browser writes it."""

    name: str = ""
    value: str = ""


class Asked(msgspec.Struct):
    """A request as the browser is about to send it."""

    url: str = ""
    headers: dict[str, str] = {}


class Paused(msgspec.Struct, rename="camel"):
    """A request that waits for our word, or its answer that does."""

    request_id: str
    request: Asked = msgspec.field(default_factory=Asked)
    frame_id: str = ""
    resource_type: str = ""
    response_status_code: int | None = None
    response_error_reason: str | None = None
    response_headers: list[Given] = []


class Came(msgspec.Struct, rename="camel"):
    """A piece of content that came."""

    data_length: int = 0


class Moved(msgspec.Struct, rename="camel"):
    """What became of going to an address."""

    error_text: str = ""


class Window:
    """A page in a window of its own: nothing of one visit is there in the next.  Open it by :meth:`opened`.

    It sees to it that the page does not bring too much, and that the store's headers go to the store alone.

    Args:
        devtools: the browser.
        plan: what is fetched.
        page: its address.
        limit: bytes that the page and everything it loads may bring, after decompression.
    """

    def __init__(self, devtools: DevTools, plan: FetchPlan, page: httpx.URL, *, limit: int) -> None:
        self._devtools = devtools
        self._page = page
        self._plan = plan
        self._limit = limit
        self._headers = store_headers(plan)
        self._came = 0
        self._session = self._target = ""
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = self._by_itself = False
        self._begun = self._frames = 0
        self._enough: int | None = None
        self.last_host = ""
        """Of the page's own last request, after redirects."""
        self.answer: tuple[int, dict[str, str]] | None = None
        """Status and headers of the page's own first answer that was no redirect."""

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, devtools: DevTools, plan: FetchPlan, page: httpx.URL, *, agent: str, limit: int
    ) -> AsyncGenerator[Self]:
        """Open an empty window for the block, and close it with all it has kept.

        Raises:
            DevToolsError: the browser does not do it.
        """
        self = cls(devtools, plan, page, limit=limit)
        context = msgspec.json.decode(
            await devtools.call("Target.createBrowserContext", {"disposeOnDetach": True}), type=dict[str, str]
        )
        try:
            await self._open(context, agent)
            devtools.keep(asyncio.create_task(self._make_frames()))
            yield self
        finally:
            self._closing = True
            devtools.forget(self._session)
            closing = devtools.call("Target.disposeBrowserContext", context)
            closing.add_done_callback(lambda _: self._closed.set_result(None))
            with contextlib.suppress(DevToolsError):  # then there is nothing left to close
                await asyncio.shield(closing)

    async def _open(self, context: dict[str, str], agent: str) -> None:
        call = self._devtools.call
        call("Browser.setDownloadBehavior", {"behavior": "deny", **context})
        if self._plan.cookies:
            call("Storage.setCookies", {"cookies": store_cookies(self._plan, self._page), **context})
        room = {"width": WIDTH, "height": HEIGHT, "enableBeginFrameControl": True}
        made = await call("Target.createTarget", {"url": "about:blank", **room, **context})
        self._target = msgspec.json.decode(made, type=dict[str, str])["targetId"]
        attached = await call("Target.attachToTarget", {"targetId": self._target, "flatten": True})
        self._session = msgspec.json.decode(attached, type=dict[str, str])["sessionId"]
        self._devtools.listen(self._session, self._hear)
        kinds: list[dict[str, str]] = [{"resourceType": kind} for kind in (*UNWANTED, "Document")]
        patterns = [{}] if self._headers else kinds
        tongue = languages(self._plan.locale).partition(",")[0].partition(";")[0]
        await asyncio.gather(
            self._call("Inspector.enable"),
            self._call("Page.enable"),
            self._call("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0}),
            self._call(
                "Fetch.enable", {"patterns": [*patterns, {"resourceType": "Document", "requestStage": "Response"}]}
            ),
            self._call("Emulation.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": tongue}),
            self._call("Emulation.setLocaleOverride", {"locale": tongue}),
            self._call("Page.addScriptToEvaluateOnNewDocument", {"source": FIRST}),
        )

    async def go(self) -> str:
        """Go to the page; return why the browser did not get there, in its own words, or nothing.

        Raises:
            DevToolsError: the page broke, or the browser did.
        """
        told = await self._unbroken(self._call("Page.navigate", {"url": str(self._page)}))
        return msgspec.json.decode(told, type=Moved).error_text

    async def shown(self, most: float, longest: int) -> tuple[str, str | None]:
        """Wait until the page's scripts are done, *most* seconds at the most; return its address and text then.

        The text is None if it has more than *longest* characters.  A page that goes elsewhere meanwhile is waited for there.

        Raises:
            DevToolsError: the page broke, or the browser did.
        """
        while True:
            shown = await self._settled(most, longest)
            if self._enough is None:  # it is parsed, and nothing said so
                self._enough = self._begun + ENOUGH
            if self._has_had_enough():
                return shown
            while not self._has_had_enough():
                await asyncio.sleep(FRAME)
                if self._broken.done():
                    self._broken.result()

    def _has_had_enough(self) -> bool:
        return self._by_itself or (self._enough is not None and self._frames >= self._enough)

    async def _settled(self, most: float, longest: int) -> tuple[str, str | None]:
        script = f"({SETTLED})({most * 1000}, {longest})"
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True}
        while True:
            try:
                answer = await self._unbroken(self._call("Runtime.evaluate", asked))
            except DevToolsError as error:
                if any(sign in str(error) for sign in GOING):
                    continue
                raise
            told = msgspec.json.decode(answer)
            if "exceptionDetails" in told:
                raise DevToolsError("its own scripts are in the way")
            return msgspec.convert(told["result"].get("value"), tuple[str, str | None])

    def check(self, host: str, limit_mb: int) -> None:
        """Raise if the page brought too much.

        Raises:
            TooLargeError: it did.
        """
        if self._came > self._limit:
            raise TooLargeError(host=host, limit=limit_mb)

    def _call(self, method: str, params: dict[str, Any] | None = None) -> asyncio.Future[msgspec.Raw]:
        return self._devtools.call(method, params, session=self._session)

    async def _unbroken(self, call: asyncio.Future[msgspec.Raw]) -> msgspec.Raw:
        """Wait for the answer, but not if the page breaks."""
        either: set[asyncio.Future[Any]] = {call, self._broken}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not call.done():
            self._broken.result()
        return call.result()

    def _break(self, why: str) -> None:
        if not self._broken.done():
            self._broken.set_exception(DevToolsError(why))
            self._broken.exception()

    async def _make_frames(self) -> None:
        """Have a frame made now and then: this browser makes none by itself, which is a fifth of the work.

        One page at a time: its compositor takes the frames of all pages for one, and ends itself when two are under way.
        """
        with contextlib.suppress(DevToolsError):
            while not self._closing:
                await asyncio.sleep(FRAME)
                async with self._devtools.frames:
                    if self._closing:
                        return
                    self._begun += 1
                    call = self._call("HeadlessExperimental.beginFrame", {"noDisplayUpdates": True})
                    ends: set[asyncio.Future[Any]] = {call, self._closed}
                    done, _ = await asyncio.wait(ends, timeout=HANGS, return_when=asyncio.FIRST_COMPLETED)
                    if not done:
                        self._break("its scripts do not end")
                        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if call.done():
                    call.result()
                    self._frames += 1
        self._by_itself = True

    def _hear(self, method: str, params: msgspec.Raw) -> None:
        match method:
            case "Network.dataReceived":
                self._came += msgspec.json.decode(params, type=Came).data_length
                if self._came > self._limit:
                    self._break("it brings too much")
            case "Fetch.requestPaused":
                self._decide(msgspec.json.decode(params, type=Paused))
            case "Page.domContentEventFired":
                self._enough = self._begun + ENOUGH  # what was begun before its scripts ran says nothing to them
            case "Page.javascriptDialogOpening":
                self._call("Page.handleJavaScriptDialog", {"accept": False})
            case "Inspector.targetCrashed" | "Inspector.detached":
                self._break("it crashed")
            case _:
                pass

    def _decide(self, paused: Paused) -> None:
        """Let a request go on, with the store's headers if it is for the store; or not."""
        this = {"requestId": paused.request_id}
        url = paused.request.url
        is_own = _is_own(self._page, url)
        is_page = paused.resource_type == "Document" and paused.frame_id == self._target
        if paused.response_status_code is not None or paused.response_error_reason is not None:
            status = paused.response_status_code or 0
            if is_page and self.answer is None and status and status not in REDIRECTS:
                self.answer = status, {one.name.lower(): one.value for one in paused.response_headers}
            self._call("Fetch.continueResponse", this)
        elif paused.resource_type in UNWANTED:
            self._call("Fetch.failRequest", {**this, "errorReason": "BlockedByClient"})
        elif paused.resource_type == "Document" and not is_page and not is_own:
            self._call("Fetch.failRequest", {**this, "errorReason": "Aborted"})
        elif not self._headers:
            self._note(url, is_page=is_page)
            self._call("Fetch.continueRequest", this)
        else:
            self._note(url, is_page=is_page)
            headers = {
                name: value for name, value in paused.request.headers.items() if name.lower() not in self._headers
            }
            headers |= self._headers if is_own else {}
            told = [{"name": name, "value": value} for name, value in headers.items()]
            self._call("Fetch.continueRequest", {**this, "headers": told})

    def _note(self, url: str, *, is_page: bool) -> None:
        if is_page:
            with contextlib.suppress(NotAWebAddressError):
                self.last_host = host_of(web_address(url))


def store_cookies(plan: FetchPlan, page: httpx.URL) -> list[dict[str, str]]:
    """Return the store's cookies for the page's own host."""
    where = f"{page.scheme}://{page.netloc.decode('ascii')}/"
    return [{"name": name, "value": value, "url": where} for name, value in plan.cookies.items()]


def _is_own(page: httpx.URL, url: str) -> bool:
    try:
        return is_same_shop(page, web_address(url))
    except NotAWebAddressError:
        return False
