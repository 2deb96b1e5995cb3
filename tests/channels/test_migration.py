"""The migrations make exactly the tables that the models declare."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table
from sqlalchemy.ext.asyncio import create_async_engine

from entrepot.channels import models
from entrepot.channels.notices import models as notices
from entrepot.kit.database import Base
from entrepot.kit.postgres import Server

pytestmark = pytest.mark.anyio

TABLES = {
    mapper.local_table.name
    for mapper in Base.registry.mappers
    if mapper.class_.__module__ in {models.__name__, notices.__name__} and isinstance(mapper.local_table, Table)
}


def stored(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in TABLES


def declared(_item: object, name: str | None, kind: str, *_: object) -> bool:
    return kind != "table" or name in TABLES


async def test_models_and_migrations_agree(server: Server) -> None:
    engine = create_async_engine(server.asyncpg(server.owner))

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={"compare_server_default": True, "include_name": stored, "include_object": declared},
        )
        return compare_metadata(context, Base.metadata)

    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert {"channel_door", "channel_notice"} <= TABLES
    assert found == []
