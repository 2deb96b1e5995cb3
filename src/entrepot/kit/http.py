"""The one way out: every HTTP request to another system is checked, limited in time and size, and recorded."""

import asyncio
import functools
import logging
import ssl
import time
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

import httpcore
import httpx

from entrepot.kit.addresses import Network
from entrepot.kit.call_log import CallLog, RecordedCall
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, RefusedError, UnavailableError
from entrepot.kit.ids import new_id
from entrepot.kit.network import AddressRefusedError, CheckedNetwork
from entrepot.kit.redaction import Redactor
from entrepot.kit.text import N_
from entrepot.kit.unpacking import Unpacker

TIMEOUT = httpx.Timeout(30, connect=10, pool=30)
LONGEST_CALL = 120
"""Seconds from sending to the last byte, however steadily bytes trickle in."""
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer, after decompression."""
USER_AGENT = "Entrepot (+https://entrepot.dev)"
SUBJECT = "entrepot.subject"
"""Request extension: what the call is about, as the outside names it."""
OPERATION = "entrepot.operation"
"""Request extension: what is asked for, where one address answers everything.  Recorded behind the URL's ``#``."""
CALL_ID = "entrepot.call_id"
"""Request extension: the id that the call is recorded under."""
KEEP_PACKED = "entrepot.keep_packed"
"""Request extension: true asks for the body as it came, too, if it came as gzip."""
PACKED = "entrepot.packed"
"""Response extension: that body."""

__all__ = [
    "CALL_ID",
    "KEEP_PACKED",
    "LARGEST_ANSWER",
    "LONGEST_CALL",
    "OPERATION",
    "PACKED",
    "SUBJECT",
    "TIMEOUT",
    "USER_AGENT",
    "AddressRefusedError",
    "AnswerTooLargeError",
    "Caller",
    "CheckedTransport",
    "OutsideHttp",
    "Recorder",
    "SchemeRefusedError",
    "about_order",
]

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they write whole addresses, secrets included


class SchemeRefusedError(RefusedError):
    """An outside call would not be HTTP."""

    code = "kit.scheme_refused"
    title = N_("Address refused")
    message = N_("“{url}” is not a web address. It must begin with https:// or http://.")


class AnswerTooLargeError(UnavailableError):
    """An outside system sends more than we accept."""

    code = "kit.answer_too_large"
    title = N_("Answer too large")
    message = N_("{host} sent more than {limit} MiB. The rest was not read.")


@dataclass(slots=True, kw_only=True)
class Caller:
    """For whom and why a client calls; recorded with each call."""

    seller_id: UUID | None = None
    account_id: UUID | None = None
    why: str = ""
    actor_name: str = ""
    request_id: str = ""
    run_id: UUID | None = None
    redactor: Redactor = field(default_factory=Redactor)
    answers: bool = True
    """Whether what is answered is recorded; false where it is kept elsewhere, and large."""


_order: ContextVar[UUID | None] = ContextVar("order", default=None)


