"""API keys: how programs come in."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.forms import field, right_groups
from entrepot.access.guards import needs
from entrepot.access.http import UNPROCESSABLE, see_other
from entrepot.access.principal import Principal
from entrepot.access.rights import INSTANCE, LABELS, Right
from entrepot.access.service import KeyService, NewSecret
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_


class KeyController(Controller):
    """API keys of the seller one works for."""

    path = "/api-keys"
    include_in_schema = False
    opt = needs(Right.API_KEYS_MANAGE)

    @get()
    async def show_list(
        self, principal: NamedDependency[Principal], session: NamedDependency[AsyncSession]
    ) -> Template:
        """List keys, with the form for another."""
        return await _page(principal, session)

    @post()
    async def create(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
    ) -> Template:
        """Make a key and show its secret, this once."""
        form = await request.form()
        values = {"name": str(form.get("name", "")), "expires": str(form.get("expires", ""))}
        rights = [str(right) for right in form.getall("rights", [])]
        try:
            made = await KeyService(session, principal).create_key(
                name=values["name"], rights=rights, expires_at=day_of(values["expires"])
            )
        except InvalidInputError as error:
            return await _page(principal, session, values=values, rights=rights, problems=error.problems)
        return await _page(principal, session, made=made)

    @post("/{key_id:uuid}/revoke")
    async def revoke(
        self, principal: NamedDependency[Principal], session: NamedDependency[AsyncSession], key_id: UUID
    ) -> Redirect:
        """Make a key useless."""
        await KeyService(session, principal).revoke_key(key_id)
        return see_other("/api-keys")


def day_of(text: str) -> datetime | None:
    """Return the beginning of a day typed as 2026-11-30; None if nothing was typed."""
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInputError({"expires": N_("Give a day like 2026-11-30.")}) from None


async def _page(
    principal: Principal,
    session: AsyncSession,
    *,
    values: dict[str, str] | None = None,
    rights: list[str] | None = None,
    problems: dict[str, str] | None = None,
    made: NewSecret | None = None,
) -> Template:
    typed = values or {"name": "", "expires": ""}
    context = {
        "rows": await views.api_keys(session),
        "several": principal.seller is None and len(principal.sellers) != 1,
        "fields": [
            field(
                "name", N_("Name"), value=typed["name"], problems=problems, autocomplete="off",
                hint=N_("What will use it: “Accounting”."),
            ),
            field(
                "expires", N_("Valid until"), kind="date", value=typed["expires"], problems=problems, required=False,
                hint=N_("Empty: until you revoke it."),
            ),
        ],
        "groups": right_groups(principal.rights - INSTANCE, rights or ()),
        "rights_problem": gettext((problems or {}).get("rights", "")),
        "made": made,
        "label": _label,
    }  # fmt: skip
    return Template("access/api_keys.html", context=context, status_code=UNPROCESSABLE if problems else 200)


def _label(right: str) -> str:
    return next((gettext(LABELS[known]) for known in Right if known.value == right), right)


ROUTES = [KeyController]
