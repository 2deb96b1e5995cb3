"""Hands runs to the engine in the caller's transaction.

By the function that the engine has in the database for callers that are not its own: the web process never loads it,
which would take 27 MB, and thousands of runs are one statement.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs import repository
from entrepot.jobs.models import JobRun

APPLICATION = "entrepot"
"""The engine's name for us."""
WORKFLOW = "entrepot.run"
"""The one workflow there is; which job it does stands in the run."""


async def submit(session: AsyncSession, runs: Sequence[tuple[str, str, int]]) -> None:
    """Put runs into the engine's queues: they are there if the transaction commits, and never otherwise.

    Args:
        session: the caller's transaction.
        runs: id, queue and priority.
    """
    if runs:
        await repository.enqueue_workflows(session, runs, APPLICATION, WORKFLOW)


async def submit_runs(session: AsyncSession, runs: Sequence[JobRun]) -> None:
    """Put stored runs into the engine's queues."""
    await submit(session, [(str(run.id), run.queue, run.priority) for run in runs])
