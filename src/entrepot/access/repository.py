"""Every SQL statement with which access decides and writes.  What pages show is in :mod:`entrepot.access.views`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.domain import BUILT_IN, SESSION_IDLE, Grant, rights_of
from entrepot.access.models import (
    AccessToken,
    ApiKey,
    Membership,
    PasswordLink,
    Role,
    Seller,
    UserAccount,
    UserSession,
)
from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.kit.quick import rows_of
from entrepot.kit.sql import text


class _Grant(msgspec.Struct):
    seller_id: UUID | None
    role_key: str | None
    rights: list[str]


_GRANTS = msgspec.json.Decoder(list[_Grant])
_SELLERS = msgspec.json.Decoder(list[tuple[UUID, str]])

_USER_COLUMNS = """
    u.id AS user_id, u.email, u.name, u.locale, u.time_zone,
    (SELECT coalesce(json_agg(json_build_object('seller_id', m.seller_id, 'role_key', r.key, 'rights', r.rights)), '[]')
     FROM membership m JOIN role r ON r.id = m.role_id WHERE m.user_id = u.id)::text AS grants,
    (SELECT coalesce(json_agg(json_build_array(s.id, s.name) ORDER BY s.name, s.id), '[]') FROM seller s
     WHERE EXISTS (SELECT FROM membership m WHERE m.user_id = u.id AND (m.seller_id = s.id OR m.seller_id IS NULL))
    )::text AS sellers
"""


def role_rights(key: str | None, rights: Iterable[str]) -> frozenset[Right]:
    """Return what a role gives: a built-in one what the code says, another one what is stored."""
    return BUILT_IN[key][1] if key is not None and key in BUILT_IN else rights_of(rights)


def read_grants(row: RowMapping) -> list[Grant]:
    """Return the grants that a query with the user's columns found."""
    return [
        Grant(grant.seller_id, role_rights(grant.role_key, grant.rights)) for grant in _GRANTS.decode(row["grants"])
    ]


def read_sellers(row: RowMapping) -> tuple[SellerRef, ...]:
    """Return the sellers that a query with the user's columns found."""
    return tuple(SellerRef(seller_id, name) for seller_id, name in _SELLERS.decode(row["sellers"]))


