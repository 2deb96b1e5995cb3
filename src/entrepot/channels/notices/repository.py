"""Every statement on doors and notices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.contract_notices import Notice
from entrepot.channels.notices.models import ChannelNotice
from entrepot.kit.bulk import insert_rows
from entrepot.kit.ids import new_id
from entrepot.kit.sql import text


@dataclass(frozen=True, slots=True)
class DoorFacts:
    """What it takes to let a notice in."""

    seller_id: UUID
    channel: str
    name: str
    credentials: bytes
    secret: bytes
    keys: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRow:
    """A door as people see it."""

    secret: bytes
    subscribed_at: datetime | None
    problem: str
    received: int
    received_at: datetime | None
    refused: int
    refused_at: datetime | None
    refused_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice in a list."""

    id: UUID
    kind: str
    subject: str
    happened_at: datetime | None
    received_at: datetime
    read_at: datetime | None


async def door_facts(session: AsyncSession, account_id: UUID) -> DoorFacts | None:
    """Return what it takes to let a notice in; None: there is no such door."""
    found = await session.execute(
        text("""
            SELECT a.seller_id, a.channel, a.name, a.credentials, d.secret, d.keys
            FROM channel_door AS d JOIN channel_account AS a ON a.id = d.account_id WHERE d.account_id = :account_id
        """),
        {"account_id": account_id},
    )
    row = found.one_or_none()
    return None if row is None else DoorFacts(*row)


async def find_door(session: AsyncSession, account_id: UUID) -> DoorRow | None:
    """Return the door of an account."""
    found = await session.execute(
        text("""
            SELECT secret, subscribed_at, problem, received, received_at, refused, refused_at, refused_reason
            FROM channel_door WHERE account_id = :account_id
        """),
        {"account_id": account_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else DoorRow(**row)


async def make_door(session: AsyncSession, account_id: UUID, seller_id: UUID, secret: bytes) -> None:
    """Make a door, unless there is one."""
    await session.execute(
        text("""
            INSERT INTO channel_door (account_id, seller_id, secret, problem, received, refused, refused_reason)
            VALUES (:account_id, :seller_id, :secret, '', 0, 0, '') ON CONFLICT (account_id) DO NOTHING
        """),
        {"account_id": account_id, "seller_id": seller_id, "secret": secret},
    )


async def set_subscribed(
    session: AsyncSession, account_id: UUID, *, keys: bytes | None, at: datetime | None, problem: str
) -> None:
    """Remember how asking the channel for notices went; keys that worked stay when it fails."""
    await session.execute(
        text("""
            UPDATE channel_door SET keys = COALESCE(:keys, keys), subscribed_at = COALESCE(:at, subscribed_at),
                problem = :problem
            WHERE account_id = :account_id
        """),
        {"account_id": account_id, "keys": keys, "at": at, "problem": problem},
    )


async def add_notices(
    session: AsyncSession, notices: Sequence[tuple[UUID, UUID, Notice]], *, at: datetime
) -> dict[UUID, UUID]:
    """Store notices (seller, account, notice), each once; return the accounts that got new ones, with their sellers."""
    ids = sorted(new_id() for _ in notices)
    rows = [
        {
            "id": row_id,
            "seller_id": seller_id,
            "account_id": account_id,
            "notice_id": notice.notice_id,
            "kind": str(notice.kind),
            "subject": notice.subject,
            "happened_at": notice.at,
            "received_at": at,
        }
        for row_id, (seller_id, account_id, notice) in zip(ids, notices, strict=True)
    ]
    added = await insert_rows(
        session,
        ChannelNotice,
        rows,
        suffix="ON CONFLICT (account_id, notice_id) DO NOTHING RETURNING account_id, seller_id",
    )
    return {row.account_id: row.seller_id for row in added}


async def count_at_doors(session: AsyncSession, counts: Mapping[UUID, tuple[int, int, str]], *, at: datetime) -> None:
    """Add to the counts of doors: received, refused and why last, by account."""
    accounts = sorted(counts)
    await session.execute(
        text("""
            UPDATE channel_door AS d SET
                received = d.received + c.received,
                received_at = CASE WHEN c.received > 0 THEN :at ELSE d.received_at END,
                refused = d.refused + c.refused,
                refused_at = CASE WHEN c.refused > 0 THEN :at ELSE d.refused_at END,
                refused_reason = CASE WHEN c.refused > 0 THEN c.reason ELSE d.refused_reason END
            FROM unnest(CAST(:accounts AS uuid[]), CAST(:received AS bigint[]), CAST(:refused AS bigint[]),
                CAST(:reasons AS text[])) AS c (account_id, received, refused, reason)
            WHERE d.account_id = c.account_id
        """),
        {
            "at": at,
            "accounts": accounts,
            "received": [counts[account][0] for account in accounts],
            "refused": [counts[account][1] for account in accounts],
            "reasons": [counts[account][2] for account in accounts],
        },
    )


async def take_waiting(session: AsyncSession, account_id: UUID, limit: int, *, at: datetime) -> list[NoticeRow]:
    """Mark the oldest notices nobody passed on yet as passed on, and return them."""
    found = await session.execute(
        text("""
            WITH waiting AS (
                SELECT id FROM channel_notice WHERE account_id = :account_id AND read_at IS NULL
                ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE channel_notice AS n SET read_at = :at FROM waiting WHERE n.id = waiting.id
            RETURNING n.id, n.kind, n.subject, n.happened_at, n.received_at, n.read_at
        """),
        {"account_id": account_id, "limit": limit, "at": at},
    )
    return sorted((NoticeRow(**row) for row in found.mappings()), key=lambda row: row.id)


async def latest(session: AsyncSession, account_id: UUID, limit: int) -> list[NoticeRow]:
    """Return the notices of an account, the newest first."""
    found = await session.execute(
        text("""
            SELECT id, kind, subject, happened_at, received_at, read_at FROM channel_notice
            WHERE account_id = :account_id ORDER BY id DESC LIMIT :limit
        """),
        {"account_id": account_id, "limit": limit},
    )
    return [NoticeRow(**row) for row in found.mappings()]


async def forget(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove notices that were passed on and are older than *before*, at most *limit*; return how many."""
    found: Any = await session.execute(
        text("""
            DELETE FROM channel_notice WHERE id IN (
                SELECT id FROM channel_notice WHERE received_at < :before AND read_at IS NOT NULL LIMIT :limit
            )
        """),
        {"before": before, "limit": limit},
    )
    count: int = found.rowcount
    return count
