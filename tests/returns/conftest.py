"""A marketplace whose buyers send everything back, on loopback, because jobs open their own connections."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from ipaddress import ip_network

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.fulfilment.floor import Floor, open_floor
from tests.sandbox.conftest import START


@pytest.fixture
def world() -> Iterator[World]:
    options = WorldOptions(
        speed=ALL_AT_ONCE, cancellations=False, orders=6, carrier_speed=0, return_share=1.0, return_seconds=30
    )
    made = World(options, WorldClock(FrozenTime(START)))
    yield made
    made.close()


@pytest.fixture
async def floor(
    database: Database, box: SecretBox, settings: Settings, seller: SellerRef, world: World
) -> AsyncGenerator[Floor]:
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
