"""A database that cannot be reached is an error that says so, and a 503, whatever the reason."""

import asyncpg
import pytest
from sqlalchemy import make_url, text

from entrepot.kit.database import Database, DatabaseAwayError
from entrepot.kit.ids import new_id
from entrepot.kit.postgres import server_at
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.web.problems import status_of

pytestmark = pytest.mark.anyio


async def test_a_server_whose_connections_are_all_taken_is_away(
    cluster: str, database: Database, box: SecretBox
) -> None:
    assert database  # the role exists
    name = f"full_{new_id().hex}"
    owner = await asyncpg.connect(cluster)
    try:
        await owner.execute(f"CREATE DATABASE {name} CONNECTION LIMIT 0")
        server = server_at(make_url(cluster).set(database=name), box)
        async with Database(server.asyncpg(server.application), box.derive("scope")) as full:
            with pytest.raises(DatabaseAwayError) as away:
                async with full.transaction(Scope.nobody()):
                    pass
            assert status_of(away.value) == 503
            with pytest.raises(DatabaseAwayError):
                async with full.glance() as session:
                    await session.execute(text("SELECT 1"))
    finally:
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await owner.close()
