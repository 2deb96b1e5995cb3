"""Promise 4: whatever SQL runs as the application, in seller B's transaction there is no row of seller A.

The tables are read from the live schema, so a new table is under test from the day it has a seller.
"""

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.postgres import Server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("isolation")]
type MakeSeller = Callable[..., Awaitable[SellerRef]]

SHARED = {"event"}
"""Tables whose rows without a seller all may read."""
PEOPLE = {"user_account", "user_session", "password_link", "sign_in_attempt", "role"}
"""Tables that only the instance sees."""


@asynccontextmanager
async def connection_to(url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def seller_tables(server: Server) -> dict[str, str]:
    """Return every table with a seller -> the column that holds it."""
    async with connection_to(server.plain(server.owner)) as owner:
        rows = await owner.fetch(
            """
            SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND n.nspname = 'public'
                AND (a.attname = 'seller_id' OR (c.relname = 'seller' AND a.attname = 'id'))
            ORDER BY 1
            """
        )
    return {row["relname"]: row["attname"] for row in rows}


async def plant_row(owner: asyncpg.Connection, table: str, column: str, seller_id: UUID) -> None:
    """Put one row of the seller into *table* as its owner, with whatever its types allow, checks and keys aside."""
    columns = await owner.fetch(
        """
        SELECT a.attname, format_type(a.atttypid, NULL) AS type, t.typtype::text, t.typcategory::text, t.oid AS type_oid
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
            AND (a.attname = $2 OR (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''))
        """,
        table,
        column,
    )
    async with owner.transaction():
        checks = await owner.fetch(
            "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'", table
        )
        definitions = {
            row["conname"]: await owner.fetchval(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass AND conname = $2",
                table,
                row["conname"],
            )
            for row in checks
        }
        for name in definitions:
            await owner.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        await owner.execute("SET LOCAL session_replication_role = replica")  # no foreign keys, no triggers
        samples = [f"'{seller_id}'::uuid" if row["attname"] == column else await sample(owner, row) for row in columns]
        values = ", ".join(samples)
        names = ", ".join(f'"{row["attname"]}"' for row in columns)
        await owner.execute(f'INSERT INTO "{table}" ({names}) VALUES ({values})')
        for name, definition in definitions.items():
            await owner.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition} NOT VALID')


async def sample(owner: asyncpg.Connection, column: asyncpg.Record) -> str:
    """Return SQL for any value of the column's type."""
    if column["typtype"] == "e":
        label = await owner.fetchval("SELECT enumlabel FROM pg_enum WHERE enumtypid = $1 LIMIT 1", column["type_oid"])
        return f"'{label}'::{column['type']}"
    if column["typcategory"] == "A":
        return f"'{{}}'::{column['type']}"
    kinds = {
        "uuid": f"'{uuid4()}'::uuid",
        "jsonb": "'{}'::jsonb",
        "json": "'{}'::json",
        "boolean": "false",
        "bytea": f"'\\x{secrets.token_hex(8)}'::bytea",
        "date": "current_date",
        "time without time zone": "'12:00'::time",
        "interval": "interval '1 hour'",
        "inet": "'192.0.2.1'::inet",
    }
    if known := "'UTC'" if column["attname"] == "time_zone" else kinds.get(column["type"]):
        return known
    if column["type"].startswith("timestamp"):
        return "now()"
    if column["typcategory"] == "N":
        return str(secrets.randbelow(30_000) + 1)
    return f"'{secrets.token_hex(6)}'::{column['type']}"


@pytest.fixture(scope="module")
async def victim(server: Server) -> SellerRef:
    """A seller with a row in every table that has sellers.  No test may change one: that is what they prove."""
    seller = SellerRef(new_id(), "Victim")
    async with connection_to(server.plain(server.owner)) as owner:
        for table, column in (await seller_tables(server)).items():
            await plant_row(owner, table, column, seller.id)
    return seller


