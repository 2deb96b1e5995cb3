"""Every statement on channel accounts and their inbox."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels.accounts import AccountRef, DocumentState, Health, Mode, ReceivedDocument, Settlement
from entrepot.channels.contract import RawDocument
from entrepot.channels.line import DocumentKey
from entrepot.channels.models import ChannelAccount, InboxDocument
from entrepot.kit.bulk import insert_rows
from entrepot.kit.ids import new_id, oldest_id
from entrepot.kit.sql import text

_ACCOUNT = ", ".join(field.name for field in fields(AccountRef))
_DOCUMENT_COLUMNS = tuple(field.name for field in fields(ReceivedDocument))
_DOCUMENT = ", ".join(_DOCUMENT_COLUMNS)


def _account(row: RowMapping) -> AccountRef:
    values: dict[str, Any] = {**row, "mode": Mode(row["mode"]), "health": Health(row["health"])}
    return AccountRef(**values)


def _document(row: RowMapping) -> ReceivedDocument:
    values: dict[str, Any] = {**row, "state": DocumentState(row["state"])}
    return ReceivedDocument(**values)


async def add_account(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Store an account; False if its name is taken."""
    rows = await insert_rows(
        session, ChannelAccount, [values], suffix="ON CONFLICT (seller_id, name) DO NOTHING RETURNING id"
    )
    return bool(rows)


