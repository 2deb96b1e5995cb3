"""Hand-written SQL goes to PostgreSQL without a detour: a statement costs a third of what it costs through SQLAlchemy.

Everything else goes as ever: statements of the ORM, those within a savepoint, and all of them while somebody listens to
the engine's statements.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import CursorResult, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import SessionTransaction

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


class Answer(IteratorResult[Any]):
    """The rows of a statement, and how many it wrote."""

    rowcount: int = -1


def rows_of(result: Result[Any]) -> int:
    """Return how many rows a statement wrote."""
    assert isinstance(result, Answer | CursorResult)  # noqa: S101 -- tells the type checkers what a session returns for DML
    return result.rowcount


class QuickSession(AsyncSession):
    """A session that takes the short way where there is one."""

    _line: ScopedConnection | None = None
    _adapted: AsyncAdapt_asyncpg_connection | None = None
    _within: SessionTransaction | None = None
    _engine: AsyncEngine | None = None

    async def shorten(self, engine: AsyncEngine) -> ScopedConnection:
        """Take the short way from now on until the session's transaction ends; return the connection it goes over."""
        connection = await self.connection()
        adapted = (await connection.get_raw_connection()).dbapi_connection
        assert isinstance(adapted, AsyncAdapt_asyncpg_connection)  # noqa: S101 -- the engine makes no others
        line = adapted.driver_connection
        assert isinstance(line, ScopedConnection)  # noqa: S101 -- the engine makes no others
        self._line, self._adapted, self._engine = line, adapted, engine
        self._within = self.sync_session.get_transaction()
        return line

    async def execute(self, statement: Any, params: Any = None, **how: Any) -> Result[Any]:  # noqa: ANN401 -- SQLAlchemy's  # pyright: ignore[reportIncompatibleMethodOverride]
        """Execute as ever, or by the short way."""
        line = self._line
        if (
            line is None
            or how
            or type(statement) is not TextClause
            or (params is not None and not isinstance(params, Mapping))
            or self.sync_session.get_transaction() is not self._within
            or self.sync_session.in_nested_transaction()
            or self._is_listened_to()
            or (written := numbered(statement)) is None
        ):
            result: Result[Any] = await super().execute(statement, params, **how)
            return result
        query, names = written
        given = params or {}
        return await self._ask(line, query, tuple(given[name] for name in names))

    async def _ask(self, line: ScopedConnection, query: str, arguments: tuple[Any, ...]) -> Result[Any]:
        try:
            if not line.is_in_transaction():
                await self._begin(line)
            prepared, names = await line.prepared_for(query)
            rows = await prepared.fetch(*arguments)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise await self._told(error, line, query, arguments) from error
        except asyncio.CancelledError:
            # The server is asked to stop the statement, and may hear of it when the next one runs already.
            await self._give_up()
            raise
        answer = Answer(names, iter([tuple(row) for row in rows]))
        if counted := _COUNT.match(prepared.get_statusmsg() or ""):
            answer.rowcount = int(counted[1])
        return answer

    async def _begin(self, line: ScopedConnection) -> None:
        """Begin the transaction as SQLAlchemy does before its first statement, and let it know."""
        adapted = self._adapted
        assert adapted is not None  # noqa: S101 -- set together with the line
        if adapted.isolation_level != "autocommit":
            transaction = line.transaction(isolation=adapted.isolation_level)
            await transaction.start()
            adapted._transaction = transaction  # noqa: SLF001 -- there is no other way  # pyright: ignore[reportPrivateUsage]

    def _is_listened_to(self) -> bool:
        assert self._engine is not None  # noqa: S101 -- set together with the line
        return bool(self._engine.sync_engine.dispatch.before_cursor_execute)

    async def _give_up(self) -> None:
        """Let nobody use the connection again."""
        self._line = None
        await (await self.connection()).invalidate()

    async def _told(
        self, error: Exception, line: ScopedConnection, query: str, arguments: tuple[Any, ...]
    ) -> BaseException:
        """Return SQLAlchemy's word for an error, as whoever called expects it."""
        assert self._engine is not None  # noqa: S101 -- set together with the line
        lost = line.is_closed()
        if lost:
            await self._give_up()
        if isinstance(error, asyncpg.InvalidCachedStatementError):
            line.prepared.clear()
        dialect = self._engine.dialect
        said = str(error)
        original = getattr(dialect.dbapi, next(name for kind, name in _KINDS if isinstance(error, kind)))(said, error)
        original.__cause__ = error
        base = dialect.dbapi.Error  # type: ignore[union-attr]  # it is loaded
        told: BaseException = DBAPIError.instance(
            query, arguments, original, base, connection_invalidated=lost, dialect=dialect
        )
        return told
