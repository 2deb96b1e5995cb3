"""The record of every call to the outside: written in batches beside the work, so that it neither slows nor loses it.

A call is recorded even if the transaction that caused it is rolled back: the outside world does not roll back.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import BigInteger, Index, desc
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.bulk import insert_rows
from entrepot.kit.database import Base, Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.scope import Scope
from entrepot.kit.sql import text

BATCH = 200
PAUSE = 0.1
"""Seconds between two writes: what is recorded meanwhile shares one."""
MOST_PENDING = 5_000
"""Calls that may wait to be written; beyond it, callers wait for the database instead of filling the memory."""

log = structlog.get_logger()


class ExternalCall(Base):
    """One HTTP request to the outside.  Never changed; removed by retention."""

    __tablename__ = "external_call"
    __table_args__ = (
        Index("ix_external_call_account_id_started_at", "account_id", desc("started_at")),
        Index("ix_external_call_subject", "subject", postgresql_where=text("subject <> ''")),
        Index("ix_external_call_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_external_call_order_id", "order_id", postgresql_where=text("order_id IS NOT NULL")),
        Index("ix_external_call_seller_id_id", "seller_id", "id"),
        Index("ix_external_call_started_at", "started_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    """The job's run that called."""
    order_id: Mapped[UUID | None]
    """Our order, where the caller knew it; else *subject* may name it."""
    subject: Mapped[str]
    """What it was about, as the outside names it: an order number."""
    why: Mapped[str]
    actor_name: Mapped[str]
    request_id: Mapped[str]
    method: Mapped[str]
    url: Mapped[str]
    status: Mapped[int | None]
    started_at: Mapped[datetime]
    duration_ms: Mapped[int]
    request_headers: Mapped[dict[str, Any]]
    request_body: Mapped[str]
    response_headers: Mapped[dict[str, Any]]
    response_body: Mapped[str]
    response_bytes: Mapped[int] = mapped_column(BigInteger)
    error: Mapped[str]


class RecordedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it is written and read; every text is redacted already."""

    id: UUID
    seller_id: UUID | None
    account_id: UUID | None
    run_id: UUID | None = None
    order_id: UUID | None = None
    subject: str
    why: str
    actor_name: str
    request_id: str
    method: str
    url: str
    status: int | None
    started_at: datetime
    duration_ms: int
    request_headers: dict[str, Any]
    request_body: str
    response_headers: dict[str, Any]
    response_body: str
    response_bytes: int
    error: str


COLUMNS = RecordedCall.__struct_fields__
_SELECTED = ", ".join(COLUMNS)
_BRIEF = ", ".join(
    "'{}'::jsonb" if name.endswith("headers") else "''" if name.endswith("body") else name for name in COLUMNS
)


class CallLog:
    """Writes the calls of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending: deque[RecordedCall] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._wrote = asyncio.Event()
        self._added = self._written = 0
        self._room = asyncio.Event()
        self._room.set()

    async def add(self, call: RecordedCall) -> None:
        """Record *call* soon.  Waits only while far too many are waiting already."""
        await self._room.wait()
        self._pending.append(call)
        self._added += 1
        if len(self._pending) >= MOST_PENDING:
            self._room.clear()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), name="call_log")

    async def flush(self) -> None:
        """Return when everything added so far is written; what others add meanwhile is not waited for."""
        last = self._added
        while self._written < last and self._writer is not None and not self._writer.done():
            self._hurry.set()
            wrote = asyncio.create_task(self._wrote.wait())
            try:
                await asyncio.wait({wrote, self._writer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                wrote.cancel()

    async def aclose(self) -> None:
        """Write what is pending; give up after a while, saying so in the log."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self.flush()
        if self._writer is not None and not self._writer.done():
            self._writer.cancel()
            if self._pending:
                log.error("external_calls_lost", count=len(self._pending))

    async def _write_all(self) -> None:
        pause = PAUSE
        while self._pending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._hurry.wait()
            self._hurry.clear()
            batch = [self._pending[index] for index in range(min(BATCH, len(self._pending)))]
            try:
                await self._write(batch)
            except (EntrepotError, SQLAlchemyError, OSError) as error:
                pause = min(pause * 2, 5)
                log.warning("external_calls_waiting", count=len(self._pending), error=type(error).__name__)
                continue
            pause = PAUSE
            for _ in batch:
                self._pending.popleft()
            self._written += len(batch)
            self._wrote.set()
            self._wrote = asyncio.Event()
            self._room.set()

    async def _write(self, batch: list[RecordedCall]) -> None:
        async with self._database.transaction(Scope.all_sellers()) as session:
            # A seller that was removed meanwhile is out of the scope: its calls are dropped, the others are kept.
            known = await session.execute(text("SELECT unnest(scope_sellers())"))
            sellers = set(known.scalars())
            rows = [
                {name: getattr(call, name) for name in COLUMNS}
                for call in batch
                if call.seller_id is None or call.seller_id in sellers
            ]
            await insert_rows(session, ExternalCall, rows, suffix="ON CONFLICT (id) DO NOTHING")


async def recent_calls(
    session: AsyncSession, *, account_id: UUID | None = None, subject: str | None = None, limit: int = 50
) -> list[RecordedCall]:
    """Return the newest calls of an account or about a subject, without headers and bodies."""
    conditions = ["true"]
    if account_id is not None:
        conditions.append("account_id = :account_id")
    if subject is not None:
        conditions.append("subject = :subject")
    found = await session.execute(
        text(
            f"SELECT {_BRIEF} FROM external_call WHERE {' AND '.join(conditions)}"  # noqa: S608 -- our own words
            " ORDER BY started_at DESC, id DESC LIMIT :limit"
        ),
        {"account_id": account_id, "subject": subject, "limit": limit},
    )
    return [RecordedCall(**dict(zip(COLUMNS, row, strict=True))) for row in found]


async def calls_of_runs(
    session: AsyncSession, run_ids: Collection[UUID], *, subject: str
) -> dict[UUID, list[tuple[UUID, str, datetime]]]:
    """Return id, method and start of the calls that runs made about a subject, the oldest first, by run."""
    found = await session.execute(
        text(
            "SELECT run_id, id, method, started_at FROM external_call"
            " WHERE run_id = ANY(:runs) AND subject = :subject AND subject <> '' ORDER BY started_at, id"
        ),
        {"runs": list(run_ids), "subject": subject},
    )
    calls: dict[UUID, list[tuple[UUID, str, datetime]]] = {}
    for row in found:
        calls.setdefault(row.run_id, []).append((row.id, row.method, row.started_at))
    return calls


async def recorded_call(session: AsyncSession, call_id: UUID) -> RecordedCall | None:
    """Return one call with everything that was kept of it."""
    found = await session.execute(text(f"SELECT {_SELECTED} FROM external_call WHERE id = :id"), {"id": call_id})  # noqa: S608
    row = found.one_or_none()
    return None if row is None else RecordedCall(**dict(zip(COLUMNS, row, strict=True)))


async def forget_calls(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Remove at most *limit* calls older than *before*, the oldest first; return how many."""
    found = await session.execute(
        text(
            "WITH gone AS (DELETE FROM external_call WHERE id IN"
            " (SELECT id FROM external_call WHERE started_at < :before ORDER BY started_at LIMIT :limit) RETURNING 1)"
            " SELECT count(*) FROM gone"
        ),
        {"before": before, "limit": limit},
    )
    return int(found.scalar_one())
