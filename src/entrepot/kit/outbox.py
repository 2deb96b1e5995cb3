"""The event log: facts, stored in the transaction that caused them, and read in the order of commits.

One append-only table serves audit, timelines, live pages, webhooks and reactions.  A reader's place in it is not a
row number, because a transaction that takes a number first may commit last.  It is a *cursor*: the database's own
snapshot at the time of reading.  What that snapshot could not see and the present one can is new: nothing is missed,
nothing comes twice, and nobody waits for a slow neighbour.
(https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT, read 2026-11-21.)
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, ClassVar, NewType
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Identity, Index, RowMapping, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.bulk import insert_many
from entrepot.kit.database import Base, context_of
from entrepot.kit.quick import before_commit
from entrepot.kit.sql import text

CHANNEL = "entrepot_event"
"""What listeners LISTEN to."""

WAITING = "kit.outbox.waiting"
"""Under which a session keeps the events of :func:`together`."""
LAST = "kit.outbox.last"
"""Under which a session keeps the events of :func:`record_last`."""

Cursor = NewType("Cursor", str)
"""A place in the event log: ``pg_snapshot`` as text.  Opaque to everyone else; orders nothing by itself."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, named in the past tense.  Subclasses set the class variables and plain-data fields."""

    topic: ClassVar[str]
    """``slice.what_happened``."""
    subject_kind: ClassVar[str]
    """The kind of thing it happened to: ``order``, ``product``."""

    seller_id: UUID | None
    subject_id: UUID


class EventRecord(Base):
    """One event.  Rows are added and, much later, removed by retention; never changed."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_txid", "txid"),
        Index("ix_event_subject_id_id", "subject_id", "id"),
        Index("ix_event_recorded_at", "recorded_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    txid: Mapped[int] = mapped_column(BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint"))
    seller_id: Mapped[UUID | None]
    topic: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    request_id: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class RecordedEvent(msgspec.Struct, frozen=True):
    """An event as it is read back."""

    id: int
    seller_id: UUID | None
    topic: str
    subject_kind: str
    subject_id: UUID
    payload: dict[str, Any]
    actor_kind: str
    actor_id: str
    actor_name: str
    request_id: str
    recorded_at: datetime


COLUMNS = RecordedEvent.__struct_fields__
_SELECTED = ", ".join(f"e.{column}" for column in COLUMNS)


async def record(session: AsyncSession, *events: Event) -> None:
    """Store *events* with the author of the running transaction.  They exist if it commits, and never otherwise."""
    waiting: list[Event] | None = session.info.get(WAITING)
    if waiting is not None:
        waiting += events
        return
    if not session.in_nested_transaction():  # a savepoint that is undone does not take along what was before it
        events = (*session.info.pop(LAST, ()), *events)
    if not events:
        return
    context = context_of(session)
    common = {
        "actor_kind": context.actor.kind,
        "actor_id": context.actor.id,
        "actor_name": context.actor.name,
        "request_id": context.request_id,
    }
    rows = [
        {
            "seller_id": event.seller_id,
            "topic": event.topic,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "payload": _payload(event),
            **common,
        }
        for event in events
    ]
    await insert_many(session, EventRecord, rows)
    context.wakes.add(CHANNEL)


async def record_last(session: AsyncSession, *events: Event) -> None:
    """Do as :func:`record`, before the next events are stored or the transaction commits: one statement less.

    For what nobody reads before.
    """
    if session.in_nested_transaction():
        await record(session, *events)  # undone with it
    elif LAST in session.info:
        session.info[LAST] += events
    elif events:
        session.info[LAST] = [*events]
        before_commit(session, lambda: record(session))


@asynccontextmanager
async def together(session: AsyncSession, *, last: bool = False) -> AsyncGenerator[None]:
    """Store what is recorded within, in its order, in one statement at the end, or as *last*: see :func:`record_last`.

    For a use case that records something at several of its steps, reads no events and opens no savepoint meanwhile, and
    of which nothing stays if it fails: then none of it is stored either.  Within another one it adds nothing.
    """
    if WAITING in session.info:
        yield
        return
    waiting: list[Event] = []
    session.info[WAITING] = waiting
    try:
        yield
    finally:
        del session.info[WAITING]
    await (record_last if last else record)(session, *waiting)


def _payload(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(event)
    del fields["seller_id"], fields["subject_id"]
    return fields


async def cursor_now(session: AsyncSession) -> Cursor:
    """Return the place after everything committed so far."""
    return Cursor((await session.execute(text("SELECT pg_current_snapshot()::text"))).scalar_one())


async def read_after(
    session: AsyncSession, cursor: Cursor, *, topics: Sequence[str] | None = None, limit: int = 1000
) -> tuple[list[RecordedEvent], Cursor | None]:
    """Return events committed after *cursor* that the session's scope may see, oldest first, and where to go on.

    The second value is None if *limit* cut the answer: then only the ids tell where it ended, and the caller reads
    again with the same cursor and a higher limit, or starts afresh from :func:`cursor_now`.
    """
    rows = await session.execute(
        text(
            f"""
            SELECT pg_current_snapshot()::text AS here, {_SELECTED}
            FROM (SELECT 1) AS one
            LEFT JOIN event e ON e.txid >= pg_snapshot_xmin(CAST(CAST(:cursor AS text) AS pg_snapshot))::text::bigint
                AND NOT pg_visible_in_snapshot(e.txid::text::xid8, CAST(CAST(:cursor AS text) AS pg_snapshot))
                AND (CAST(:topics AS text[]) IS NULL OR e.topic = ANY(CAST(:topics AS text[])))
            ORDER BY e.id
            LIMIT :limit
            """  # noqa: S608 -- only column names are inserted
        ),
        {"cursor": cursor, "topics": list(topics) if topics is not None else None, "limit": limit + 1},
    )
    found = rows.mappings().all()
    events = [_read(row) for row in found if row["id"] is not None]
    if len(events) > limit:
        return events[:limit], None
    return events, Cursor(found[0]["here"])


async def read_subjects(session: AsyncSession, subject_ids: Iterable[UUID], *, limit: int = 500) -> list[RecordedEvent]:
    """Return what happened to these things, newest first: a timeline."""
    rows = await session.execute(
        text(
            f"SELECT {_SELECTED} FROM event e WHERE e.subject_id = ANY(:ids) ORDER BY e.id DESC LIMIT :limit"  # noqa: S608
        ),
        {"ids": list(subject_ids), "limit": limit},
    )
    return [_read(row) for row in rows.mappings()]


def _read(row: RowMapping) -> RecordedEvent:
    return RecordedEvent(**{column: row[column] for column in COLUMNS})


async def forget_events(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Remove at most *limit* events older than *before*, the oldest first; return how many.

    The database refuses a *before* within the last 30 days, and anyone but the instance.
    """
    found = await session.execute(text("SELECT forget_events(:before, :limit)"), {"before": before, "limit": limit})
    return int(found.scalar_one())
