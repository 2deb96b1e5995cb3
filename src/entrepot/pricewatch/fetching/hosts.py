"""Turns at hosts: whoever asks waits until the host may be asked, in the order of asking, across all processes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.pricewatch.fetching.domain import BINDS, Pace
from entrepot.pricewatch.fetching.errors import BusyHostError, LimitedError
from entrepot.pricewatch.fetching.leases import LEASE, Lease, Leases

RENEW = 1.0
"""Seconds between two looks at the leases."""
LINGER = 1.0
"""Seconds a host is kept that nobody here asks."""
FAIR = 2.0
"""Seconds a host is kept that others wait for."""
POLL = 0.5
"""Seconds between two tries to get a host that another fetcher has."""
SAFETY = 1.0
"""Seconds before its lease ends in which nothing is begun, and at whose begin everything is broken off."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Line:
    """Those who want to ask one host."""

    pace: Pace = field(default_factory=Pace)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    interval: float = 0.0
    """The longest of those who asked under this lease."""
    since: float = 0.0
    until: float = 0.0
    """The lease is ours until then, to be sure."""
    forget_at: float = 0.0
    """It may be ours until then, and nobody else knows when the host was asked."""
    handing_over: bool = False
    """Another fetcher waits: nothing is begun, and the host given back once nothing runs."""
    yield_until: float = 0.0
    """It was: the other goes first."""
    idle_since: float = 0.0
    limits: set[asyncio.Timeout] = field(default_factory=set[asyncio.Timeout])

    def holds(self, present: float) -> bool:
        return not self.handing_over and self.until > present

    def pace_as_lease(self, present: float) -> Lease:
        pace = self.pace
        return Lease(present - pace.last_start, max(0.0, pace.free_at - present), strikes=pace.strikes)

    def busy(self, present: float) -> bool:
        return self.waiting > 0 or self.pace.running > 0 or max(self.until, self.forget_at) > present


