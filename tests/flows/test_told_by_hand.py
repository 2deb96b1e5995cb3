"""What a buyer takes back at a channel that can only be told by hand: a person is asked to."""

from collections.abc import Iterator

import pytest

from entrepot.channels.accounts import AccountRef, Mode
from entrepot.channels.contract import CancelReason
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.flows.tasks import OrderRun
from entrepot.kit.credentials import parse_credentials
from entrepot.orders.channel_cancelling import CancelOnChannel
from entrepot.orders.domain import Attention
from entrepot.orders.service import OrderService, OrderStatus
from entrepot.orders.views import order_called
from entrepot.sandbox.clock import WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, DEFAULT_ACCOUNTS, TEMU_ACCOUNTS, WorldOptions
from entrepot.sandbox.world import World
from tests.flows.conftest import Runs
from tests.fulfilment.floor import Floor

pytestmark = pytest.mark.anyio

SHOP = TEMU_ACCOUNTS[0]


@pytest.fixture
def world() -> Iterator[World]:
    options = WorldOptions(
        speed=ALL_AT_ONCE, cancellations=False, orders=2, accounts=(*DEFAULT_ACCOUNTS, *TEMU_ACCOUNTS)
    )
    made = World(options, WorldClock())
    yield made
    made.close()


async def connect(floor: Floor) -> AccountRef:
    spec = connector_spec("temu")
    keys = {
        "app_key": SHOP.client_id,
        "app_secret": SHOP.client_secret,
        "access_token": SHOP.token,
        "region": "eu",
        "gateway": f"{floor.base}/openapi/router",
    }
    async with floor.transaction() as session:
        channels = ChannelService(session, floor.connections)
        account = await channels.connect(floor.seller_id, spec, parse_credentials(spec, keys), name="Temu")
        return await channels.switch(account.id, Mode.LIVE)


async def test_a_person_cancels_where_the_channel_cannot_be_told(floor: Floor, world: World, do: Runs) -> None:
    account = await connect(floor)
    theirs = next(iter(world.accounts[SHOP.client_id].orders.latest(1)))
    for item in theirs.items:
        world.accounts[SHOP.client_id].ask_to_cancel(item.order_item_id, world.clock.now())

    await do(OrderRun(seller_id=floor.seller_id, account_id=account.id))

    async with floor.transaction() as session:
        number = f"PO-076-{theirs.order_id[1:]}"
        found = await order_called(session, account.id, number)
        assert found is not None
        order = await OrderService(session).order(found[0])
    assert order.status is OrderStatus.CANCELLED
    told = CancelOnChannel(
        seller_id=floor.seller_id,
        account_id=account.id,
        order_id=order.id,
        channel_line_ids=tuple(line.channel_line_id or "" for line in order.lines),
        reason=CancelReason.BUYER_ASKED,
    )
    for _ in range(2):
        await do(told)
        async with floor.transaction() as session:
            assert (await OrderService(session).order(order.id)).attention == (Attention.CANCELLED_AT_CHANNEL,)
