"""A database of its own: these tests plant rows that no check would let in."""

from collections.abc import AsyncGenerator

import pytest

from entrepot.kit.database import Database
from entrepot.kit.postgres import Server
from entrepot.kit.secretbox import SecretBox
from tests.conftest import scratch_database


@pytest.fixture(scope="package")
async def server(cluster: str, box: SecretBox) -> Server:
    return await scratch_database(cluster, box, "isolation")


@pytest.fixture(scope="package")
async def database(server: Server, box: SecretBox) -> AsyncGenerator[Database]:
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=8) as opened:
        yield opened
