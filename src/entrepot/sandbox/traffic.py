"""What was asked of the world: the last requests, and every request that meant to change something."""

from collections import deque
from datetime import datetime, timedelta

import msgspec

from entrepot.sandbox.options import RateLimit
from entrepot.sandbox.store import Store

_KEPT = 200
_BODY_KEPT = 20_000


class Request(msgspec.Struct):
    """A request and its outcome; ``faults`` names what was made to go wrong."""

    number: int
    at: datetime
    client: str
    method: str
    path: str
    status: int
    faults: tuple[str, ...] = ()
    milliseconds: float = 0.0
    body: str = ""


class Traffic:
    """The log of requests."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.last: deque[Request] = deque(maxlen=_KEPT)
        self.mutations: list[Request] = list(store.load("mutation", Request))
        self.count = self.mutations[-1].number if self.mutations else 0

    def note(self, request: Request, *, mutates: bool) -> None:
        self.count += 1
        request.number = self.count
        request.body = request.body[:_BODY_KEPT]
        self.last.append(request)
        if mutates:
            self.mutations.append(request)
            self._store.put("mutation", str(request.number), request)


class Allowance(msgspec.Struct, frozen=True):
    """What is left of a rate limit after a request."""

    limit: int
    remaining: int
    reset_seconds: int
    allowed: bool


class RateLimiter:
    """Fixed windows per client and endpoint, in the world's time."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}

    def take(self, client: str, endpoint: str, limit: RateLimit, now: datetime) -> Allowance:
        """Count a request, unless the window is used up."""
        length = timedelta(seconds=limit.seconds)
        start, used = self._windows.get((client, endpoint), (now, 0))
        if now - start >= length:
            start, used = now, 0
        allowed = used < limit.requests
        self._windows[client, endpoint] = (start, used + allowed)
        left = (start + length - now).total_seconds()
        return Allowance(limit.requests, max(0, limit.requests - used - 1), max(1, -int(-left // 1)), allowed)
