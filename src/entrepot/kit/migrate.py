"""Brings a database up to the schema of this release, as its owner."""

import asyncio
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL

from entrepot.kit.errors import RefusedError, UnavailableError
from entrepot.kit.postgres import APPLICATION_ROLE, DATABASE, Server, application_password
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.text import N_

OLDEST_SERVER = 150000
"""``server_version_num`` of the oldest PostgreSQL we support."""
PLANNING = {"random_page_cost": "1.1", "jit": "off"}
"""How statements of the application role are planned, unless an administrator sets it otherwise: a random page costs no
more than the next one on a disk without arms, and compiling is for statements that run long.

https://www.postgresql.org/docs/17/jit-decision.html (read 2026-11-22)
"""


class SchemaNewerError(RefusedError):
    """The data come from a later release than this program."""

    code = "kit.schema_newer"
    title = N_("Data of a newer release")
    message = N_("The data are of schema {found}, which this release does not know (it ends at {known}). Install the newer release, then try again. Nothing was changed.")  # fmt: skip


class ServerTooOldError(RefusedError):
    """PostgreSQL before 15."""

    code = "kit.server_too_old"
    title = N_("PostgreSQL too old")
    message = N_("This server runs PostgreSQL {found}; Entrepot needs 15 or later.")


class RoleMissingError(UnavailableError):
    """The owner of the database may not create the application role."""

    code = "kit.role_missing"
    title = N_("Database role missing")
    message = N_("The database user may not create roles. Ask the administrator to run: CREATE ROLE {role} LOGIN NOBYPASSRLS PASSWORD '…' with the password that “entrepot doctor --show-role” prints.")  # fmt: skip


def migrations_folder() -> Path:
    """Return the migrations: inside the installed package, or beside ``src`` in a checkout."""
    packaged = Path(str(files("entrepot"))) / "migrations"
    return packaged if packaged.is_dir() else Path(str(files("entrepot"))).parents[1] / "migrations"


def alembic_config(server: Server, scope_key: str) -> Config:
    """Return what Alembic needs to work on *server*."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = server.asyncpg(server.owner)
    config.attributes["scope_key"] = scope_key
    return config


def newest_revision() -> str:
    """Return the last migration of this release."""
    return ScriptDirectory(str(migrations_folder())).get_current_head() or ""


def refuse_newer(revision: str) -> None:
    """Raise :class:`SchemaNewerError` if this release does not know *revision*."""
    known = {script.revision for script in ScriptDirectory(str(migrations_folder())).walk_revisions()}
    if revision and revision not in known:
        raise SchemaNewerError(found=revision, known=newest_revision())


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did."""

    before: str
    """Revision found; empty for a new database."""
    after: str


def migrate(server: Server, box: SecretBox) -> Migrated:
    """Create the database, the role and the tables where they are missing, and run every migration not yet run.

    Must not be called on a thread with a running event loop.

    Raises:
        SchemaNewerError: the database has a revision this release does not know.
        RoleMissingError: the role is missing and may not be created.
        ServerTooOldError: before PostgreSQL 15.
    """
    asyncio.run(prepare(server, box))
    before = asyncio.run(current_revision(server))
    refuse_newer(before)
    config = alembic_config(server, box.derive("scope"))
    config.attributes["only_upgrade"] = True
    command.upgrade(config, "head")
    asyncio.run(_renew_scope_key(server, box.derive("scope")))
    return Migrated(before, newest_revision())


async def connect(url: URL) -> asyncpg.Connection:
    """Open a bare connection."""
    return await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))


async def current_revision(server: Server) -> str:
    """Return the revision of the database, empty if it has none."""
    connection = await connect(server.owner)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return ""
        return await connection.fetchval("SELECT version_num FROM alembic_version") or ""
    finally:
        await connection.close()


def scope_pads(key: str) -> tuple[bytes, bytes]:
    """Return the inner and outer pad of HMAC for *key* (RFC 2104), which is at most 64 bytes long."""
    block = key.encode().ljust(64, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)


async def _renew_scope_key(server: Server, key: str) -> None:
    """Make the database believe the scopes of this instance's keys: a restored one may come with another's."""
    connection = await connect(server.owner)
    try:
        await connection.execute("UPDATE scope_key SET inner_pad = $1, outer_pad = $2", *scope_pads(key))
    finally:
        await connection.close()


async def prepare(server: Server, box: SecretBox) -> None:
    """Create the database and the application role where they are missing.

    Raises:
        RoleMissingError, ServerTooOldError: see :func:`migrate`.
    """
    password = application_password(box)
    try:
        connection = await connect(server.owner)
    except asyncpg.InvalidCatalogNameError:
        maintenance = await connect(server.owner.set(database="postgres"))
        try:
            await maintenance.execute(f'CREATE DATABASE "{server.owner.database or DATABASE}"')
        except asyncpg.DuplicateDatabaseError:
            pass
        finally:
            await maintenance.close()
        connection = await connect(server.owner)
    try:
        if connection.get_server_version() < (OLDEST_SERVER // 10000,):
            raise ServerTooOldError(found=str(connection.get_server_version().major))
        await _ensure_role(connection, password)
    finally:
        await connection.close()


async def _ensure_role(connection: asyncpg.Connection, password: str) -> None:
    role = await connection.fetchrow("SELECT rolbypassrls, rolsuper FROM pg_roles WHERE rolname = $1", APPLICATION_ROLE)
    try:
        if role is None:
            try:
                await connection.execute(f"CREATE ROLE {APPLICATION_ROLE} LOGIN NOBYPASSRLS PASSWORD '{password}'")
                for name, value in PLANNING.items():
                    await connection.execute(f"ALTER ROLE {APPLICATION_ROLE} SET {name} = {value}")
            except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                return  # another process made it meanwhile
        else:
            await connection.execute(f"ALTER ROLE {APPLICATION_ROLE} LOGIN NOBYPASSRLS PASSWORD '{password}'")
    except asyncpg.InsufficientPrivilegeError as error:
        if role is None or role["rolbypassrls"] or role["rolsuper"]:
            raise RoleMissingError(role=APPLICATION_ROLE) from error
    except asyncpg.InternalServerError as error:
        if "concurrently updated" not in str(error):
            raise