async def find_account(session: AsyncSession, account_id: UUID, *, lock: bool = False) -> AccountRef | None:
    """Return one account; *lock* it until the transaction ends."""
    found = await session.execute(
        text(f"SELECT {_ACCOUNT} FROM channel_account WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": account_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else _account(row)


async def list_accounts(session: AsyncSession, *, seller_id: UUID | None = None) -> list[AccountRef]:
    """Return the accounts in scope by name."""
    found = await session.execute(
        text(
            f"SELECT {_ACCOUNT} FROM channel_account"  # noqa: S608
            " WHERE CAST(:seller_id AS uuid) IS NULL OR seller_id = :seller_id ORDER BY name, id"
        ),
        {"seller_id": seller_id},
    )
    return [_account(row) for row in found.mappings()]


async def find_credentials(session: AsyncSession, account_id: UUID) -> bytes | None:
    """Return an account's sealed credentials."""
    found = await session.execute(text("SELECT credentials FROM channel_account WHERE id = :id"), {"id": account_id})
    sealed: bytes | None = found.scalar_one_or_none()
    return sealed


async def name_taken(session: AsyncSession, seller_id: UUID, name: str, *, but: UUID) -> bool:
    """Tell whether another account of the seller than *but* has this name."""
    found = await session.execute(
        text("SELECT 1 FROM channel_account WHERE seller_id = :seller_id AND name = :name AND id <> :but"),
        {"seller_id": seller_id, "name": name, "but": but},
    )
    return found.scalar_one_or_none() is not None


async def update_account(session: AsyncSession, account_id: UUID, values: dict[str, Any]) -> None:
    """Set columns of an account."""
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    await session.execute(
        text(f"UPDATE channel_account SET {assignments} WHERE id = :id"),  # noqa: S608 -- column names of ours
        {**values, "id": account_id},
    )


async def forget_token(session: AsyncSession, account_id: UUID) -> None:
    """Remove the token: it belongs to credentials that are replaced."""
    await session.execute(
        text("UPDATE channel_token SET sealed = NULL, expires_at = NULL WHERE account_id = :id"), {"id": account_id}
    )


# Documents


async def known_documents(
    session: AsyncSession, account_id: UUID, kind: str, keys: Sequence[DocumentKey]
) -> set[DocumentKey]:
    """Return which of *keys* are stored, and need not be fetched again."""
    found = await session.execute(
        text("""
            SELECT d.document_id, d.fingerprint FROM inbox_document AS d
            JOIN unnest(CAST(:ids AS text[]), CAST(:prints AS text[])) AS k (document_id, fingerprint)
                ON d.document_id = k.document_id AND d.fingerprint = k.fingerprint
            WHERE d.account_id = :account_id AND d.kind = :kind AND NOT d.refetch
        """),
        {
            "account_id": account_id,
            "kind": kind,
            "ids": [key.document_id for key in keys],
            "prints": [key.fingerprint for key in keys],
        },
    )
    return {DocumentKey(document_id, fingerprint) for document_id, fingerprint in found}


async def store_documents(
    session: AsyncSession, account: AccountRef, kind: str, documents: Sequence[RawDocument], *, at: datetime
) -> list[ReceivedDocument]:
    """Store versions not seen before, and mark the others as seen; return the new ones in the order given.

    A version that could not be fetched before and comes whole now takes the place of what was stored instead of it, and
    counts as new.  *documents* must not hold one version twice.
    """
    ids_in_order = sorted(new_id() for _ in documents)
    made = [
        ReceivedDocument(
            id=document_key,
            account_id=account.id,
            seller_id=account.seller_id,
            kind=kind,
            document_id=document.document_id,
            fingerprint=document.fingerprint,
            raw=document.raw,
            state=DocumentState.ATTENTION if document.problem else DocumentState.RECEIVED,
            reason=document.problem,
            refetch=bool(document.problem),
            order_id=None,
            first_seen_at=at,
            last_seen_at=at,
        )
        for document_key, document in zip(ids_in_order, documents, strict=True)
    ]
    stored = await insert_rows(
        session,
        InboxDocument,
        [{name: getattr(document, name) for name in _DOCUMENT_COLUMNS} for document in made],
        suffix="""
            ON CONFLICT (account_id, kind, document_id, fingerprint) DO UPDATE SET
                last_seen_at = excluded.last_seen_at,
                raw = CASE WHEN inbox_document.refetch THEN excluded.raw ELSE inbox_document.raw END,
                reason = CASE WHEN inbox_document.refetch THEN excluded.reason ELSE inbox_document.reason END,
                state = CASE WHEN inbox_document.refetch AND inbox_document.state = 'attention'
                    THEN excluded.state ELSE inbox_document.state END,
                refetch = inbox_document.refetch AND excluded.refetch
            WHERE inbox_document.refetch OR inbox_document.last_seen_at < excluded.last_seen_at - interval '1 hour'
            RETURNING id, document_id, fingerprint, state
        """,
    )
    fresh = {document.id for document in made}
    ids = {
        (row.document_id, row.fingerprint): row.id
        for row in stored
        if row.id in fresh or row.state == DocumentState.RECEIVED
    }
    return [
        document if ids[key] == document.id else replace(document, id=ids[key])
        for document in made
        if (key := (document.document_id, document.fingerprint)) in ids
    ]


async def find_document(session: AsyncSession, document_id: UUID, *, lock: bool = False) -> ReceivedDocument | None:
    """Return one document; *lock* it until the transaction ends."""
    found = await session.execute(
        text(f"SELECT {_DOCUMENT} FROM inbox_document WHERE id = :id {'FOR UPDATE' if lock else ''}"),  # noqa: S608
        {"id": document_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else _document(row)


async def waiting_documents(
    session: AsyncSession, account_id: UUID, kind: str, *, limit: int
) -> list[ReceivedDocument]:
    """Return what is received and not settled, oldest first."""
    found = await session.execute(
        text(
            f"SELECT {_DOCUMENT} FROM inbox_document"  # noqa: S608
            " WHERE account_id = :account_id AND kind = :kind AND state = 'received' ORDER BY id LIMIT :limit"
        ),
        {"account_id": account_id, "kind": kind, "limit": limit},
    )
    return [_document(row) for row in found.mappings()]


async def settle_documents(
    session: AsyncSession, settlements: Sequence[Settlement]
) -> list[tuple[UUID, UUID, str, str]]:
    """Set what became of documents; return seller, account, kind and state of each that was changed."""
    found = await session.execute(
        text("""
            UPDATE inbox_document AS d SET
                state = s.state, reason = s.reason, order_id = COALESCE(s.order_id, d.order_id)
            FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                CAST(:orders AS uuid[])) AS s (id, state, reason, order_id)
            WHERE d.id = s.id
            RETURNING d.seller_id, d.account_id, d.kind, d.state
        """),
        {
            "ids": [settlement.id for settlement in settlements],
            "states": [settlement.state for settlement in settlements],
            "reasons": [settlement.reason for settlement in settlements],
            "orders": [settlement.order_id for settlement in settlements],
        },
    )
    return [(row.seller_id, row.account_id, row.kind, row.state) for row in found]


async def retire_older(session: AsyncSession, ids: Sequence[UUID], reason: str) -> None:
    """Ignore the documents needing attention that *ids* are newer versions of: there is nothing left to do."""
    await session.execute(
        text("""
            UPDATE inbox_document AS old SET state = 'ignored', reason = :reason
            FROM inbox_document AS new
            WHERE new.id = ANY (CAST(:ids AS uuid[])) AND old.account_id = new.account_id AND old.kind = new.kind
                AND old.document_id = new.document_id AND old.state = 'attention' AND old.id < new.id
        """),
        {"ids": list(ids), "reason": reason},
    )


async def set_document(session: AsyncSession, document_id: UUID, *, state: str, reason: str) -> None:
    """Set a document's state."""
    await session.execute(
        text("UPDATE inbox_document SET state = :state, reason = :reason WHERE id = :id"),
        {"id": document_id, "state": state, "reason": reason},
    )


async def replace_document(session: AsyncSession, document_id: UUID, raw: bytes) -> None:
    """Put the document in the place of what was stored instead of it."""
    await session.execute(
        text("UPDATE inbox_document SET raw = :raw, refetch = false WHERE id = :id"), {"id": document_id, "raw": raw}
    )


# Cursors


async def find_cursor(session: AsyncSession, account_id: UUID, kind: str) -> str | None:
    """Return where reading goes on."""
    found = await session.execute(
        text("SELECT cursor FROM channel_cursor WHERE account_id = :account_id AND kind = :kind"),
        {"account_id": account_id, "kind": kind},
    )
    cursor: str | None = found.scalar_one_or_none()
    return cursor


async def move_cursor(session: AsyncSession, account: AccountRef, kind: str, cursor: str) -> None:
    """Set where reading goes on."""
    await session.execute(
        text("""
            INSERT INTO channel_cursor (account_id, kind, seller_id, cursor)
            VALUES (:account_id, :kind, :seller_id, :cursor)
            ON CONFLICT (account_id, kind) DO UPDATE SET cursor = excluded.cursor, moved_at = now()
            WHERE channel_cursor.cursor <> excluded.cursor
        """),
        {"account_id": account.id, "kind": kind, "seller_id": account.seller_id, "cursor": cursor},
    )


# Tokens


async def read_token(session: AsyncSession, account_id: UUID) -> RowMapping | None:
    """Return the sealed token and its end."""
    found = await session.execute(
        text("SELECT sealed, expires_at FROM channel_token WHERE account_id = :id"), {"id": account_id}
    )
    return found.mappings().one_or_none()


async def lease_token(session: AsyncSession, account_id: UUID, seller_id: UUID, seconds: int) -> RowMapping | None:
    """Take the right to obtain a token for some seconds, and return the stored one; None: another process has it."""
    found = await session.execute(
        text("""
            INSERT INTO channel_token AS t (account_id, seller_id, leased_until)
            VALUES (:account_id, :seller_id, clock_timestamp() + make_interval(secs => :seconds))
            ON CONFLICT (account_id) DO UPDATE SET leased_until = excluded.leased_until
            WHERE t.leased_until IS NULL OR t.leased_until < clock_timestamp()
            RETURNING sealed, expires_at
        """),
        {"account_id": account_id, "seller_id": seller_id, "seconds": seconds},
    )
    return found.mappings().one_or_none()


async def store_token(session: AsyncSession, account_id: UUID, sealed: bytes, expires_at: datetime) -> None:
    """Store a token for all processes, and end the lease."""
    await session.execute(
        text("""
            UPDATE channel_token SET sealed = :sealed, expires_at = :expires_at, leased_until = NULL
            WHERE account_id = :account_id
        """),
        {"account_id": account_id, "sealed": sealed, "expires_at": expires_at},
    )


async def end_lease(session: AsyncSession, account_id: UUID) -> None:
    """Let others obtain a token."""
    await session.execute(
        text("UPDATE channel_token SET leased_until = NULL WHERE account_id = :account_id"), {"account_id": account_id}
    )


# Retention


async def forget_documents(session: AsyncSession, before: datetime, limit: int) -> int:
    """Remove documents that are done with and were last seen before *before*, the oldest first; return how many."""
    found = await session.execute(
        text("""
            WITH gone AS (DELETE FROM inbox_document WHERE id IN (
                SELECT id FROM inbox_document
                WHERE id < :bound AND last_seen_at < :before AND state IN ('imported', 'ignored')
                ORDER BY id LIMIT :limit
            ) RETURNING 1)
            SELECT count(*) FROM gone
        """),
        {"before": before, "bound": oldest_id(before), "limit": limit},
    )
    return int(found.scalar_one())
