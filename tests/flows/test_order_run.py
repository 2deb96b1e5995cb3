"""The order run: five steps, each noted, none stopped by another."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec.structs import replace

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.erp.contract import ErpShipment
from entrepot.erp.errors import ErpAwayError
from entrepot.erp.service import ErpService
from entrepot.flows.domain import Flow, StepState
from entrepot.flows.tasks import InventoryRun, OrderRun
from entrepot.flows.views import FlowStep, runs_of, steps
from entrepot.fulfilment.service import OutsideShipment, OutsideShipments
from entrepot.fulfilment.views.channel_pushes import pushes
from entrepot.fulfilment.views.parcels import shipments
from entrepot.kit.clock import now
from entrepot.kit.credentials import parse_credentials
from entrepot.orders import views as order_views
from entrepot.orders.handing import OrderHandOver
from entrepot.orders.service import OrderService, OrderStatus
from entrepot.sandbox.faults import Fault
from tests.flows.conftest import Erp, Runs
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_pushes import sandbox_shipments, shipped_order

pytestmark = pytest.mark.anyio


async def connect(floor: Floor, *, live: bool = True) -> AccountRef:
    spec = connector_spec("bol")
    keys = {
        "client_id": "sandbox-seller-1",
        "client_secret": "sandbox-secret-1",
        "api_url": floor.base,
        "token_url": f"{floor.base}/token",
    }
    async with floor.transaction() as session:
        channels = ChannelService(session, floor.connections)
        account = await channels.connect(floor.seller_id, spec, parse_credentials(spec, keys), name="bol")
        return await channels.switch(account.id, Mode.LIVE) if live else account


async def steps_of(floor: Floor, run_id: UUID) -> list[FlowStep]:
    async with floor.transaction() as session:
        return (await steps(session, [run_id]))[run_id]


async def count(floor: Floor, **filters: str) -> int:
    async with floor.transaction() as session:
        found = await order_views.count_orders(session, [floor.seller_id])
    return sum(number for name, number in found.items() if name in OrderStatus and filters.get("status", name) == name)


async def test_a_run_fetches_and_imports_and_notes_each_step(floor: Floor, do: Runs) -> None:
    account = await connect(floor)
    args = OrderRun(seller_id=floor.seller_id, account_id=account.id)

    first = await steps_of(floor, await do(args))

    assert [step.state for step in first] == ["succeeded", "succeeded", "skipped", "succeeded", "succeeded"]
    assert first[0].numbers["new"] == first[1].numbers["created"] == await count(floor)
    assert first[2].note
    again_id = await do(args)
    again = await steps_of(floor, again_id)
    assert "created" not in again[1].numbers
    async with floor.transaction() as session:
        assert (await runs_of(session, account.id, Flow.ORDER))[0] == again_id


async def test_tracking_only_reads_no_orders(floor: Floor, do: Runs) -> None:
    account, _, _ = await shipped_order(floor)
    before = await count(floor)

    found = await steps_of(
        floor, await do(OrderRun(seller_id=floor.seller_id, account_id=account.id, mode="tracking_only"))
    )

    assert [step.state for step in found] == ["skipped", "skipped", "skipped", "succeeded", "succeeded"]
    assert await count(floor) == before
    assert sandbox_shipments(floor) == 1


async def test_a_step_that_fails_does_not_stop_the_others(floor: Floor, do: Runs) -> None:
    account, _, _ = await shipped_order(floor)
    floor.world.faults.add(Fault(kind="503", endpoint="GET /retailer/orders"))
    args = OrderRun(seller_id=floor.seller_id, account_id=account.id)

    with pytest.raises(Exception, match="bol"):
        await do(args)

    async with floor.transaction() as session:
        run_id = (await runs_of(session, account.id, Flow.ORDER))[0]
    found = await steps_of(floor, run_id)
    assert found[0].state is StepState.FAILED
    assert found[0].note
    assert found[4].state is StepState.SUCCEEDED
    assert sandbox_shipments(floor) == 1


async def test_orders_of_an_erp_go_full_circle(floor: Floor, do: Runs, erp: Erp) -> None:
    account = await connect(floor)
    args = OrderRun(seller_id=floor.seller_id, account_id=account.id)

    found = await steps_of(floor, await do(args))

    assert found[2].numbers["accepted"] == len(erp.orders) > 0
    assert await count(floor, status="reserved") == 0
    assert await count(floor, status="handed_over") == len(erp.orders)
    reference, order = next(iter(erp.orders.items()))
    erp.shipments = [
        ErpShipment(
            reference=reference,
            delivery_note="LS-1",
            carrier="DHL Paket",
            tracking="00340",
            shipped_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
        )
    ]
    given = erp.given
    for _ in range(2):
        found = await steps_of(floor, await do(args))
    assert erp.given == given, "what the ERP has is not given again"
    assert await count(floor, status="shipped") == 1
    async with floor.transaction() as session:
        told = await pushes(session)
        sent = await shipments(session)
    assert [(one.state, one.payload["carrier"], one.payload["tracking"]) for one in told] == [
        ("confirmed", "DHL Paket", "00340")
    ]
    assert [(one.carrier_name, one.shown_state) for one in sent] == [("DHL Paket", "shipped")]
    assert sandbox_shipments(floor) == 1
    assert order.lines[0].unit_price > Decimal(0)


async def test_an_order_that_the_erp_refuses_waits_for_a_person_alone(floor: Floor, do: Runs, erp: Erp) -> None:
    account = await connect(floor)
    args = OrderRun(seller_id=floor.seller_id, account_id=account.id)
    erp.away = True
    with pytest.raises(ErpAwayError):
        await do(args)
    assert await count(floor, status="handed_over") == 0
    async with floor.transaction() as session:
        join = await ErpService(session).joined(account.id)
        assert join
        waiting = await OrderHandOver(session, account.id).waiting(join.erp_account_id, 5)
    erp.away = False
    erp.refuses = {waiting[0].number}

    found = await steps_of(floor, await do(args))

    assert found[2].numbers["refused"] == 1
    async with floor.transaction() as session:
        refused = await OrderService(session).order(waiting[0].id)
    assert (refused.status, refused.attention) == (OrderStatus.PENDING, ("erp_refused",))
    given = erp.given
    await do(args)
    assert erp.given == given, "it is not given again before somebody looked"


@pytest.mark.usefixtures("erp")
async def test_a_shipment_of_the_erp_is_recorded_once(floor: Floor, do: Runs) -> None:
    account = await connect(floor, live=False)
    await do(OrderRun(seller_id=floor.seller_id, account_id=account.id))
    async with floor.transaction() as session:
        join = await ErpService(session).joined(account.id)
        assert join
        order_id, _ = (await OrderHandOver(session, account.id).with_erp(join.erp_account_id, None, 1))[0]
        order = await OrderService(session).order(order_id)
    note = OutsideShipment(
        delivery_note="LS-7", carrier="GLS", tracking="", shipped_at=now(), lines=((order.lines[0].sku, 1),)
    )
    for tracking in ("", "", "ABC"):
        async with floor.transaction() as session:
            await OutsideShipments(session).record(order_id, [replace(note, tracking=tracking)])
    async with floor.transaction() as session:
        sent = await shipments(session, order_id=order_id)
        owed = await pushes(session)
        line = (await OrderService(session).order(order_id)).lines[0]
    assert [(one.tracking_code, one.push_state) for one in sent] == [("ABC", "waiting")]
    assert owed[0].payload["tracking"] == "ABC"
    assert line.quantity_shipped == 1


async def test_an_inventory_run_has_four_steps(floor: Floor, do: Runs) -> None:
    account = await connect(floor)

    full = await steps_of(floor, await do(InventoryRun(seller_id=floor.seller_id, account_id=account.id)))
    quick = await steps_of(
        floor, await do(InventoryRun(seller_id=floor.seller_id, account_id=account.id, mode="quick"))
    )

    assert [step.state for step in full] == ["succeeded"] * 4
    assert full[0].numbers["count"] > 0
    assert [step.state for step in quick] == ["skipped", "succeeded", "succeeded", "succeeded"]
