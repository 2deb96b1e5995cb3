"""The marketplace is told what left exactly once, whatever goes wrong on the way."""

import asyncio
from contextlib import suppress

import msgspec
import pytest

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.contract import (
    ChannelOrder,
    ConfirmsShipments,
    ImportsOrders,
    ProcessRef,
    ShipmentNotice,
)
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.pushing import Pusher, Pushing, may_push
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.errors import EntrepotError
from entrepot.orders.service import OrderService
from entrepot.sandbox.faults import Fault
from tests.fulfilment.floor import Floor
from tests.fulfilment.test_way_through import pack, pick_all, release, ship
from tests.inventory.factories import check_books

pytestmark = pytest.mark.anyio
SHIP = "POST /retailer/shipments"


class KilledError(BaseException):
    """The process ends here."""


async def shipped_order(floor: Floor, *, live: bool = True) -> tuple[AccountRef, ShipmentRef, ChannelOrder]:
    """Import one order of the marketplace, and send it off; return (account, shipment)."""
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
        if live:
            account = await channels.switch(account.id, Mode.LIVE)
        connector = await channels.connector(account.id)
    assert isinstance(connector, ImportsOrders)
    page = await connector.fetch_orders(None)
    order = min(
        (one for one in map(connector.read_order, (item.raw for item in page.items)) if len(one.lines) > 1),
        key=lambda one: len(one.lines),
    )
    await floor.stock(**{(line.sku or "").replace("-", "_"): 1000 for line in order.lines})
    async with floor.transaction() as session:
        outcome = (await OrderService(session).import_orders(account, [order]))[0]
        assert outcome.order_id, outcome
        imported = await OrderService(session).order(outcome.order_id)
    assert imported.status == "reserved", (imported.attention, imported.lines)
    released = await release(floor, imported.id)
    await pick_all(floor, released.pick_list_ids[0])
    parcel = await pack(floor, imported.id)
    shipment = await floor.desk().make(parcel.id)
    await ship(floor, parcel.id)
    return account, shipment, order


async def pusher_of(floor: Floor, account: AccountRef) -> Pusher:
    async with floor.transaction() as session:
        connector = await ChannelService(session, floor.connections).connector(account.id)
    assert isinstance(connector, ConfirmsShipments)
    return Pusher(account, connector, floor.transaction)


async def due_now(floor: Floor) -> None:
    await floor.rows("UPDATE channel_push SET next_look_at = now() - interval '1 second' RETURNING 1")
    floor.world.clock.advance(60)


async def push_row(floor: Floor) -> tuple[object, ...]:
    return (await floor.rows("SELECT state, attempts, last_error FROM channel_push"))[0]


def sandbox_shipments(floor: Floor) -> int:
    return len(floor.world.accounts["sandbox-seller-1"].shipments)


async def until_settled(floor: Floor, account: AccountRef, rounds: int = 30) -> None:
    for _ in range(rounds):
        await due_now(floor)
        with suppress(EntrepotError):
            await (await pusher_of(floor, account)).round()
        if (await push_row(floor))[0] in {"confirmed", "failed"}:
            return


async def test_the_marketplace_is_told(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    await until_settled(floor, account)
    assert await push_row(floor) == ("confirmed", 1, "")
    assert sandbox_shipments(floor) == 1
    async with floor.transaction() as session:
        await check_books(session, floor.seller_id)


async def test_an_account_that_only_imports_is_not_written_to(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor, live=False)
    async with floor.transaction() as session:
        assert await may_push(session, account.id) is None
    state, attempts, reason = await push_row(floor)
    assert (state, attempts) == ("waiting", 0)
    assert "only imports" in str(reason)
    assert sandbox_shipments(floor) == 0


async def test_killed_between_call_and_commit_tells_once(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    async with floor.transaction() as session:
        connector = await ChannelService(session, floor.connections).connector(account.id)
    assert isinstance(connector, ConfirmsShipments)
    real = connector.confirm_shipment

    async def dies(notice: ShipmentNotice) -> ProcessRef:
        await real(notice)
        raise KilledError

    connector.confirm_shipment = dies  # type: ignore[method-assign]  # this process ends here
    with pytest.raises(KilledError):
        await Pusher(account, connector, floor.transaction).round()
    assert (await push_row(floor))[:2] == ("waiting", 1)
    await until_settled(floor, account)
    assert await push_row(floor) == ("confirmed", 1, "")
    assert sandbox_shipments(floor) == 1


async def test_a_person_can_try_again_and_skip(floor: Floor) -> None:
    account, shipment, _ = await shipped_order(floor)
    await floor.rows("UPDATE channel_push SET state = 'failed', last_error = 'no' RETURNING 1")
    async with floor.transaction() as session:
        assert (await FulfilmentService(session).pushing.retry(shipment.id)).state == "waiting"
        assert (await Pushing(session).skip(shipment.id)).state == "skipped"
    await due_now(floor)
    assert await (await pusher_of(floor, account)).round() == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="429", endpoint=SHIP, count=2, seconds=1),
        Fault(kind="500", endpoint=SHIP, count=3),
        Fault(kind="500", endpoint=SHIP, count=2, applied=True),
        Fault(kind="timeout", endpoint=SHIP, count=1, seconds=0.05, applied=True),
        Fault(kind="broken_json", endpoint=SHIP, count=1),
        Fault(kind="truncated", endpoint=SHIP, count=1),
        Fault(kind="expired_token", endpoint=SHIP, count=1),
        Fault(kind="500", endpoint="POST /shared/process-status", count=3),
        Fault(kind="duplicate_entries", endpoint="GET /retailer/shipments"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.endpoint.rpartition('/')[2]}{'-applied' if fault.applied else ''}",
)
async def test_the_marketplace_is_told_once_whatever_goes_wrong(floor: Floor, fault: Fault) -> None:
    account, _, order = await shipped_order(floor)
    floor.world.faults.add(msgspec.structs.replace(fault))
    await until_settled(floor, account)
    assert (await push_row(floor))[0] == "confirmed"
    told = list(floor.world.accounts["sandbox-seller-1"].shipments.values())
    assert [(one.order_id, len(one.lines)) for one in told] == [(order.channel_order_id, len(order.lines))]
    assert await floor.rows("SELECT count(*) FROM event WHERE topic = 'fulfilment.push_confirmed'") == [(1,)]


async def test_two_processes_tell_once(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    pushers = [await pusher_of(floor, account) for _ in range(3)]
    assert sorted(await asyncio.gather(*(pusher.round() for pusher in pushers))) == [0, 0, 1]
    await until_settled(floor, account)
    assert sandbox_shipments(floor) == 1
