"""Runs migrations; called by ``entrepot migrate``, which passes the address and the key of the scopes."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from entrepot.jobs.schema import migrate_engine
from entrepot.kit.database import Base
from entrepot.kit.tables import register_tables

UNMAPPED = {"scope_key"}
"""Tables that only the database itself reads."""


def run(connection: Connection) -> None:
    """Migrate, one transaction per revision, one process at a time, never waiting long for a lock."""
    connection.execute(text("SELECT pg_advisory_lock(hashtext('entrepot.migrations'))"))
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
        include_schemas=False,
        include_name=lambda name, kind, _: not (kind == "table" and name in UNMAPPED),
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Open one connection as the owner and run."""
    engine = create_async_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if not context.config.attributes.get("only_upgrade"):  # what compares the schema with the models needs to know those
    register_tables()
asyncio.run(main())
migrate_engine(context.config.attributes["url"])
