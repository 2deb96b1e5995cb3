"""REST API v1 of access: who am I, sellers, users, roles, keys, tokens."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.badges import api as badges
from entrepot.access.errors import UnknownUserError
from entrepot.access.guards import needs, open_to_signed_in, own_affairs
from entrepot.access.http import managed_sellers, own_session, provide_wide
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.service import KeyService, PeopleService, RoleService, SellerService
from entrepot.access.service.roles import require_instance

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Rows to return.")]
Cursor = Annotated[UUID | None, QueryParameter(description="`next` of the page before.")]


class SellerShort(msgspec.Struct):
    """A seller's id and name."""

    id: UUID
    name: str


class Me(msgspec.Struct):
    """Who the caller is, and what they may do."""

    kind: str
    id: str
    name: str
    rights: list[str]
    seller: SellerShort | None
    sellers: list[SellerShort]
    locale: str
    time_zone: str


class SellerIn(msgspec.Struct, forbid_unknown_fields=True):
    """A seller to add or change."""

    name: str
    currency: str = "EUR"
    country: str = "NL"


class UserIn(msgspec.Struct, forbid_unknown_fields=True):
    """A user to invite.  Without `seller_id` they work for the whole instance."""

    email: str
    name: str
    role_id: UUID
    seller_id: UUID | None = None


class Invited(msgspec.Struct):
    """The user, and the link with which they choose a password; empty if they had an account."""

    id: UUID
    password_link: str


class MembershipIn(msgspec.Struct, forbid_unknown_fields=True):
    """A role for a seller (without one: for the instance); without a role, none any more."""

    seller_id: UUID | None = None
    role_id: UUID | None = None


class RoleIn(msgspec.Struct, forbid_unknown_fields=True):
    """A role to make or change."""

    name: str
    rights: list[str]


class RoleOut(msgspec.Struct):
    """A role."""

    id: UUID
    name: str
    built_in: bool
    rights: list[str]
    users: int


class Id(msgspec.Struct):
    """What was made."""

    id: UUID


class KeyIn(msgspec.Struct, forbid_unknown_fields=True):
    """An API key to make for the seller one works for."""

    name: str
    rights: list[str]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class TokenIn(msgspec.Struct, forbid_unknown_fields=True):
    """An access token to make for oneself."""

    name: str
    rights: list[str]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90
    seller_id: UUID | None = None


class Secret(msgspec.Struct):
    """What was made.  The secret is in no other answer."""

    id: UUID
    key: str
    """User name for HTTP Basic; empty for a token."""
    secret: str


class ListOf[T](msgspec.Struct):
    """One page."""

    items: list[T]
    next: str | None = None


def _short(seller: Any) -> SellerShort:  # noqa: ANN401 -- anything with id and name
    return SellerShort(seller.id, seller.name)


class MeApi(Controller):
    """The caller."""

    path = "/api/v1"
    tags = ["access"]  # noqa: RUF012 -- Litestar's API
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get("/me", opt=open_to_signed_in(), operation_id="getMe", summary="Say who the caller is")
    async def me(self, principal: NamedDependency[Principal]) -> Me:
        """Return the caller's name, rights and sellers."""
        return Me(
            kind=principal.actor.kind,
            id=principal.actor.id,
            name=principal.name,
            rights=sorted(principal.rights),
            seller=_short(principal.seller) if principal.seller else None,
            sellers=[_short(seller) for seller in principal.sellers],
            locale=principal.locale,
            time_zone=principal.time_zone,
        )

    @get("/tokens", opt=own_affairs(), operation_id="listTokens", summary="List one's access tokens")
    async def tokens(
        self, request: Request[Any, Any, Any], wide: NamedDependency[AsyncSession]
    ) -> ListOf[views.KeyView]:
        """Return the caller's tokens that are in force."""
        return ListOf(await views.tokens(wide, own_session(request)[0]))

    @post("/tokens", opt=own_affairs(), operation_id="createToken", summary="Make an access token")
    async def create_token(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        data: JSONBody[TokenIn],
    ) -> Secret:
        """Make a token with rights the caller has.  Its secret is shown here and never again."""
        made = await KeyService(wide, principal).create_token(
            own_session(request)[0],
            name=data.name,
            rights=data.rights,
            seller_id=data.seller_id,
            life=timedelta(days=data.days),
        )
        return Secret(made.id, "", made.secret)

    @delete("/tokens/{token_id:uuid}", opt=own_affairs(), operation_id="revokeToken", summary="Revoke a token")
    async def revoke_token(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        token_id: FromPath[UUID],
    ) -> None:
        """Make a token useless from the next request on."""
        await KeyService(wide, principal).revoke_token(own_session(request)[0], token_id)


class SellerApi(Controller):
    """Sellers."""

    path = "/api/v1/sellers"
    tags = ["access"]  # noqa: RUF012 -- Litestar's API
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get(opt=open_to_signed_in(), operation_id="listSellers", summary="List sellers")
    async def index(self, session: NamedDependency[AsyncSession]) -> ListOf[views.SellerView]:
        """Return the sellers the caller works for."""
        return ListOf(await views.sellers(session))

    @post(opt=needs(Right.SELLERS_MANAGE), operation_id="createSeller", summary="Add a seller")
    async def create(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        data: JSONBody[SellerIn],
    ) -> SellerShort:
        """Add a seller to the instance."""
        require_instance(principal, Right.SELLERS_MANAGE)
        return _short(await SellerService(wide).create(data.name, currency=data.currency, country=data.country))

    @put("/{seller_id:uuid}", opt=needs(Right.SELLERS_MANAGE), operation_id="changeSeller", summary="Change a seller")
    async def change(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        seller_id: FromPath[UUID],
        data: JSONBody[SellerIn],
    ) -> Id:
        """Change a seller's name, currency and country."""
        require_instance(principal, Right.SELLERS_MANAGE)
        await SellerService(wide).change(seller_id, name=data.name, currency=data.currency, country=data.country)
        return Id(seller_id)


