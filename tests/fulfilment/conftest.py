"""The floor of a seller, with the outside world in this process."""

from collections.abc import Iterator

import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.fulfilment.floor import Floor, open_floor
from tests.sandbox.conftest import START


@pytest.fixture
def world() -> Iterator[World]:
    options = WorldOptions(speed=ALL_AT_ONCE, cancellations=False, orders=6, carrier_speed=0)
    made = World(options, WorldClock(FrozenTime(START)))
    yield made
    made.close()


@pytest.fixture
async def floor(database: Database, box: SecretBox, settings: Settings, seller: SellerRef, world: World) -> Floor:
    return await open_floor(database, box, settings, seller.id, world)
