"""Turns what a request shows into a principal: one query each."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.credentials import KeyCredential, TokenCredential, digest
from entrepot.access.domain import SEEN_STEP, rights_of, rights_over
from entrepot.access.models import AccessToken, ApiKey, UserSession
from entrepot.access.principal import Principal, SellerRef
from entrepot.access.repository import CredentialRepository, read_grants, read_sellers
from entrepot.access.rights import FLOOR, INSTANCE, Right
from entrepot.kit.clock import now
from entrepot.kit.database import Actor

_RIGHTS = msgspec.json.Decoder(list[str])
MOST_KEPT = 256
"""Sets of rights, as they are stored, that a process remembers."""
_TABLES: dict[str, type[UserSession | ApiKey | AccessToken]] = {
    "session": UserSession,
    "api_key": ApiKey,
    "token": AccessToken,
}


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A principal, and by what it was recognised."""

    principal: Principal
    kind: str
    """``session``, ``api_key`` or ``token``."""
    credential_id: UUID
    user_id: UUID | None
    """None: a program of a seller."""
    seen_at: datetime | None
    """When the credential was last seen, to :data:`SEEN_STEP`."""

    @property
    def stale(self) -> bool:
        """Tell whether it is time to note that the credential is in use."""
        return self.seen_at is None or now() - self.seen_at > SEEN_STEP


class AuthenticationService:
    """Recognises sessions, API keys and tokens.  The transaction must see all sellers."""

    def __init__(self, session: AsyncSession) -> None:
        self._credentials = CredentialRepository(session)

    async def by_session(self, token: str) -> Authenticated | None:
        """Return who holds the session, while it lives."""
        row = await self._credentials.session_by_hash(digest(token), now())
        if row is None:
            return None
        if row["device_id"] is None:
            return _user(row, "session", row["working_seller"], None)
        found = _user(row, "session", row["device_seller"] or row["working_seller"], FLOOR, row["device_seller"])
        stranger = row["device_seller"] is not None and found.principal.seller is None
        return None if stranger else found

    async def by_token(self, credential: TokenCredential) -> Authenticated | None:
        """Return the user behind a token, with those of its rights that they still have."""
        row = await self._credentials.token_by_hash(digest(credential.token), now())
        if row is None:
            return None
        found = _user(row, "token", row["seller_id"], _rights(row["rights"]))
        if row["seller_id"] is not None and found.principal.seller is None:
            return None  # they no longer work for the seller that the token is for
        return found

    async def by_key(self, credential: KeyCredential) -> Authenticated | None:
        """Return the program that holds the key."""
        row = await self._credentials.key_by_public_id(credential.public_id, now())
        stored = row["secret_hash"] if row is not None else bytes(32)
        if not hmac.compare_digest(digest(credential.secret), stored) or row is None:
            return None
        seller = SellerRef(row["seller_id"], row["seller_name"])
        principal = Principal(
            actor=Actor("api_key", row["public_id"], row["name"]),
            rights=_rights(row["rights"]) - INSTANCE,
            sellers=(seller,),
            seller=seller,
        )
        return Authenticated(principal, "api_key", row["credential_id"], None, row["last_seen_at"])

    async def touch(self, seen: Authenticated) -> None:
        """Note that the credential is in use."""
        await self._credentials.touch(_TABLES[seen.kind], seen.credential_id, now())


@lru_cache(maxsize=MOST_KEPT)
def _rights(stored: str) -> frozenset[Right]:
    return rights_of(_RIGHTS.decode(stored))


def _user(
    row: RowMapping, kind: str, chosen: UUID | None, only: frozenset[Right] | None, within: UUID | None = None
) -> Authenticated:
    grants, sellers = read_grants(row), read_sellers(row)
    everywhere = within is None and any(grant.seller_id is None for grant in grants)
    if within is not None:
        sellers = tuple(seller for seller in sellers if seller.id == within)
    seller = next((seller for seller in sellers if seller.id == chosen), None)
    if seller is None and not everywhere and len(sellers) == 1:
        seller = sellers[0]
    whole = everywhere and (kind == "session" or chosen is None)
    rights = rights_over(grants, [seller.id for seller in sellers], seller.id if seller else None)
    over_all = rights_over([grant for grant in grants if grant.seller_id is None], (), None)
    withheld = frozenset[Right]()
    if only is not None:
        withheld = rights - only
        rights, over_all = rights & only, over_all & only
    by_badge = kind == "session" and only is not None
    principal = Principal(
        actor=Actor("user", str(row["user_id"]), row["name"]),
        email=row["email"],
        rights=rights if whole else rights - INSTANCE,
        sellers=sellers if kind == "session" or seller is None else (seller,),
        seller=seller,
        everywhere=whole,
        instance_rights=over_all if whole else frozenset(),
        by_badge=by_badge,
        withheld=withheld if by_badge else frozenset(),
        locale=row["locale"],
        time_zone=row["time_zone"],
    )
    return Authenticated(principal, kind, row["credential_id"], row["user_id"], row["last_seen_at"])
