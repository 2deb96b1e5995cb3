"""Promise: no host is asked more often than its limits say, by however many fetchers, whatever happens to them."""

import asyncio
import itertools
import selectors
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.pricewatch.fetching.domain import BINDS, Pace
from entrepot.pricewatch.fetching.errors import BusyHostError, LimitedError
from entrepot.pricewatch.fetching.hosts import LINGER, RENEW, Hosts
from entrepot.pricewatch.fetching.leases import LEASE, Lease, LocalLeases
from entrepot.pricewatch.fetching.repository import DatabaseLeases

TINY = 1e-6


class FakeTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next moment at which something happens."""

    def __init__(self) -> None:
        super().__init__(Jumping(self))
        self.present = 1000.0

    def time(self) -> float:
        return self.present


class Jumping(selectors.DefaultSelector):
    def __init__(self, loop: FakeTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.present += max(0.0, timeout or 0.0)
        return super().select(0)


def play[R](work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    with asyncio.Runner(loop_factory=FakeTime) as runner:
        return runner.run(work())


def present() -> float:
    return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Ask:
    fetcher: int
    host: str
    after: float
    interval: float
    most: int
    takes: float
    limited: int | None
    """The host answers “too often”, and names these seconds."""


@dataclass
class Begun:
    ask: Ask
    at: float
    beside: list["Begun"]
    """Those that had begun and not ended."""
    ended: bool = False


asks = st.builds(
    Ask,
    fetcher=st.integers(0, 2),
    host=st.sampled_from(["a.example", "b.example"]),
    after=st.floats(0, 30),
    interval=st.sampled_from([0.0, 0.5, 1.0, 5.0]),
    most=st.integers(1, 3),
    takes=st.floats(0, 20),
    limited=st.none() | st.none() | st.none() | st.integers(1, 60),
)


class Frail(LocalLeases):
    """Leases that are not prolonged for a while."""

    def __init__(self, away: tuple[float, float]) -> None:
        super().__init__()
        self._away = away

    async def renew(self, holder: UUID, held: Mapping[str, float]) -> dict[str, bool]:
        if self._away[0] <= present() - 1000 < sum(self._away):
            return {}
        return await super().renew(holder, held)


@settings(max_examples=25)
@given(
    st.lists(asks, min_size=1, max_size=25),
    st.tuples(st.floats(0, 60), st.floats(0, 40)),
    st.none() | st.floats(0, 40),
)
def test_limits_are_kept_by_all_fetchers_together(  # noqa: C901 -- a world in little
    wanted: list[Ask], away: tuple[float, float], dies: float | None
) -> None:
    begun: list[Begun] = []
    closed: list[tuple[str, float, float]] = []

    def running_at(host: str) -> list[Begun]:
        return [other for other in begun if other.ask.host == host and not other.ended]

    async def fetch(hosts: Hosts, ask: Ask) -> None:
        await asyncio.sleep(ask.after)
        one: Begun | None = None
        try:
            async with hosts.turn(ask.host, interval=ask.interval, most=ask.most, patience=120):
                one = Begun(ask, present(), running_at(ask.host))
                begun.append(one)
                await asyncio.sleep(ask.takes)
                if ask.limited is not None:
                    pause = await hosts.limited(ask.host, ask.limited)
                    closed.append((ask.host, present(), present() + pause))
        except (BusyHostError, LimitedError):
            pass
        finally:
            if one is not None:
                one.ended = True

    async def everything() -> None:
        leases = Frail(away)
        fetchers = [Hosts(leases) for _ in range(3)]
        tasks = [asyncio.create_task(fetch(fetchers[ask.fetcher], ask)) for ask in wanted]
        if dies is not None:  # the first fetcher's process is killed: it gives nothing back
            await asyncio.sleep(dies)
            for ask, task in zip(wanted, tasks, strict=True):
                if ask.fetcher == 0:
                    task.cancel()
        async with asyncio.timeout(4000):
            await asyncio.gather(*tasks, return_exceptions=True)
        for hosts in fetchers[1:] if dies is not None else fetchers:
            await hosts.aclose()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    play(everything)
    assert dies is not None or len(begun) >= 1
    for host in {one.ask.host for one in begun}:
        here = sorted((one for one in begun if one.ask.host == host), key=lambda one: one.at)
        for before, after in itertools.pairwise(here):
            assert after.at - before.at >= max(before.ask.interval, after.ask.interval) - TINY
        for one in here:
            assert len(one.beside) < min(other.ask.most for other in [one, *one.beside])
            for name, said, until in closed:
                assert not (name == host and said + TINY < one.at < until - TINY)


def test_pages_of_one_host_wait_and_those_of_others_do_not() -> None:
    async def run() -> tuple[float, float]:
        hosts = Hosts(LocalLeases())

        async def ask(host: str) -> float:
            async with hosts.turn(host, interval=1, most=1, patience=60):
                return present() - 1000

        same = await asyncio.gather(*(ask("shop.example") for _ in range(10)))
        others = await asyncio.gather(*(ask(f"{number}.example") for number in range(10)))
        with pytest.raises(BusyHostError):  # the eleventh would wait for more than it wants to
            await asyncio.gather(*(hosts.turn("x", interval=7, most=1, patience=60).__aenter__() for _ in range(11)))
        await hosts.aclose()
        return max(same), max(others) - max(same)

    assert play(run) == (9, 0)


class SlowToGiveBack(LocalLeases):
    """Whatever is asked for meanwhile would come first."""

    async def release(self, holder: UUID, given: Mapping[str, Lease]) -> None:
        await asyncio.sleep(3)
        await super().release(holder, given)


def test_a_host_that_is_being_given_back_is_not_lost_by_who_wants_it_then() -> None:
    async def work() -> None:
        hosts = Hosts(SlowToGiveBack())
        for _ in range(2):
            async with hosts.turn("a.example", interval=0.1, most=1, patience=60):
                await asyncio.sleep(10)  # the leases are looked at meanwhile
            await asyncio.sleep(LINGER + RENEW)
        await hosts.aclose()

    play(work)


def test_a_fetcher_gives_a_host_to_another_that_waits_for_it() -> None:
    async def run() -> float:
        leases = LocalLeases()
        greedy, modest = Hosts(leases), Hosts(leases)

        async def ask(hosts: Hosts) -> float:
            async with hosts.turn("shop.example", interval=1, most=1, patience=60):
                return present() - 1000

        many = asyncio.gather(*(ask(greedy) for _ in range(50)))
        await asyncio.sleep(0.1)
        turn = await ask(modest)
        await many
        return turn

    assert play(run) < 6


def test_a_long_interval_binds_whoever_wants_it_and_others_for_a_moment() -> None:
    pace = Pace()
    pace.start(0, 3600, 1)
    pace.end(1)
    assert pace.wait(1, 3600, 1) == 3599
    assert pace.wait(1, 1, 1) == BINDS - 1


def test_who_asks_too_often_waits_longer_each_time() -> None:
    async def run() -> list[int]:
        hosts = Hosts(LocalLeases())
        pauses = [await hosts.limited("shop.example", None) for _ in range(9)]
        with pytest.raises(LimitedError) as told:
            async with hosts.turn("shop.example", interval=1, most=1, patience=60):
                pass
        assert told.value.retry_after == pauses[-1]
        hosts.answered("shop.example")
        return [*pauses, await hosts.limited("shop.example", None), await hosts.limited("shop.example", 10**9)]

    assert play(run) == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 30, 86400]


@pytest.mark.anyio
async def test_processes_share_hosts_through_the_database(database: Database) -> None:
    leases, host = DatabaseLeases(database), f"{new_id()}.example"
    first, second = new_id(), new_id()

    assert set(await leases.acquire(first, {host: 2.0})) == {host}
    assert await leases.acquire(second, {host: 2.0, f"b.{host}": 0.0}) == {f"b.{host}": Lease()}
    assert await leases.renew(first, {host: 2.0, f"b.{host}": 1.0}) == {host: True}
    await leases.close(host, 90, 3)
    await leases.release(second, {host: Lease()})  # not its own: nothing happens
    await leases.release(first, {host: Lease(asked_ago=1.0, free_in=5.0, strikes=3)})
    lease = (await leases.acquire(second, {host: 2.0}))[host]
    assert 3 < lease.free_in <= 5
    assert 85 < lease.closed_in <= 90
    assert lease.strikes == 3
    assert 1 <= lease.asked_ago < 3
    assert await leases.renew(first, {host: 2.0}) == {}
    assert LEASE > 3
