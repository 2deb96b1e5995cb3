"""The way out: checked, limited, recorded."""

import asyncio
import contextlib
import gzip
import socket
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from ipaddress import IPv4Network
from typing import Any

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.call_log import CallLog, recent_calls, recorded_call
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.http import (
    KEEP_PACKED,
    PACKED,
    SUBJECT,
    AddressRefusedError,
    AnswerTooLargeError,
    Caller,
    OutsideHttp,
    SchemeRefusedError,
)
from entrepot.kit.ids import new_id
from entrepot.kit.redaction import MASK, Redactor
from entrepot.kit.scope import Scope

pytestmark = pytest.mark.anyio

LOOPBACK = [IPv4Network("127.0.0.0/8")]

type Serve = Callable[..., Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncGenerator[Serve]:
    """Return a function that serves one raw answer to everyone and returns the address."""
    async with AsyncExitStack() as stack:

        async def start(*parts: bytes, host: str = "127.0.0.1", then_hang: bool = False) -> str:
            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError):  # a client that refuses the rest hangs up
                    await reader.readuntil(b"\r\n\r\n")
                    for part in parts:
                        writer.write(part)
                        await writer.drain()
                    if then_hang:
                        await reader.read()
                writer.close()

            server = await asyncio.start_server(answer, host, 0)
            stack.callback(server.close)
            return f"http://{host}:{server.sockets[0].getsockname()[1]}"

        yield start


