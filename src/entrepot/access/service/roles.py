"""Roles of the instance's own, and who may give which."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import events
from entrepot.access.domain import rights_of
from entrepot.access.errors import (
    BuiltInRoleError,
    InstanceOnlyError,
    NameTakenError,
    NoRightToGiveError,
    RoleInUseError,
    UnknownRoleError,
)
from entrepot.access.models import Role
from entrepot.access.principal import Principal
from entrepot.access.repository import PeopleRepository
from entrepot.access.rights import Right
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

NAME_MAX = 60


def require_instance(principal: Principal, right: Right) -> None:
    """Refuse whoever does not have *right* over the whole instance, whatever seller they look at.

    Raises:
        InstanceOnlyError: they have it for some sellers at most.
    """
    if right not in principal.instance_rights:
        raise InstanceOnlyError


def require_rights(held: frozenset[Right], given: Iterable[Right]) -> None:
    """Refuse to give, or to take from someone, what the caller does not have.

    Raises:
        NoRightToGiveError: it names the first such right.
    """
    if missing := sorted(set(given) - held):
        raise NoRightToGiveError(right=str(missing[0]))


class RoleService:
    """Roles are shared by all sellers, so only people of the instance make and change them."""

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal
        self._people = PeopleRepository(session)

    async def save(self, role_id: UUID | None, *, name: str, rights: Iterable[str]) -> UUID:
        """Make a role, or change one: whoever has it has the new rights from their next request on.

        Raises:
            InstanceOnlyError: the caller works for some sellers only.
            BuiltInRoleError: it comes with the product.
            InvalidInputError: no name, or a right that there is not.
            NameTakenError: there is another of this name.
            NoRightToGiveError: the caller does not have a right they would add.
        """
        require_instance(self._principal, Right.USERS_MANAGE)
        name, chosen = " ".join(name.split()), set(rights)
        wanted = rights_of(chosen)
        problems: dict[str, str] = {}
        if not name or len(name) > NAME_MAX or not name.isprintable():
            problems["name"] = N_("Give a name of at most 60 characters.")
        if len(wanted) != len(chosen):
            problems["rights"] = N_("There is a right in the list that this release does not know. Reload the page.")
        if problems:
            raise InvalidInputError(problems)
        same = await self._people.role_by_name(name)
        if same is not None and same.id != role_id:
            raise NameTakenError(name=name)
        if role_id is None:
            role = Role(id=new_id(), key=None, name=name, rights=[], created_at=now())
        else:
            role = await self._own(role_id)
        before = rights_of(role.rights)
        require_rights(self._principal.instance_rights, wanted - before)
        role.name, role.rights = name, sorted(wanted)
        await self._people.add(role)
        await outbox.record(
            self._session,
            events.RoleSaved(
                seller_id=None, subject_id=role.id, name=name,
                added=sorted(wanted - before), removed=sorted(before - wanted),
            ),
        )  # fmt: skip
        return role.id

    async def remove(self, role_id: UUID) -> None:
        """Remove a role that nobody has.

        Raises:
            RoleInUseError: someone has it.
        """
        require_instance(self._principal, Right.USERS_MANAGE)
        role = await self._own(role_id)
        if count := await self._people.users_in_role(role_id):
            raise RoleInUseError(count=count, role=role.name)
        await self._people.remove(role)
        await outbox.record(self._session, events.RoleRemoved(seller_id=None, subject_id=role_id, name=role.name))

    async def _own(self, role_id: UUID) -> Role:
        role = await self._people.role(role_id)
        if role is None:
            raise UnknownRoleError(role=role_id)
        if role.key is not None:
            raise BuiltInRoleError(role=role.name)
        return role
