"""Writes to the engine's tables on a connection of ours."""

from functools import cache

from dbos import DBOSClient, EnqueueOptions
from sqlalchemy import Connection

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


def write_runs(connection: Connection, runs: list[tuple[str, str, int]]) -> None:
    """Queue runs, given as id, queue and priority, within the transaction of *connection*."""
    for run_id, queue, priority in runs:
        options = EnqueueOptions(workflow_name=WORKFLOW, queue_name=queue, workflow_id=run_id, priority=priority)
        _client().enqueue_in_transaction(connection, options, run_id)
