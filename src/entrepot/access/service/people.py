"""Users: invited, given roles, disabled; their passwords and their own settings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.credentials import digest, new_secret
from entrepot.access.domain import LINK_LIFE, email_problem, password_problem
from entrepot.access.errors import (
    EmailTakenError,
    LastOwnerError,
    LinkSpentError,
    UnknownRoleError,
    UnknownSellerError,
    UnknownUserError,
)
from entrepot.access.models import Membership, PasswordLink, Role, UserAccount
from entrepot.access.passwords import hash_password, verify_password
from entrepot.access.principal import Principal
from entrepot.access.repository import PeopleRepository, SessionRepository, role_rights
from entrepot.access.rights import INSTANCE, Right
from entrepot.access.service.roles import require_instance, require_rights
from entrepot.kit import outbox
from entrepot.kit.clock import now, time_zones
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import LOCALES
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NAME_MAX = 120


@dataclass(frozen=True, slots=True)
class NewUser:
    """Who was invited."""

    user_id: UUID
    link: str = field(repr=False)
    """Token of their set-password link; empty if they had an account already."""


class PeopleService:
    """What one user (*principal*) does to others, and to themselves.  The transaction must see all sellers."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._people = PeopleRepository(session)
        self._sessions = SessionRepository(session)

    async def invite(self, email: str, *, name: str, role_id: UUID, seller_id: UUID | None) -> NewUser:
        """Let someone work for a seller, or for the whole instance.  Who has an account keeps it.

        Raises:
            InvalidInputError: no name, or no e-mail address.
            EmailTakenError: they work for that seller already.
            NoRightToGiveError: the role has a right that the caller has not.
        """
        email, name = email.strip(), " ".join(name.split())
        check_person(email=email, name=name)
        role = await self._role(role_id)
        self._require_giving(role, seller_id)
        user = await self._people.user_by_email(email)
        link = ""
        if user is None:
            user = await add_user(self._session, email=email, name=name, password_hash=None)
            link = await self._new_link(user.id)
        elif await self._people.membership(user.id, seller_id) is not None:
            raise EmailTakenError(email=email)
        await self._people.add(membership_of(user.id, seller_id, role))
        await outbox.record(self._session, events.UserCreated(seller_id=seller_id, subject_id=user.id, role=role.name))
        return NewUser(user.id, link)

    async def set_role(self, user_id: UUID, *, seller_id: UUID | None, role_id: UUID | None) -> None:
        """Give a user another role for a seller (None: the instance), or (no role) take them off it.

        Their sessions end, so that no page made with the old rights stays open; the caller's own go on.

        Raises:
            UnknownUserError: the caller does not manage them.
            LastOwnerError: nobody could manage the instance any more.
            NoRightToGiveError: the old or the new role has a right that the caller has not.
        """
        user = await self._managed(user_id)
        current = await self._people.membership(user_id, seller_id)
        role = await self._role(role_id) if role_id is not None else None
        if role is not None:
            self._require_giving(role, seller_id)
        if current is None:
            if role is None:
                raise UnknownUserError
            await self._people.add(membership_of(user_id, seller_id, role))
        else:
            before = await self._role(current.role_id)
            self._require_giving(before, seller_id)
            if seller_id is None and before.key == "owner" and (role is None or role.key != "owner"):
                await self._require_other_owner(user)
            if role is None:
                await self._people.remove(current)
            else:
                current.role_id = role.id
                await self._people.flush()
        if str(user_id) != self._principal.actor.id:
            await self._sessions.remove_all(user_id)
        event = events.MembershipChanged(seller_id=seller_id, subject_id=user_id, role=role.name if role else "")
        await outbox.record(self._session, event)

    async def disable(self, user_id: UUID) -> None:
        """Shut a user out at once, everywhere.

        Raises:
            LastOwnerError: nobody could manage the instance any more.
        """
        user = await self._wholly_managed(user_id)
        await self._require_other_owner(user)
        if user.disabled_at is None:
            user.disabled_at = now()
            await self._people.flush()
            await self._sessions.remove_all(user_id)
            await self._people.drop_password_links(user_id)
            await outbox.record(self._session, events.UserDisabled(seller_id=None, subject_id=user_id))

    async def enable(self, user_id: UUID) -> None:
        """Let a disabled user in again."""
        user = await self._wholly_managed(user_id)
        if user.disabled_at is not None:
            user.disabled_at = None
            await self._people.flush()
            await outbox.record(self._session, events.UserEnabled(seller_id=None, subject_id=user_id))

    async def make_password_link(self, user_id: UUID) -> str:
        """Return the token of a link with which a user chooses a new password.  Older links stop working.

        Only people of the instance make one: it is a way into everything its user may do.
        """
        await self._wholly_managed(user_id)
        token = await self._new_link(user_id)
        await outbox.record(self._session, events.PasswordLinkMade(seller_id=None, subject_id=user_id))
        return token

    async def change_profile(self, user_id: UUID, *, name: str, locale: str, time_zone: str) -> None:
        """Change one's own name, language and time zone."""
        user = await self._people.user(user_id)
        if user is None:
            raise UnknownUserError
        name = " ".join(name.split())
        check_person(name=name, locale=locale, time_zone=time_zone)
        user.name, user.locale, user.time_zone = name, locale, time_zone
        await self._people.flush()

    async def change_password(self, user_id: UUID, *, current: str, password: str, keep: UUID | None) -> None:
        """Change one's own password.  Every other session of theirs ends.

        Raises:
            InvalidInputError: the present password is not right, or the new one is weak.
        """
        user = await self._people.user(user_id)
        if user is None:
            raise UnknownUserError
        fits, _ = await verify_password(current, user.password_hash)
        if not fits:
            raise InvalidInputError({"current": N_("This is not your present password.")})
        await self._set_password(user, password)
        await self._sessions.remove_all(user_id, but=keep)

    async def _set_password(self, user: UserAccount, password: str) -> None:
        check_password(password, about=(user.name, user.email))
        user.password_hash = await hash_password(password)
        await self._people.flush()
        await self._people.drop_password_links(user.id)
        await outbox.record(self._session, events.PasswordChanged(seller_id=None, subject_id=user.id))

    async def _new_link(self, user_id: UUID) -> str:
        token, moment = new_secret(), now()
        await self._people.drop_password_links(user_id)
        await self._people.add(
            PasswordLink(token_hash=digest(token), user_id=user_id, created_at=moment, expires_at=moment + LINK_LIFE)
        )
        return token

    def _managed_sellers(self) -> set[UUID] | None:
        """Return whose users the caller manages; None: everyone's."""
        if Right.USERS_MANAGE in self._principal.instance_rights:
            return None
        chosen = self._principal.seller
        return {chosen.id} if chosen else {seller.id for seller in self._principal.sellers}

    def _require_giving(self, role: Role, seller_id: UUID | None) -> None:
        sellers, given = self._managed_sellers(), role_rights(role.key, role.rights)
        if seller_id is None:
            require_instance(self._principal, Right.USERS_MANAGE)
            require_rights(self._principal.instance_rights, given)
        elif sellers is None:
            require_rights(self._principal.instance_rights, given - INSTANCE)
        elif seller_id not in sellers:
            raise UnknownSellerError
        else:
            require_rights(self._principal.rights, given - INSTANCE)

    async def _managed(self, user_id: UUID) -> UserAccount:
        """Return a user of a seller whose users the caller manages."""
        user, sellers = await self._people.user(user_id), self._managed_sellers()
        if user is None:
            raise UnknownUserError
        if sellers is not None and not sellers & {grant.seller_id for grant in await self._people.grants(user_id)}:
            raise UnknownUserError
        return user

    async def _wholly_managed(self, user_id: UUID) -> UserAccount:
        """Return a user who may do nothing that the caller may not."""
        require_instance(self._principal, Right.USERS_MANAGE)
        user = await self._managed(user_id)
        for grant in await self._people.grants(user_id):
            given = grant.rights if grant.seller_id is None else grant.rights - INSTANCE
            require_rights(self._principal.instance_rights, given)
        return user

    async def _require_other_owner(self, user: UserAccount) -> None:
        await self._people.lock_owners()
        membership = await self._people.membership(user.id, None)
        role = await self._people.role(membership.role_id) if membership else None
        if role is not None and role.key == "owner" and await self._people.owners_left(without=user.id) == 0:
            raise LastOwnerError(name=user.name)

    async def _role(self, role_id: UUID) -> Role:
        role = await self._people.role(role_id)
        if role is None:
            raise UnknownRoleError(role=role_id)
        return role


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a new user is written."""

    email: str
    name: str
    locale: str
    token: str = field(repr=False)


async def renew_invitation(session: AsyncSession, user_id: UUID) -> Invitation | None:
    """Make another link for a user who never chose a password; None for everybody else.  Earlier links stay good."""
    people = PeopleRepository(session)
    user = await people.user(user_id)
    if user is None or user.password_hash is not None or user.disabled_at is not None:
        return None
    token, moment = new_secret(), now()
    await people.add(
        PasswordLink(token_hash=digest(token), user_id=user_id, created_at=moment, expires_at=moment + LINK_LIFE)
    )
    return Invitation(user.email, user.name, user.locale, token)


async def link_owner(session: AsyncSession, token: str) -> tuple[str, str]:
    """Return name and e-mail address of whoever may choose a password with this link.

    Raises:
        LinkSpentError: nobody.
    """
    user = await PeopleRepository(session).password_link_owner(digest(token), now())
    if user is None or user.disabled_at is not None:
        raise LinkSpentError
    return user.name, user.email


async def use_password_link(session: AsyncSession, token: str, password: str) -> UserAccount:
    """Set the password of the link's user, and spend the link.  All their sessions end.

    Raises:
        LinkSpentError: it was used, replaced, or is too old.
        InvalidInputError: the password is weak; the link stays good.
    """
    people = PeopleRepository(session)
    name, email = await link_owner(session, token)
    check_password(password, about=(name, email))
    hashed = await hash_password(password)
    user_id = await people.take_password_link(digest(token), now())
    user = await people.user(user_id) if user_id else None
    if user is None:
        raise LinkSpentError
    user.password_hash = hashed
    await people.flush()
    await people.drop_password_links(user.id)
    await SessionRepository(session).remove_all(user.id)
    await outbox.record(session, events.PasswordChanged(seller_id=None, subject_id=user.id))
    return user


async def add_user(
    session: AsyncSession, *, email: str, name: str, password_hash: str | None, locale: str = "en"
) -> UserAccount:
    """Store a new user."""
    user = UserAccount(
        id=new_id(), email=email, name=name, password_hash=password_hash, locale=locale,
        time_zone="Europe/Amsterdam", disabled_at=None, created_at=now(), last_sign_in_at=None,
    )  # fmt: skip
    await PeopleRepository(session).add(user)
    return user


def membership_of(user_id: UUID, seller_id: UUID | None, role: Role) -> Membership:
    """Return a new membership."""
    return Membership(id=new_id(), user_id=user_id, seller_id=seller_id, role_id=role.id, created_at=now())


def check_password(password: str, *, about: Iterable[str]) -> None:
    """Refuse a weak password.

    Raises:
        InvalidInputError: with the reason, for the field ``password``.
    """
    if problem := password_problem(password, about=about):
        raise InvalidInputError({"password": problem})


def check_person(
    *, email: str | None = None, name: str | None = None, locale: str | None = None, time_zone: str | None = None
) -> None:
    """Refuse what is no e-mail address, name, language or time zone.

    Raises:
        InvalidInputError: with the reason for each field.
    """
    problems: dict[str, str] = {}
    if email is not None and (problem := email_problem(email)):
        problems["email"] = problem
    if name is not None and (not name or len(name) > NAME_MAX or not name.isprintable()):
        problems["name"] = N_("Give a name of at most 120 characters.")
    if locale is not None and locale not in LOCALES:
        problems["locale"] = N_("Choose one of the languages in the list.")
    if time_zone is not None and time_zone not in time_zones():
        problems["time_zone"] = N_("Choose one of the time zones in the list, like Europe/Amsterdam.")
    if problems:
        raise InvalidInputError(problems)
