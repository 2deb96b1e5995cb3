"""Requests that a program may repeat: carried out once, and answered alike each time.

The key is stored in the transaction of the request itself.  So it exists exactly if the request took effect; two
requests with one key at the same moment queue at the table's primary key; and a request that failed left no key, so
its repetition is tried afresh.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.kit.clock import now
from entrepot.kit.sql import text

WAIT = 0.05
WAITS = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A request under way."""

    principal: str
    key: str


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """What the first request with a key got."""

    same_request: bool
    status: int | None
    """None: it took effect, and its answer is not here."""
    headers: dict[str, str]
    body: bytes


async def claim(session: AsyncSession, principal: Principal, key: str, fingerprint: bytes) -> Claim | EarlierAnswer:
    """Take *key* for the running request, waiting for another one that has it; or return what that one answered."""
    who = f"{principal.actor.kind}:{principal.actor.id}"
    taken = await session.execute(
        text(
            "INSERT INTO idempotency_key (principal, key, seller_id, fingerprint, created_at) "
            "VALUES (:principal, :key, :seller_id, :fingerprint, :now) ON CONFLICT DO NOTHING RETURNING key"
        ),
        {
            "principal": who,
            "key": key,
            "seller_id": _seller(principal),
            "fingerprint": fingerprint,
            "now": now(),
        },
    )
    if taken.first() is not None:
        return Claim(who, key)
    answer = EarlierAnswer(same_request=False, status=None, headers={}, body=b"")
    for _ in range(WAITS):
        answer = await _earlier(session, who, key, fingerprint)
        if answer.status is not None or not answer.same_request:
            break
        await asyncio.sleep(WAIT)  # it has just taken effect, and its answer is on the way into the table
    return answer


async def _earlier(session: AsyncSession, who: str, key: str, fingerprint: bytes) -> EarlierAnswer:
    found = await session.execute(
        text(
            "SELECT fingerprint, status, headers::text AS headers, body FROM idempotency_key "
            "WHERE principal = :principal AND key = :key"
        ),
        {"principal": who, "key": key},
    )
    row = found.first()
    if row is None:  # it was used for another seller, whose rows are out of sight here
        return EarlierAnswer(same_request=False, status=None, headers={}, body=b"")
    return EarlierAnswer(
        same_request=bytes(row.fingerprint) == fingerprint,
        status=row.status,
        headers=msgspec.json.decode(row.headers or "{}", type=dict[str, str]),
        body=bytes(row.body or b""),
    )


async def keep_answer(session: AsyncSession, done: Claim, status: int, headers: dict[str, str], body: bytes) -> None:
    """Store what the request answered.  Losing it in a power cut loses no effect, so nobody waits for the disk."""
    await session.execute(text("SET LOCAL synchronous_commit = off"))
    await session.execute(
        text(
            "UPDATE idempotency_key SET status = :status, headers = CAST(:headers AS jsonb), body = :body "
            "WHERE principal = :principal AND key = :key"
        ),
        {
            "status": status,
            "headers": msgspec.json.encode(headers).decode(),
            "body": body,
            "principal": done.principal,
            "key": done.key,
        },
    )


def _seller(principal: Principal) -> UUID | None:
    if principal.seller is not None:
        return principal.seller.id
    return None if principal.everywhere or not principal.sellers else principal.sellers[0].id
