"""What bol tells us by itself, from its signature to the event that slices hear."""

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.channels.connections import Connections
from entrepot.channels.notices.service import NoticeService
from entrepot.channels.registry import connector_spec
from entrepot.channels.service import ChannelService
from entrepot.kit.credentials import parse_credentials
from entrepot.kit.database import Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.outbox import read_subjects
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.bol.postman import deliver_waiting
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio

SELLER = "sandbox-seller-1"


async def test_a_signed_notice_becomes_an_event(
    database: Database, box: SecretBox, make_client: MakeClient, seller: SellerRef
) -> None:
    world = World(WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=2, process_seconds=0))
    outside = OutsideHttp(None, transport=httpx.ASGITransport(create_sandbox(world)))  # type: ignore[arg-type]  # Litestar narrows the scope
    connections = Connections(database, box, outside)
    spec = connector_spec("bol")
    keys = {
        "client_id": SELLER,
        "client_secret": "sandbox-secret-1",
        "api_url": "http://sandbox.test",
        "token_url": "http://sandbox.test/token",
    }
    async with database.transaction(Scope.of(seller.id)) as session:
        account = await ChannelService(session, connections).connect(
            seller.id, spec, parse_credentials(spec, keys), name="bol"
        )
    async with database.transaction(Scope.of(seller.id)) as session:
        door = await NoticeService(session, box, connections).subscribe(account.id, "http://entrepot.test")
    assert door.subscribed_at, door
    world.tick()
    book = world.accounts[SELLER].subscriptions
    order_id = next(iter(world.accounts[SELLER].orders.orders))
    book.note("ORDER", "CREATED", order_id, world.clock.now())
    book.note("ORDER", "CREATED", order_id, world.clock.now())

    stranger = await make_client(None)
    assert await deliver_waiting(world, stranger) > 0
    assert not book.waiting
    async with database.transaction(Scope.of(seller.id)) as session:
        await NoticeService(session, box).pass_on(account)
        events = await read_subjects(session, [account.id], limit=50)

    noticed = [event.payload["channel_order_id"] for event in events if event.topic == "channels.order_noticed"]
    assert noticed == [order_id]
    await outside.aclose()
    world.close()
