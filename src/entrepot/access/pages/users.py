"""People: who they are, what they may do, and for whom."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.errors import EmailTakenError, UnknownRoleError, UnknownSellerError, UnknownUserError
from entrepot.access.forms import field, role_name, role_options, seller_options
from entrepot.access.guards import needs
from entrepot.access.http import UNPROCESSABLE, managed_sellers, provide_wide, see_other
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.service import PeopleService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

PAGE = 50


class UserController(Controller):
    """Users, to those who manage them."""

    path = "/users"
    include_in_schema = False
    opt = needs(Right.USERS_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show_list(
        self,
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        q: str = "",
        cursor: UUID | None = None,
    ) -> Template:
        """List users."""
        found = await views.users(wide, managed_sellers(principal), search=q, after=cursor, limit=PAGE + 1)
        rows, more = found[:PAGE], len(found) > PAGE
        context = {"rows": rows, "q": q, "next": f"/users?cursor={rows[-1].id}" if more else None, "role_name": _name}
        return Template("access/users.html", context=context)

    @get("/new")
    async def show_new(self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession]) -> Template:
        """Ask whom to invite."""
        return Template("access/user_new.html", context={"fields": await _fields(principal, wide)})

    @post()
    async def invite(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template | Redirect:
        """Invite someone and show their link, this once."""
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in ("email", "name", "role_id", "seller_id")}
        try:
            seller_id, role_id = _choices(values)
            invited = await PeopleService(wide, principal).invite(
                values["email"], name=values["name"], role_id=role_id, seller_id=seller_id
            )
        except (InvalidInputError, EmailTakenError) as error:
            problems = (
                error.problems if isinstance(error, InvalidInputError)
                else {"email": gettext(error.message).format(**error.facts)}
            )  # fmt: skip
            fields = await _fields(principal, wide, values, problems)
            return Template("access/user_new.html", context={"fields": fields}, status_code=UNPROCESSABLE)
        if not invited.link:
            return see_other(f"/users/{invited.user_id}")
        return await _detail(request, principal, wide, invited.user_id, link=invited.link)

    @get("/{user_id:uuid}")
    async def show(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: UUID,
    ) -> Template:
        """Show one user."""
        return await _detail(request, principal, wide, user_id)

    @post("/{user_id:uuid}/roles")
    async def set_role(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: UUID,
    ) -> Redirect:
        """Give a role for a seller, or (no role) take it away."""
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in ("role_id", "seller_id")}
        service = PeopleService(wide, principal)
        if values["role_id"]:
            seller_id, role_id = _choices(values)
            await service.set_role(user_id, seller_id=seller_id, role_id=role_id)
        else:
            await service.set_role(user_id, seller_id=_seller(values["seller_id"]), role_id=None)
        left = await views.users(wide, managed_sellers(principal), user_id=user_id)
        return see_other(f"/users/{user_id}" if left else "/users")

    @post("/{user_id:uuid}/disable")
    async def disable(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], user_id: UUID
    ) -> Redirect:
        """Shut a user out."""
        await PeopleService(wide, principal).disable(user_id)
        return see_other(f"/users/{user_id}")

    @post("/{user_id:uuid}/enable")
    async def enable(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], user_id: UUID
    ) -> Redirect:
        """Let a user in again."""
        await PeopleService(wide, principal).enable(user_id)
        return see_other(f"/users/{user_id}")

    @post("/{user_id:uuid}/password-link")
    async def password_link(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        user_id: UUID,
    ) -> Template:
        """Make a link to choose a password with, and show it, this once."""
        link = await PeopleService(wide, principal).make_password_link(user_id)
        return await _detail(request, principal, wide, user_id, link=link)


def _name(membership: views.MembershipView) -> str:
    return gettext(membership.role_name) if membership.role_key else membership.role_name


def _seller(text: str) -> UUID | None:
    try:
        return None if text == "all" else UUID(text)
    except ValueError:
        raise UnknownSellerError from None


def _choices(values: dict[str, str]) -> tuple[UUID | None, UUID]:
    problems: dict[str, str] = {}
    if not values["role_id"]:
        problems["role_id"] = N_("Choose a role.")
    if not values["seller_id"]:
        problems["seller_id"] = N_("Choose whom they work for.")
    if problems:
        raise InvalidInputError(problems)
    try:
        return _seller(values["seller_id"]), UUID(values["role_id"])
    except ValueError:
        raise UnknownRoleError(role=values["role_id"][:40]) from None


async def _fields(
    principal: Principal, wide: AsyncSession, values: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    only = str(principal.seller_id()) if len(principal.sellers) == 1 else ""
    values = values or {"email": "", "name": "", "role_id": "", "seller_id": only}
    return [
        field(
            "email", N_("E-mail address"), kind="email", value=values["email"], problems=problems, autocomplete="off"
        ),
        field("name", N_("Name"), value=values["name"], problems=problems, autocomplete="off"),
        *await _role_fields(principal, wide, values, problems),
    ]


async def _role_fields(
    principal: Principal, wide: AsyncSession, values: dict[str, str], problems: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    managed = managed_sellers(principal)
    sellers = [seller for seller in principal.sellers if managed is None or seller.id in managed]
    return [
        field(
            "seller_id", N_("Works for"), kind="select", value=values["seller_id"], problems=problems, half=True,
            options=seller_options(sellers, everyone=managed is None),
        ),
        field(
            "role_id", N_("Role"), kind="select", value=values["role_id"], problems=problems, half=True,
            options=role_options(await views.roles(wide)),
        ),
    ]  # fmt: skip


async def _detail(
    request: Request[Any, Any, Any], principal: Principal, wide: AsyncSession, user_id: UUID, *, link: str = ""
) -> Template:
    managed = managed_sellers(principal)
    found = await views.users(wide, managed, user_id=user_id)
    if not found:
        raise UnknownUserError
    context = {
        "user": found[0],
        "whole": managed is None,
        "link": f"{request.app.state.settings.address}/set-password/{link}" if link else "",
        "role_fields": await _role_fields(principal, wide, {"seller_id": "", "role_id": ""}),
        "membership_name": _name,
        "role_name": role_name,
    }
    return Template("access/user.html", context=context, status_code=200)


ROUTES = [UserController]