async def test_the_schema_has_the_tables_that_are_under_test(server: Server) -> None:
    tables = await seller_tables(server)
    assert {"seller", "membership", "api_key", "access_token", "idempotency_key", "event"} <= set(tables)


async def test_every_table_with_a_seller_is_protected(server: Server) -> None:
    """Row-level security is on, and each command has a policy."""
    async with connection_to(server.plain(server.owner)) as owner:
        for table in [*(await seller_tables(server)), *PEOPLE]:
            assert await owner.fetchval("SELECT relrowsecurity FROM pg_class WHERE oid = $1::regclass", table), table
            commands = {
                row["polcmd"].decode()
                for row in await owner.fetch("SELECT polcmd FROM pg_policy WHERE polrelid = $1::regclass", table)
            }
            assert "*" in commands or {"r", "a", "w", "d"} <= commands, table


async def test_tables_that_point_at_a_sellers_rows_have_a_seller_themselves(server: Server) -> None:
    """A table without ``seller_id`` whose rows belong to a protected one would show them to everyone."""
    async with connection_to(server.plain(server.owner)) as owner:
        protected = set(await seller_tables(server))
        rows = await owner.fetch(
            """
            SELECT DISTINCT c.relname AS child, p.relname AS parent, c.relrowsecurity
            FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE k.contype = 'f' AND n.nspname = 'public'
            """
        )
    open_tables = {
        (row["child"], row["parent"])
        for row in rows
        if row["parent"] in protected and row["child"] not in protected and not row["relrowsecurity"]
    }
    assert open_tables == set()


async def test_no_row_of_another_seller_can_be_read(
    database: Database, server: Server, victim: SellerRef, make_seller: MakeSeller
) -> None:
    other = await make_seller("Other")
    for table, column in (await seller_tables(server)).items():
        async with database.transaction(Scope.of(victim.id)) as session:
            query = text(f'SELECT count(*) FROM "{table}" WHERE "{column}" = :id')
            own = (await session.execute(query, {"id": victim.id})).scalar_one()
        assert own >= 1, f"nothing planted in {table}: the test would prove nothing"
        for scope in (Scope.of(other.id), Scope.nobody()):
            async with database.transaction(scope) as session:
                assert (await session.execute(query, {"id": victim.id})).scalar_one() == 0, table
                found = await session.execute(
                    text(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE :id'), {"id": f"%{victim.id}%"}
                )
                assert found.scalar_one() == 0, table


async def test_no_row_of_another_seller_can_be_written(
    database: Database, server: Server, victim: SellerRef, make_seller: MakeSeller
) -> None:
    other = await make_seller("Other")
    for table, column in (await seller_tables(server)).items():
        for statement in (
            f'UPDATE "{table}" SET "{column}" = :mine WHERE "{column}" = :theirs',
            f'DELETE FROM "{table}" WHERE "{column}" = :theirs AND :mine IS NOT NULL',
        ):
            refusal = "permission denied"
            try:
                async with database.transaction(Scope.of(other.id)) as session:
                    parameters = {"mine": other.id, "theirs": victim.id}
                    result = await session.execute(text(statement.replace(":mine", "CAST(:mine AS uuid)")), parameters)
                    assert result.rowcount == 0, statement  # type: ignore[attr-defined]  # a cursor result
            except DBAPIError as error:
                refusal = str(error)
            assert "permission denied" in refusal, table


async def test_a_row_cannot_be_smuggled_into_another_seller(
    database: Database, server: Server, victim: SellerRef
) -> None:
    """Moving one's own row over, or adding one there."""
    async with connection_to(server.plain(server.owner)) as owner:
        kinds = {
            table: await owner.fetch(
                """
                SELECT a.attname, format_type(a.atttypid, NULL) AS type, t.typtype::text, t.typcategory::text, t.oid AS type_oid
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
                    AND NOT a.atthasdef AND a.attidentity = '' AND a.attgenerated = ''
                """,
                table,
            )
            for table in await seller_tables(server)
        }
        for table, column in (await seller_tables(server)).items():
            values = {row["attname"]: await sample(owner, row) for row in kinds[table]}
            values[column] = f"'{victim.id}'::uuid"
            names = ", ".join(f'"{name}"' for name in values)
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(values.values())})'
            with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
                async with database.transaction(Scope.of(new_id())) as session:
                    await session.execute(text(statement.replace(":", r"\:")))


