"""A JTL-Wawi for each test."""

from collections.abc import AsyncGenerator

import pytest

from tests.connectors.jtl.world import World, open_world


@pytest.fixture
async def world(cluster: str) -> AsyncGenerator[World]:
    """An empty JTL-Wawi of this test."""
    async with open_world(cluster) as opened:
        yield opened
