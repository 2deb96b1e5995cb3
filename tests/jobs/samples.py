"""Jobs and reactions that only tests have.  What they do is written to the table ``job_probe``."""

import asyncio
import os
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.errors import RateLimitedError
from entrepot.jobs.reactions import reaction
from entrepot.jobs.registry import Queue, Retry, job
from entrepot.jobs.run import Run
from entrepot.kit.errors import RefusedError, UnavailableError
from entrepot.kit.outbox import RecordedEvent

PROBE = """
CREATE TABLE IF NOT EXISTS job_probe (
    id bigserial PRIMARY KEY, mark text NOT NULL, note text NOT NULL, pid int NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


class OutsideAwayError(UnavailableError):
    code = "tests.away"
    title = "Away"
    message = "The other side is away; we try again."


class NeverError(RefusedError):
    code = "tests.never"
    title = "Never"
    message = "The other side says no to {what}."


async def note(session: AsyncSession, mark: str, what: str) -> None:
    await session.execute(
        text("INSERT INTO job_probe (mark, note, pid) VALUES (:mark, :note, :pid)"),
        {"mark": mark, "note": what, "pid": os.getpid()},
    )


async def mark(run: Run, what: str) -> None:
    async with run.transaction() as session:
        await note(session, str(run.id), what)


class Quick(msgspec.Struct, frozen=True):
    seller_id: UUID | None = None
    number: int = 0


@job("tests.quick", queue=Queue.HIGH)
async def quick(run: Run, args: Quick) -> object:
    await mark(run, "done")
    return {"number": args.number}


class FiveSteps(msgspec.Struct, frozen=True):
    hang_in: int = 3
    seconds: float = 0.0


@job("tests.five_steps")
async def five_steps(run: Run, args: FiveSteps) -> object:
    total = 0
    for number in range(1, 6):

        async def work(number: int = number) -> int:
            await mark(run, f"begin {number}")
            if number == args.hang_in:
                await asyncio.sleep(args.seconds)
            await mark(run, f"end {number}")
            return number

        total += await run.step(f"step {number}", work)
        await run.progress(number, 5, f"step {number}")
    await run.log("info", "all five", subject=("order", run.id))
    return {"total": total}


class Fail(msgspec.Struct, frozen=True):
    how: str
    times: int = 1_000


@job(
    "tests.fail",
    retry=Retry(unavailable=4, bug=3, first=timedelta(seconds=0.3), factor=2, longest=timedelta(seconds=1)),
)
async def fail(run: Run, args: Fail) -> object:
    async def first() -> str:
        await mark(run, "first")
        return "kept"

    kept = await run.step("first", first)

    async def second() -> None:
        await mark(run, "second")
        if run.attempt <= args.times:
            match args.how:
                case "away":
                    raise OutsideAwayError
                case "limited":
                    raise RateLimitedError(seconds=1)
                case "refused":
                    raise NeverError(what="this")
                case _:
                    raise KeyError(args.how)

    await run.step("second", second)
    return {"kept": kept}


class Long(msgspec.Struct, frozen=True):
    pass


@job("tests.long", queue=Queue.LOW)
async def long(run: Run, args: Long) -> None:  # noqa: ARG001 -- the form of every job
    async def wait() -> None:
        await mark(run, "waiting")
        await asyncio.sleep(600)

    await run.step("wait", wait)


class Timed(msgspec.Struct, frozen=True):
    pass


@job("tests.timed", timeout=timedelta(seconds=0.3))
async def timed(run: Run, args: Timed) -> None:  # noqa: ARG001 -- the form of every job
    async def wait() -> None:
        await asyncio.sleep(600)

    await run.step("wait", wait)


@reaction("tests.probe", topics=["tests.happened"], batch=50, attempts=2)
async def on_happened(session: AsyncSession, events: Sequence[RecordedEvent]) -> None:
    for event in events:
        if event.payload.get("poison") and not await _healed(session):
            raise ValueError("poison")
        await note(session, str(event.subject_id), f"event {event.payload['number']}")
        if os.environ.get("SLOW_REACTION"):
            await asyncio.sleep(float(os.environ["SLOW_REACTION"]))


async def _healed(session: AsyncSession) -> bool:
    found = await session.execute(text("SELECT count(*) FROM job_probe WHERE mark = 'healed'"))
    return bool(found.scalar_one())