async def test_people_are_invisible_to_every_seller(database: Database, make_seller: MakeSeller) -> None:
    seller = await make_seller()
    async with database.transaction(Scope.all_sellers()) as session:
        await session.execute(
            text("INSERT INTO user_account (id, email, name, password_hash) VALUES (:id, :email, 'A', 'hash')"),
            {"id": new_id(), "email": f"{new_id().hex}@example.org"},
        )
        assert (await session.execute(text("SELECT count(*) FROM role"))).scalar_one() >= 7
        assert (await session.execute(text("SELECT count(*) FROM user_account"))).scalar_one() >= 1
    for scope in (Scope.of(seller.id), Scope.nobody()):
        async with database.transaction(scope) as session:
            for table in PEOPLE:
                assert (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0, table


FORGED = {
    "another payload with the own seal": "{victim}.{seal}",
    "both": "{mine},{victim}.{seal}",
    "everything with the own seal": "*.{seal}",
    "everything, unsealed": "*",
    "empty seal": "{victim}.",
    "null-like": "{victim}.null",
    "seal of nothing": "{victim}.e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "upper case": "*.{SEAL}",
    "injection": "*' OR true --.{seal}",
    "second dot": "{victim}.{mine}.{seal}",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_scope_sees_nothing(
    database: Database, victim_and_other: tuple[SellerRef, SellerRef], forged: str
) -> None:
    victim, other = victim_and_other
    async with database.transaction(Scope.of(other.id)) as session:
        sealed = (await session.execute(text("SELECT current_setting('entrepot.scope')"))).scalar_one()
        seal = sealed.rpartition(".")[2]
        value = forged.format(victim=victim.id, mine=other.id, seal=seal, SEAL=seal.upper())
        await session.execute(text("SELECT set_config('entrepot.scope', :value, true)"), {"value": value})
        assert (await session.execute(text("SELECT count(*) FROM seller"))).scalar_one() == 0
        assert (await session.execute(text("SELECT count(*) FROM event WHERE seller_id IS NOT NULL"))).scalar_one() == 0
        assert (await session.execute(text("SELECT scope_is_instance()"))).scalar_one() is False


@pytest.fixture
async def victim_and_other(make_seller: MakeSeller) -> tuple[SellerRef, SellerRef]:
    return await make_seller("Victim"), await make_seller("Other")


CRAFTED = {
    "leave the role": "RESET ROLE",
    "become the owner": "SET ROLE postgres",
    "another session user": "SET SESSION AUTHORIZATION postgres",
    "no row security": "SET row_security = off",
    "no triggers and keys": "SET session_replication_role = replica",
    "read the key": "SELECT * FROM scope_key",
    "copy the key": "COPY scope_key TO STDOUT",
    "write the key": "UPDATE scope_key SET inner_pad = outer_pad",
    "another key": "INSERT INTO scope_key VALUES ('', '')",
    "lose the key": "TRUNCATE scope_key",
    "switch security off": "ALTER TABLE seller DISABLE ROW LEVEL SECURITY",
    "drop a policy": "DROP POLICY seller_reads ON seller",
    "add a policy": "CREATE POLICY open_to_all ON seller USING (true)",
    "replace the judge": "CREATE OR REPLACE FUNCTION scope_sellers() RETURNS uuid[] LANGUAGE sql AS 'SELECT array_agg(id) FROM seller'",
    "shadow the judge": "CREATE FUNCTION public.scope_payload(x int DEFAULT 0) RETURNS text LANGUAGE sql AS $$ SELECT '*' $$",
    "own schema": "CREATE SCHEMA attic",
    "function as its owner": "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM seller'",
    "a view": "CREATE VIEW everything AS SELECT * FROM seller",
    "a materialised view": "CREATE MATERIALIZED VIEW everything AS SELECT * FROM seller",
    "a rule": "CREATE RULE leak AS ON SELECT TO seller DO INSTEAD SELECT 1",
    "a trigger": "CREATE TRIGGER leak AFTER INSERT ON seller EXECUTE FUNCTION pg_notify('a', 'b')",
    "an extension": "CREATE EXTENSION dblink",
    "empty a table": "TRUNCATE event",
    "change the log": "UPDATE event SET payload = '{}'",
    "forget the log": "DELETE FROM event",
    "a program": "COPY (SELECT 1) TO PROGRAM 'id'",
    "a file": "SELECT pg_read_file('pg_hba.conf')",
    "a file out": "COPY seller TO '/tmp/sellers'",
    "copy in": "COPY seller FROM STDIN",
    "another user's password": "ALTER ROLE postgres PASSWORD 'x'",
    "more power": "ALTER ROLE entrepot_app BYPASSRLS",
    "power by membership": "GRANT pg_read_all_data TO entrepot_app",
    "own the table": "ALTER TABLE seller OWNER TO entrepot_app",
    "a job of the owner": "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT ALL ON TABLES TO entrepot_app",
    "the statistics": "SELECT * FROM pg_statistic",
    "the log's settings": "ALTER SYSTEM SET log_statement = 'all'",
    "settings of the role": "ALTER ROLE entrepot_app SET entrepot.scope = '*'",
}
ALLOWED = {"leave the role", "no row security", "settings of the role"}
"""What PostgreSQL lets anyone say; it gains nothing, which the end of the test shows."""


@pytest.mark.parametrize("name", CRAFTED)
async def test_crafted_sql_gains_nothing(
    server: Server, box: SecretBox, victim_and_other: tuple[SellerRef, SellerRef], name: str
) -> None:
    """Each statement runs as the application role in B's scope; afterwards A's rows are still out of sight."""
    victim, other = victim_and_other
    sealed = Scope.of(other.id).sealed(box.derive("scope"))
    async with connection_to(server.plain(server.application)) as connection:
        await connection.execute("SELECT set_config('entrepot.scope', $1, false)", sealed)
        refused = False
        try:
            await connection.execute(CRAFTED[name])
        except asyncpg.PostgresError:
            refused = True
        except asyncpg.InternalClientError:  # COPY .. STDIN/STDOUT that was allowed to begin
            refused = False
        assert refused or name in ALLOWED, "this should not even be possible"
        try:
            rows = await connection.fetch("SELECT id FROM seller")
        except asyncpg.InsufficientPrivilegeError:
            rows = []  # row_security = off turns a filtered answer into an error
        assert {row["id"] for row in rows} <= {other.id}
        await connection.execute("RESET row_security")
        assert victim.id not in {row["id"] for row in await connection.fetch("SELECT id FROM seller")}
        await connection.execute("ALTER ROLE entrepot_app RESET ALL")


async def test_temporary_objects_do_not_trick_the_judge(
    server: Server, box: SecretBox, victim_and_other: tuple[SellerRef, SellerRef]
) -> None:
    """Whoever may make temporary things and set ``search_path`` still cannot put a false function in the way."""
    victim, other = victim_and_other
    sealed = Scope.of(other.id).sealed(box.derive("scope"))
    async with connection_to(server.plain(server.application)) as connection:
        await connection.execute("SELECT set_config('entrepot.scope', $1, false)", sealed)
        for trick in (
            "CREATE FUNCTION pg_temp.scope_payload() RETURNS text LANGUAGE sql AS $$ SELECT '*' $$",
            "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT ''::bytea $$",
            "CREATE FUNCTION pg_temp.scope_sellers() RETURNS uuid[] LANGUAGE sql AS $$ SELECT array_agg(id) FROM seller $$",
            "CREATE TEMP TABLE scope_key (inner_pad bytea, outer_pad bytea)",
            "INSERT INTO pg_temp.scope_key VALUES ('', '')",
            "CREATE TEMP TABLE seller (id uuid, name text)",
            "SET search_path = pg_temp, public, pg_catalog",
        ):
            await connection.execute(trick)
        assert await connection.fetchval("SELECT public.scope_is_instance()") is False
        assert await connection.fetchval("SELECT public.scope_sellers()") == [other.id]
        assert {row["id"] for row in await connection.fetch("SELECT id FROM public.seller")} == {other.id}
        peek = "CREATE FUNCTION pg_temp.peek() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER AS $$ SELECT id FROM public.seller $$"
        await connection.execute(peek)
        assert victim.id not in {row[0] for row in await connection.fetch("SELECT pg_temp.peek()")}


async def test_a_cheap_function_does_not_see_rows_before_the_policy(
    server: Server, box: SecretBox, victim_and_other: tuple[SellerRef, SellerRef]
) -> None:
    """A function that costs nothing and tells what it is given is not asked before the policy."""
    _, other = victim_and_other
    sealed = Scope.of(other.id).sealed(box.derive("scope"))
    async with connection_to(server.plain(server.application)) as connection:
        told: list[str] = []

        def hear(_: object, message: asyncpg.PostgresLogMessage) -> None:
            told.append(str(message).rpartition(": ")[2])

        connection.add_log_listener(hear)
        await connection.execute("SELECT set_config('entrepot.scope', $1, false)", sealed)
        await connection.execute(
            "CREATE FUNCTION pg_temp.tell(uuid) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
            "$$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        await connection.fetch("SELECT id FROM seller WHERE pg_temp.tell(id)")
        assert told == [str(other.id)]


async def test_copy_gives_only_ones_own_rows(
    server: Server, box: SecretBox, victim_and_other: tuple[SellerRef, SellerRef]
) -> None:
    _, other = victim_and_other
    sealed = Scope.of(other.id).sealed(box.derive("scope"))
    async with connection_to(server.plain(server.application)) as connection:
        await connection.execute("SELECT set_config('entrepot.scope', $1, false)", sealed)
        received = bytearray()

        async def take(data: bytes) -> None:
            received.extend(data)

        await connection.copy_from_table("seller", columns=["id"], output=take)
        assert received.decode().split() == [str(other.id)]


async def test_a_scope_does_not_outlive_its_transaction(
    server: Server, box: SecretBox, make_seller: MakeSeller
) -> None:
    """The next user of a pooled connection begins with nothing."""
    seller = await make_seller()
    database = Database(server.asyncpg(server.application), box.derive("scope"), pool=1)
    async with database:
        async with database.transaction(Scope.of(seller.id)) as session:
            assert (await session.execute(text("SELECT count(*) FROM seller"))).scalar_one() == 1
        async with database.engine.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM seller"))).scalar_one() == 0


async def test_the_application_role_owns_nothing_and_has_no_powers(server: Server) -> None:
    async with connection_to(server.plain(server.owner)) as owner:
        role = await owner.fetchrow("SELECT * FROM pg_roles WHERE rolname = 'entrepot_app'")
        assert role is not None
        assert not any(
            role[power] for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")
        )
        assert await owner.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1", role["oid"]) == 0
        assert await owner.fetchval("SELECT count(*) FROM pg_auth_members WHERE member = $1", role["oid"]) == 0
        definers = await owner.fetch(
            "SELECT p.proname, p.proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "WHERE n.nspname = 'public' AND p.prosecdef"
        )
        for function in definers:
            assert any(setting.startswith("search_path=") for setting in function["proconfig"] or []), function[
                "proname"
            ]
