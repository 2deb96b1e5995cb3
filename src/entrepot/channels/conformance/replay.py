"""Answers HTTP requests from recordings instead of the network."""

from pathlib import Path
from typing import Any

import httpx
import msgspec


class Request(msgspec.Struct, frozen=True):
    """What was asked."""

    method: str
    url: str
    body: Any = None


class Response(msgspec.Struct):
    """What was answered."""

    status: int
    body: Any = None
    text: str = ""
    """What it says where that is no JSON: a file."""
    headers: dict[str, str] = {}


class Exchange(msgspec.Struct):
    """A question and its answer."""

    request: Request
    response: Response


class Recording(msgspec.Struct):
    """What the channel was asked and answered in one session, with secrets and personal data replaced."""

    source: str
    """Where the answers come from: a live account, or the channel's documentation, and when."""
    credentials: dict[str, str]
    exchanges: list[Exchange]
    given: dict[str, Any] = {}
    """What the suite is to ask for, where the usual examples do not fit: see :mod:`entrepot.channels.conformance.exercises`."""
    signs_in: bool = True
    """The first exchange of ``check`` signs in.  False: every request proves itself."""
    volatile: list[str] = []
    """Fields of request bodies that differ each time: signatures, moments, keys of requests."""

    @classmethod
    def load(cls, path: Path) -> "Recording":
        """Read a recording; a file that is missing or broken fails the test that needs it."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


class Replay(httpx.AsyncBaseTransport):
    """Plays a recording back.  An unknown request fails the test; so does an exchange never asked for."""

    def __init__(self, recording: Recording) -> None:
        self._volatile = frozenset(recording.volatile)
        self._unused = [
            Exchange(Request(made.request.method, made.request.url, self._settled(made.request.body)), made.response)
            for made in recording.exchanges
        ]

    def _settled(self, body: Any) -> Any:  # noqa: ANN401 -- JSON
        """Return what of a body is the same each time."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name not in self._volatile}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = msgspec.json.decode(request.content) if request.content else None
        asked = Request(request.method, str(request.url), self._settled(body))
        for exchange in self._unused:
            if exchange.request == asked:
                self._unused.remove(exchange)
                answer = exchange.response
                content = answer.text.encode() if answer.body is None else msgspec.json.encode(answer.body)
                return httpx.Response(answer.status, content=content, headers=answer.headers)
        raise AssertionError(f"not in the recording: {asked}")

    def assert_all_used(self) -> None:
        """Fail if the connector left something out."""
        assert not self._unused, f"recorded but never requested: {self._unused}"
