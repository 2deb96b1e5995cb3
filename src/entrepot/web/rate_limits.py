"""How often a program may call the API, and headers that tell it where it stands.

``RateLimit-Policy`` and ``RateLimit`` as in
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (version 10, read 2026-11-21), and
``Retry-After`` with a 429.  Counted per process: a protection against runaway loops, not a bill.
"""

import time
from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from entrepot.access.http import client_address
from entrepot.access.principal import Principal
from entrepot.web.problems import show_http_problem

API = "/api/"
WINDOW = 60
"""Seconds."""
KNOWN = 60_000
"""Requests of one principal in a window: far above what honest work needs."""
UNKNOWN = 300
"""Requests without a valid key from one address in a window: guessing keys is slow."""


class RateLimits(ASGIMiddleware):
    """Counts the API calls of each principal, and of each address that shows no valid key.

    Stands after authentication.  Windows are the same for all, so that old counts go all at once.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(
        self, *, known: int = KNOWN, unknown: int = UNKNOWN, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._known = known
        self._unknown = unknown
        self._clock = clock
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, subject: str, limit: int) -> int:
        """Count one call; return how many are left in this window, negative when it was one too many."""
        window = int(self._clock() // WINDOW)
        if window != self._window:
            self._window = window
            self._counts.clear()
        count = self._counts[subject] = self._counts.get(subject, 0) + 1
        return limit - count

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not scope["path"].startswith(API):
            await next_app(scope, receive, send)
            return
        principal: Principal | None = scope.get("user")
        if principal is not None:
            subject, name, limit = f"{principal.actor.kind}:{principal.actor.id}", "principal", self._known
        else:
            address = client_address(ASGIConnection(scope))
            subject, name, limit = f"address:{address}", "address", self._unknown
        left = self.count(subject, limit)
        reset = WINDOW - int(self._clock() % WINDOW)

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [
                    *message["headers"],
                    (b"ratelimit-policy", f'"{name}";q={limit};w={WINDOW}'.encode()),
                    (b"ratelimit", f'"{name}";r={max(0, left)};t={reset}'.encode()),
                ]
                if message["status"] == 429:  # noqa: PLR2004 -- Too Many Requests
                    headers = [(key, value) for key, value in headers if key.lower() != b"retry-after"]
                    headers.append((b"retry-after", str(reset).encode()))
                message["headers"] = headers
            await send(message)

        if left < 0:
            request: Request[Any, Any, Any] = Request(scope, receive, send)
            answer = show_http_problem(request, TooManyRequestsException())
            await answer.to_asgi_response(None, request)(scope, receive, send_with_limits)
            return
        await next_app(scope, receive, send_with_limits)