class CredentialRepository:
    """Who shows a credential.  Needs a transaction that sees all sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def session_by_hash(self, token_hash: bytes, now: datetime) -> RowMapping | None:
        """Return the live session with this token, its user, their grants and sellers."""
        return await self._one(_SESSION, {"hash": token_hash, "now": now, "idle": SESSION_IDLE})

    async def key_by_public_id(self, public_id: str, now: datetime) -> RowMapping | None:
        """Return the live API key with this id and its seller."""
        return await self._one(_KEY, {"public_id": public_id, "now": now})

    async def token_by_hash(self, token_hash: bytes, now: datetime) -> RowMapping | None:
        """Return the live access token, its user, their grants and sellers."""
        return await self._one(_TOKEN, {"hash": token_hash, "now": now})

    async def touch(self, table: type[UserSession | ApiKey | AccessToken], row_id: UUID, now: datetime) -> None:
        """Note that a session, key or token is in use."""
        column = "last_seen_at" if table is UserSession else "last_used_at"
        await self._session.execute(update(table).where(table.id == row_id).values({column: now}))

    async def _one(self, statement: Any, values: dict[str, object]) -> RowMapping | None:  # noqa: ANN401 -- a text clause
        return (await self._session.execute(statement, values)).mappings().one_or_none()


_SESSION = text(
    f"""
    SELECT t.id AS credential_id, t.working_seller, t.last_seen_at, t.device_id, d.seller_id AS device_seller,
        {_USER_COLUMNS}
    FROM user_session t JOIN user_account u ON u.id = t.user_id LEFT JOIN shared_device d ON d.id = t.device_id
    WHERE t.token_hash = :hash AND t.expires_at > :now AND t.last_seen_at > :now - coalesce(t.idle, CAST(:idle AS interval))
        AND u.disabled_at IS NULL
    """  # noqa: S608 -- only columns are inserted
)
_TOKEN = text(
    f"""
    SELECT t.id AS credential_id, t.seller_id, t.rights::text AS rights, t.last_used_at AS last_seen_at, {_USER_COLUMNS}
    FROM access_token t JOIN user_account u ON u.id = t.user_id
    WHERE t.token_hash = :hash AND t.expires_at > :now AND t.revoked_at IS NULL AND u.disabled_at IS NULL
    """  # noqa: S608 -- only columns are inserted
)
_KEY = text(
    """
    SELECT k.id AS credential_id, k.public_id, k.secret_hash, k.name, k.rights::text AS rights,
        k.last_used_at AS last_seen_at, s.id AS seller_id, s.name AS seller_name
    FROM api_key k JOIN seller s ON s.id = k.seller_id
    WHERE k.public_id = :public_id AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now)
    """
)


class PeopleRepository:
    """Users, roles and memberships.  Needs a transaction that sees all sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def someone_exists(self) -> bool:
        return bool((await self._session.execute(text("SELECT EXISTS (SELECT FROM user_account)"))).scalar_one())

    async def lock_first_run(self) -> None:
        """Let one visitor at a time be the first."""
        await self._session.execute(text("SELECT pg_advisory_xact_lock(hashtext('entrepot.first_run'))"))

    async def lock_owners(self) -> None:
        """Let one change at a time decide whether an owner is left."""
        await self._session.execute(text("SELECT pg_advisory_xact_lock(hashtext('entrepot.owners'))"))

    async def user_by_email(self, email: str) -> UserAccount | None:
        query = select(UserAccount).where(text("lower(email) = lower(:email)")).params(email=email)
        return (await self._session.scalars(query)).one_or_none()

    async def user(self, user_id: UUID) -> UserAccount | None:
        return await self._session.get(UserAccount, user_id)

    async def grants(self, user_id: UUID) -> list[Grant]:
        query = select(Membership.seller_id, Role.key, Role.rights).join(Role, Role.id == Membership.role_id)
        rows = await self._session.execute(query.where(Membership.user_id == user_id))
        return [Grant(seller_id, role_rights(key, rights)) for seller_id, key, rights in rows]

    async def owners_left(self, *, without: UUID) -> int:
        """Return how many enabled users but one hold the built-in role of owner for the instance."""
        query = text(
            """
            SELECT count(*) FROM membership m JOIN role r ON r.id = m.role_id JOIN user_account u ON u.id = m.user_id
            WHERE m.seller_id IS NULL AND r.key = 'owner' AND u.disabled_at IS NULL AND u.id <> :without
            """
        )
        return int((await self._session.execute(query, {"without": without})).scalar_one())

    async def role_by_key(self, key: str) -> Role | None:
        return (await self._session.scalars(select(Role).where(Role.key == key))).one_or_none()

    async def role(self, role_id: UUID) -> Role | None:
        return await self._session.get(Role, role_id)

    async def role_by_name(self, name: str) -> Role | None:
        return (await self._session.scalars(select(Role).where(Role.name == name))).one_or_none()

    async def users_in_role(self, role_id: UUID) -> int:
        query = text("SELECT count(DISTINCT user_id) FROM membership WHERE role_id = :role_id")
        return int((await self._session.execute(query, {"role_id": role_id})).scalar_one())

    async def membership(self, user_id: UUID, seller_id: UUID | None) -> Membership | None:
        query = select(Membership).where(
            Membership.user_id == user_id, Membership.seller_id.is_not_distinct_from(seller_id)
        )
        return (await self._session.scalars(query)).one_or_none()

    async def add(self, *rows: UserAccount | Role | Membership | Seller | PasswordLink) -> None:
        self._session.add_all(rows)
        await self._session.flush()

    async def remove(self, row: Membership | Role) -> None:
        await self._session.delete(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def take_password_link(self, token_hash: bytes, now: datetime) -> UUID | None:
        """Spend the link and return whose it is."""
        statement = (
            delete(PasswordLink)
            .where(PasswordLink.token_hash == token_hash, PasswordLink.expires_at > now)
            .returning(PasswordLink.user_id)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def password_link_owner(self, token_hash: bytes, now: datetime) -> UserAccount | None:
        """Return whose link this is, without spending it."""
        query = (
            select(UserAccount)
            .join(PasswordLink, PasswordLink.user_id == UserAccount.id)
            .where(PasswordLink.token_hash == token_hash, PasswordLink.expires_at > now)
        )
        return (await self._session.scalars(query)).one_or_none()

    async def drop_password_links(self, user_id: UUID) -> None:
        await self._session.execute(delete(PasswordLink).where(PasswordLink.user_id == user_id))


class SessionRepository:
    """Browsers in which users are signed in, and the attempts that failed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: UserSession) -> None:
        self._session.add(row)
        await self._session.flush()

    async def choose_seller(self, session_id: UUID, seller_id: UUID | None) -> None:
        await self._session.execute(
            update(UserSession).where(UserSession.id == session_id).values(working_seller=seller_id)
        )

    async def remove(self, user_id: UUID, session_id: UUID) -> bool:
        """End one session of the user.  Returns whether there was one."""
        statement = delete(UserSession).where(UserSession.user_id == user_id, UserSession.id == session_id)
        return rows_of(await self._session.execute(statement)) > 0

    async def remove_all(self, user_id: UUID, *, but: UUID | None = None) -> int:
        """End every session of the user, except *but*."""
        statement = delete(UserSession).where(UserSession.user_id == user_id, UserSession.id.is_distinct_from(but))
        return rows_of(await self._session.execute(statement))

    async def replace_token(self, session_id: UUID, token_hash: bytes) -> None:
        """Give a session another token; the old one opens nothing any more."""
        await self._session.execute(
            update(UserSession).where(UserSession.id == session_id).values(token_hash=token_hash)
        )

    async def attempts(self, subjects: Sequence[bytes]) -> dict[bytes, tuple[int, datetime]]:
        """Return the failures and last time of each subject, locked until the transaction ends."""
        rows = await self._session.execute(
            text(
                "SELECT subject_hash, failures, last_at FROM sign_in_attempt WHERE subject_hash = ANY(:subjects) "
                "ORDER BY subject_hash FOR UPDATE"
            ),
            {"subjects": list(subjects)},
        )
        return {bytes(row.subject_hash): (row.failures, row.last_at) for row in rows}

    async def add_failures(self, subjects: Sequence[bytes], now: datetime, forgotten: timedelta) -> dict[bytes, int]:
        """Count one failure for each subject; return how many there are now."""
        rows = await self._session.execute(
            text(
                """
                INSERT INTO sign_in_attempt AS a (subject_hash, failures, last_at)
                SELECT subject, 1, :now FROM unnest(CAST(:subjects AS bytea[])) AS subject ORDER BY subject
                ON CONFLICT (subject_hash) DO UPDATE SET
                    failures = CASE WHEN a.last_at < :now - CAST(:forgotten AS interval) THEN 1 ELSE a.failures + 1 END,
                    last_at = :now
                RETURNING a.subject_hash, a.failures
                """
            ),
            {"subjects": list(subjects), "now": now, "forgotten": forgotten},
        )
        return {bytes(row.subject_hash): row.failures for row in rows}

    async def take_back(self, subjects: Sequence[bytes]) -> None:
        """Count one failure less for each subject: the attempt that was counted did not fail."""
        await self._session.execute(
            text(
                "UPDATE sign_in_attempt SET failures = failures - 1 WHERE subject_hash = ANY(:subjects) AND failures > 0"
            ),
            {"subjects": list(subjects)},
        )

    async def forgive(self, subjects: Sequence[bytes]) -> None:
        """Forget the failures of these subjects."""
        await self._session.execute(
            text("DELETE FROM sign_in_attempt WHERE subject_hash = ANY(:subjects)"), {"subjects": list(subjects)}
        )


class KeyRepository:
    """API keys and access tokens."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: ApiKey | AccessToken) -> None:
        self._session.add(row)
        await self._session.flush()

    async def flush(self) -> None:
        await self._session.flush()

    async def key(self, key_id: UUID) -> ApiKey | None:
        return await self._session.get(ApiKey, key_id, with_for_update=True)

    async def token(self, token_id: UUID) -> AccessToken | None:
        return await self._session.get(AccessToken, token_id, with_for_update=True)


async def remove_expired(session: AsyncSession, now: datetime) -> int:
    """Remove what nobody can use any more: sessions, links, old attempts, answers kept for repeats."""
    removed = 0
    for statement in (
        "DELETE FROM user_session WHERE expires_at < :now OR last_seen_at < CAST(:now AS timestamptz) - interval '1 day'",
        "DELETE FROM password_link WHERE expires_at < :now",
        "DELETE FROM sign_in_attempt WHERE last_at < CAST(:now AS timestamptz) - interval '1 day'",
        "DELETE FROM idempotency_key WHERE created_at < CAST(:now AS timestamptz) - interval '1 day'",
    ):
        removed += rows_of(await session.execute(text(statement), {"now": now}))
    return removed
