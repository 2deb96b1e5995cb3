"""The short way to PostgreSQL answers as SQLAlchemy does: rows, counts, errors, savepoints, lost connections."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text, func, select
from sqlalchemy import text as plain
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.kit.database import Actor, Database, DatabaseAwayError, read_json
from entrepot.kit.postgres import Server
from entrepot.kit.quick import before_commit, rows_of
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sql import numbered, text
from tests.statements import sent

pytestmark = pytest.mark.anyio


async def begun(session: AsyncSession) -> AsyncSession:
    """Return *session* with its transaction begun, and something to work with."""
    await session.execute(text("CREATE TEMP TABLE thing (id int PRIMARY KEY, name text) ON COMMIT DROP"))
    return session


PIECES = st.sampled_from(
    [":id", ":name ", "::text", "a::int", r"\:not", "'12:30'", " = ", "x", "(:id)", ":id::uuid", "ARRAY[1:2]"]
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_parameters_are_numbered_as_sqlalchemy_numbers_them(written: str) -> None:
    statement = text(written)
    compiled = statement.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy's

    assert numbered(statement) == (str(compiled), tuple(compiled.positiontup or ()))


def test_a_statement_with_types_goes_the_long_way() -> None:
    assert numbered(text("SELECT :a").bindparams(a=1)) is None
    assert numbered(plain("SELECT :a")) is None


async def test_rows_and_counts(session: AsyncSession) -> None:
    await begun(session)

    written = await session.execute(text("INSERT INTO thing SELECT n, 'n' || n FROM generate_series(1, 3) n"))
    one = (await session.execute(text("SELECT id, name FROM thing WHERE id = :id OR id = :id"), {"id": 2})).one()
    rows = (await session.execute(text("SELECT * FROM thing ORDER BY id"))).mappings().all()

    assert rows_of(written) == 3
    assert (one.id, one.name, tuple(one)) == (2, "n2", (2, "n2"))
    assert [dict(row) for row in rows] == [{"id": n, "name": f"n{n}"} for n in (1, 2, 3)]
    assert (await session.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 3


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    ).map(json.dumps)
    | st.just("[1e999, -1e999]")
)
def test_json_is_read_as_python_reads_it(written: str) -> None:
    assert read_json(written) == json.loads(written)


async def test_the_first_statement_begins_the_transaction(database: Database, seller: SellerRef) -> None:
    ask = text("SELECT current_setting('entrepot.actor_name', true), pg_current_xact_id()::text")
    async with database.transaction(Scope.of(seller.id), actor=Actor("user", "1", "O'Hara \\")) as session:
        first = (await session.execute(ask)).one()
        second = (await session.execute(ask)).one()
        await session.rollback()
    assert first == second
    assert first[0] == "O'Hara \\"
    async with database.transaction(Scope.of(seller.id)) as session:
        assert (await session.execute(ask)).one()[0] == "Entrepot"


async def test_sqlalchemys_session_is_made_only_for_what_needs_it(database: Database, seller: SellerRef) -> None:
    ask = text("SELECT pg_current_xact_id()::text")
    async with database.transaction(Scope.of(seller.id)) as session:
        first = (await session.execute(ask)).scalar_one()
        assert session.in_transaction()
        assert not session.in_nested_transaction()
        assert "sync_session" not in vars(session)

        long = (await session.execute(select(func.pg_current_xact_id().cast(Text)))).scalar_one()

        assert "sync_session" in vars(session)
        assert [long, (await session.execute(ask)).scalar_one()] == [first, first]
    assert not session.in_transaction()


async def test_what_the_long_way_began_the_short_one_goes_on_with(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id), actor=Actor("user", "1", "Tess")) as session:
        first = (await session.execute(select(func.pg_current_xact_id().cast(Text)))).scalar_one()
        asked = text("SELECT pg_current_xact_id()::text, current_setting('entrepot.actor_name', true)")
        assert tuple((await session.execute(asked)).one()) == (first, "Tess")


async def test_what_fails_at_the_end_is_said_and_leaves_a_clean_connection(server: Server, box: SecretBox) -> None:
    later = "CREATE TEMP TABLE twin (id int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"

    async def work(database: Database) -> None:
        async with database.transaction(Scope.all_sellers()) as session:
            await session.execute(text(later))
            await session.execute(text("INSERT INTO twin VALUES (1), (1)"))

    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=1) as database:
        with pytest.raises(IntegrityError):
            await work(database)
        async with database.transaction(Scope.all_sellers()) as session:
            assert (await session.execute(text("SELECT to_regclass('pg_temp.twin')"))).scalar_one() is None


async def test_what_is_put_off_is_settled_once_and_not_after_a_rollback(database: Database, seller: SellerRef) -> None:
    done: list[str] = []

    def note(what: str) -> Callable[[], Awaitable[None]]:
        async def settle() -> None:
            done.append(what)

        return settle

    async with database.transaction(Scope.of(seller.id)) as session:
        before_commit(session, note("kept"), lambda: done.append("forgotten"))
        savepoint = await session.begin_nested()
        await savepoint.rollback()
    async with database.transaction(Scope.of(seller.id)) as session:
        before_commit(session, note("undone"))
        await session.rollback()

    assert done == ["forgotten", "kept"]


async def test_a_glance_is_no_transaction(database: Database) -> None:
    ask = text("SELECT pg_current_xact_id()::text")
    async with database.glance() as session:
        assert (await session.execute(ask)).scalar_one() != (await session.execute(ask)).scalar_one()
        assert (await session.execute(text("SELECT scope_is_instance()"))).scalar_one()


async def test_errors_are_sqlalchemys(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await begun(session)
        await session.execute(text("INSERT INTO thing VALUES (1)"))
        with pytest.raises(IntegrityError) as caught:
            await session.execute(text("INSERT INTO thing VALUES (:id)"), {"id": 1})
        original = caught.value.orig
        assert original is not None
        assert getattr(original, "sqlstate", "") == "23505"
        assert getattr(original.__cause__, "constraint_name", "") == "thing_pkey"
        await session.rollback()
    async with database.transaction(Scope.of(seller.id)) as session:
        await begun(session)
        with pytest.raises(ProgrammingError):
            await session.execute(text("SELECT nothing FROM nowhere"))
        await session.rollback()


async def test_what_fails_within_a_savepoint_takes_nothing_else_along(session: AsyncSession) -> None:
    await begun(session)
    await session.execute(text("INSERT INTO thing VALUES (1)"))
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await session.execute(text("INSERT INTO thing VALUES (2)"))
            await session.execute(text("INSERT INTO thing VALUES (1)"))
    await session.execute(text("INSERT INTO thing VALUES (3)"))

    assert (await session.execute(text("SELECT array_agg(id ORDER BY id) FROM thing"))).scalar_one() == [1, 3]


async def test_who_listens_hears_every_statement(database: Database, session: AsyncSession) -> None:
    await begun(session)
    with sent(database) as heard:
        await session.execute(text("SELECT 1"))
    await session.execute(text("SELECT 2"))

    assert heard == ["SELECT 1"]


async def test_after_a_rollback_a_session_begins_anew(database: Database, seller: SellerRef) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await begun(session)
        await session.rollback()
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1, "on another connection, maybe"
        await session.rollback()


async def test_a_connection_lost_midway_is_said_and_replaced(database: Database, seller: SellerRef) -> None:
    async def work() -> None:
        async with database.transaction(Scope.of(seller.id)) as session:
            await begun(session)
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            await session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAwayError):
        await work()
    async with database.transaction(Scope.of(seller.id)) as session:
        await begun(session)
        found = (await session.execute(text("SELECT CAST(:id AS uuid)"), {"id": seller.id})).scalar_one()
    assert isinstance(found, UUID)


async def test_a_connection_whose_statement_was_cancelled_is_not_used_again(server: Server, box: SecretBox) -> None:
    async with Database(server.asyncpg(server.application), box.derive("scope"), pool=1) as database:
        used: list[int] = []

        async def ask(seconds: float) -> None:
            async with database.transaction(Scope.all_sellers()) as session:
                used.append((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())
                await session.execute(text("SELECT pg_sleep(CAST(:seconds AS float))"), {"seconds": seconds})

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await ask(60)
        await ask(0)

    assert len(set(used)) == 2
