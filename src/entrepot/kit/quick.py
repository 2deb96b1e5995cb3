"""Hand-written SQL goes to PostgreSQL without a detour: a statement costs a third of what it costs through SQLAlchemy.

Everything else goes as ever: statements of the ORM, those within a savepoint, and all of them while somebody listens to
the engine's statements.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import Connection, CursorResult, TextClause, event
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, AsyncSessionTransaction
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util import greenlet_spawn

from entrepot.kit.sql import numbered

MOST_PREPARED = 200
"""Statements that a connection keeps prepared; each takes some kilobytes in the server."""

_COUNT = re.compile(r"(?:SELECT|UPDATE|DELETE|MERGE|INSERT \d+) (\d+)")
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (asyncpg.IntegrityConstraintViolationError, "IntegrityError"),
    (asyncpg.InvalidCachedStatementError, "NotSupportedError"),
    (asyncpg.SyntaxOrAccessError, "ProgrammingError"),
    (asyncpg.InterfaceError, "InterfaceError"),
    (OSError, "OperationalError"),
    (Exception, "Error"),
)
"""PEP 249's name for what asyncpg says, as SQLAlchemy's dialect translates it."""


class ScopedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that says whose rows it shows in the very message that begins its transaction."""

    __slots__ = ("opening", "prepared")

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109 -- asyncpg's
        opening: str = getattr(self, "opening", "")
        if opening and query.startswith("BEGIN"):
            self.opening = ""
            query = f"{query} {opening}"
        status: str = await super().execute(query, *args, timeout=timeout)
        return status

    async def prepared_for(self, query: str) -> tuple[PreparedStatement, SimpleResultMetaData]:
        """Return *query* prepared, and the names of what it answers; the latest are kept."""
        if not hasattr(self, "prepared"):
            self.prepared: OrderedDict[str, tuple[PreparedStatement, SimpleResultMetaData]] = OrderedDict()
        kept = self.prepared
        found = kept.get(query)
        if found is None:
            statement = await self.prepare(query)
            found = kept[query] = statement, SimpleResultMetaData([one.name for one in statement.get_attributes()])
            if len(kept) > MOST_PREPARED:
                kept.popitem(last=False)
        else:
            kept.move_to_end(query)
        return found

    async def ask(
        self, query: str, arguments: Sequence[object]
    ) -> tuple[list[asyncpg.Record], str, SimpleResultMetaData]:
        """Return the rows of *query*, what PostgreSQL said of it, and the names of the columns.

        As ``PreparedStatement.fetch`` does it, without what asyncpg's own pool and query log need.
        """
        statement, names = await self.prepared_for(query)
        state = statement._state  # noqa: SLF001 -- there is no other way  # pyright: ignore[reportPrivateUsage]
        protocol = self._protocol
        assert protocol is not None  # noqa: S101 -- asyncpg sets it with its connection
        rows, status, _ = await protocol.bind_execute(state, arguments, "", 0, True, None)  # noqa: FBT003 -- asyncpg's
        return rows, status.decode(), names


class Answer(IteratorResult[Any]):
    """The rows of a statement, and how many it wrote."""

    status: str = ""
    """What PostgreSQL said of it: ``INSERT 0 5``."""

    @property
    def rowcount(self) -> int:
        """How many rows were read or written; -1 for what counts none."""
        counted = _COUNT.match(self.status)
        return int(counted[1]) if counted is not None else -1


def rows_of(result: Result[Any]) -> int:
    """Return how many rows a statement wrote."""
    assert isinstance(result, Answer | CursorResult)  # noqa: S101 -- tells the type checkers what a session returns for DML
    return result.rowcount


type Settle = Callable[[], Awaitable[None]]
type Forget = Callable[[], None]


