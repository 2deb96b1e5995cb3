"""The declarative base of every table, and the one place that opens and commits transactions."""

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import BigInteger, DateTime, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from entrepot.kit.errors import UnavailableError
from entrepot.kit.quick import QuickSession, ScopedConnection
from entrepot.kit.scope import SETTING, Scope
from entrepot.kit.sql import text
from entrepot.kit.text import N_
from entrepot.kit.wakeup import Wakeups


class DatabaseAwayError(UnavailableError):
    """PostgreSQL does not answer."""

    code = "kit.database_away"
    title = N_("Database away")
    message = N_(
        "The database does not answer. Nothing was changed; try again in a moment. “entrepot doctor” tells more."
    )


UUID_LENGTH = 36
"""Of an actor's id that is a run's; a worker signs with its name."""


class CrossedError(UnavailableError):
    """Two transactions waited for each other, and PostgreSQL ended this one."""

    code = "kit.crossed"
    title = N_("Changed at the same moment")
    message = N_("Something else changed the same things at the same moment. Nothing was changed; try again.")


DEADLOCK = "40P01"
GLANCES = 2
"""Connections of a process for :meth:`Database.glance`."""

UNREACHABLE = (OSError, TimeoutError, PoolTimeoutError)
"""What connecting fails with: nobody listens, no answer in time, every connection of this process is taken."""
TURNED_AWAY = (asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError)
"""What the server says instead of letting us in: all its connections are taken; it is starting, or stopping."""


class Base(DeclarativeBase):
    """Parent of every table.  Names every constraint, so that a migration can drop it again."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 -- read by SQLAlchemy
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        str: Text(),
        Decimal: Numeric(18, 4),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: JSONB(none_as_null=True),
    }


BigInt = BigInteger
"""For counters that outgrow 2**31."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: recorded with every event and stock move.

    *kind* is ``user``, ``api_key``, ``job`` or ``system``; *name* is what people are shown, even after the user is gone.
    """

    kind: str
    id: str
    name: str


SYSTEM = Actor("system", "", "Entrepot")


@dataclass(slots=True)
class Context:
    """What a transaction knows about the work it serves; kept in ``session.info["context"]``."""

    scope: Scope
    actor: Actor = SYSTEM
    request_id: str = ""
    """Ties events, external calls, log lines and job runs of one piece of work together."""
    wakes: set[str] = field(default_factory=set[str])
    """Channels to notify once the transaction has committed."""

    @property
    def run_id(self) -> UUID | None:
        """The job's run whose work this is, if a job works."""
        return UUID(self.actor.id) if self.actor.kind == "job" and len(self.actor.id) == UUID_LENGTH else None


def context_of(session: AsyncSession) -> Context:
    """Return the context the session was opened with."""
    context: Context = session.info["context"]
    return context


class Database:
    """The pool of connections of this process, as the application role.

    Args:
        url: ``postgresql+asyncpg://...`` of the application role.
        scope_key: the key that seals scopes, :meth:`SecretBox.derive` of ``"scope"``.
        wakeups: told the channels of each committed transaction; None in tests that need no live delivery.
    """

    def __init__(self, url: str, scope_key: str, *, pool: int = 10, wakeups: Wakeups | None = None) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            pool_recycle=1800,
            json_deserializer=read_json,
            connect_args={"connection_class": ScopedConnection},
        )
        self._glances: AsyncEngine = create_async_engine(
            url,
            pool_size=GLANCES,
            max_overflow=0,
            pool_timeout=10,
            pool_recycle=1800,
            isolation_level="AUTOCOMMIT",
            json_deserializer=read_json,
            connect_args={
                "connection_class": ScopedConnection,
                "server_settings": {SETTING: Scope.all_sellers().sealed(scope_key)},
            },
        )
        self.wakeups = wakeups
        self._scope_key = scope_key

    def transaction(
        self, scope: Scope, *, actor: Actor = SYSTEM, request_id: str = ""
    ) -> AbstractAsyncContextManager[AsyncSession, None]:
        """Open a transaction that sees *scope*; commit it at the end, roll it back on any error.

        Raises:
            DatabaseAwayError: the connection could not be made or was lost; nothing was committed, unless it was lost
                while the commit itself was on its way.
        """
        opening = _opening(scope, self._scope_key, actor)
        return _Transaction(self.engine, Context(scope, actor, request_id), opening, self.wakeups)

    def glance(self) -> AbstractAsyncContextManager[AsyncSession, None]:
        """Look something up among all sellers without a transaction: one round trip to learn who makes a request.

        Raises:
            DatabaseAwayError: the database does not answer.
        """
        return _Glance(self._glances)

    async def widen(self, session: AsyncSession, scope: Scope) -> None:
        """Change what the running transaction sees (sign-in: first nobody, then the user's sellers)."""
        context_of(session).scope = scope
        await set_scope(session, scope, self._scope_key)

    async def __aenter__(self) -> Self:
        if self.wakeups is not None:
            self.wakeups.start(self.glance)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.wakeups is not None:
            await self.wakeups.stop()
        await self.engine.dispose()
        await self._glances.dispose()


