"""A world whose time stands still, and a seller in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from entrepot.sandbox.clock import FrozenTime, WorldClock
from entrepot.sandbox.options import ALL_AT_ONCE, WorldOptions
from entrepot.sandbox.world import World
from tests.sandbox.seller import Seller

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

type MakeWorld = Callable[..., World]


@pytest.fixture
def make_world() -> Iterator[MakeWorld]:
    """Makes worlds; what is not said is: all orders at once, no cancellations."""
    made: list[World] = []

    def make(**options: Any) -> World:  # noqa: ANN401 - passed on
        clock = options.pop("clock", None) or WorldClock(FrozenTime(START))
        chosen: dict[str, Any] = {"speed": ALL_AT_ONCE, "cancellations": False} | options
        world = World(WorldOptions(**chosen), clock)
        made.append(world)
        return world

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """Sixty orders: a full page and part of another."""
    return make_world(orders=60)


@pytest.fixture
def seller(world: World) -> Seller:
    return Seller(world)
