"""A PostgreSQL of the user's own, reached by DATABASE_URL as an owner who is no superuser."""

import asyncio
from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import URL

from entrepot.kit.postgres import embedded_server
from tests.cli.conftest import Entrepot

pytestmark = pytest.mark.xdist_group("cli")


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[URL]:
    with embedded_server(tmp_path_factory.mktemp("server") / "postgres") as url:
        yield url


def run(url: URL, *statements: str) -> list[asyncpg.Record]:
    async def work() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            rows: list[asyncpg.Record] = []
            for statement in statements:
                rows = await connection.fetch(statement)
            return rows
        finally:
            await connection.close()

    return asyncio.run(work())


def test_an_ordinary_owner_is_enough(entrepot: Entrepot, own_server: URL, tmp_path: Path) -> None:
    run(own_server, "CREATE ROLE shop LOGIN CREATEROLE CREATEDB", "CREATE DATABASE shop OWNER shop")
    mine = own_server.set(username="shop", database="shop")
    address = {"DATABASE_URL": mine.render_as_string(hide_password=False)}

    migrated = entrepot("migrate", **address)
    added = entrepot("seller", "add", "Blue Mugs", **address)
    examined = entrepot("doctor", **address)
    file = tmp_path / "shop.backup"
    saved = entrepot("backup", str(file), **address)

    assert migrated.returncode == 0, migrated.stderr
    assert added.returncode == 0, added.stderr
    assert "schema" in examined.stdout
    assert "BAD  isolation" not in examined.stdout
    assert saved.returncode == 0, saved.stderr
    assert file.stat().st_size > 10_000
    (role,) = run(
        own_server, "SELECT rolsuper, rolbypassrls, rolcreatedb, rolconfig FROM pg_roles WHERE rolname = 'entrepot_app'"
    )
    assert tuple(role) == (False, False, False, ["random_page_cost=1.1", "jit=off"])


def test_what_an_administrator_sets_for_the_role_stays(entrepot: Entrepot, own_server: URL) -> None:
    run(own_server, "DROP DATABASE IF EXISTS shop WITH (FORCE)", "DROP ROLE IF EXISTS entrepot_app")
    mine = {"DATABASE_URL": own_server.set(database="tuned").render_as_string(hide_password=False)}
    assert entrepot("migrate", **mine).returncode == 0
    run(own_server, "ALTER ROLE entrepot_app SET random_page_cost = 4", "ALTER ROLE entrepot_app RESET jit")

    again = entrepot("migrate", **mine)

    assert again.returncode == 0, again.stderr
    (role,) = run(own_server, "SELECT rolconfig FROM pg_roles WHERE rolname = 'entrepot_app'")
    assert tuple(role) == (["random_page_cost=4"],)
    run(own_server, "DROP DATABASE tuned WITH (FORCE)", "DROP ROLE entrepot_app")


def test_an_owner_who_may_not_make_roles_is_told_what_to_ask_for(entrepot: Entrepot, own_server: URL) -> None:
    run(own_server, "CREATE ROLE modest LOGIN", "CREATE DATABASE modest OWNER modest")
    run(own_server, "DROP DATABASE IF EXISTS shop WITH (FORCE)", "DROP ROLE IF EXISTS entrepot_app")
    mine = own_server.set(username="modest", database="modest")

    done = entrepot("migrate", DATABASE_URL=mine.render_as_string(hide_password=False))

    assert done.returncode == 1
    assert "Ask the administrator to run: CREATE ROLE entrepot_app LOGIN NOBYPASSRLS" in done.stderr
    assert "entrepot doctor --show-role" in done.stderr


@pytest.mark.usefixtures("entrepot", "own_server")
def test_the_data_folder_has_no_server_of_its_own_then(home: Path) -> None:
    assert not (home / "postgres").exists()
