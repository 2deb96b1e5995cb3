"""The migration makes exactly the tables that the models declare."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table
from sqlalchemy.ext.asyncio import create_async_engine

from entrepot.kit import rate_budget
from entrepot.kit.database import Base
from entrepot.kit.postgres import Server
from entrepot.offers import models as offers
from entrepot.offers.prices import models as prices
from entrepot.returns import models

pytestmark = pytest.mark.anyio

TABLES = {
    mapper.local_table.name
    for mapper in Base.registry.mappers
    if mapper.class_.__module__ in {models.__name__, rate_budget.__name__, offers.__name__, prices.__name__}
    and isinstance(mapper.local_table, Table)
}


def stored(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in TABLES


def declared(_item: object, name: str | None, kind: str, *_: object) -> bool:
    return kind != "table" or name in TABLES


async def test_models_and_migration_agree(server: Server) -> None:
    engine = create_async_engine(server.asyncpg(server.owner))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_server_default": True,
                "include_name": stored,
                "include_object": declared,
            },
        )
        return compare_metadata(context, Base.metadata)

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []
