"""Service mode: an outside scraper with ``GET /api/article?url=...``, as amerkurev/scrapper has it."""

import asyncio
import base64
import html
import time
from collections.abc import Sequence

import httpx
import msgspec

from entrepot.kit.addresses import Network
from entrepot.kit.http import CALL_ID, AddressRefusedError, OutsideHttp
from entrepot.kit.network import CheckedNetwork
from entrepot.pricewatch.fetching import errors
from entrepot.pricewatch.fetching.addresses import check_reachable, host_of, web_address
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.direct import caller_of, phases
from entrepot.pricewatch.fetching.hosts import Hosts

PATH = "/api/article"
HTML = "text/html; charset=utf-8"
USUAL = {"full-content": "true", "cache": "false"}
"""What is asked for unless the service's address says otherwise: the page as it is, and as it is now."""
MARGIN = 2
"""Seconds that the service has less than we wait."""


class Article(msgspec.Struct, rename="camel"):
    """What the service answers, as far as it matters."""

    title: str | None = ""
    url: str | None = ""
    content: str | None = ""
    """The part that it takes for the article."""
    full_content: str | None = ""
    """The whole page."""


class _Reason(msgspec.Struct):
    msg: str = ""


class _Problem(msgspec.Struct):
    detail: list[_Reason] | str = ""


class Scraper:
    """Fetches pages through the service.

    Args:
        outside: the way out to the service.
        hosts: turns at the shops, which are asked all the same, if by somebody else.
        allowed: networks that may be reached although they are private.
        address: of the instance's service; a store may have its own.
        largest_mb: of an answer.
    """

    def __init__(
        self, outside: OutsideHttp, hosts: Hosts, *, allowed: Sequence[Network], address: str, largest_mb: int
    ) -> None:
        self._outside = outside
        self._hosts = hosts
        self._network = CheckedNetwork(allowed)
        self._address = address
        self._largest_mb = largest_mb

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Let the service fetch a page.

        It resolves the shop's name by itself: that the name leads to a public address here is all we can promise.

        Raises:
            FetchRefusedError, FetchAwayError: as they say.
        """
        page = web_address(plan.url)
        address = plan.service_url or self._address
        if not address:
            raise errors.ServiceMissingError
        service = web_address(address)
        turn = self._hosts.turn(
            host_of(page), interval=plan.interval_ms / 1000, most=plan.concurrency, patience=plan.patience
        )
        async with turn:
            begun = time.monotonic()
            try:
                async with asyncio.timeout(plan.timeout):
                    await check_reachable(self._network, page)  # the service stands in a private network, perhaps
                    answer = await self._ask(plan, page, service)
            except TimeoutError as error:
                raise errors.NoAnswerError(host=host_of(page), seconds=plan.timeout) from error
        if not answer.is_success:
            raise errors.ServiceFailedError(host=host_of(service), reason=_reason(answer))
        return self._read(plan, page, answer, round((time.monotonic() - begun) * 1000))

    async def _ask(self, plan: FetchPlan, page: httpx.URL, service: httpx.URL) -> httpx.Response:
        path = service.path if service.path not in {"", "/"} else PATH
        patience = str(max(1, plan.timeout - MARGIN) * 1000)
        asked = httpx.QueryParams({**USUAL, "timeout": patience, **dict(service.params), "url": str(page)})
        address = service.copy_with(path=path, query=str(asked).encode(), username="", password="")
        headers = {"host": address.netloc.decode("ascii"), "accept": "application/json", "accept-encoding": "gzip"}
        if service.userinfo:
            headers["authorization"] = "Basic " + base64.b64encode(
                f"{service.username}:{service.password}".encode()
            ).decode("ascii")
        request = httpx.Request(
            "GET", address, headers=headers, extensions={"timeout": phases(plan.timeout), CALL_ID: plan.call_id}
        )
        try:
            return await self._outside.sender(caller_of(plan)).handle_async_request(request)
        except AddressRefusedError as error:
            raise errors.AddressRefusedError(host=service.host) from error
        except httpx.RequestError as error:
            reason = str(error)[:200] or type(error).__name__
            raise errors.ServiceFailedError(host=service.host, reason=reason) from error

    @staticmethod
    def _read(plan: FetchPlan, page: httpx.URL, answer: httpx.Response, took_ms: int) -> Fetched:
        try:
            article = msgspec.json.decode(answer.content, type=Article)
        except msgspec.DecodeError as error:
            raise errors.ServiceFailedError(host=host_of(answer.request.url), reason=str(error)[:200]) from error
        body = article.full_content or ""
        if not body and article.content:
            title = html.escape(article.title or "")
            body = f"<!doctype html><title>{title}</title><body>{article.content}</body>"
        if not body:
            raise errors.ServiceFailedError(host=host_of(answer.request.url), reason="no fullContent, no content")
        return Fetched(
            url=_ended(article.url, page),
            status=answer.status_code,
            body=body.encode("utf-8", "replace"),
            content_type=HTML,
            took_ms=took_ms,
            call_id=plan.call_id,
            mode=FetchMode.SERVICE,
        )


def _ended(told: str | None, page: httpx.URL) -> str:
    """Return where the service says that redirects ended, if that is an address at all."""
    try:
        return str(web_address(told or ""))
    except errors.NotAWebAddressError:
        return str(page)


def _reason(answer: httpx.Response) -> str:
    try:
        detail = msgspec.json.decode(answer.content, type=_Problem).detail
    except msgspec.DecodeError:
        detail = ""
    told = detail if isinstance(detail, str) else "; ".join(reason.msg for reason in detail)
    return f"{answer.status_code} {told}".strip()[:200]
