"""HTTP mode: one request, and one for each redirect, over the one way out."""

import asyncio
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import httpx

from entrepot.kit import network
from entrepot.kit.http import CALL_ID, KEEP_PACKED, PACKED, AnswerTooLargeError, Caller, OutsideHttp, SchemeRefusedError
from entrepot.kit.ids import new_id
from entrepot.kit.redaction import MASK, Redactor
from entrepot.pricewatch.fetching.addresses import host_of, is_same_shop, web_address
from entrepot.pricewatch.fetching.answers import PAUSE_WORTHY, refusal, retry_after
from entrepot.pricewatch.fetching.contract import Fetched, FetchMode, FetchPlan
from entrepot.pricewatch.fetching.errors import (
    AddressRefusedError,
    FetchTrouble,
    InsecureError,
    NoAnswerError,
    NotAPageError,
    StoreAwayError,
    TooLargeError,
    TooManyRedirectsError,
    UnreachableError,
)
from entrepot.pricewatch.fetching.hosts import Hosts
from entrepot.pricewatch.fetching.room import Room

AT_ONCE = 64
"""Requests on their way at the same moment: more would only wait for this process, and take that for a slow store."""
UNREAD = 24
"""Pages that wait to be read before no more are asked for: with each of them half a megabyte waits."""
MOST_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
NOT_MODIFIED, EMPTY = 304, {204, 205}
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,application/json;q=0.8,*/*;q=0.5"
PICTURES = "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.8"
_COOKIE = re.compile(r"[^;\s=]+=[^;\r\n]*")
_HEADER = re.compile(r"[\x20-\x7e\t]*")
OURS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "cookie", "te", "upgrade"}
"""Headers that a store cannot set: they are ours, or would change what the request is."""


class Direct:
    """Fetches pages by HTTP."""

    def __init__(self, outside: OutsideHttp, hosts: Hosts, *, user_agent: str, largest_mb: int) -> None:
        self._outside = outside
        self._hosts = hosts
        self._user_agent = user_agent
        self._largest_mb = largest_mb
        self.room = Room(AT_ONCE, unread=UNREAD)

    async def fetch(self, plan: FetchPlan) -> Fetched:
        """Fetch a page, following redirects; each of them waits for its host's turn, and its address is checked.

        Raises:
            FetchRefusedError, FetchAwayError: as they say.
        """
        first = url = web_address(plan.url)
        visit = _Visit(plan)
        with evidence(visit):
            for _ in range(MOST_REDIRECTS + 1):
                answer = await self._ask(visit, url, own=is_same_shop(first, url))
                target = answer.headers.get("location", "")
                if answer.status_code not in REDIRECTS or not target:
                    return self._fetched(visit, url, answer)
                url = web_address(_joined(url, target))
            raise TooManyRedirectsError(host=host_of(first), limit=MOST_REDIRECTS)

    async def _ask(self, visit: "_Visit", url: httpx.URL, *, own: bool) -> httpx.Response:
        """Ask for one address when it is its host's turn."""
        plan, host = visit.plan, host_of(url)
        request = httpx.Request("GET", url, headers=self._headers(visit, url, own=own), extensions=visit.extensions())
        turn = self._hosts.turn(
            host, interval=plan.interval_ms / 1000, most=plan.concurrency, patience=plan.patience, room=self.room
        )
        async with turn:
            begun = time.monotonic()
            try:
                with named(host, visit, self._largest_mb):
                    async with asyncio.timeout(max(0.1, plan.timeout - visit.took)):
                        answer = await self._outside.sender(visit.caller).handle_async_request(request)
            finally:
                visit.took += time.monotonic() - begun
            visit.status = answer.status_code
            visit.learn_cookies(host, answer)
            pause = await self._pause(host, answer)
        if answer.status_code in REDIRECTS | {NOT_MODIFIED}:
            return answer
        if (
            problem := refusal(host, answer.status_code, answer.headers, pause=pause, picture=plan.picture)
        ) is not None:
            raise problem
        return answer

    async def _pause(self, host: str, answer: httpx.Response) -> int | None:
        """Return for how long the host wants to be left alone, and see to it."""
        wanted = retry_after(answer.headers) if answer.status_code in PAUSE_WORTHY else None
        if answer.status_code == 429 or wanted is not None:  # noqa: PLR2004 -- "too many requests"
            return await self._hosts.limited(host, wanted)
        self._hosts.answered(host)
        return None

    def _headers(self, visit: "_Visit", url: httpx.URL, *, own: bool) -> list[tuple[str, str]]:
        plan = visit.plan
        headers = {
            "user-agent": self._user_agent,
            "accept": PICTURES if plan.picture else ACCEPT,
            "accept-language": languages(plan.locale),
        }
        if own:
            headers |= {"if-none-match": plan.etag, "if-modified-since": plan.last_modified}
            headers |= store_headers(plan)
        headers |= {"accept-encoding": "gzip, deflate", "cookie": visit.cookies(host_of(url), own=own)}
        sent = [(name, value) for name, value in headers.items() if value and _HEADER.fullmatch(value)]
        return [("host", url.netloc.decode("ascii")), *sent]

    @staticmethod
    def _fetched(visit: "_Visit", url: httpx.URL, answer: httpx.Response) -> Fetched:
        plan, host, headers = visit.plan, host_of(url), answer.headers
        unchanged = answer.status_code == NOT_MODIFIED
        if unchanged and not (plan.etag or plan.last_modified):
            raise StoreAwayError(host=host, status=answer.status_code)  # unchanged since when?
        if answer.status_code in REDIRECTS or (answer.status_code > 300 and not unchanged):  # noqa: PLR2004 -- redirects
            raise StoreAwayError(host=host, status=answer.status_code)
        if answer.status_code in EMPTY:
            raise NotAPageError(host=host, kind="")
        return Fetched(
            url=str(url),
            status=answer.status_code,
            body=b"" if unchanged else answer.content,
            content_type=headers.get("content-type", "")[:200],
            etag=headers.get("etag", plan.etag if unchanged else "")[:500],
            last_modified=headers.get("last-modified", plan.last_modified if unchanged else "")[:100],
            not_modified=unchanged,
            took_ms=visit.took_ms,
            call_id=plan.call_id,
            mode=FetchMode.HTTP,
            packed=b"" if unchanged else answer.extensions.get(PACKED, b""),
        )


class _Visit:
    """One fetch while it goes on: who calls, what it took so far, the cookies it was given."""

    def __init__(self, plan: FetchPlan) -> None:
        self.plan = plan
        self.took = 0.0
        self.status: int | None = None
        self.caller = caller_of(plan)
        self._calls = 0
        self._jar: dict[str, dict[str, str]] = {}

    @property
    def took_ms(self) -> int:
        return round(self.took * 1000)

    def extensions(self) -> dict[str, object]:
        self._calls += 1
        call_id = self.plan.call_id if self._calls == 1 else new_id()
        return {"timeout": phases(self.plan.timeout - self.took), CALL_ID: call_id, KEEP_PACKED: True}

    def learn_cookies(self, host: str, answer: httpx.Response) -> None:
        """Remember what a host sets, for it alone and for this fetch alone: many shops try whether they come back."""
        jar = self._jar.setdefault(host, {})
        for line in answer.headers.get_list("set-cookie"):
            if line.isascii() and _COOKIE.match(line):
                name, _, value = line.partition(";")[0].partition("=")
                jar[name.strip()] = value.strip()

    def cookies(self, host: str, *, own: bool) -> str:
        given = {name: value for name, value in self.plan.cookies.items() if _is_sendable(name, value)} if own else {}
        return "; ".join(f"{name}={value}" for name, value in (given | self._jar.get(host, {})).items())


def phases(left: float) -> dict[str, float]:
    """Return the seconds of each part of a request that has *left* seconds in all.

    A handshake that is cut short from outside leaves its connection behind, so that it has to give up by itself before.
    """
    return {"connect": max(0.05, min(10.0, left * 0.8)), "read": left, "write": left, "pool": left}


def caller_of(plan: FetchPlan) -> Caller:
    """Return for whom *plan* calls; the store's secrets are known to the record, which leaves them out."""
    return Caller(
        seller_id=plan.seller_id, why=plan.why, run_id=plan.run_id, redactor=StoreRedactor(plan), answers=False
    )


class StoreRedactor(Redactor):
    """Leaves out what a store was given to send, however short it is and whatever its name."""

    def __init__(self, plan: FetchPlan) -> None:
        super().__init__([*plan.headers.values(), *plan.cookies.values()])
        self._own = {name.strip().lower() for name in plan.headers}

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return *headers* with the values of secret ones, and of the store's own, masked."""
        return {name: MASK if name.lower() in self._own else value for name, value in super().headers(headers).items()}


def store_headers(plan: FetchPlan) -> dict[str, str]:
    """Return the headers of the store that can be sent."""
    named = {name.strip().lower(): value.strip() for name, value in plan.headers.items()}
    return {name: value for name, value in named.items() if name not in OURS and _is_sendable(name, value)}


def languages(locale: str) -> str:
    """Return the languages to ask for: the store's own, then English."""
    language, _, country = locale.replace("-", "_").partition("_")
    if not (language.isascii() and language.isalpha()):
        return "en;q=0.5"
    exact = f"{language}-{country.upper()},{language};q=0.9" if country.isalpha() else language
    return exact if language == "en" else f"{exact},en;q=0.5"


def _is_sendable(name: str, value: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name)) and bool(_HEADER.fullmatch(value))


def _joined(url: httpx.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except (httpx.InvalidURL, ValueError):
        return target


@contextmanager
def evidence(visit: "_Visit") -> Generator[None]:
    """Give what goes wrong its evidence."""
    try:
        yield
    except FetchTrouble as error:
        error.status, error.took_ms, error.call_id = visit.status, visit.took_ms, visit.plan.call_id
        raise


@contextmanager
def named(host: str, visit: "_Visit", largest_mb: int) -> Generator[None]:
    """Say in our words what went wrong on the way."""
    try:
        yield
    except (network.AddressRefusedError, SchemeRefusedError) as error:
        raise AddressRefusedError(host=host) from error
    except AnswerTooLargeError as error:
        raise TooLargeError(host=host, limit=largest_mb) from error
    except (TimeoutError, httpx.TimeoutException) as error:
        raise NoAnswerError(host=host, seconds=visit.plan.timeout) from error
    except httpx.RequestError as error:
        raise _broken(host, error) from error


def _broken(host: str, error: httpx.RequestError) -> FetchTrouble:
    reason = str(error)[:200] or type(error).__name__
    chain: BaseException | None = error
    while chain is not None:
        if type(chain).__module__ == "ssl" or "SSL" in type(chain).__name__:
            return InsecureError(host=host, reason=reason)
        chain = chain.__cause__ or chain.__context__
    return UnreachableError(host=host, reason=reason)
