"""What pages and the API show of access, straight from SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.repository import role_rights
from entrepot.access.rights import Right
from entrepot.kit.sql import text

DETAILS_MAX = 200


class MembershipView(msgspec.Struct, frozen=True):
    """A role that a user has."""

    seller_id: UUID | None
    seller_name: str | None
    """None: the whole instance."""
    role_id: UUID
    role_key: str | None
    role_name: str


class UserView(msgspec.Struct, frozen=True):
    """A user, as those who manage them see them."""

    id: UUID
    email: str
    name: str
    created_at: datetime
    last_sign_in_at: datetime | None
    disabled: bool
    waiting: bool
    """They have never chosen a password."""
    memberships: list[MembershipView]


class RoleView(msgspec.Struct, frozen=True):
    """A role and what it gives."""

    id: UUID
    key: str | None
    name: str
    rights: frozenset[Right]
    users: int


class SellerView(msgspec.Struct, frozen=True):
    """A seller."""

    id: UUID
    name: str
    slug: str
    currency: str
    country: str
    created_at: datetime


class SessionView(msgspec.Struct, frozen=True):
    """A browser in which a user is signed in."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


class KeyView(msgspec.Struct, frozen=True):
    """An API key or an access token, without its secret."""

    id: UUID
    seller_id: UUID | None
    seller_name: str | None
    public_id: str
    name: str
    rights: list[str]
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class AuditRow(msgspec.Struct, frozen=True):
    """One line of the audit log."""

    id: int
    seller_id: UUID | None
    topic: str
    subject_kind: str
    subject_id: UUID
    payload: msgspec.Raw
    actor_kind: str
    actor_id: str
    actor_name: str
    request_id: str
    recorded_at: datetime

    @property
    def details(self) -> str:
        """What the event says, as JSON, cut to what fits into a table."""
        text = bytes(self.payload).decode()
        return "" if text == "{}" else text if len(text) <= DETAILS_MAX else text[:DETAILS_MAX] + "…"


_USERS = text(
    """
    SELECT u.id, u.email, u.name, u.created_at, u.last_sign_in_at,
        u.disabled_at IS NOT NULL AS disabled, u.password_hash IS NULL AS waiting,
        (SELECT coalesce(json_agg(json_build_object(
            'seller_id', m.seller_id, 'seller_name', s.name, 'role_id', r.id, 'role_key', r.key, 'role_name', r.name
         ) ORDER BY s.name NULLS FIRST), '[]')
         FROM membership m JOIN role r ON r.id = m.role_id LEFT JOIN seller s ON s.id = m.seller_id
         WHERE m.user_id = u.id AND (CAST(:sellers AS uuid[]) IS NULL OR m.seller_id = ANY(:sellers))
        )::text AS memberships
    FROM user_account u
    WHERE (CAST(:sellers AS uuid[]) IS NULL
            OR EXISTS (SELECT FROM membership m WHERE m.user_id = u.id AND m.seller_id = ANY(:sellers)))
        AND (CAST(:user_id AS uuid) IS NULL OR u.id = :user_id)
        AND (CAST(:search AS text) = '' OR position(lower(:search) IN lower(u.name || ' ' || u.email)) > 0)
        AND (CAST(:after AS uuid) IS NULL OR u.id > :after)
    ORDER BY u.id LIMIT :limit
    """
)
_MEMBERSHIPS = msgspec.json.Decoder(list[MembershipView])