class QuickSession(AsyncSession):
    """A session that takes the short way where there is one.

    It holds a connection of the engine's pool.  SQLAlchemy's own session over that connection is made only when something
    needs it (:meth:`_grow`): making, beginning, committing and closing one costs as much as eight statements.
    """

    def __init__(self, engine: AsyncEngine, *, info: dict[Any, Any]) -> None:  # SQLAlchemy's own is for _grow
        self._engine = engine
        self._info = info
        self._given = dict(info)
        self._pooled: PoolProxiedConnection | None = None
        self._adapted: AsyncAdapt_asyncpg_connection | None = None
        self._line: ScopedConnection | None = None
        self._grown = False
        self._within: SessionTransaction | None = None
        self._settles: list[tuple[Settle, Forget]] = []
        self._hears_of_savepoints = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- SQLAlchemy's session, which everything else goes through
        if name not in {"sync_session", "_proxied"} or self._grown:
            raise AttributeError(name)
        self._grow()
        return self.__dict__[name]

    async def open(self) -> ScopedConnection:
        """Take a connection, and the short way over it until the session's transaction ends; return it."""
        try:
            self._pooled = await greenlet_spawn(self._engine.sync_engine.raw_connection)
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise self._as_sqlalchemys(error, lost=self._engine.dialect.is_disconnect(error, None, None)) from error
        adapted = self._pooled.dbapi_connection
        assert isinstance(adapted, AsyncAdapt_asyncpg_connection)  # noqa: S101 -- the engine makes no others
        line = adapted.driver_connection
        assert isinstance(line, ScopedConnection)  # noqa: S101 -- the engine makes no others
        self._adapted, self._line = adapted, line
        return line

    def _grow(self) -> None:
        """Become SQLAlchemy's session, within the transaction that has begun or is about to."""
        assert self._pooled is not None  # noqa: S101 -- opened first
        self._grown = True
        self._connection = Connection(self._engine.sync_engine, self._pooled)
        bind = AsyncConnection(self._engine, self._connection)
        super().__init__(bind, expire_on_commit=False, autoflush=False)
        if self._line is not None:
            self.sync_session.begin()
            self.sync_session.connection()
            self._within = self.sync_session.get_transaction()

    @property
    def info(self) -> dict[Any, Any]:
        """What belongs to this session."""
        return self._info

    def put_off(self, settle: Settle, forget: Forget) -> None:
        """Do as :func:`before_commit` says."""
        self._settles.append((settle, forget))

    def begin_nested(self) -> AsyncSessionTransaction:
        """Open a savepoint."""
        if not self._hears_of_savepoints:
            self._hears_of_savepoints = True
            event.listen(self.sync_session, "after_soft_rollback", self._forget)
        return super().begin_nested()

    def _forget(self, *_: object) -> None:
        for _settle, forget in self._settles:
            forget()

    def in_transaction(self) -> bool:
        """Tell whether there is something to commit."""
        return super().in_transaction() if self._grown else self._line is not None

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint is open."""
        return self._grown and super().in_nested_transaction()

    async def commit(self) -> None:
        """Settle what was put off, and commit."""
        for settle, _ in self._settles:
            await settle()
        await self._end("commit")

    async def rollback(self) -> None:
        """Undo everything, and forget what was put off or noted of it."""
        self._settles.clear()
        self._info.clear()
        self._info.update(self._given)
        await self._end("rollback")

    async def _end(self, how: Literal["commit", "rollback"]) -> None:
        if self._grown:
            await getattr(super(), how)()
            return
        line, adapted = self._line, self._adapted
        if line is None or adapted is None:
            return
        transaction = adapted._transaction  # noqa: SLF001 -- as below  # pyright: ignore[reportPrivateUsage]
        try:
            if transaction is not None:
                await getattr(transaction, how)()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise await self._told(error, line, how.upper(), []) from error
        except asyncio.CancelledError:
            await self._give_up()
            raise
        finally:
            adapted._transaction = None  # noqa: SLF001 -- there is no other way  # pyright: ignore[reportPrivateUsage]
            self._line = None

    async def close(self) -> None:
        """Give the connection back."""
        self._line = None
        if self._grown:
            await super().close()
            await greenlet_spawn(self._connection.close)
        elif self._is_begun() and self._pooled is not None:
            await greenlet_spawn(self._pooled.close)
        elif self._pooled is not None:
            self._pooled.close()  # nothing to undo, so nothing to wait for
        self._pooled = None

    async def __aexit__(self, *of: object) -> None:
        if self._grown or self._is_begun():
            await super().__aexit__(*of)  # what is to be undone first is undone even if nobody waits for it any more
        else:
            await self.close()

    async def execute(self, statement: Any, params: Any = None, **how: Any) -> Result[Any]:  # noqa: ANN401 -- SQLAlchemy's  # pyright: ignore[reportIncompatibleMethodOverride]
        """Execute as ever, or by the short way."""
        line = self._line
        if (
            line is None
            or how
            or type(statement) is not TextClause
            or (params is not None and not isinstance(params, Mapping))
            or (self._grown and self._is_elsewhere())
            or self._engine.sync_engine.dispatch.before_cursor_execute
            or (written := numbered(statement)) is None
        ):
            result: Result[Any] = await super().execute(statement, params, **how)
            return result
        query, names = written
        given = params or {}
        return await self._ask(line, query, [given[name] for name in names])

    def _is_begun(self) -> bool:
        return self._adapted is not None and self._adapted._transaction is not None  # noqa: SLF001 -- as below  # pyright: ignore[reportPrivateUsage]

    def _is_elsewhere(self) -> bool:
        """Tell whether SQLAlchemy's session is in a savepoint, or in another transaction by now."""
        return self.in_nested_transaction() or self.sync_session.get_transaction() is not self._within

    async def _ask(self, line: ScopedConnection, query: str, arguments: Sequence[object]) -> Result[Any]:
        try:
            if not line.is_in_transaction():
                await self._begin(line)
            rows, status, names = await line.ask(query, arguments)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise await self._told(error, line, query, arguments) from error
        except asyncio.CancelledError:
            # The server is asked to stop the statement, and may hear of it when the next one runs already.
            await self._give_up()
            raise
        answer = Answer(names, map(tuple, rows))
        answer.status = status
        return answer

    async def _begin(self, line: ScopedConnection) -> None:
        """Begin the transaction as SQLAlchemy does before its first statement, and let it know."""
        adapted = self._adapted
        assert adapted is not None  # noqa: S101 -- set together with the line
        if adapted.isolation_level != "autocommit":
            transaction = line.transaction(isolation=adapted.isolation_level)
            await transaction.start()
            adapted._transaction = transaction  # noqa: SLF001 -- there is no other way  # pyright: ignore[reportPrivateUsage]

    async def _give_up(self) -> None:
        """Let nobody use the connection again."""
        connection = await self.connection()
        self._line = None
        await connection.invalidate()

    async def _told(
        self, error: Exception, line: ScopedConnection, query: str, arguments: Sequence[object]
    ) -> BaseException:
        """Return SQLAlchemy's word for an error, as whoever called expects it."""
        lost = line.is_closed()
        if lost:
            await self._give_up()
        if isinstance(error, asyncpg.InvalidCachedStatementError):
            line.prepared.clear()
        kind = next(name for kind, name in _KINDS if isinstance(error, kind))
        original = getattr(self._engine.dialect.dbapi, kind)(str(error), error)
        original.__cause__ = error
        return self._as_sqlalchemys(original, query, tuple(arguments), lost=lost)

    def _as_sqlalchemys(
        self, error: Exception, query: str | None = None, arguments: tuple[object, ...] = (), *, lost: bool
    ) -> BaseException:
        dialect = self._engine.dialect
        told: BaseException = DBAPIError.instance(
            query,
            arguments,
            error,
            dialect.loaded_dbapi.Error,
            connection_invalidated=lost,
            dialect=dialect,
        )
        return told


def _nothing() -> None:
    """Forget nothing."""


def before_commit(session: AsyncSession, settle: Settle, forget: Forget = _nothing) -> None:
    """Await *settle* once, right before the transaction commits; call *forget* whenever a savepoint of it is undone."""
    assert isinstance(session, QuickSession)  # noqa: S101 -- the database opens no others
    session.put_off(settle, forget)
