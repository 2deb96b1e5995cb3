"""Kills workers while they work, and measures how long it takes until the work goes on."""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from tests.chaos.hub import Hub, StuckError, Worker

SPARE = 2
"""Workers at a time: one to be killed, one to take over."""
LONGEST = 90
"""Seconds after which work that has not gone on counts as stuck."""
MISSES = 2
"""Runs that may end before the moment that was waited for; then any moment will do."""
LATEST_START = 8
"""Most seconds before a killed worker is started again, if nothing else is said; till then the other one is alone."""


BEGAN = time.monotonic()


def say(text: str) -> None:
    """Print a line now, with the seconds since the beginning."""
    sys.stdout.write(f"{time.monotonic() - BEGAN:6.1f} {text}\n")
    sys.stdout.flush()


@dataclass(slots=True, kw_only=True)
class Blow:
    """One kill."""

    victims: str
    doing: str
    taken_over: float | None = None
    """Seconds until a worker had the run again; None if it ended, waits for the outside, or was another's."""
    went_on: float = 0
    """Seconds until something new was stored."""
    waited: bool = False
    """A fault of the outside world made it wait, so that :attr:`went_on` says nothing about us."""


class Killer:
    """Kills whoever runs *job*.

    Args:
        hub: whose workers.
        dice: decides when and whom.
        job: what must be going on.
        progress: a query whose answer changes whenever work went on.
        moments: queries that are true at moments worth hitting.
        keep_busy: gives the workers something to do.
        patience: most seconds between seeing work and killing.
    """

    key: str | None = None
    """Which run of the job; None: any."""
    label = ""
    """How what is said of a kill begins."""

    def __init__(
        self,
        hub: Hub,
        dice: random.Random,
        *,
        job: str,
        progress: str,
        moments: tuple[str, ...],
        keep_busy: Callable[[], Awaitable[None]],
        patience: float,
    ) -> None:
        self._hub = hub
        self._dice = dice
        self._job = job
        self._progress = progress
        self._moments = moments
        self._keep_busy = keep_busy
        self._patience = patience
        self._latest_start: float = LATEST_START
        self._at_any_time = 0.5
        self._reach = 0.0
        self._starting: set[asyncio.Task[None]] = set()
        self.blows: list[Blow] = []

    def hurried(self, *, latest_start: float, at_any_time: float, reach: float) -> Self:
        """Return this, in more of a hurry.

        Args:
            latest_start: most seconds before a killed worker is started again.
            at_any_time: the part of all kills that wait for no moment.
            reach: most seconds to wait for a moment, as long as the run goes on.
        """
        self._latest_start, self._at_any_time, self._reach = latest_start, at_any_time, reach
        return self

    async def strike(self) -> Blow:
        """Wait until the job is at work, kill at some moment of it, wait until it goes on."""
        run, victims, slots = await self._choose()
        before = await self._hub.value(self._progress)
        names = "+".join(one.name for one in victims)
        for victim in victims:
            victim.kill()
        killed = time.monotonic()
        for _ in victims:
            self._start_later(0 if self._dice.random() < 0.5 else self._dice.uniform(0, self._latest_start))
        blow = Blow(victims=names, doing=f"{run['job']} attempt {run['attempt']}, {run['note'] or 'at its beginning'}")
        await self._watch(blow, run, before, killed, was_its=run["slot"] in slots)
        self.blows.append(blow)
        taken = "-" if blow.taken_over is None else f"{blow.taken_over:.1f} s"
        say(
            f"  kill {len(self.blows):2}: {self.label}{names} during {blow.doing};"
            f" taken over after {taken}, went on after {blow.went_on:.1f} s{' (waited)' if blow.waited else ''}"
        )
        return blow

    async def finish(self) -> None:
        """Let workers start that are to be started."""
        await asyncio.gather(*self._starting)
        await self._hub.ready(SPARE)

    async def hurry(self) -> bool:
        """Let the time pass that failed runs wait for their next attempt; say whether there were some."""
        rows = await self._hub.sql(
            "UPDATE job_run SET due_at = now() WHERE state = 'waiting' AND due_at > now() RETURNING id"
        )
        return bool(rows)

    async def _choose(self) -> tuple[Any, list[Worker], set[str]]:
        """Wait for a moment at which the job is at work; return its run, who is to die, and their places."""
        deadline = time.monotonic() + LONGEST
        missed = 0
        while time.monotonic() < deadline:
            run = await self._running()
            if run is None:
                await self.hurry()
                await self._keep_busy()
                await asyncio.sleep(0.1 if missed < MISSES else 0.02)
                continue
            if missed < MISSES:
                await self._moment()
            run = await self._running()
            slots = await self._hub.slots()
            if run is None or run["slot"] not in slots:
                missed += 1
                continue
            luck = self._dice.random()
            chosen = {run["slot"]} if luck < 0.7 else set(slots) if luck < 0.9 else {self._dice.choice(sorted(slots))}
            return run, [slots[name] for name in sorted(chosen)], chosen
        raise StuckError(f"{self._job} did not run within {LONGEST} s, although there was something to do")

    async def _moment(self) -> None:
        deadline = time.monotonic() + self._dice.uniform(0, self._patience)
        if not self._moments or self._dice.random() < self._at_any_time:
            await asyncio.sleep(deadline - time.monotonic())
            return
        query = self._dice.choice(self._moments)
        more = self._dice.uniform(0, 0.5)
        while time.monotonic() < deadline + (self._reach or self._patience):
            if await self._hub.value(query):
                await asyncio.sleep(more)
                return
            if self._reach and await self._running() is None:
                return
            await asyncio.sleep(0.01)

    async def _running(self) -> Any:  # noqa: ANN401 -- a row
        rows = await self._hub.sql(
            "SELECT id, job, slot, attempt, resumes, note FROM job_run"
            " WHERE job = $1 AND state = 'running' AND ($2::text IS NULL OR key = $2) LIMIT 1",
            self._job,
            self.key,
        )
        return rows[0] if rows else None

    async def _watch(
        self,
        blow: Blow,
        run: Any,  # noqa: ANN401 -- a row
        before: object,
        killed: float,
        *,
        was_its: bool,
    ) -> None:
        while time.monotonic() < killed + LONGEST:
            (now,) = await self._hub.sql("SELECT state, slot, attempt, resumes FROM job_run WHERE id = $1", run["id"])
            again = (now["slot"], now["attempt"], now["resumes"]) != (run["slot"], run["attempt"], run["resumes"])
            if was_its and blow.taken_over is None and again and now["state"] == "running":
                blow.taken_over = time.monotonic() - killed
            if now["state"] == "waiting":
                blow.waited = True
                await self.hurry()
            if now["state"] in {"failed", "succeeded", "cancelled"}:
                blow.waited = blow.waited or now["state"] == "failed"
                await self._keep_busy()
            if await self._hub.value(self._progress) != before:
                blow.went_on = time.monotonic() - killed
                return
            await asyncio.sleep(0.05)
        raise StuckError(f"{LONGEST} s after {blow.victims} was killed, {blow.doing} had not gone on")

    def _start_later(self, seconds: float) -> None:
        async def start() -> None:
            await asyncio.sleep(seconds)
            self._hub.start_worker()

        task = asyncio.create_task(start())
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
