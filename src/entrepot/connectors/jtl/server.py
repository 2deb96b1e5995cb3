"""The way to a JTL-Wawi database: SQL Server, or PostgreSQL with tables of the same names (sandbox, tests).

Hosts are checked when connecting, and the connection goes to the address that was checked.  Drivers that block work in
threads.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.erp.errors import (
    ErpAddressRefusedError,
    ErpAwayError,
    ErpCredentialsRejectedError,
    ErpDriverMissingError,
    ErpIncompleteError,
    ErpUnexpectedError,
)
from entrepot.erp.line import ErpCall, ErpLine
from entrepot.kit.addresses import is_reachable
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

NAME = "JTL-Wawi"
DRIVERS = {"mssql": "mssql+pymssql", "postgresql": "postgresql+asyncpg"}
USUAL_PORTS = {"mssql": 1433, "postgresql": 5432}
PATIENCE = 10
"""Seconds to connect."""
LONGEST = 120
"""Seconds of one statement."""
LONGEST_REASON = 300

NOT_OUTSIDE = (
    "it is not on the public internet. If you trust it, the operator adds its network to ENTREPOT_OUTSIDE_ALLOW."
)
NOT_SERVER = "only mssql://user:password@host:port/database and postgresql://… of that form are known."

REJECTED = {18456, 18452, 4060, 4064, "28P01", "28000", "3D000"}
"""Wrong user, password or database; numbers are SQL Server's, texts are PostgreSQL's."""
FORBIDDEN = {229, 230, 262, 300, "42501"}
ABSENT = {207, 208, "42P01", "42703", "3F000"}
BUSY = {-2, 1205, 10928, 10929, 40197, 40501, 40613, 20002, 20003, 20004, 20006, 20009, 20047}
"""Away for now: time-outs, deadlocks, FreeTDS's network errors."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a database is."""

    kind: str
    host: str
    instance: str
    port: int
    database: str
    user: str
    password: str

    @classmethod
    def of(cls, credentials: JtlCredentials) -> "Target":
        """Return what *credentials* point at.

        Raises:
            ErpAddressRefusedError: it is no address of a server.
        """
        if credentials.database_url is not None:
            return cls._read(credentials.database_url.get_secret_value())
        host, _, instance = credentials.host.partition("\\")
        password = credentials.password.get_secret_value() if credentials.password else ""
        return cls("mssql", host, instance, credentials.port, credentials.database, credentials.user, password)

    @classmethod
    def _read(cls, address: str) -> "Target":
        try:
            url = make_url(address)
        except (ArgumentError, ValueError):
            raise ErpAddressRefusedError(address="…", reason=NOT_SERVER) from None
        kind = url.drivername
        if kind not in DRIVERS or not url.host or not url.database or url.query:
            # A query could name sockets, files and other hosts behind the checked one's back.
            raise ErpAddressRefusedError(address=kind[:20], reason=NOT_SERVER)
        return cls(
            kind, url.host, "", url.port or USUAL_PORTS[kind], url.database, url.username or "", str(url.password or "")
        )

    @property
    def shown(self) -> str:
        """For people, without the login."""
        place = f"{self.host}\\{self.instance}" if self.instance else f"{self.host}:{self.port}"
        return f"{self.database} on {place}"

    def url(self, address: str) -> URL:
        """Return the address for SQLAlchemy, at the IP *address* that was checked."""
        return URL.create(
            DRIVERS[self.kind],
            self.user,
            self.password,
            f"{address}\\{self.instance}" if self.instance else address,
            None if self.instance else self.port,
            self.database,
        )