async def users(
    session: AsyncSession,
    sellers: Collection[UUID] | None,
    *,
    user_id: UUID | None = None,
    search: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> list[UserView]:
    """Return users, oldest first; with *sellers*, only those who work for them, and only what they do there.

    The transaction must see all sellers.
    """
    rows = await session.execute(
        _USERS,
        {
            "sellers": None if sellers is None else list(sellers),
            "user_id": user_id,
            "search": search.strip(),
            "after": after,
            "limit": limit,
        },
    )
    found: list[dict[str, Any]] = [dict(row) for row in rows.mappings()]
    for row in found:
        row["memberships"] = _MEMBERSHIPS.decode(row["memberships"])
    return [UserView(**row) for row in found]


class PersonView(msgspec.Struct, frozen=True):
    """Somebody who may be given work."""

    id: str
    name: str


async def people_with(session: AsyncSession, seller_id: UUID, right: Right) -> list[PersonView]:
    """Return who may do something for a seller, by name.  The transaction must see all sellers."""
    rows = await session.execute(
        text(
            """
            SELECT u.id, u.name, r.key, r.rights::text AS rights FROM membership m
            JOIN role r ON r.id = m.role_id JOIN user_account u ON u.id = m.user_id
            WHERE (m.seller_id = :seller OR m.seller_id IS NULL) AND u.disabled_at IS NULL ORDER BY u.name, u.id
            """
        ),
        {"seller": seller_id},
    )
    found = {
        str(row.id): row.name
        for row in rows
        if right in role_rights(row.key, msgspec.json.decode(row.rights, type=list[str]))
    }
    return [PersonView(person_id, name) for person_id, name in found.items()]


async def roles(session: AsyncSession) -> list[RoleView]:
    """Return every role, built-in ones first.  The transaction must see all sellers."""
    rows = await session.execute(
        text(
            """
            SELECT r.id, r.key, r.name, r.rights::text AS rights, count(DISTINCT m.user_id) AS users
            FROM role r LEFT JOIN membership m ON m.role_id = r.id
            GROUP BY r.id ORDER BY (r.key IS NULL), CASE WHEN r.key IS NULL THEN r.name ELSE '' END, r.id
            """
        )
    )
    return [
        RoleView(
            row.id, row.key, row.name, role_rights(row.key, msgspec.json.decode(row.rights, type=list[str])), row.users
        )
        for row in rows
    ]


async def sellers(session: AsyncSession) -> list[SellerView]:
    """Return every seller in the transaction's scope, by name."""
    rows = await session.execute(
        text("SELECT id, name, slug, currency, country, created_at FROM seller ORDER BY name, id")
    )
    return [SellerView(**row) for row in rows.mappings()]


async def sessions(session: AsyncSession, user_id: UUID) -> list[SessionView]:
    """Return the browsers in which the user is signed in, the latest first."""
    rows = await session.execute(
        text(
            "SELECT id, address, user_agent, created_at, last_seen_at FROM user_session "
            "WHERE user_id = :user_id AND expires_at > now() ORDER BY last_seen_at DESC LIMIT 100"
        ),
        {"user_id": user_id},
    )
    return [SessionView(**row) for row in rows.mappings()]


async def api_keys(session: AsyncSession, *, limit: int = 200) -> list[KeyView]:
    """Return the API keys of the sellers in the transaction's scope, those in force first."""
    rows = await session.execute(
        text(
            """
            SELECT k.id, k.seller_id, s.name AS seller_name, k.public_id, k.name, k.rights::text AS rights,
                k.created_by, k.created_at, k.last_used_at, k.expires_at, k.revoked_at
            FROM api_key k JOIN seller s ON s.id = k.seller_id
            ORDER BY (k.revoked_at IS NOT NULL), k.id DESC LIMIT :limit
            """
        ),
        {"limit": limit},
    )
    return [_key(dict(row)) for row in rows.mappings()]


async def key_creators(session: AsyncSession, public_ids: Collection[str]) -> dict[str, str]:
    """Return the ids of who made API keys, by the keys' public ids."""
    rows = await session.execute(
        text("SELECT public_id, creator_id FROM api_key WHERE public_id = ANY(:ids)"), {"ids": list(public_ids)}
    )
    return {row[0]: row[1] for row in rows}


async def tokens(session: AsyncSession, user_id: UUID) -> list[KeyView]:
    """Return the user's access tokens that still open something, the latest first."""
    rows = await session.execute(
        text(
            """
            SELECT t.id, t.seller_id, s.name AS seller_name, '' AS public_id, t.name, t.rights::text AS rights,
                '' AS created_by, t.created_at, t.last_used_at, t.expires_at, t.revoked_at
            FROM access_token t LEFT JOIN seller s ON s.id = t.seller_id
            WHERE t.user_id = :user_id AND t.revoked_at IS NULL AND t.expires_at > now() ORDER BY t.id DESC LIMIT 200
            """
        ),
        {"user_id": user_id},
    )
    return [_key(dict(row)) for row in rows.mappings()]


def _key(row: dict[str, object]) -> KeyView:
    row["rights"] = msgspec.json.decode(str(row["rights"]), type=list[str])
    return msgspec.convert(row, KeyView)


async def audit(  # noqa: PLR0913 -- each is one filter of the page
    session: AsyncSession,
    *,
    shared: bool,
    seller_id: UUID | None = None,
    actor: str = "",
    topic: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditRow]:
    """Return what happened, the latest first.

    Args:
        session: its scope says whose events there are.
        shared: also events of the instance, which belong to no seller.
        seller_id: only this seller's.
        actor: part of the name of who did it.
        topic: beginning of the topic: ``orders`` or ``orders.order_cancelled``.
        since: from this moment on.
        until: up to this moment.
        before: only events older than the one with this id: where a page ended.
        limit: how many.
    """
    rows = await session.execute(
        text(
            """
            SELECT id, seller_id, topic, subject_kind, subject_id, payload::text AS payload, actor_kind, actor_id,
                actor_name, request_id, recorded_at
            FROM event
            WHERE (CAST(:before AS bigint) IS NULL OR id < :before)
                AND (:shared OR seller_id IS NOT NULL)
                AND (CAST(:seller_id AS uuid) IS NULL OR seller_id = :seller_id)
                AND (CAST(:actor AS text) = '' OR position(lower(:actor) IN lower(actor_name)) > 0)
                AND (CAST(:topic AS text) = '' OR starts_with(topic, :topic))
                AND (CAST(:since AS timestamptz) IS NULL OR recorded_at >= :since)
                AND (CAST(:until AS timestamptz) IS NULL OR recorded_at < :until)
            ORDER BY id DESC LIMIT :limit
            """
        ),
        {
            "before": before, "shared": shared, "seller_id": seller_id, "actor": actor.strip(), "topic": topic.strip(),
            "since": since, "until": until, "limit": limit,
        },
    )  # fmt: skip
    found: list[dict[str, Any]] = [dict(row) for row in rows.mappings()]
    for row in found:
        row["payload"] = msgspec.Raw(row["payload"].encode())
    return [AuditRow(**row) for row in found]
