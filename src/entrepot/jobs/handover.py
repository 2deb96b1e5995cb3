"""Hands runs to the engine in the caller's transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.models import JobRun


async def submit(session: AsyncSession, runs: list[tuple[str, str, int]]) -> None:
    """Put runs into the engine's queues: they are there if the transaction commits, and never otherwise.

    Args:
        session: the caller's transaction.
        runs: id, queue and priority.
    """
    # The engine takes 27 MB, which a web process spends when it first has something to do for it.
    from entrepot.jobs.client import write_runs  # noqa: PLC0415

    await (await session.connection()).run_sync(write_runs, runs)


async def submit_runs(session: AsyncSession, runs: list[JobRun]) -> None:
    """Put stored runs into the engine's queues."""
    await submit(session, [(str(run.id), run.queue, run.priority) for run in runs])
