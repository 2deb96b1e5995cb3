"""Carries backtests out."""

from datetime import timedelta
from itertools import batched
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import Queue, job
from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_
from entrepot.pricing.backtests.refs import Result
from entrepot.pricing.backtests.replaying import added
from entrepot.pricing.backtests.repository import BacktestRepository
from entrepot.pricing.backtests.service import BacktestService, replayed, sums
from entrepot.pricing.backtests.tasks import ForgetBacktests, RunBacktest

BATCH = 20
KEEP = timedelta(days=180)


@job("pricing.backtest", label=N_("Try rules on recorded history"), queue=Queue.LOW)
async def backtest(run: Run, args: RunBacktest) -> object:
    """Replay every offer, a durable step per batch, and keep the sums."""

    async def plan() -> list[str]:
        async with run.transaction() as session:
            return [str(offer_id) for offer_id in await BacktestService(session).plan(args.backtest_id)]

    try:
        offer_ids = await run.step("plan", plan)
        parts: list[Result] = []
        for number, batch in enumerate(batched(offer_ids, BATCH, strict=False)):
            count = number * BATCH + len(batch)

            async def some(batch: tuple[str, ...] = batch, count: int = count) -> Result:
                return await _some(run, args, batch, count)

            parts.append(await run.step(f"batch {number + 1}", some, returns=Result))
            await run.progress(count, len(offer_ids), N_("offers replayed"))

        async def finish() -> None:
            async with run.transaction() as session:
                await BacktestService(session).finish(args.backtest_id, added(parts))

        await run.step("finish", finish)
    except EntrepotError as error:
        reason = error.detail

        async def fail() -> None:
            async with run.transaction() as session:
                await BacktestService(session).fail(args.backtest_id, reason)

        await run.step("fail", fail)
        return {"problem": reason}
    return {"offers": len(offer_ids)}


@job("pricing.forget_backtests", label=N_("Remove old backtests"), queue=Queue.LOW)
async def forget(run: Run, args: ForgetBacktests) -> object:  # noqa: ARG001 -- the form of every job
    """Remove backtests that are older than anybody looks back."""

    async def remove() -> int:
        async with run.transaction() as session:
            return await BacktestRepository(session).forget(now() - KEEP)

    return {"removed": await run.step("remove", remove)}


async def set_up(session: AsyncSession) -> None:
    """Make the schedule."""
    await jobs.set_schedule(session, "pricing.forget_backtests", ForgetBacktests(), cron="55 4 * * *")


async def _some(run: Run, args: RunBacktest, batch: tuple[str, ...], count: int) -> Result:
    async with run.transaction() as session:
        parameters, cases = await BacktestService(session).cases(args.backtest_id, [UUID(one) for one in batch])
    done = await replayed(cases, parameters.assume)
    async with run.transaction() as session:
        await BacktestService(session).keep(args.backtest_id, args.seller_id, done, count=count)
    return sums(done)