@contextmanager
def about_order(order_id: UUID) -> Generator[None]:
    """Note with every call made inside that it is about this order of ours."""
    before = _order.set(order_id)
    try:
        yield
    finally:
        _order.reset(before)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return whom we trust: reading the certificates takes longer than most requests, so once per process."""
    return httpx.create_ssl_context(trust_env=False)


class CheckedTransport(httpx.AsyncBaseTransport):
    """httpx over connection pools whose connections are checked.

    Args:
        allowed: private networks that may be reached.
        verify: whom to trust; None: whom everybody trusts.
        pools: with every request a pool looks at each of its connections, once for each: who calls hundreds of hosts at
            once spreads them over many pools.
        connections: of one pool.
        kept: of those, how many stay open for the next request.
    """

    def __init__(
        self,
        allowed: Sequence[Network],
        verify: ssl.SSLContext | None = None,
        *,
        pools: int = 1,
        connections: int = 100,
        kept: int = 20,
    ) -> None:
        self._pools = [
            httpcore.AsyncConnectionPool(
                ssl_context=verify or _trust(),
                max_connections=connections,
                max_keepalive_connections=kept,
                keepalive_expiry=30,
                http2=True,
                network_backend=CheckedNetwork(allowed),
            )
            for _ in range(pools)
        ]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inner = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            pool = self._pools[zlib.crc32(request.url.raw_host) % len(self._pools)]
            answer = await pool.handle_async_request(inner)
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx(error) from error
        stream = answer.stream
        assert isinstance(stream, AsyncIterable)  # noqa: S101 -- the asynchronous pool's promise, for the type checkers
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Stream(stream),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, inner: AsyncIterable[bytes]) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._inner:
                yield part
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx(error) from error

    async def aclose(self) -> None:
        close = getattr(self._inner, "aclose", None)
        if close is not None:
            await close()


_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx(error: Exception) -> httpx.TransportError:
    """Return httpx's error of the same name: its classes mirror httpcore's."""
    kind: type[httpx.TransportError] = getattr(httpx, type(error).__name__, httpx.TransportError)
    return kind(str(error))


class Recorder(httpx.AsyncBaseTransport):
    """Sends requests for one caller: reads answers within limits, and records everything."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        calls: CallLog | None,
        caller: Caller,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        self._inner = inner
        self._calls = calls
        self._caller = caller
        self._largest = largest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        started_at, started = now(), time.monotonic()
        request_body = await request.aread()
        response: httpx.Response | None = None
        problem = ""
        try:
            if request.url.scheme not in {"http", "https"}:
                raise SchemeRefusedError(url=self._caller.redactor.url(str(request.url)))
            async with asyncio.timeout(LONGEST_CALL):
                response = await self._send(request)
                return response
        except TimeoutError as error:
            problem = f"no complete answer within {LONGEST_CALL} s"
            raise httpx.ReadTimeout(problem, request=request) from error
        except (httpx.RequestError, EntrepotError) as error:
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise
        except asyncio.CancelledError:
            problem = "cancelled"
            raise
        finally:
            if self._calls is not None:
                await self._calls.add(
                    self._describe(
                        request,
                        request_body,
                        response,
                        started_at=started_at,
                        duration_ms=round((time.monotonic() - started) * 1000),
                        problem=problem,
                    )
                )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        try:
            assert isinstance(answer.stream, AsyncIterable)  # noqa: S101 -- asynchronous transports promise it
            unpacker = Unpacker(answer.headers.get("content-encoding", ""))
            body = await self._read(answer.stream, unpacker, request.url.host)
        finally:
            await answer.aclose()
        headers = [
            (name, value)  # as bytes: not every server keeps to ASCII
            for name, value in answer.headers.raw
            if name.lower() not in {b"content-encoding", b"content-length", b"transfer-encoding"}
        ]
        extensions = answer.extensions
        if request.extensions.get(KEEP_PACKED):
            extensions = {**extensions, PACKED: b"".join(unpacker.gzip)}
        return httpx.Response(answer.status_code, headers=headers, content=body, extensions=extensions, request=request)

    async def _read(self, stream: AsyncIterable[bytes], unpacker: Unpacker, host: str) -> bytes:
        """Read to the end, behind that of the compression, too, or the connection could not be used again."""
        parts: list[bytes] = []
        size = received = 0
        async for raw in stream:
            part = unpacker.unpack(raw, self._largest - size + 1)
            size, received = size + len(part), received + len(raw)
            if max(size, received) > self._largest:
                raise AnswerTooLargeError(host=host, limit=max(1, self._largest // 1024 // 1024))
            parts.append(part)
        unpacker.end()
        return b"".join(parts)

    def _describe(
        self,
        request: httpx.Request,
        request_body: bytes,
        response: httpx.Response | None,
        *,
        started_at: datetime,
        duration_ms: int,
        problem: str,
    ) -> RecordedCall:
        caller, redactor = self._caller, self._caller.redactor
        operation = request.extensions.get(OPERATION, "")
        return RecordedCall(
            id=request.extensions.get(CALL_ID) or new_id(),
            seller_id=caller.seller_id,
            account_id=caller.account_id,
            run_id=caller.run_id,
            order_id=_order.get(),
            subject=str(request.extensions.get(SUBJECT, "")),
            why=caller.why,
            actor_name=caller.actor_name,
            request_id=caller.request_id,
            method=request.method,
            url=redactor.url(str(request.url)) + (f"#{operation}" if operation else ""),
            status=response.status_code if response else None,
            started_at=started_at,
            duration_ms=duration_ms,
            request_headers=redactor.headers(request.headers),
            request_body=redactor.body(request_body, request.headers.get("content-type", "")),
            response_headers=redactor.headers(response.headers) if response else {},
            response_body=redactor.body(response.content, response.headers.get("content-type", ""))
            if response and caller.answers
            else "",
            response_bytes=len(response.content) if response else 0,
            error=redactor.text(problem),
        )

    async def aclose(self) -> None:
        """Keep the connections: they are shared."""


class OutsideHttp:
    """The outside clients of one process, sharing connections and the call log.

    Args:
        calls: records every call; None: nothing is recorded (a command without a database).
        allowed: private networks that may be reached.
        transport: replaces the network, in tests.
        largest: bytes of an answer.
        many_hosts: that hundreds of hosts are called at once.
    """

    def __init__(
        self,
        calls: CallLog | None,
        allowed: Sequence[Network] = (),
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        largest: int = LARGEST_ANSWER,
        many_hosts: bool = False,
    ) -> None:
        self.calls = calls
        pools, connections, kept = (64, 32, 4) if many_hosts else (1, 100, 20)
        self._network = transport or CheckedTransport(allowed, pools=pools, connections=connections, kept=kept)
        self._largest = largest

    def sender(self, caller: Caller) -> httpx.AsyncBaseTransport:
        """Return what sends single requests for *caller*, as they are: no headers of our own, no cookies, no redirects."""
        return Recorder(self._network, self.calls, caller, self._largest)

    def client(self, caller: Caller) -> httpx.AsyncClient:
        """Return a client that calls for *caller*.  Follows no redirects; need not be closed."""
        return httpx.AsyncClient(
            transport=self.sender(caller),
            timeout=TIMEOUT,
            trust_env=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, and write the calls that are not written yet."""
        await self._network.aclose()
        if self.calls is not None:
            await self.calls.aclose()