def read_json(written: str) -> object:
    """Return a value of type jsonb: as ``json.loads``, in a third of the time."""
    try:
        return msgspec.json.decode(written)
    except msgspec.MsgspecError:  # a number that no float holds
        return json.loads(written)


class _Transaction:
    """What :meth:`Database.transaction` gives.  A class: two generators cost a request as much as its BEGIN."""

    __slots__ = ("_context", "_driver", "_opening", "_session", "_wakeups")

    def __init__(self, engine: AsyncEngine, context: Context, opening: str, wakeups: Wakeups | None) -> None:
        self._session = QuickSession(engine, info={"context": context})
        self._context = context
        self._opening = opening
        self._wakeups = wakeups

    async def __aenter__(self) -> AsyncSession:
        self._driver = await _opened(self._session)
        self._driver.opening = self._opening
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session = self._session
        try:
            await self._end(error)
        except DBAPIError as failed:
            _raise_if_lost(failed)
            raise
        finally:
            await session.__aexit__(kind, error, trace)
        if error is None:
            if self._context.wakes and self._wakeups is not None:
                self._wakeups.send(self._context.wakes)
        elif isinstance(error, DBAPIError):
            _raise_if_lost(error)

    async def _end(self, error: BaseException | None) -> None:
        session = self._session
        if error is not None:
            try:
                await session.rollback()
            finally:
                self._driver.opening = ""
            return
        self._driver.opening = ""
        if session.in_transaction():  # a test rolls back by itself
            await session.commit()


class _Glance:
    """What :meth:`Database.glance` gives."""

    __slots__ = ("_session",)

    def __init__(self, engine: AsyncEngine) -> None:
        self._session = QuickSession(engine, info={"context": Context(Scope.all_sellers())})

    async def __aenter__(self) -> AsyncSession:
        await _opened(self._session)
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._session.__aexit__(kind, error, trace)
        except (*UNREACHABLE, DBAPIError) as failed:
            _raise_if_lost(failed, *UNREACHABLE)
            raise
        if isinstance(error, (*UNREACHABLE, DBAPIError)):
            _raise_if_lost(error, *UNREACHABLE)


async def _opened(session: QuickSession) -> ScopedConnection:
    """Take the session's connection."""
    try:
        return await session.open()
    except BaseException as error:
        await session.__aexit__(type(error), error, error.__traceback__)
        _raise_if_lost(error, *UNREACHABLE)
        raise


def _raise_if_lost(error: BaseException, *unreachable: type[Exception]) -> None:
    """Raise :class:`DatabaseAwayError` for a lost connection, :class:`CrossedError` for a deadlock, nothing for the rest.

    While connecting, the errors *unreachable* count as lost, too.
    """
    if isinstance(error, unreachable):
        raise DatabaseAwayError from error
    if not isinstance(error, DBAPIError):
        return
    turned_away = isinstance(error.orig.__cause__ if error.orig else None, TURNED_AWAY)
    if error.connection_invalidated or turned_away or isinstance(error, InterfaceError):
        raise DatabaseAwayError from error
    if getattr(error.orig, "sqlstate", "") == DEADLOCK:
        raise CrossedError from error


def _opening(scope: Scope, key: str, actor: Actor) -> str:
    """Return the statements that begin a transaction; SET costs a tenth of what SELECT set_config() costs."""
    settings = ((SETTING, scope.sealed(key)), ("entrepot.actor_id", actor.id), ("entrepot.actor_name", actor.name))
    return " ".join(f"SET LOCAL {name} = '{_quoted(value)}';" for name, value in settings)


def _quoted(value: str) -> str:
    return value.replace("'", "''").replace("\0", "")


async def set_scope(session: AsyncSession, scope: Scope, key: str) -> None:
    """Tell the database whose rows this transaction may see."""
    await session.execute(text("SELECT set_config(:name, :value, true)"), {"name": SETTING, "value": scope.sealed(key)})
