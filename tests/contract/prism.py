"""Runs Prism: a mock of an official specification that refuses what breaks it.

Prism is a development package of the front end: ``npm ci`` in ``frontend`` installs it.
"""

import asyncio
import json
import os
import shutil
import ssl
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

PRISM = Path(__file__).parents[2] / "frontend" / "node_modules" / ".bin" / "prism"
SERVER = Path(__file__).with_name("prism.cjs")
SPECS = Path(__file__).parents[3] / "shared" / "specs"
STARTS_WITHIN = 60
TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""It trusts nobody, and need not: Prism speaks no TLS.  Reading whom to trust took longer than most tests."""


def needs_prism(folder: Path) -> list[pytest.MarkDecorator]:
    """Return the marks of a module that serves specifications from *folder*."""
    return [
        pytest.mark.anyio,
        pytest.mark.contract,
        pytest.mark.xdist_group("contract"),  # all are served by one process
        pytest.mark.timeout(180),
        pytest.mark.skipif(not PRISM.exists(), reason="Prism is not installed: run “npm ci” in frontend"),
        pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed"),
        pytest.mark.skipif(
            not folder.is_dir() and not os.environ.get("CI"), reason=f"the specifications are not at {folder}"
        ),
    ]


class Prism:
    """The process that serves specifications.

    Requests that break a specification are answered with an error.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._orders = process.stdin
        self._answers = process.stdout

    async def serve(self, specification: Path) -> str:
        """Serve a specification; return its address."""
        self._orders.write(f"{specification}\n".encode())
        async with asyncio.timeout(STARTS_WITHIN):
            answer = await self._answers.readline()
        assert answer, "Prism ended: what it said stands above"
        told: dict[str, str] = json.loads(answer)
        assert told["specification"] == str(specification)
        return told["address"]


@asynccontextmanager
async def running() -> AsyncGenerator[Prism]:
    """Run Prism; it serves nothing yet."""
    process = await asyncio.create_subprocess_exec("node", str(SERVER), stdin=PIPE, stdout=PIPE)
    try:
        yield Prism(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


class Bench(httpx.AsyncBaseTransport):
    """Sends every request to one specification, and keeps what was refused.

    Args:
        address: where Prism serves it.
        base: the path that the specification leaves to its server's address.
    """

    def __init__(self, address: str, base: str) -> None:
        self._target = httpx.URL(address)
        self._base = base
        self._inner = httpx.AsyncHTTPTransport(verify=TRUST)
        self.answers: dict[str, httpx.Response] = {}
        """What is answered instead, by the start of “METHOD path”, once Prism has accepted the request."""
        self.asked: list[str] = []
        self.refused: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(self._base)
        name = f"{request.method} {path}"
        raw = request.url.raw_path.removeprefix(self._base.encode())
        request.url = request.url.copy_with(scheme="http", host=self._target.host, port=self._target.port, raw_path=raw)
        request.headers["Host"] = f"{self._target.host}:{self._target.port}"
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        self.asked.append(name)
        if _refuses(answer):
            found = answer.headers.get("sl-violations") or body.decode(errors="replace")
            self.refused.append(f"{name}: {answer.status_code} {found}")
        return next((instead for start, instead in self.answers.items() if name.startswith(start)), answer)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _refuses(answer: httpx.Response) -> bool:
    """Whether Prism found fault with the request, and not only with its own example of an answer."""
    violations = answer.headers.get("sl-violations")
    if violations is None:
        return answer.status_code >= httpx.codes.BAD_REQUEST
    return any(one["location"][:1] == ["request"] for one in json.loads(violations))
