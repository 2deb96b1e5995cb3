"""A run whose worker died once too often: its steps end, and nothing it had marked as its own waits for it."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.flows.domain import STEPS, Flow
from entrepot.flows.jobs import on_ended
from entrepot.flows.repository import StepRepository
from entrepot.flows.tasks import OrderRun
from entrepot.fulfilment.jobs import PUSH, on_runs_ended
from entrepot.fulfilment.repository import PushRepository
from entrepot.jobs import service as jobs
from entrepot.jobs.events import RunFailed
from entrepot.kit.clock import now
from entrepot.kit.outbox import RecordedEvent
from tests.flows.test_by_itself import recorded, waiting_runs
from tests.flows.test_order_run import connect, steps_of
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_pushes import shipped_order

pytestmark = pytest.mark.anyio


async def died(floor: Floor, account_id: UUID, job: str = "flows.order_run") -> tuple[UUID, list[RecordedEvent]]:
    """Begin an order run that ends in its third step as the engine ends one that it gives up."""
    async with floor.transaction() as session:
        run_id = await jobs.enqueue(session, OrderRun(seller_id=floor.seller_id, account_id=account_id))
        steps = StepRepository(session)
        await steps.plan(run_id, account_id, Flow.ORDER, "full", STEPS[Flow.ORDER])
        for number in (1, 2, 3):
            await steps.begin(run_id, number)
        await session.execute(
            text("UPDATE flow_step SET state = 'succeeded' WHERE run_id = :run AND number < 3"), {"run": run_id}
        )
        await session.execute(
            text("UPDATE job_run SET state = 'failed', error_text = 'Worker lost' WHERE id = :run"), {"run": run_id}
        )
    about = {"seller_id": floor.seller_id, "subject_id": run_id, "job": job}
    return run_id, await recorded(floor, RunFailed(**about, code="jobs.worker_lost", reason="Worker lost"))  # type: ignore[arg-type]  # ids and text


async def test_its_steps_end(floor: Floor) -> None:
    account = await connect(floor)
    run_id, events = await died(floor, account.id)

    async with floor.transaction() as session:
        await on_ended(session, events)

    steps = await steps_of(floor, run_id)
    assert [step.state for step in steps] == ["succeeded", "succeeded", "failed", "skipped", "skipped"]
    assert steps[2].template == "Worker lost"
    assert all(step.template for step in steps[3:])


@pytest.mark.parametrize(("job", "told"), [("flows.order_run", 1), (PUSH, 0)])
async def test_its_turn_is_taken_and_what_was_left_to_it_is_told(floor: Floor, job: str, told: int) -> None:
    account, _, _ = await shipped_order(floor)
    run_id, events = await died(floor, account.id, job)
    async with floor.transaction() as session:
        await session.execute(text("UPDATE job_run SET state = 'succeeded' WHERE job = :push"), {"push": PUSH})
        until = now() + timedelta(minutes=2)
        assert await PushRepository(session).take_turn(floor.seller_id, account.id, run_id, at=now(), until=until)

    async with floor.transaction() as session:
        await on_runs_ended(session, events)

    async with floor.transaction() as session:
        assert not await PushRepository(session).somebody_tells(account.id, now())
    assert len(await waiting_runs(floor, PUSH)) == told, "but a run that takes its worker down begins not anew"
