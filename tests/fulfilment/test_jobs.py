"""The jobs of the floor, against a sandbox that listens on loopback."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from ipaddress import ip_network

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.channels.accounts import Mode
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.jobs import on_accounts, on_orders
from entrepot.fulfilment.tasks import PushShipments, TrackParcels
from entrepot.jobs.inline import InlineEngine, run_inline
from entrepot.kit.database import Database
from entrepot.kit.outbox import Cursor, RecordedEvent, cursor_now, read_after
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.orders.service import OrderService
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.world import World
from tests.fulfilment.floor import Floor, open_floor
from tests.fulfilment.test_pushes import due_now, push_row, sandbox_shipments, shipped_order
from tests.fulfilment.test_way_through import lines_of, pick_all, release

pytestmark = pytest.mark.anyio

type Handler = Callable[[AsyncSession, Sequence[RecordedEvent]], Awaitable[None]]


class Patience(InlineEngine):
    """Time flies while a run sleeps."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._floor = floor

    async def sleep(self, seconds: float) -> None:  # noqa: ARG002 -- the protocol's form
        await due_now(self._floor)


@pytest.fixture
async def floor(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, world: World
) -> AsyncGenerator[Floor]:
    """A floor whose outside world listens on loopback, because jobs open their own connections."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = Server(create_sandbox(world), address="127.0.0.1", port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    for _ in range(200):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.02)  # polls a server that opens its port
    reachable = settings.model_copy(update={"outside_allow": [ip_network("127.0.0.0/8")]})
    opened = await open_floor(database, box, reachable, seller.id, world, base=f"http://127.0.0.1:{port}")
    yield opened
    await opened.outside.aclose()
    server.stop()  # type: ignore[no-untyped-call]  # granian leaves it untyped
    await serving


async def run(floor: Floor, args: PushShipments | TrackParcels) -> object:
    return await run_inline(floor.database, floor.box, floor.settings, args, engine=Patience(floor))


async def test_what_left_is_told_by_the_job(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor)
    floor.world.faults.add(Fault(kind="500", endpoint="POST /retailer/shipments", count=1, applied=True))
    args = PushShipments(seller_id=floor.seller_id, account_id=account.id)
    for _ in range(4):
        await due_now(floor)
        await run(floor, args)
    assert (await push_row(floor))[0] == "confirmed"
    assert sandbox_shipments(floor) == 1
    assert await run(floor, args) == {"looked_at": 0}


async def test_an_account_that_only_imports_is_left_alone_until_it_goes_live(floor: Floor) -> None:
    account, _, _ = await shipped_order(floor, live=False)
    args = PushShipments(seller_id=floor.seller_id, account_id=account.id)
    assert await run(floor, args) == {"looked_at": 0}
    assert "only imports" in str((await push_row(floor))[2])
    assert sandbox_shipments(floor) == 0
    async with floor.transaction() as session:
        since = await cursor_now(session)
    async with floor.transaction() as session:
        await ChannelService(session, floor.connections).switch(account.id, Mode.LIVE)
    await react(floor, since, on_accounts, {"channels.account_mode_changed"})
    queued = await floor.rows(
        "SELECT count(*) FROM job_run WHERE job = 'fulfilment.push_shipments' AND state = 'queued'"
    )
    assert queued[0][0]
    await run(floor, args)
    await run(floor, args)
    assert (await push_row(floor))[0] == "confirmed"


async def test_parcels_are_followed_until_they_arrive(floor: Floor) -> None:
    _, shipment, _ = await shipped_order(floor)
    assert shipment.carrier_account_id
    args = TrackParcels(seller_id=floor.seller_id, account_id=shipment.carrier_account_id)
    assert await run(floor, args) == {"asked": 0}
    await floor.rows("UPDATE shipment SET next_look_at = now() RETURNING 1")
    assert await run(floor, args) == {"asked": 1}
    parcel = floor.world.parcels.of_tracking(shipment.tracking_code)
    assert parcel
    floor.world.parcels.deliver(parcel, floor.world.clock.now())
    await floor.rows("UPDATE shipment SET next_look_at = now() RETURNING 1")
    assert await run(floor, args) == {"asked": 1}
    assert await floor.status(shipment.order_id) == "delivered"
    await floor.rows("UPDATE shipment SET next_look_at = now() RETURNING 1")
    assert await run(floor, args) == {"asked": 0}


async def test_a_cancelled_order_leaves_its_list_by_itself(floor: Floor) -> None:
    await floor.stock(MUG=2, CUP=1)
    order = await floor.order(("MUG", 2), ("CUP", 1))
    list_id = (await release(floor, order)).pick_list_ids[0]
    async with floor.transaction() as session:
        since = await cursor_now(session)
        await OrderService(session).cancel([order], put_back=True)
    await react(floor, since, on_orders, {"orders.order_cancelled", "orders.order_released"})
    assert {line.state for line in await lines_of(floor, list_id)} == {"cancelled"}


async def test_an_order_held_while_it_was_picked_goes_on_when_it_is_let_go(floor: Floor) -> None:
    await floor.stock(MUG=2)
    order = await floor.order(("MUG", 2))
    list_id = (await release(floor, order)).pick_list_ids[0]
    async with floor.transaction() as session:
        await OrderService(session).hold([order], "Wait for the buyer")
    await pick_all(floor, list_id)
    assert await floor.status(order) == "picking"
    async with floor.transaction() as session:
        since = await cursor_now(session)
        await OrderService(session).let_go([order])
    await react(floor, since, on_orders, {"orders.order_cancelled", "orders.order_released"})
    assert await floor.status(order) == "picked"


async def react(floor: Floor, since: Cursor, handler: Handler, topics: set[str]) -> None:
    """Feed a reaction what happened since."""
    async with floor.transaction() as session:
        events, _ = await read_after(session, since)
    async with floor.database.transaction(Scope.all_sellers()) as session:
        await handler(session, [event for event in events if event.topic in topics])