class UserApi(Controller):
    """Users and roles."""

    path = "/api/v1"
    tags = ["access"]  # noqa: RUF012 -- Litestar's API
    opt = needs(Right.USERS_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get("/users", operation_id="listUsers", summary="List users")
    async def users(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> ListOf[views.UserView]:
        """Return the users whom the caller manages, oldest first."""
        found = await views.users(wide, managed_sellers(principal), after=cursor, limit=limit + 1)
        return ListOf(found[:limit], str(found[limit - 1].id) if len(found) > limit else None)

    @get("/users/{user_id:uuid}", operation_id="getUser", summary="Show a user")
    async def user(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
    ) -> views.UserView:
        """Return one user."""
        found = await views.users(wide, managed_sellers(principal), user_id=user_id)
        if not found:
            raise UnknownUserError
        return found[0]

    @post("/users", operation_id="inviteUser", summary="Invite a user")
    async def invite(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        data: JSONBody[UserIn],
    ) -> Invited:
        """Give someone a role; the answer has the link with which they choose a password."""
        made = await PeopleService(wide, principal).invite(
            data.email, name=data.name, role_id=data.role_id, seller_id=data.seller_id
        )
        address = request.app.state.settings.address
        return Invited(made.user_id, f"{address}/set-password/{made.link}" if made.link else "")

    @put("/users/{user_id:uuid}/membership", operation_id="setMembership", summary="Give or take a role")
    async def set_role(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
        data: JSONBody[MembershipIn],
    ) -> Id:
        """Give a user a role for a seller or the instance, or take it away."""
        await PeopleService(wide, principal).set_role(user_id, seller_id=data.seller_id, role_id=data.role_id)
        return Id(user_id)

    @post("/users/{user_id:uuid}/disable", operation_id="disableUser", summary="Disable a user", status_code=200)
    async def disable(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
    ) -> Id:
        """Shut a user out at once."""
        await PeopleService(wide, principal).disable(user_id)
        return Id(user_id)

    @post("/users/{user_id:uuid}/enable", operation_id="enableUser", summary="Enable a user", status_code=200)
    async def enable(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: FromPath[UUID],
    ) -> Id:
        """Let a user in again."""
        await PeopleService(wide, principal).enable(user_id)
        return Id(user_id)

    @get("/roles", operation_id="listRoles", summary="List roles")
    async def roles(self, wide: NamedDependency[AsyncSession]) -> ListOf[RoleOut]:
        """Return every role, built-in ones first."""
        return ListOf(
            [
                RoleOut(role.id, role.name, role.key is not None, sorted(role.rights), role.users)
                for role in await views.roles(wide)
            ]
        )

    @post("/roles", operation_id="createRole", summary="Make a role")
    async def create_role(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        data: JSONBody[RoleIn],
    ) -> Id:
        """Make a role of the instance's own."""
        return Id(await RoleService(wide, principal).save(None, name=data.name, rights=data.rights))

    @put("/roles/{role_id:uuid}", operation_id="changeRole", summary="Change a role")
    async def change_role(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        role_id: FromPath[UUID],
        data: JSONBody[RoleIn],
    ) -> Id:
        """Change a role that is not built in."""
        return Id(await RoleService(wide, principal).save(role_id, name=data.name, rights=data.rights))

    @delete("/roles/{role_id:uuid}", operation_id="removeRole", summary="Remove a role")
    async def remove_role(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        role_id: FromPath[UUID],
    ) -> None:
        """Remove a role that nobody has."""
        await RoleService(wide, principal).remove(role_id)


class KeyApi(Controller):
    """API keys."""

    path = "/api/v1/api-keys"
    tags = ["access"]  # noqa: RUF012 -- Litestar's API
    opt = needs(Right.API_KEYS_MANAGE)

    @get(operation_id="listApiKeys", summary="List API keys")
    async def index(self, session: NamedDependency[AsyncSession]) -> ListOf[views.KeyView]:
        """Return the keys of the seller, revoked ones last."""
        return ListOf(await views.api_keys(session))

    @post(operation_id="createApiKey", summary="Make an API key")
    async def create(
        self,
        principal: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        data: JSONBody[KeyIn],
    ) -> Secret:
        """Make a key with rights the caller has.  Its secret is shown here and never again."""
        made = await KeyService(session, principal).create_key(
            name=data.name, rights=data.rights, expires_at=data.expires_at
        )
        return Secret(made.id, made.public_id, made.secret)

    @delete("/{key_id:uuid}", operation_id="revokeApiKey", summary="Revoke an API key")
    async def revoke(
        self,
        principal: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        key_id: FromPath[UUID],
    ) -> None:
        """Make a key useless from the next request on."""
        await KeyService(session, principal).revoke_key(key_id)


ROUTES = [MeApi, SellerApi, UserApi, KeyApi, *badges.ROUTES]
