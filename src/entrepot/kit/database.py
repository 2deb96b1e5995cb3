"""The declarative base of every table, and the one place that opens and commits transactions."""

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
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

    @asynccontextmanager
    async def transaction(
        self, scope: Scope, *, actor: Actor = SYSTEM, request_id: str = ""
    ) -> AsyncGenerator[AsyncSession]:
        """Open a transaction that sees *scope*; commit it at the end, roll it back on any error.

        Raises:
            DatabaseAwayError: the connection could not be made or was lost; nothing was committed, unless it was lost
                while the commit itself was on its way.
        """
        context = Context(scope, actor, request_id)
        async with QuickSession(self.engine, info={"context": context}) as session:
            with _away_if_lost(*UNREACHABLE):
                driver = await session.open()
                driver.opening = _opening(scope, self._scope_key, actor)
            with _away_if_lost():
                try:
                    yield session
                except BaseException:
                    await session.rollback()
                    raise
                finally:
                    driver.opening = ""
                if session.in_transaction():  # a test rolls back by itself
                    await session.commit()
        if context.wakes and self.wakeups is not None:
            self.wakeups.send(context.wakes)

    @asynccontextmanager
    async def glance(self) -> AsyncGenerator[AsyncSession]:
        """Look something up among all sellers without a transaction: one round trip to learn who makes a request.

        Raises:
            DatabaseAwayError: the database does not answer.
        """
        with _away_if_lost(*UNREACHABLE):
            async with QuickSession(self._glances, info={"context": Context(Scope.all_sellers())}) as session:
                await session.open()
                yield session

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


@contextmanager
def _away_if_lost(*unreachable: type[Exception]) -> Generator[None]:
    """Turn a lost connection into :class:`DatabaseAwayError`, a deadlock into :class:`CrossedError`.

    While connecting, the errors *unreachable* count as lost, too.
    """
    try:
        yield
    except unreachable as error:
        raise DatabaseAwayError from error
    except DBAPIError as error:
        turned_away = isinstance(error.orig.__cause__ if error.orig else None, TURNED_AWAY)
        if error.connection_invalidated or turned_away or isinstance(error, InterfaceError):
            raise DatabaseAwayError from error
        if getattr(error.orig, "sqlstate", "") == DEADLOCK:
            raise CrossedError from error
        raise


def _opening(scope: Scope, key: str, actor: Actor) -> str:
    """Return the statements that begin a transaction; SET costs a tenth of what SELECT set_config() costs."""
    settings = ((SETTING, scope.sealed(key)), ("entrepot.actor_id", actor.id), ("entrepot.actor_name", actor.name))
    return " ".join(f"SET LOCAL {name} = '{_quoted(value)}';" for name, value in settings)


def _quoted(value: str) -> str:
    return value.replace("'", "''").replace("\0", "")


async def set_scope(session: AsyncSession, scope: Scope, key: str) -> None:
    """Tell the database whose rows this transaction may see."""
    await session.execute(text("SELECT set_config(:name, :value, true)"), {"name": SETTING, "value": scope.sealed(key)})
