"""Signing in and out.

A sign-in is three steps, because the slow comparison of passwords must not hold a transaction, and because a failure
must stay counted although the request is refused: :meth:`SignInService.attempt` (commit),
:func:`~entrepot.access.passwords.verify_password`, :meth:`SignInService.begin` (commit).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.credentials import digest, new_secret
from entrepot.access.domain import ADDRESS, EMAIL, PAIR, SESSION_LIFE, Throttle
from entrepot.access.errors import TooManyAttemptsError, UnknownKeyError, UnknownSellerError, WrongPasswordError
from entrepot.access.models import UserAccount, UserSession
from entrepot.access.principal import Principal
from entrepot.access.repository import PeopleRepository, SessionRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, context_of
from entrepot.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class NewSession:
    """What goes into the cookie.  Exists nowhere else."""

    token: str = field(repr=False)
    session_id: UUID
    user_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who may be the user they say they are."""

    user_id: UUID | None
    password_hash: str | None = field(repr=False)
    """None also for a user who does not exist, is disabled or never chose a password: nobody can tell which."""


def _subjects(email: str, address: str) -> dict[bytes, Throttle]:
    email = email.strip().lower()[:254]
    return {
        hashlib.sha256(f"{kind}\0{subject}".encode()).digest(): throttle
        for kind, subject, throttle in (
            ("pair", f"{email}\0{address}", PAIR),
            ("email", email, EMAIL),
            ("address", address, ADDRESS),
        )
    }


class SignInService:
    """Sessions of people.  The transaction must see all sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._people = PeopleRepository(session)
        self._sessions = SessionRepository(session)

    async def attempt(self, email: str, address: str) -> Candidate:
        """Count an attempt as failed until :meth:`begin` says otherwise, and return whose password to compare.

        Raises:
            TooManyAttemptsError: it was tried too often; the same for users who exist and who do not.
        """
        throttles, moment = _subjects(email, address), now()
        seen = await self._sessions.attempts(list(throttles))
        left = max(
            (throttles[subject].left(failures, last_at, moment) for subject, (failures, last_at) in seen.items()),
            default=None,
        )
        if left:
            raise TooManyAttemptsError(seconds=int(left.total_seconds()) + 1)
        after = await self._sessions.add_failures(list(throttles), moment, PAIR.forgotten)
        for subject, failures in after.items():
            others = failures - 1
            slipped_in = others > seen.get(subject, (0, moment))[0]
            if slipped_in and throttles[subject].wait(others):
                raise TooManyAttemptsError(seconds=int(throttles[subject].wait(others).total_seconds()) + 1)
        user = await self._people.user_by_email(email.strip())
        if user is None or user.disabled_at is not None:
            return Candidate(None, None)
        return Candidate(user.id, user.password_hash)

    async def begin(
        self, candidate: Candidate, *, email: str, address: str, user_agent: str, newer_hash: str | None = None
    ) -> NewSession:
        """Sign in the user whose password was right.

        Raises:
            WrongPasswordError: they were disabled, or their password changed, in the meantime.
        """
        user = await self._people.user(candidate.user_id) if candidate.user_id else None
        if user is None or user.disabled_at is not None or not _same(user.password_hash, candidate.password_hash):
            raise WrongPasswordError
        subjects = _subjects(email, address)
        await self._sessions.forgive([subject for subject, throttle in subjects.items() if throttle is not ADDRESS])
        if newer_hash is not None:
            user.password_hash = newer_hash
        return await self.open(user, address=address, user_agent=user_agent)

    async def open(self, user: UserAccount, *, address: str, user_agent: str) -> NewSession:
        """Open a session for *user*, who has proved who they are."""
        token, moment = new_secret(), now()
        row = UserSession(
            id=new_id(), user_id=user.id, token_hash=digest(token), working_seller=None, address=address[:64],
            user_agent=user_agent[:200], created_at=moment, last_seen_at=moment, expires_at=moment + SESSION_LIFE,
        )  # fmt: skip
        user.last_sign_in_at = moment
        await self._sessions.add(row)
        context_of(self._session).actor = Actor("user", str(user.id), user.name)
        await outbox.record(
            self._session,
            *[events.UserSignedIn(seller_id=seller, subject_id=user.id) for seller in await self.homes(user.id)],
        )
        return NewSession(token, row.id, user.id, row.expires_at)

    async def end(self, user_id: UUID, session_id: UUID) -> None:
        """Sign out here, or revoke a session elsewhere.

        Raises:
            UnknownKeyError: it is not theirs, or has ended.
        """
        if not await self._sessions.remove(user_id, session_id):
            raise UnknownKeyError
        await outbox.record(
            self._session,
            *[events.UserSignedOut(seller_id=seller, subject_id=user_id) for seller in await self.homes(user_id)],
        )

    async def end_others(self, user_id: UUID, *, but: UUID | None) -> int:
        """Revoke every session of the user except *but*."""
        return await self._sessions.remove_all(user_id, but=but)

    async def rotate(self, session_id: UUID) -> str:
        """Give the session a new token, after its user got or lost rights or changed their password."""
        token = new_secret()
        await self._sessions.replace_token(session_id, digest(token))
        return token

    async def choose_seller(self, principal: Principal, session_id: UUID, seller_id: UUID | None) -> None:
        """Work for one seller from now on; None: for all of theirs at once.

        Raises:
            UnknownSellerError: they do not work for that seller.
        """
        if seller_id is not None and all(seller.id != seller_id for seller in principal.sellers):
            raise UnknownSellerError
        await self._sessions.choose_seller(session_id, seller_id)

    async def homes(self, user_id: UUID) -> list[UUID | None]:
        """Return the sellers whose audit log tells of the user; None alone for people of the instance."""
        sellers = {grant.seller_id for grant in await self._people.grants(user_id)}
        homes: list[UUID | None] = [None]
        if sellers and None not in sellers:
            homes = list(sellers)
        return homes


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and hmac.compare_digest(one, other)