class JtlServer:
    """Runs statements on one database, each piece of work on a connection of its own."""

    def __init__(self, target: Target, line: ErpLine) -> None:
        self._target = target
        self._line = line

    @property
    def kind(self) -> str:
        """``mssql`` or ``postgresql``."""
        return self._target.kind

    @property
    def shown(self) -> str:
        return self._target.shown

    async def run[T](self, what: str, work: Callable[[Connection], T]) -> T:
        """Do *work* with a connection where every statement counts at once, and write down that it was done.

        Raises:
            ErpAwayError: the server does not answer, or is too busy.
            ErpCredentialsRejectedError: it refuses the login.
            ErpIncompleteError: the login may not do this, or something is missing.
        """
        started_at, started = now(), time.monotonic()
        error, answer = "", ""
        try:
            result = await self._run(work)
            answer = f"{len(result)} rows" if isinstance(result, list) else ""
        except EntrepotError as failure:
            error = failure.detail
            raise
        except asyncio.CancelledError:
            error = "cancelled"
            raise
        else:
            return result
        finally:
            await self.note(what, started_at=started_at, started=started, answer=answer, error=error)

    async def note(
        self,
        what: str,
        *,
        started_at: datetime,
        started: float,
        subject: str = "",
        request: str = "",
        answer: str = "",
        error: str = "",
    ) -> None:
        """Write down one exchange that began at the monotonic time *started* and has just ended."""
        await self._line.record(
            ErpCall(
                method="SQL",
                target=f"{self._target.shown}: {what}",
                started_at=started_at,
                duration_ms=round((time.monotonic() - started) * 1000),
                subject=subject,
                request=request,
                answer=answer,
                error=error,
            )
        )

    async def _run[T](self, work: Callable[[Connection], T]) -> T:
        address = await self._address()
        try:
            if self._target.kind == "mssql":
                return await asyncio.to_thread(self._blocking, address, work)
            return await self._asyncpg(address, work)
        except (ModuleNotFoundError, NoSuchModuleError):
            raise ErpDriverMissingError(database="SQL Server", extra="entrepot[jtl]") from None
        except (SQLAlchemyError, OSError) as failure:  # TimeoutError is an OSError
            raise told(failure) from failure

    def _blocking[T](self, address: str, work: Callable[[Connection], T]) -> T:
        engine = create_engine(
            self._target.url(address),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"login_timeout": PATIENCE, "timeout": LONGEST, "appname": "Entrepot"},
        )
        with engine.connect() as connection:
            return work(connection)

    async def _asyncpg[T](self, address: str, work: Callable[[Connection], T]) -> T:
        engine = create_async_engine(
            self._target.url(address),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"timeout": PATIENCE, "command_timeout": LONGEST},
        )
        async with engine.connect() as connection:
            return await connection.run_sync(work)

    async def _address(self) -> str:
        """Return the first address of the host that may be reached.

        Raises:
            ErpAwayError: the name means nothing now.
            ErpAddressRefusedError: it means only places inside.
        """
        host = self._target.host
        try:
            async with asyncio.timeout(PATIENCE):
                found = await asyncio.get_running_loop().getaddrinfo(host, self._target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ErpAwayError(erp=NAME, reason=f"the name {host} cannot be resolved") from error
        for entry in found:
            address = str(entry[4][0])
            if is_reachable(address, self._line.allowed):
                return address
        raise ErpAddressRefusedError(address=host, reason=NOT_OUTSIDE)


def told(failure: Exception) -> EntrepotError:
    """Return what a failure of a driver means to people."""
    if not isinstance(failure, DBAPIError):
        if isinstance(failure, OSError):
            return ErpAwayError(erp=NAME, reason=_plain(failure) or "no answer in time")
        return ErpUnexpectedError(erp=NAME, reason=type(failure).__name__)
    return _told_by_server(failure)


def _told_by_server(failure: DBAPIError) -> EntrepotError:
    code, said = _code(failure.orig), _said(failure.orig)
    if code in REJECTED:
        return ErpCredentialsRejectedError(erp=NAME, reason=said)
    if code in FORBIDDEN:
        return ErpIncompleteError(erp=NAME, problems=f"The login may not do this: {said}.")
    if code in ABSENT:
        return ErpIncompleteError(erp=NAME, problems=f"Something is missing in the database: {said}.")
    if failure.connection_invalidated or code in BUSY or code is None or str(code)[:2] in {"08", "53", "57", "40"}:
        return ErpAwayError(erp=NAME, reason=said)
    return ErpUnexpectedError(erp=NAME, reason=said)


def _code(error: BaseException | None) -> int | str | None:
    """Return the number (SQL Server) or text (PostgreSQL) by which a driver names what went wrong."""
    state: Any = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state
    parts: Any = error.args if error is not None else ()
    while isinstance(parts, tuple) and parts:
        parts = parts[0]
    return parts if isinstance(parts, int) else None


def _said(error: BaseException | None) -> str:
    """Return the driver's words in a line."""
    parts: Any = error.args if error is not None else ()
    while isinstance(parts, tuple) and parts:
        parts = parts[-1]
    words = parts.decode(errors="replace") if isinstance(parts, bytes) else str(parts or type(error).__name__)
    lines = dict.fromkeys(line.strip() for line in words.splitlines() if not line.startswith("DB-Lib error message"))
    return " ".join(" ".join(lines).split())[:LONGEST_REASON].rstrip(".")


def _plain(error: OSError) -> str:
    return (error.strerror or str(error))[:LONGEST_REASON]
