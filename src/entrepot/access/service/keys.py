"""API keys of sellers and access tokens of users."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.credentials import TOKEN_PREFIX, digest, new_public_id, new_secret
from entrepot.access.domain import TOKEN_LIFE_MAX, rights_of
from entrepot.access.errors import UnknownKeyError, UnknownSellerError
from entrepot.access.models import AccessToken, ApiKey
from entrepot.access.principal import Principal
from entrepot.access.repository import KeyRepository
from entrepot.access.rights import INSTANCE, Right
from entrepot.access.service.roles import require_rights
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NAME_MAX = 80


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A key or token just made.  The secret is shown once and stored nowhere."""

    id: UUID
    public_id: str
    """User name for ``Authorization: Basic``; empty for a token."""
    secret: str = field(repr=False)


class KeyService:
    """Makes and revokes keys and tokens for *principal*.

    Keys need a transaction that sees their seller; tokens one that sees all sellers.
    """

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._keys = KeyRepository(session)

    async def create_key(self, *, name: str, rights: Iterable[str], expires_at: datetime | None = None) -> NewSecret:
        """Make an API key for the seller the caller works for.

        Raises:
            InvalidInputError: no name, no rights, rights a seller cannot have, or an end in the past.
            NoRightToGiveError: a right that the caller has not.
            ChooseSellerError: the caller looks at several sellers at once.
        """
        seller_id = self._principal.seller_id()
        name, wanted = self._checked(name, rights, expires_at)
        if wanted & INSTANCE:
            raise InvalidInputError({"rights": N_("An API key belongs to one seller and cannot manage the instance.")})
        public_id, secret = new_public_id(), new_secret()
        row = ApiKey(
            id=new_id(), seller_id=seller_id, public_id=public_id, secret_hash=digest(secret), name=name,
            rights=sorted(wanted), created_by=self._principal.name,
            creator_id=self._principal.actor.id, created_at=now(), last_used_at=None,
            expires_at=expires_at, revoked_at=None,
        )  # fmt: skip
        await self._keys.add(row)
        await outbox.record(
            self._session,
            events.ApiKeyCreated(
                seller_id=seller_id, subject_id=row.id, name=name, public_id=public_id, rights=sorted(wanted)
            ),
        )
        return NewSecret(row.id, public_id, secret)

    async def revoke_key(self, key_id: UUID) -> None:
        """Make a key useless from the next request on.

        Raises:
            UnknownKeyError: there is none, it is another seller's, or it was revoked before.
        """
        row = await self._keys.key(key_id)
        if row is None or row.revoked_at is not None or not self._reaches(row.seller_id):
            raise UnknownKeyError
        row.revoked_at = now()
        await self._keys.flush()
        await outbox.record(
            self._session,
            events.ApiKeyRevoked(seller_id=row.seller_id, subject_id=row.id, name=row.name, public_id=row.public_id),
        )

    async def create_token(
        self, user_id: UUID, *, name: str, rights: Iterable[str], seller_id: UUID | None, life: timedelta
    ) -> NewSecret:
        """Make a token that acts as the caller.

        Raises:
            InvalidInputError: no name, no rights, or a life that is too long.
            NoRightToGiveError: a right that the caller has not.
            UnknownSellerError: a seller that the caller does not work for.
        """
        if not timedelta() < life <= TOKEN_LIFE_MAX:
            raise InvalidInputError({"days": N_("A token lives for 1 to 366 days.")})
        if seller_id is not None and all(seller.id != seller_id for seller in self._principal.sellers):
            raise UnknownSellerError
        name, wanted = self._checked(name, rights, None)
        token, moment = new_secret(TOKEN_PREFIX), now()
        row = AccessToken(
            id=new_id(), user_id=user_id, seller_id=seller_id, token_hash=digest(token), name=name,
            rights=sorted(wanted), created_at=moment, last_used_at=None, expires_at=moment + life, revoked_at=None,
        )  # fmt: skip
        await self._keys.add(row)
        await outbox.record(self._session, events.TokenCreated(seller_id=seller_id, subject_id=row.id, name=name))
        return NewSecret(row.id, "", token)

    async def revoke_token(self, user_id: UUID, token_id: UUID) -> None:
        """Make one of the user's tokens useless from the next request on.

        Raises:
            UnknownKeyError: there is none, it is someone else's, or it was revoked before.
        """
        row = await self._keys.token(token_id)
        if row is None or row.user_id != user_id or row.revoked_at is not None:
            raise UnknownKeyError
        row.revoked_at = now()
        await self._keys.flush()
        await outbox.record(
            self._session, events.TokenRevoked(seller_id=row.seller_id, subject_id=row.id, name=row.name)
        )

    def _checked(self, name: str, rights: Iterable[str], expires_at: datetime | None) -> tuple[str, frozenset[Right]]:
        name, chosen = " ".join(name.split()), set(rights)
        wanted = rights_of(chosen)
        problems: dict[str, str] = {}
        if not name or len(name) > NAME_MAX or not name.isprintable():
            problems["name"] = N_("Give a name of at most 80 characters.")
        if not chosen:
            problems["rights"] = N_("Choose at least one right.")
        elif len(wanted) != len(chosen):
            problems["rights"] = N_("There is a right in the list that this release does not know. Reload the page.")
        if expires_at is not None and expires_at <= now():
            problems["expires"] = N_("This day has passed. Choose a later one, or none.")
        if problems:
            raise InvalidInputError(problems)
        require_rights(self._principal.rights, wanted)
        return name, wanted

    def _reaches(self, seller_id: UUID) -> bool:
        scope = self._principal.scope
        return scope.everyone or seller_id in scope.sellers
