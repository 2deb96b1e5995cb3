"""Roles: sets of rights, ticked in groups."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.errors import NameTakenError, UnknownRoleError
from entrepot.access.forms import field, right_groups, role_name
from entrepot.access.guards import needs
from entrepot.access.http import UNPROCESSABLE, provide_wide, see_other
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.service import RoleService
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_


class RoleController(Controller):
    """Roles, to those who give them."""

    path = "/roles"
    include_in_schema = False
    opt = needs(Right.USERS_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show_list(self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession]) -> Template:
        """List roles."""
        context = {"rows": await views.roles(wide), "role_name": role_name, "editable": _editable(principal)}
        return Template("access/roles.html", context=context)

    @get("/new")
    async def show_new(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], like: UUID | None = None
    ) -> Template:
        """Start a role, from another one if asked."""
        model = await _role(wide, like) if like else None
        return _form(principal, None, name="", rights=model.rights if model else ())

    @post()
    async def create(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template | Redirect:
        """Make a role."""
        return await _save(request, principal, wide, None)

    @get("/{role_id:uuid}")
    async def show(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], role_id: UUID
    ) -> Template:
        """Show a role, to edit if it is not built in."""
        role = await _role(wide, role_id)
        return _form(principal, role, name=role_name(role), rights=role.rights)

    @post("/{role_id:uuid}")
    async def change(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        role_id: UUID,
    ) -> Template | Redirect:
        """Change a role."""
        return await _save(request, principal, wide, await _role(wide, role_id))

    @post("/{role_id:uuid}/remove")
    async def remove(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], role_id: UUID
    ) -> Redirect:
        """Remove a role that nobody has."""
        await RoleService(wide, principal).remove(role_id)
        return see_other("/roles")


def _editable(principal: Principal) -> bool:
    return Right.USERS_MANAGE in principal.instance_rights


async def _role(wide: AsyncSession, role_id: UUID) -> views.RoleView:
    found = next((role for role in await views.roles(wide) if role.id == role_id), None)
    if found is None:
        raise UnknownRoleError(role=role_id)
    return found


async def _save(
    request: Request[Any, Any, Any], principal: Principal, wide: AsyncSession, role: views.RoleView | None
) -> Template | Redirect:
    form = await request.form()
    name, rights = str(form.get("name", "")), [str(right) for right in form.getall("rights", [])]
    try:
        await RoleService(wide, principal).save(role.id if role else None, name=name, rights=rights)
    except InvalidInputError as error:
        return _form(principal, role, name=name, rights=rights, problems=error.problems)
    except NameTakenError as error:
        problems = {"name": gettext(error.message).format(**error.facts)}
        return _form(principal, role, name=name, rights=rights, problems=problems)
    return see_other("/roles")


def _form(
    principal: Principal,
    role: views.RoleView | None,
    *,
    name: str,
    rights: Any,  # noqa: ANN401 -- names of rights, as typed or as stored
    problems: dict[str, str] | None = None,
) -> Template:
    fixed = (role is not None and role.key is not None) or not _editable(principal)
    offered = set(Right) if fixed else principal.instance_rights | {right for right in Right if right in set(rights)}
    context = {
        "role": role,
        "title": name or gettext(N_("New role")),
        "fields": [field("name", N_("Name"), value=name, problems=problems, autocomplete="off", disabled=fixed)],
        "groups": right_groups(offered, rights),
        "rights_problem": gettext((problems or {}).get("rights", "")),
        "fixed": fixed,
        "editable": _editable(principal),
    }
    return Template("access/role.html", context=context, status_code=UNPROCESSABLE if problems else 200)


ROUTES = [RoleController]