class Hosts:
    """The hosts that one fetcher asks.  Close it with :meth:`aclose`."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._holder: UUID = new_id()
        self._lines: dict[str, _Line] = {}
        self._asked: dict[str, float] = {}
        self._answers: dict[str, asyncio.Future[bool]] = {}
        self._acquirer: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._changing = asyncio.Lock()
        """Held while hosts are got or given back: what is asked for after it was given back must not come before."""

    @asynccontextmanager
    async def turn(
        self, host: str, *, interval: float, most: int, patience: float, room: asyncio.Semaphore | None = None
    ) -> AsyncGenerator[None]:
        """Wait until *host* may be asked, and hold the turn while the block asks it.

        Args:
            host: its name.
            interval: seconds between the beginnings of two turns.
            most: turns at the same moment.
            patience: seconds to wait.
            room: taken with the turn, where there is not room for everybody whose turn it is.

        Raises:
            LimitedError: the host wants a pause that is longer than *patience*.
            BusyHostError: too many come first; or the lease was lost in the middle.
        """
        line = self._lines.setdefault(host, _Line())
        if line.waiting * interval > patience:
            raise BusyHostError(host=host)
        line.waiting += 1
        enough = asyncio.timeout(patience)
        try:
            async with enough, line.turn:
                await self._start(host, line, interval=interval, most=most, patience=patience, room=room)
        except TimeoutError:
            if enough.expired():
                raise BusyHostError(host=host) from None
            raise
        finally:
            line.waiting -= 1
        limit = asyncio.timeout_at(line.until)
        try:
            async with limit:
                line.limits.add(limit)
                yield
        except TimeoutError:
            if limit.expired():
                raise BusyHostError(host=host) from None
            raise
        finally:
            line.limits.discard(limit)
            if room is not None:
                room.release()
            line.pace.end(most)
            line.idle_since = _present()
            line.ended.set()

    async def limited(self, host: str, retry_after: int | None) -> int:
        """Note that *host* wants a pause, for everybody; return its seconds."""
        pace = self._lines.setdefault(host, _Line()).pace
        pause = pace.limited(_present(), retry_after)
        await self._leases.close(host, pause, pace.strikes)
        return pause

    def answered(self, host: str) -> None:
        """Note that *host* answered as it should."""
        self._lines.setdefault(host, _Line()).pace.answered()

    async def _start(
        self, host: str, line: _Line, *, interval: float, most: int, patience: float, room: asyncio.Semaphore | None
    ) -> None:
        """Begin a turn once the host is ours and bears it, and there is room."""
        while True:
            await self._ready(host, line, interval=interval, most=most, patience=patience)
            if room is not None:
                await room.acquire()
            present = _present()
            if line.holds(present) and line.pace.wait(present, interval, most) == 0:
                line.pace.start(present, interval, most)
                return
            if room is not None:  # while it was full, the host was lost or closed
                room.release()

    async def _ready(self, host: str, line: _Line, *, interval: float, most: int, patience: float) -> None:
        """Wait until the host is ours and may be asked; whatever changes meanwhile is looked at again."""
        while True:
            present = _present()
            if not line.holds(present) or min(interval, BINDS) > line.interval:
                if not await self._acquire(host, line, interval):
                    await asyncio.sleep(POLL)
                continue
            closed = line.pace.closed_until - present
            if closed > patience:
                raise LimitedError(host=host, retry_after=max(1, round(closed)))
            wait = line.pace.wait(present, interval, most)
            if wait is None:
                line.ended.clear()
                await line.ended.wait()
            elif wait > patience:  # known now; waiting for it would only hold up those behind
                raise BusyHostError(host=host)
            elif wait > 0:
                await asyncio.sleep(min(wait, RENEW))
            else:
                return

    async def _acquire(self, host: str, line: _Line, interval: float) -> bool:
        """Ask for the host; false: not now."""
        if line.pace.running:  # what was begun under the old lease ends, or is being broken off
            line.ended.clear()
            await line.ended.wait()
        present = _present()
        if present < line.yield_until or (line.handing_over and line.until > present):
            return False  # others first
        answer = self._answers.get(host)
        if answer is None:
            answer = self._answers[host] = asyncio.get_running_loop().create_future()
            self._asked[host] = min(interval, BINDS)
        if self._acquirer is None or self._acquirer.done():
            self._acquirer = asyncio.create_task(self._acquire_all(), name="price_hosts")
        return await asyncio.shield(answer)

    async def _acquire_all(self) -> None:
        """Get what was asked for: everything that is asked while one statement runs goes into the next."""
        while self._asked:
            async with self._changing:
                asked, self._asked = self._asked, {}
                await self._get(asked)
            if self._keeper is None or self._keeper.done():
                self._keeper = asyncio.create_task(self._keep(), name="price_host_keeper")

    async def _get(self, asked: dict[str, float]) -> None:
        before = _present()
        got: dict[str, Lease] = {}
        with _while_away():
            got = await self._leases.acquire(self._holder, asked)
        present = _present()
        for host, interval in asked.items():
            if (lease := got.get(host)) is not None:
                line = self._lines.setdefault(host, _Line())
                line.until = before + LEASE - SAFETY
                line.forget_at = present + LEASE
                line.since = line.idle_since = present
                line.handing_over = False
                line.interval = max(interval, line.interval if line.pace.running else 0)
                line.pace.last_start = max(line.pace.last_start, present - lease.asked_ago)
                line.pace.free_at = max(line.pace.free_at, present + lease.free_in)
                line.pace.closed_until = max(line.pace.closed_until, present + lease.closed_in)
                line.pace.strikes = lease.strikes
            self._answers.pop(host).set_result(lease is not None)

    async def _keep(self) -> None:
        """Prolong the leases that are used, and give back the others, until none is left."""
        while True:
            await asyncio.sleep(RENEW)
            with _while_away():
                await self._renew()
                await self._give_back(everything=False)
            present = _present()
            self._lines = {host: line for host, line in self._lines.items() if line.busy(present)}
            if not self._lines:
                return

    async def _renew(self) -> None:
        before = _present()
        held = {host: line.interval for host, line in self._lines.items() if line.until > before}
        if not held:
            return
        kept: dict[str, bool] = {}
        try:
            kept = await self._leases.renew(self._holder, held)
        finally:
            for host in held:
                self._lines[host].forget_at = _present() + LEASE
        for host in held:
            line = self._lines[host]
            if host not in kept:
                line.until = 0.0
            else:
                line.until = before + LEASE - SAFETY
                line.handing_over = line.handing_over or (kept[host] and before - line.since >= FAIR)
            for limit in line.limits:
                limit.reschedule(line.until)

    async def _give_back(self, *, everything: bool) -> None:
        async with self._changing:
            present = _present()
            given: dict[str, Lease] = {}
            for host, line in self._lines.items():
                idle = not line.waiting and present - line.idle_since >= LINGER
                if line.until > present and not line.pace.running and (everything or line.handing_over or idle):
                    line.until = 0.0  # from here on nobody starts: giving back may take its time
                    if line.handing_over:
                        line.handing_over, line.yield_until = False, present + 2 * POLL
                    given[host] = line.pace_as_lease(present)
            if given:
                await self._leases.release(self._holder, given)
                for host in given:
                    self._lines[host].forget_at = 0.0

    async def aclose(self) -> None:
        """Give every host back."""
        for task in (self._keeper, self._acquirer):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        with _while_away():
            await self._give_back(everything=True)


def _present() -> float:
    return asyncio.get_running_loop().time()


@contextmanager
def _while_away() -> Generator[None]:
    """Let a database that does not answer cost leases, and nothing more."""
    try:
        yield
    except (EntrepotError, SQLAlchemyError, OSError) as error:
        log.warning("price_hosts_waiting", error=type(error).__name__)
