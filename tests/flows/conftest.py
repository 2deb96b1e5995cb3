"""A floor whose outside world listens on loopback, and runs that have a row like those of a worker."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
import pytest

from entrepot.jobs import service as jobs
from entrepot.jobs.registry import job_of
from entrepot.jobs.run import Run, Tools
from entrepot.kit.database import Actor
from tests.fulfilment.conftest import world
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_jobs import Patience, floor

__all__ = ["floor", "world"]

type Runs = Callable[[msgspec.Struct], Awaitable[UUID]]


@pytest.fixture
def do(floor: Floor) -> Runs:
    """Start a run and do it here, without a worker; return its id.  A worker in another process never sees it."""

    async def run(args: msgspec.Struct) -> UUID:
        async with floor.transaction() as session:
            run_id = await jobs.enqueue(session, args)
        definition = job_of(args)
        made = Run(
            id=run_id,
            job=definition.name,
            seller_id=floor.seller_id,
            attempt=1,
            actor=Actor("job", str(run_id), definition.name),
            tools=Tools(floor.database, floor.box, floor.settings),
            engine=Patience(floor),
        )
        try:
            await definition.function(made, args)
        finally:
            async with floor.transaction() as session:
                await jobs.cancel(session, run_id)
        return run_id

    return run
