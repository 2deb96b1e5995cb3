"""What a connector is given to reach its channel: a client, tokens that outlive it, a budget, and a memory."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import httpx
import msgspec

from entrepot.kit.clock import now


class Token(msgspec.Struct, frozen=True):
    """An access token, and when to stop using it."""

    value: str
    expires_at: datetime


type Obtain = Callable[[], Awaitable[Token]]
"""Asks the channel for a fresh token."""


class Tokens(Protocol):
    """Keeps one account's access token, shared by all processes."""

    async def current(self, obtain: Obtain) -> str:
        """Return a token that is still good; only if there is none, obtain one (one process at a time)."""
        ...

    async def replace(self, rejected: str, obtain: Obtain) -> str:
        """Return another token than *rejected*, obtaining one unless somebody already did."""
        ...


class Budget(Protocol):
    """Keeps one account within what its channel allows, across all processes."""

    async def take(self, operation: str, *, rate: int, per: int, burst: int, shared: bool = False) -> None:
        """Wait until *operation* may be called: *rate* times in *per* seconds, *burst* of them at once.

        *shared*: the channel counts it for all accounts that use one app, and *operation* names that app.

        Raises:
            RateLimitedError: it would take too long.
        """
        ...

    async def learn(self, operation: str, *, remaining: int, reset: int, shared: bool = False) -> None:
        """The channel said that *remaining* calls are left for the next *reset* seconds."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """One version of one document."""

    document_id: str
    fingerprint: str


type Known = Callable[[Sequence[DocumentKey]], Awaitable[set[DocumentKey]]]
"""Tells which versions are stored already and need not be fetched again."""


class OwnTokens:
    """Keeps the token in this process: for tests and for trying credentials that are not stored yet."""

    def __init__(self) -> None:
        self._token: Token | None = None

    async def current(self, obtain: Obtain) -> str:
        if self._token is None or self._token.expires_at <= now():
            self._token = await obtain()
        return self._token.value

    async def replace(self, rejected: str, obtain: Obtain) -> str:
        if self._token is None or self._token.value == rejected:
            self._token = await obtain()
        return self._token.value


class NoBudget:
    """Limits nothing."""

    async def take(self, operation: str, *, rate: int, per: int, burst: int, shared: bool = False) -> None:
        """Return at once."""

    async def learn(self, operation: str, *, remaining: int, reset: int, shared: bool = False) -> None:
        """Forget it."""


async def nothing_known(keys: Sequence[DocumentKey]) -> set[DocumentKey]:  # noqa: ARG001 -- the signature of Known
    """Know nothing: everything is fetched."""
    return set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One connector's way to its channel."""

    http: httpx.AsyncClient
    tokens: Tokens = field(default_factory=OwnTokens)
    budget: Budget = field(default_factory=NoBudget)
    known: Known = nothing_known


class _Closed(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("reading needs no network", request=request)


def closed_line() -> Line:
    """Return a way to nowhere, for a connector that is only to read what is there."""
    return Line(http=httpx.AsyncClient(transport=_Closed(), trust_env=False))