def plain(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_refuses_private_addresses(serve: Serve) -> None:
    address = await serve(plain(b"secret"))
    port = address.rpartition(":")[2]

    async with OutsideHttp(None) as outside:
        client = outside.client(Caller())
        for url in (
            address,
            f"http://localhost:{port}",
            f"http://[::ffff:127.0.0.1]:{port}",
            f"http://2130706433:{port}",  # 127.0.0.1 as one number
            f"http://0x7f.1:{port}",
            "http://169.254.169.254/latest/meta-data",
        ):
            with pytest.raises((AddressRefusedError, httpx.ConnectError)):
                await client.get(url)


async def test_reaches_what_is_allowed(serve: Serve) -> None:
    async with OutsideHttp(None, LOOPBACK) as outside:
        answer = await outside.client(Caller()).get(await serve(plain(b"hello", "Content-Type: text/plain")))

    assert (answer.status_code, answer.text) == (200, "hello")


async def test_a_name_that_changes_its_address_gains_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int((await serve(plain(b"allowed"), host="127.0.0.2")).rpartition(":")[2])
    answers = iter(["127.0.0.2", "127.0.0.1"])

    async def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    async with OutsideHttp(None, [IPv4Network("127.0.0.2/32")]) as outside:
        client = outside.client(Caller())
        assert (await client.get(f"http://rebinding.example:{port}")).text == "allowed"
        with pytest.raises(AddressRefusedError):
            await client.get(f"http://rebinding.example:{port}")


async def test_a_redirect_is_not_followed(serve: Serve) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async with OutsideHttp(None, LOOPBACK) as outside:
        assert (await outside.client(Caller()).get(await serve(moved))).status_code == 302


@pytest.mark.parametrize("url", ["ftp://example.org/x", "file:///etc/passwd", "gopher://example.org"])
async def test_speaks_only_http(url: str) -> None:
    async with OutsideHttp(None) as outside:
        with pytest.raises((SchemeRefusedError, httpx.UnsupportedProtocol)):
            await outside.client(Caller()).get(url)


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
async def test_reads_what_is_compressed_within_the_limit(
    serve: Serve, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    small, large = b"a" * 1000, b"a" * 10_000_000
    async with OutsideHttp(None, LOOPBACK, largest=1_000_000) as outside:
        client = outside.client(Caller())
        answer = await client.get(await serve(plain(compress(small), f"Content-Encoding: {encoding}")))
        assert answer.content == small
        with pytest.raises(AnswerTooLargeError):
            await client.get(await serve(plain(compress(large), f"Content-Encoding: {encoding}")))


async def test_what_follows_the_end_of_a_compressed_answer_counts_and_is_not_kept(serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n"
    packed = gzip.compress(b"hello")
    async with OutsideHttp(None, LOOPBACK, largest=10_000) as outside:
        sender = outside.sender(Caller())
        request = httpx.Request("GET", await serve(head, packed, b"x" * 1000), extensions={KEEP_PACKED: True})
        answer = await sender.handle_async_request(request)
        assert (answer.content, answer.extensions[PACKED]) == (b"hello", packed)
        with pytest.raises(AnswerTooLargeError):
            request = httpx.Request("GET", await serve(head, packed, *[b"x" * 1000] * 20, then_hang=True))
            await sender.handle_async_request(request)


async def test_an_endless_answer_ends(serve: Serve) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

    async with OutsideHttp(None, LOOPBACK, largest=10_000) as outside:
        with pytest.raises(AnswerTooLargeError):
            await outside.client(Caller()).get(await serve(head, *[b"x" * 1000] * 20, then_hang=True))


async def test_a_compression_we_did_not_ask_for_is_an_error(serve: Serve) -> None:
    async with OutsideHttp(None, LOOPBACK) as outside:
        with pytest.raises(httpx.DecodingError):
            await outside.client(Caller()).get(await serve(plain(b"x", "Content-Encoding: br")))
        with pytest.raises(httpx.DecodingError):
            await outside.client(Caller()).get(await serve(plain(b"not gzip", "Content-Encoding: gzip")))
        with pytest.raises(httpx.DecodingError):
            await outside.client(Caller()).get(await serve(plain(b"this is no gzip at all", "Content-Encoding: gzip")))


async def test_a_compressed_answer_that_ends_too_early_is_an_error(serve: Serve) -> None:
    whole = gzip.compress(b"the price is 12.12 EUR")
    async with OutsideHttp(None, LOOPBACK) as outside:
        for part in (whole[:5], whole[:20], whole[:-1]):
            with pytest.raises(httpx.DecodingError):
                await outside.client(Caller()).get(await serve(plain(part, "Content-Encoding: gzip")))
        assert (await outside.client(Caller()).get(await serve(plain(b"", "Content-Encoding: gzip")))).content == b""


async def test_a_silent_server_times_out(serve: Serve) -> None:
    async with OutsideHttp(None, LOOPBACK) as outside:
        with pytest.raises(httpx.ReadTimeout):
            await outside.client(Caller()).get(await serve(then_hang=True), timeout=0.05)


def answering(status: int = 200, body: bytes = b"{}") -> httpx.MockTransport:
    headers = {"Content-Type": "application/json", "Set-Cookie": "session=canary-cookie"}
    return httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers))


async def test_records_calls_without_secrets(database: Database, seller: SellerRef) -> None:
    account = new_id()
    transport = answering(body=b'{"access_token": "canary-token", "note": "canary-known"}')
    async with OutsideHttp(CallLog(database), transport=transport) as outside:
        caller = Caller(
            seller_id=seller.id,
            account_id=account,
            why="import",
            actor_name="Job",
            request_id="r1",
            redactor=Redactor(["canary-known"]),
        )
        await outside.client(caller).post(
            "https://u:canary-pw@shop.example/orders?api_key=canary-key&page=2",
            headers={"Authorization": "Bearer canary-token"},
            json={"password": "canary-body", "sku": "MUG"},
            extensions={SUBJECT: "order 7"},
        )

    async with database.transaction(Scope.of(seller.id)) as session:
        [brief] = await recent_calls(session, account_id=account)
        call = await recorded_call(session, brief.id)
        assert [found.id for found in await recent_calls(session, subject="order 7")] == [brief.id]
    assert call is not None
    assert "canary" not in repr(call)
    assert (call.method, call.status, call.why, call.actor_name, call.request_id) == (
        "POST",
        200,
        "import",
        "Job",
        "r1",
    )
    assert call.url == f"https://{MASK}@shop.example/orders?api_key={MASK}&page=2"
    assert '"MUG"' in call.request_body
    assert call.request_headers["authorization"] == MASK


async def test_records_what_failed(database: Database, seller: SellerRef) -> None:
    account = new_id()

    def break_off(request: httpx.Request) -> httpx.Response:
        msg = "connection lost"
        raise httpx.ReadError(msg, request=request)

    async with OutsideHttp(CallLog(database), transport=httpx.MockTransport(break_off)) as outside:
        with pytest.raises(httpx.ReadError):
            await outside.client(Caller(seller_id=seller.id, account_id=account)).get("https://shop.example/")

    async with database.transaction(Scope.of(seller.id)) as session:
        [call] = await recent_calls(session, account_id=account)
    assert (call.status, call.error) == (None, "ReadError: connection lost")


async def test_a_call_is_recorded_although_its_transaction_is_rolled_back(
    database: Database, seller: SellerRef
) -> None:
    account = new_id()
    async with OutsideHttp(CallLog(database), transport=answering()) as outside:
        with pytest.raises(RuntimeError):
            async with database.transaction(Scope.of(seller.id)):
                await outside.client(Caller(seller_id=seller.id, account_id=account)).get("https://shop.example/")
                raise RuntimeError

    async with database.transaction(Scope.of(seller.id)) as session:
        assert len(await recent_calls(session, account_id=account)) == 1


async def test_nobody_sees_the_calls_of_another_seller_or_of_the_instance(
    database: Database, seller: SellerRef, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    other = await make_seller("Red Mugs")
    subject = str(new_id())
    async with OutsideHttp(CallLog(database), transport=answering()) as outside:
        for owner in (seller.id, None):
            await outside.client(Caller(seller_id=owner)).get("https://x.example/", extensions={SUBJECT: subject})

    async with database.transaction(Scope.of(other.id)) as session:
        assert await recent_calls(session, subject=subject) == []
    async with database.transaction(Scope.of(seller.id)) as session:
        assert len(await recent_calls(session, subject=subject)) == 1
    async with database.transaction(Scope.all_sellers()) as session:
        assert len(await recent_calls(session, subject=subject)) == 2


async def test_who_waits_for_the_record_waits_for_earlier_calls_only(
    database: Database, seller: SellerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = new_id()
    monkeypatch.setattr("entrepot.kit.call_log.PAUSE", 60)
    async with OutsideHttp(CallLog(database), transport=answering()) as outside, asyncio.timeout(20):
        assert outside.calls is not None
        client = outside.client(Caller(seller_id=seller.id))

        async def others() -> None:
            while True:
                await client.get("https://shop.example/")
                await asyncio.sleep(0)

        busy = asyncio.create_task(others())
        mine = outside.client(Caller(seller_id=seller.id, account_id=account))
        await mine.get("https://shop.example/")
        await outside.calls.flush()
        async with database.transaction(Scope.of(seller.id)) as session:
            assert len(await recent_calls(session, account_id=account)) == 1
        assert not busy.done()
        busy.cancel()


async def test_thousands_of_calls_are_all_recorded(database: Database, seller: SellerRef) -> None:
    account = new_id()
    async with OutsideHttp(CallLog(database), transport=answering()) as outside:
        client = outside.client(Caller(seller_id=seller.id, account_id=account))
        began = now()
        await asyncio.gather(*(client.get("https://shop.example/") for _ in range(1000)))
        assert (now() - began).total_seconds() < 20

    async with database.transaction(Scope.of(seller.id)) as session:
        assert len(await recent_calls(session, account_id=account, limit=2000)) == 1000
