"""A simulated bol, and connections that lead there."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import httpx
import pytest

from entrepot.channels.connections import Connections
from entrepot.channels.contract import Credentials
from entrepot.channels.registry import connector_spec
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit.call_log import CallLog
from entrepot.kit.database import Database
from entrepot.kit.http import OutsideHttp
from entrepot.kit.secretbox import SecretBox
from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World

SECRET = "sandbox-secret-1"


@pytest.fixture
def make_world() -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**options: Any) -> World:  # noqa: ANN401 -- passed on
        chosen: dict[str, Any] = {"speed": ALL_AT_ONCE, "cancellations": False, "orders": 60} | options
        made.append(World(WorldOptions(**chosen)))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Sixty orders: a full page and part of another."""
    return make_world()


@pytest.fixture
async def connections(database: Database, box: SecretBox, world: World) -> AsyncGenerator[Connections]:
    """The way out, leading to the simulated bol."""
    transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the ASGI scope type
    opened = Connections(database, box, OutsideHttp(CallLog(database), transport=transport))
    yield opened
    await opened.aclose()


@pytest.fixture
def spec() -> ConnectorSpec[Any]:
    return connector_spec("bol")


CREDENTIALS = {
    "client_id": "sandbox-seller-1",
    "client_secret": SECRET,
    "api_url": "http://bol.test",
    "token_url": "http://bol.test/token",
}


@pytest.fixture
def credentials(spec: ConnectorSpec[Any]) -> Credentials:
    parsed: Credentials = spec.credentials.model_validate(CREDENTIALS)
    return parsed
