"""What bad input gets, whoever sends it: a sentence that says what is wrong, where, and what to do."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from litestar import Litestar, Response
from litestar.testing import RequestFactory

from entrepot.kit.database import CrossedError, Database
from entrepot.web.problems import show_bug

pytestmark = pytest.mark.anyio

MEGABYTE = 1024 * 1024


async def in_pieces(size: int) -> AsyncGenerator[bytes]:
    for _ in range(size // MEGABYTE):
        yield b" " * MEGABYTE


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/products"])
async def test_a_body_of_40_mb_is_refused(client: httpx.AsyncClient, path: str) -> None:
    whole = await client.post(path, content=b" " * 40 * MEGABYTE, headers={"content-type": "application/json"})
    streamed = await client.post(path, content=in_pieces(40 * MEGABYTE), headers={"content-type": "application/json"})

    for answer in (whole, streamed):
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].endswith("Send it in smaller parts.")


@pytest.mark.parametrize("body", [b"", b"{", b"[1,2", b"\xff\xfe", b'{"a": NaN}', b"null", b"[]", b'"x"'])
async def test_a_body_that_is_no_json_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/api/v1/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere", "/orders/not-an-id", "/static/../../etc/passwd"])
async def test_an_address_that_is_not_there_says_so(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


async def test_a_database_that_is_away_is_said_to_be(app: Litestar, client: httpx.AsyncClient) -> None:
    app.state["database"] = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", "key")

    answer = await client.get("/api/v1/orders")
    page = await client.get("/orders", headers={"accept": "text/html"})

    assert answer.status_code == page.status_code == 503
    assert "The database does not answer. Nothing was changed" in answer.json()["detail"]
    assert "The database does not answer. Nothing was changed" in page.text


def test_what_closing_the_transaction_raised_is_told_as_what_it_is(app: Litestar) -> None:
    request = RequestFactory(app=app).get("/api/v1/orders")
    wrapped = ExceptionGroup("closing", [CrossedError()])

    crossed = show_bug(request, wrapped)
    bug = show_bug(request, ExceptionGroup("closing", [ValueError("insides")]))

    assert (crossed.status_code, bug.status_code) == (503, 500)
    assert isinstance(crossed, Response)
    assert CrossedError.code in str(crossed.content)
    assert isinstance(bug, Response)
    assert "insides" not in str(bug.content)


async def test_no_answer_shows_the_insides(client: httpx.AsyncClient) -> None:
    for path in ("/nowhere", "/orders/x", "/api/v1/orders?cursor=%27"):
        answer = await client.get(path)
        assert "Traceback" not in answer.text
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
