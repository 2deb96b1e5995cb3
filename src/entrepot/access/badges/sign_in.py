"""Signing in with a badge and a PIN, on a device that was enrolled.

Three steps, as with a password: :meth:`BadgeSignIn.attempt` (commit), comparing the PIN, :meth:`BadgeSignIn.begin`
(commit): a failure stays counted although the request is refused, and no transaction waits for the slow comparison.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.domain import DEVICE_THROTTLE, LOCKED_AFTER, PIN_THROTTLE, SHIFT, read_code
from entrepot.access.badges.errors import (
    DeviceNotEnrolledError,
    ElsewhereError,
    NoPinError,
    PinLockedError,
    UnknownBadgeError,
    WrongPinError,
)
from entrepot.access.badges.events import BadgeSignedIn, PinLocked
from entrepot.access.badges.repository import BadgeRepository, DeviceRef, Holder
from entrepot.access.credentials import digest, new_secret
from entrepot.access.domain import Throttle
from entrepot.access.errors import TooManyAttemptsError
from entrepot.access.models import UserSession
from entrepot.access.repository import PeopleRepository, SessionRepository
from entrepot.access.service.sign_in import NewSession
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, context_of
from entrepot.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class BadgeCandidate:
    """Whose PIN to compare, on which device."""

    holder: Holder
    device: DeviceRef
    locked_now: bool
    """This was the last try."""


class BadgeSignIn:
    """Sessions opened with badges.  The transaction must see all sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._badges = BadgeRepository(session)
        self._sessions = SessionRepository(session)
        self._people = PeopleRepository(session)

    async def device(self, token: str) -> DeviceRef:
        """Return the device with this token.

        Raises:
            DeviceNotEnrolledError: it is not enrolled, or no longer.
        """
        found = await self._badges.device(digest(token)) if token else None
        if found is None:
            raise DeviceNotEnrolledError
        return found

    async def greet(self, device_token: str, code: str) -> Holder:
        """Return whose badge was scanned, to ask them for their PIN.

        Raises:
            DeviceNotEnrolledError, UnknownBadgeError, NoPinError, PinLockedError, ElsewhereError: as they say.
        """
        device = await self.device(device_token)
        known = read_code(code)
        holder = await self._badges.holder(digest(known)) if known else None
        if holder is None:
            raise UnknownBadgeError
        grants = await self._people.grants(holder.user_id)
        if device.seller_id is not None and not any(grant.seller_id in {None, device.seller_id} for grant in grants):
            raise ElsewhereError(name=holder.name)
        if holder.pin_hash is None:
            raise NoPinError(name=holder.name)
        if holder.failures >= LOCKED_AFTER:
            raise PinLockedError(tries=LOCKED_AFTER)
        return holder

    async def attempt(self, device_token: str, code: str) -> BadgeCandidate:
        """Count an attempt as failed until :meth:`begin` says otherwise, and return whose PIN to compare.

        Raises:
            TooManyAttemptsError: it was tried too often with this badge, or on this device.
            DeviceNotEnrolledError, UnknownBadgeError, NoPinError, PinLockedError, ElsewhereError: as they say.
        """
        device, holder = await self.device(device_token), await self.greet(device_token, code)
        throttles, moment = _subjects(holder, device), now()
        seen = await self._sessions.attempts(list(throttles))
        waits = [throttles[subject].left(failures, at, moment) for subject, (failures, at) in seen.items()]
        if left := max(waits, default=timedelta()):
            raise TooManyAttemptsError(seconds=int(left.total_seconds()) + 1)
        await self._sessions.add_failures(list(throttles), moment, PIN_THROTTLE.forgotten)
        failures = await self._badges.count_failure(holder.user_id)
        if failures > LOCKED_AFTER:  # two tries at the same moment
            raise PinLockedError(tries=LOCKED_AFTER)
        return BadgeCandidate(holder, device, failures == LOCKED_AFTER)

    async def refused(self, candidate: BadgeCandidate) -> None:
        """Tell, if that was the last try."""
        if candidate.locked_now:
            told = PinLocked(
                seller_id=candidate.device.seller_id, subject_id=candidate.holder.user_id, device=candidate.device.name
            )
            await outbox.record(self._session, told)

    async def begin(self, candidate: BadgeCandidate, device_token: str, *, address: str, user_agent: str) -> NewSession:
        """Sign in the holder whose PIN was right: for a shift at most, and while they do something.

        Raises:
            WrongPinError: their badge was revoked or their PIN changed in the meantime.
        """
        device, moment, token = await self.device(device_token), now(), new_secret()
        user = await self._people.user(candidate.holder.user_id)
        badge = await self._badges.badge(candidate.holder.badge_id)
        if user is None or user.disabled_at is not None or badge is None or badge.revoked_at is not None:
            raise WrongPinError
        await self._badges.forgive(user.id)
        pins, devices = (
            [subject for subject, one in _subjects(candidate.holder, device).items() if one is throttle]
            for throttle in (PIN_THROTTLE, DEVICE_THROTTLE)
        )
        await self._sessions.forgive(pins)
        # Only this attempt: somebody with a badge of their own must not wipe out their guesses at those of others.
        await self._sessions.take_back(devices)
        await self._badges.used(badge.id, device.id, moment)
        row = UserSession(
            id=new_id(), user_id=user.id, token_hash=digest(token), working_seller=device.seller_id,
            address=address[:64], user_agent=user_agent[:200], created_at=moment, last_seen_at=moment,
            expires_at=moment + SHIFT, device_id=device.id, badge_id=badge.id,
            idle=timedelta(minutes=device.idle_minutes),
        )  # fmt: skip
        await self._sessions.add(row)
        context_of(self._session).actor = Actor("user", str(user.id), user.name)
        await outbox.record(
            self._session, BadgeSignedIn(seller_id=device.seller_id, subject_id=user.id, device=device.name)
        )
        return NewSession(token, row.id, user.id, row.expires_at)


def _subjects(holder: Holder, device: DeviceRef) -> dict[bytes, Throttle]:
    def hashed(kind: str, subject: UUID) -> bytes:
        return hashlib.sha256(f"{kind}\0{subject}".encode()).digest()

    return {hashed("pin", holder.user_id): PIN_THROTTLE, hashed("device", device.id): DEVICE_THROTTLE}


async def known_device(session: AsyncSession, token: str) -> DeviceRef | None:
    """Return the enrolled device with this token, or None."""
    return await BadgeRepository(session).device(digest(token))
