"""What watches over one page while the browser has it open."""

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from entrepot.pricewatch.fetching.addresses import host_of, is_same_shop, web_address
from entrepot.pricewatch.fetching.contract import FetchPlan
from entrepot.pricewatch.fetching.direct import REDIRECTS, store_headers
from entrepot.pricewatch.fetching.errors import NotAWebAddressError, TooLargeError

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam
    from playwright.async_api import CDPSession, Page, Request, Response

SETTLED = """
most => new Promise(done => {
  let quiet;
  const again = () => { clearTimeout(quiet); quiet = setTimeout(done, document.readyState === "complete" ? 250 : 600) };
  const watch = new MutationObserver(again);
  watch.observe(document, {subtree: true, childList: true, characterData: true});
  setTimeout(done, most);
  again();
})
"""
"""Resolves when nothing on the page has changed for a moment, or after *most* milliseconds."""
UNWANTED = ("Media", "Font", "Image")
"""Kinds of content that no price stands in."""


class Guard:
    """Sees to it that a page does not bring too much, and that the store's headers go to the store alone.

    Args:
        plan: what is fetched.
        page: its address.
        limit: bytes that the page and everything it loads may bring, after decompression.
    """

    def __init__(self, plan: FetchPlan, page: httpx.URL, *, limit: int) -> None:
        self._page = page
        self._limit = limit
        self._headers = store_headers(plan)
        self._came = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: CDPSession | None = None
        self.last_host = ""
        """Of the page's own last request, after redirects."""
        self.answer: tuple[int, dict[str, str]] | None = None
        """Status and headers of the page's own first answer that was no redirect."""

    async def watch(self, page: "Page") -> None:
        """Begin to watch *page*."""
        session = await page.context.new_cdp_session(page)
        self._session = session

        def came(event: dict[str, Any]) -> None:
            self._came += int(event.get("dataLength", 0))
            if self._came > self._limit:
                self._soon(page.close())

        def paused(event: dict[str, Any]) -> None:
            self._soon(self._decide(event))

        def asked(request: "Request") -> None:
            if request.is_navigation_request() and request.frame == page.main_frame:
                self.last_host = _host(request.url)

        def answered(response: "Response") -> None:
            request = response.request
            if not (self.answer is None and request.is_navigation_request() and request.frame == page.main_frame):
                return
            if response.status not in REDIRECTS:
                self.answer = response.status, response.headers

        page.on("response", answered)
        session.on("Network.dataReceived", came)
        session.on("Fetch.requestPaused", paused)
        page.on("request", asked)
        await session.send("Network.enable")
        patterns: list[dict[str, Any]] = [{"urlPattern": "*", "resourceType": kind} for kind in UNWANTED]
        if self._headers:
            patterns = [{"urlPattern": "*"}]
        await session.send("Fetch.enable", {"patterns": patterns})

    async def _decide(self, event: dict[str, Any]) -> None:
        """Let a request go on, with the store's headers if it is for the store; or not."""
        from playwright.async_api import Error  # noqa: PLC0415 -- it is optional

        session = self._session
        if session is None:
            return
        try:
            if event["resourceType"] in UNWANTED:
                await session.send(
                    "Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
                )
                return
            own = _is_own(self._page, event["request"]["url"])
            headers = {
                name: value for name, value in event["request"]["headers"].items() if name.lower() not in self._headers
            }
            headers |= self._headers if own else {}
            told = [{"name": name, "value": value} for name, value in headers.items()]
            await session.send("Fetch.continueRequest", {"requestId": event["requestId"], "headers": told})
        except Error:
            return  # the page is closed already

    def _soon(self, work: Any) -> None:  # noqa: ANN401 -- any coroutine
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # the page may have been closed under it

    def check(self, host: str, limit_mb: int) -> None:
        """Raise if the page brought too much.

        Raises:
            TooLargeError: it did.
        """
        if self._came > self._limit:
            raise TooLargeError(host=host, limit=limit_mb)


def store_cookies(plan: FetchPlan, page: httpx.URL) -> "list[SetCookieParam]":
    """Return the store's cookies for the page's own host."""
    cookies: list[SetCookieParam] = [
        {"name": name, "value": value, "url": f"{page.scheme}://{page.netloc.decode('ascii')}/"}
        for name, value in plan.cookies.items()
    ]
    return cookies


def _is_own(page: httpx.URL, url: str) -> bool:
    try:
        return is_same_shop(page, web_address(url))
    except NotAWebAddressError:
        return False


def _host(url: str) -> str:
    try:
        return host_of(web_address(url))
    except NotAWebAddressError:
        return ""
