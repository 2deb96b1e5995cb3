"""Handing out badges and PINs, enrolling devices, and telling whose badge a code is.

The transaction must see all sellers, as for everything about people.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.badges.domain import IDLE_MINUTES, IDLE_MOST, LOCKED_AFTER, new_code, pin_problem, read_code
from entrepot.access.badges.errors import BadgeNotFoundError
from entrepot.access.badges.events import BadgeMade, BadgeRevoked, DeviceEnrolled, DeviceRevoked, PinSet
from entrepot.access.badges.models import Badge, SharedDevice
from entrepot.access.badges.repository import BadgeRepository
from entrepot.access.credentials import digest, new_secret
from entrepot.access.domain import Grant, rights_over
from entrepot.access.errors import InstanceOnlyError, UnknownUserError
from entrepot.access.models import UserAccount
from entrepot.access.passwords import hash_password
from entrepot.access.principal import Principal
from entrepot.access.repository import PeopleRepository
from entrepot.access.rights import FLOOR, Right
from entrepot.access.service.roles import require_rights
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NAME = 60


@dataclass(frozen=True, slots=True)
class BadgeHolder:
    """Whose badge was scanned, and what a badge lets them do for the seller in question."""

    user_id: UUID
    name: str
    rights: frozenset[Right]

    @property
    def actor(self) -> Actor:
        """As the floor names who does something."""
        return Actor("user", str(self.user_id), self.name)


@dataclass(frozen=True, slots=True)
class NewBadge:
    """A badge just made.  The code is shown once and stored nowhere."""

    id: UUID
    name: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BadgeView:
    """A badge, without its code."""

    id: UUID
    ending: str
    made_by: str
    made_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class PinView:
    """Whether someone has a PIN."""

    set_at: datetime | None
    locked: bool


async def holder_of(database: Database, code: str, seller_id: UUID) -> BadgeHolder | None:
    """Tell whose badge a scanned *code* is, for work of a seller: assigning, claiming.

    None if it is no badge, does not count any more, or its holder does not work for that seller.  Looks among all
    sellers by itself, beside the caller's transaction; for anything else scanned it asks the database nothing.
    """
    if not read_code(code):
        return None
    async with database.glance() as session:
        return await BadgeHolders(session).holder(code, seller_id)


class BadgeHolders:
    """Whose badges they are."""

    def __init__(self, session: AsyncSession) -> None:
        self._badges = BadgeRepository(session)
        self._people = PeopleRepository(session)

    async def holder(self, code: str, seller_id: UUID) -> BadgeHolder | None:
        """See :func:`holder_of`."""
        known = read_code(code)
        found = await self._badges.holder(digest(known)) if known else None
        if found is None:
            return None
        grants = await self._people.grants(found.user_id)
        if not any(grant.seller_id in {None, seller_id} for grant in grants):
            return None
        return BadgeHolder(found.user_id, found.name, floor_rights(grants, seller_id))


def floor_rights(grants: list[Grant], seller_id: UUID | None) -> frozenset[Right]:
    """Return what a badge lets someone with *grants* do."""
    sellers = [grant.seller_id for grant in grants if grant.seller_id is not None]
    return rights_over(grants, sellers, seller_id) & FLOOR


class BadgeService:
    """What *principal*, who may give out badges, does for others; and everyone for their own PIN."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._badges = BadgeRepository(session)
        self._people = PeopleRepository(session)

    def _sellers(self) -> set[UUID] | None:
        """Return whose people and devices the caller manages; None: everyone's."""
        if Right.BADGES_MANAGE in self._principal.instance_rights and self._principal.seller is None:
            return None
        chosen = self._principal.seller
        return {chosen.id} if chosen else {seller.id for seller in self._principal.sellers}

    async def people(self, search: str = "", after: UUID | None = None, limit: int = 50) -> list[views.UserView]:
        """Return those whom the caller may give a badge."""
        return await views.users(self._session, self._sellers(), search=search, after=after, limit=limit)

    async def person(self, user_id: UUID) -> tuple[views.UserView, list[BadgeView], PinView]:
        """Return someone with their badges.

        Raises:
            UnknownUserError: the caller does not manage them.
        """
        found = await views.users(self._session, self._sellers(), user_id=user_id)
        if not found:
            raise UnknownUserError
        badges = [
            BadgeView(badge.id, badge.ending, badge.made_by, badge.made_at, badge.last_used_at)
            for badge in await self._badges.badges(user_id)
        ]
        return found[0], badges, await self.pin(user_id)

    async def pin(self, user_id: UUID) -> PinView:
        """Tell whether someone has a PIN, and whether it is locked."""
        pin = await self._badges.pin_set_at(user_id)
        return PinView(pin[0] if pin else None, locked=pin is not None and pin[1] >= LOCKED_AFTER)

    async def make(self, user_id: UUID) -> NewBadge:
        """Make someone a badge; those they have stay good.

        Raises:
            UnknownUserError: the caller does not manage them.
            NoRightToGiveError: with it they could do what the caller may not.
            InstanceOnlyError: they work for a seller, too, whose people the caller does not manage.
        """
        user = await self._managed(user_id)
        code = new_code()
        badge = Badge(
            id=new_id(), user_id=user.id, code_hash=digest(code), ending=code[-4:], made_by=self._principal.name,
            made_at=now(), last_used_at=None, revoked_at=None,
        )  # fmt: skip
        await self._badges.add(badge)
        await self._tell(BadgeMade(seller_id=self._seller(), subject_id=user.id, holder=user.name))
        return NewBadge(badge.id, user.name, code)

    async def revoke(self, badge_id: UUID) -> UUID:
        """Make a badge useless at once; whoever works with it is signed out.  Returns whose it was.

        Raises:
            BadgeNotFoundError: there is none among those the caller manages.
        """
        badge = await self._badges.badge(badge_id)
        if badge is None or badge.revoked_at is not None:
            raise BadgeNotFoundError
        user, _, _ = await self.person(badge.user_id)
        await self._badges.revoke_badge(badge_id, now())
        await self._tell(BadgeRevoked(seller_id=self._seller(), subject_id=user.id, holder=user.name))
        return user.id

    async def set_pin(self, user_id: UUID, pin: str) -> None:
        """Give someone a PIN; a locked one is open again.

        Raises:
            UnknownUserError: the caller does not manage them.
            NoRightToGiveError: with it they could do what the caller may not.
            InstanceOnlyError: they work for a seller, too, whose people the caller does not manage.
            InvalidInputError: the PIN is too easy, or none.
        """
        await self._set_pin(await self._managed(user_id), pin)

    async def set_own_pin(self, user_id: UUID, pin: str) -> None:
        """Choose one's own PIN.

        Raises:
            InvalidInputError: the PIN is too easy, or none.
        """
        user = await self._people.user(user_id)
        if user is None:
            raise UnknownUserError
        await self._set_pin(user, pin)

    async def enrol(self, name: str, idle_minutes: int = IDLE_MINUTES) -> tuple[UUID, str]:
        """Let badges work on this device; return what it is known by and the token for its cookie.

        Raises:
            InvalidInputError: no name, or an absurd time.
        """
        name = self._device_values(name, idle_minutes)
        token, sellers = new_secret(), self._sellers()
        row = SharedDevice(
            id=new_id(), seller_id=None if sellers is None else self._principal.seller_id(), token_hash=digest(token),
            name=name, idle_minutes=idle_minutes, enrolled_by=self._principal.name, enrolled_at=now(),
            last_used_at=None, revoked_at=None,
        )  # fmt: skip
        await self._badges.add(row)
        await self._tell(DeviceEnrolled(seller_id=row.seller_id, subject_id=row.id, name=name))
        return row.id, token

    async def devices(self) -> list[SharedDevice]:
        """Return the devices that the caller manages."""
        return await self._badges.devices(self._sellers())

    async def change_device(self, device_id: UUID, name: str, idle_minutes: int) -> None:
        """Rename a device, or let its sessions end sooner or later; for those opened from now on.

        Raises:
            BadgeNotFoundError: there is none among those the caller manages.
            InvalidInputError: no name, or an absurd time.
        """
        await self._device(device_id)
        name = self._device_values(name, idle_minutes)
        await self._badges.change_device(device_id, name=name, idle_minutes=idle_minutes)

    async def revoke_device(self, device_id: UUID) -> None:
        """Let badges work there no more; whoever works there is signed out.

        Raises:
            BadgeNotFoundError: there is none among those the caller manages.
        """
        device = await self._device(device_id)
        await self._badges.change_device(device_id, revoked_at=now())
        await self._badges.end_sessions(device_id)
        await self._tell(DeviceRevoked(seller_id=device.seller_id, subject_id=device.id, name=device.name))

    async def _device(self, device_id: UUID) -> SharedDevice:
        for device in await self.devices():
            if device.id == device_id:
                return device
        raise BadgeNotFoundError

    def _device_values(self, name: str, idle_minutes: int) -> str:
        name, problems = " ".join(name.split()), dict[str, str]()
        if not name or len(name) > NAME or not name.isprintable():
            problems["name"] = N_("Give a name of at most 60 characters, like “Tablet at the packing table”.")
        if not 1 <= idle_minutes <= IDLE_MOST:
            problems["idle_minutes"] = N_("Choose between 1 and 480 minutes.")
        if problems:
            raise InvalidInputError(problems)
        return name

    async def _set_pin(self, user: UserAccount, pin: str) -> None:
        if problem := pin_problem(pin):
            raise InvalidInputError({"pin": problem})
        await self._badges.set_pin(user.id, await hash_password(pin), now())
        await self._tell(PinSet(seller_id=self._seller(), subject_id=user.id, holder=user.name))

    async def _managed(self, user_id: UUID) -> UserAccount:
        """Return someone whom the caller may give a way in: who may not do on the floor what the caller may not."""
        await self.person(user_id)
        user = await self._people.user(user_id)
        if user is None:
            raise UnknownUserError
        grants, sellers = await self._people.grants(user_id), self._sellers()
        if sellers is not None and not {grant.seller_id for grant in grants} <= sellers:
            raise InstanceOnlyError  # a way in to another seller, too
        whose: Collection[UUID | None] = [None] if sellers is None else sellers
        for seller_id in {*whose, *(grant.seller_id for grant in grants)}:
            require_rights(self._principal.rights, floor_rights(grants, seller_id))
        return user

    def _seller(self) -> UUID | None:
        sellers = self._sellers()
        return None if sellers is None else self._principal.seller_id()

    async def _tell(self, event: outbox.Event) -> None:
        await outbox.record(self._session, event)
