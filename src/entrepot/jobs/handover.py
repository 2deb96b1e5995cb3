"""Hands runs to the engine in the caller's transaction."""

from functools import cache

from dbos import DBOSClient, EnqueueOptions
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.jobs.models import JobRun
from entrepot.jobs.serialization import PlainJson

APPLICATION = "entrepot"
"""The engine's name for us."""
WORKFLOW = "entrepot.run"
"""The one workflow there is; which job it does stands in the run."""


@cache
def _client() -> DBOSClient:
    # It writes on the caller's connection only; the address is never used.
    return DBOSClient(
        system_database_url="postgresql://nobody@localhost/nowhere",
        serializer=PlainJson(),
        application_name=APPLICATION,
        lazy=True,
    )


async def submit(session: AsyncSession, runs: list[tuple[str, str, int]]) -> None:
    """Put runs into the engine's queues: they are there if the transaction commits, and never otherwise.

    Args:
        session: the caller's transaction.
        runs: id, queue and priority.
    """

    def write(connection: Connection) -> None:
        for run_id, queue, priority in runs:
            options = EnqueueOptions(workflow_name=WORKFLOW, queue_name=queue, workflow_id=run_id, priority=priority)
            _client().enqueue_in_transaction(connection, options, run_id)

    await (await session.connection()).run_sync(write)


async def submit_runs(session: AsyncSession, runs: list[JobRun]) -> None:
    """Put stored runs into the engine's queues."""
    await submit(session, [(str(run.id), run.queue, run.priority) for run in runs])
