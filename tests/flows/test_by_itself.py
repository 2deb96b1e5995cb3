"""What starts by itself: on notices, on changed joins, and one run for many parcels."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from entrepot.channels.events import (
    AccountConnected,
    AccountModeChanged,
    ImportRequested,
    OrderNoticed,
    ProcessNoticed,
)
from entrepot.erp.service import ErpService
from entrepot.flows.jobs import on_accounts, on_requests
from entrepot.flows.tasks import NextOrderRun, OrderRun
from entrepot.fulfilment.jobs import on_processes
from entrepot.fulfilment.owing import have_told
from entrepot.fulfilment.repository import PushRepository
from entrepot.jobs.inline import InlineEngine, run_inline
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Cursor, Event, RecordedEvent, cursor_now, read_after
from entrepot.orders.jobs import on_notices
from entrepot.orders.tasks import FetchOrders
from tests.flows.conftest import Erp, Runs
from tests.flows.test_order_run import connect, count
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_jobs import Patience
from tests.fulfilment.test_pushes import shipped_order

pytestmark = pytest.mark.anyio


async def recorded(floor: Floor, *events: Event) -> list[RecordedEvent]:
    """Commit *events* and return them as reactions get them."""
    async with floor.transaction() as session:
        since: Cursor = await cursor_now(session)
    async with floor.transaction() as session:
        await outbox.record(session, *events)
    async with floor.transaction() as session:
        found, _ = await read_after(session, since, topics=[event.topic for event in events], limit=100)
    return list(found)


async def waiting_runs(floor: Floor, job: str) -> list[dict[str, object]]:
    async with floor.transaction() as session:
        rows = await session.execute(
            text("SELECT args FROM job_run WHERE job = :job AND state IN ('queued', 'waiting') ORDER BY id"),
            {"job": job},
        )
        return list(rows.scalars())


async def test_noticed_orders_are_fetched_at_once_and_once(floor: Floor) -> None:
    account, _, first = await shipped_order(floor)
    known = [str(one) for one in floor.world.accounts["sandbox-seller-1"].orders.orders]
    wanted = [one for one in known if one != first.channel_order_id][:2]
    about = {"seller_id": floor.seller_id, "subject_id": account.id, "account_id": str(account.id)}
    notices = [OrderNoticed(**about, channel_order_id=one) for one in (*wanted, wanted[0], "GONE")]  # type: ignore[arg-type]  # ids and text
    events = await recorded(floor, *notices)
    before = await count(floor)
    async with floor.transaction() as session:
        await on_notices(session, events)

    tasks = await waiting_runs(floor, "orders.fetch_orders")

    assert [task["channel_order_ids"] for task in tasks] == [[*wanted, "GONE"]], "one run for what came together"
    args = FetchOrders(seller_id=floor.seller_id, account_id=account.id, channel_order_ids=(*wanted, "GONE"))
    done: object = None
    for _ in range(2):
        done = await run_inline(floor.database, floor.box, floor.settings, args, engine=Patience(floor))
    assert await count(floor) == before + 2
    assert isinstance(done, dict)
    assert (done["created"], done["missed"]) == (0, 1)


async def test_what_is_asked_for_during_a_run_is_done_after_it(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    events = await recorded(floor, ImportRequested(seller_id=floor.seller_id, subject_id=account.id, name="bol"))
    async with floor.transaction() as session:
        await on_requests(session, events)
    assert len(await waiting_runs(floor, "flows.order_run")) == 1
    await set_state(floor, "running")
    for _ in range(2):  # pressed twice
        async with floor.transaction() as session:
            await on_requests(session, events)
    assert len(await waiting_runs(floor, "flows.next_order_run")) == 1

    class Ends(InlineEngine):
        async def sleep(self, seconds: float) -> None:  # noqa: ARG002 -- the protocol's form
            await set_state(floor, "succeeded")

    args = NextOrderRun(seller_id=floor.seller_id, account_id=account.id)
    assert await run_inline(floor.database, floor.box, floor.settings, args, engine=Ends()) == {"started": True}
    assert len(await waiting_runs(floor, "flows.order_run")) == 1


async def set_state(floor: Floor, state: str) -> None:
    """Let the order run be in *state*."""
    async with floor.transaction() as session:
        await session.execute(
            text("UPDATE job_run SET state = :state WHERE job = 'flows.order_run' AND state <> 'succeeded'"),
            {"state": state},
        )


async def test_a_noticed_process_is_looked_at_at_once(floor: Floor) -> None:
    account, shipment, _ = await shipped_order(floor)
    async with floor.transaction() as session:
        await session.execute(
            text(
                "UPDATE channel_push SET state = 'sent', process_ref = 'P-1', next_look_at = now() + interval '1 hour'"
            )
        )
    about = {"seller_id": floor.seller_id, "subject_id": account.id, "account_id": str(account.id)}
    events = await recorded(floor, ProcessNoticed(**about, ref="P-1"), ProcessNoticed(**about, ref="P-2"))  # type: ignore[arg-type]  # ids and text
    async with floor.transaction() as session:
        await on_processes(session, events)
        push = await PushRepository(session).of_shipment(shipment.id)
    assert push
    assert push.next_look_at <= now()


async def test_many_parcels_make_one_run(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    for _ in range(5):
        async with floor.transaction() as session:
            await have_told(session, floor.seller_id, account.id)
    assert len(await waiting_runs(floor, "fulfilment.push_shipments")) == 1
    other, run_id = new_id(), new_id()
    async with floor.transaction() as session:
        await session.execute(text("UPDATE job_run SET state = 'succeeded' WHERE job = 'fulfilment.push_shipments'"))
        pushes, moment = PushRepository(session), now()
        until = moment + timedelta(minutes=1)
        assert await pushes.take_turn(floor.seller_id, account.id, run_id, at=moment, until=until)
        assert not await pushes.take_turn(floor.seller_id, account.id, other, at=moment, until=until)
        assert await pushes.take_turn(floor.seller_id, account.id, run_id, at=moment, until=until)
    async with floor.transaction() as session:
        await have_told(session, floor.seller_id, account.id)
    assert await waiting_runs(floor, "fulfilment.push_shipments") == [], "the run at it takes it along"
    async with floor.transaction() as session:
        pushes = PushRepository(session)
        assert await pushes.take_turn(floor.seller_id, account.id, other, at=until, until=until + timedelta(minutes=1))
        await pushes.end_turn(account.id, run_id)
        assert await pushes.somebody_tells(account.id, until), "only its own turn"
        await pushes.end_turn(account.id, other)
        await have_told(session, floor.seller_id, account.id)
    assert len(await waiting_runs(floor, "fulfilment.push_shipments")) == 1


async def test_orders_that_no_erp_has_yet_follow_the_join(
    floor: Floor, do: Runs, erp: Erp, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await connect(floor)
    args = OrderRun(seller_id=floor.seller_id, account_id=account.id)
    await floor.stock(MUG=1)
    erp.away = True
    with pytest.raises(Exception, match="Test"):
        await do(args)
    orders = await count(floor)
    assert await count(floor, status="pending") == orders > 0

    async def alone(_: ErpService, __: UUID) -> None:
        return None

    monkeypatch.setattr(ErpService, "joined", alone)
    await do(args)
    async with floor.transaction() as session:
        rows = await session.execute(
            text("SELECT count(*) FILTER (WHERE fulfilment = 'erp') AS erp, count(*) AS lines FROM order_line")
        )
        left = rows.one()
    assert (left.erp, left.lines > 0) == (0, True)
    assert erp.orders == {}


async def test_every_account_has_one_schedule_of_each_kind(floor: Floor) -> None:
    account = await connect(floor)
    about = {"seller_id": floor.seller_id, "subject_id": account.id, "name": "bol"}
    connected = AccountConnected(**about, channel="bol")  # type: ignore[arg-type]  # ids and text
    live = AccountModeChanged(**about, before="import_only", after="live")  # type: ignore[arg-type]  # ids and text
    paused = AccountModeChanged(**about, before="live", after="paused")  # type: ignore[arg-type]  # ids and text

    async def names() -> list[str]:
        async with floor.transaction() as session:
            rows = await session.execute(
                text("SELECT job FROM job_schedule WHERE name LIKE :name ORDER BY job"),
                {"name": f"flows.%:{account.id}"},
            )
            return list(rows.scalars())

    for event, expected in ((connected, 2), (live, 2), (paused, 0), (live, 2)):
        events = await recorded(floor, event)
        async with floor.transaction() as session:
            await on_accounts(session, events)
        assert len(await names()) == expected
    assert len(await waiting_runs(floor, "flows.order_run")) == 1
