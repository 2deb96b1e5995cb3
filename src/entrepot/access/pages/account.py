"""One's own account: name, language, password, browsers, tokens."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.forms import field, new_password_field, profile_fields, right_groups, seller_options
from entrepot.access.guards import own_affairs
from entrepot.access.http import UNPROCESSABLE, keep_session, own_session, provide_wide, see_other
from entrepot.access.principal import Principal
from entrepot.access.service import KeyService, PeopleService, SignInService
from entrepot.access.service.keys import NewSecret
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

YEAR = 365 * 24 * 3600
DAYS = 90


class AccountController(Controller):
    """What a user settles for themselves.  Programs have no account page: keys and tokens end at ``/api/``."""

    path = "/account"
    include_in_schema = False
    opt = own_affairs()
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template:
        """Show the account."""
        return await _page(request, principal, wide)

    @post("/profile")
    async def profile(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Response[Any]:
        """Change name, language and time zone."""
        user_id, _ = own_session(request)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in ("name", "locale", "time_zone")}
        try:
            await PeopleService(wide, principal).change_profile(user_id, **values)
        except InvalidInputError as error:
            return await _page(request, principal, wide, profile=profile_fields(values, error.problems))
        answer: Response[Any] = see_other("/account")
        answer.set_cookie("locale", values["locale"], max_age=YEAR, samesite="lax")
        return answer

    @post("/password")
    async def password(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Response[Any]:
        """Change the password; this browser gets a new token, every other one is signed out."""
        user_id, session_id = own_session(request)
        form = await request.form()
        current, chosen = str(form.get("current", "")), str(form.get("password", ""))
        try:
            service = PeopleService(wide, principal)
            await service.change_password(user_id, current=current, password=chosen, keep=session_id)
        except InvalidInputError as error:
            return await _page(request, principal, wide, password=_password_fields(error.problems))
        answer: Response[Any] = see_other("/account")
        if session_id is not None:
            keep_session(answer, request, await SignInService(wide).rotate(session_id))
        return answer

    @post("/sessions/{session_id:uuid}/end")
    async def end_session(
        self, request: Request[Any, Any, Any], session_id: UUID, wide: NamedDependency[AsyncSession]
    ) -> Redirect:
        """Sign out one browser."""
        user_id, _ = own_session(request)
        await SignInService(wide).end(user_id, session_id)
        return see_other("/account")

    @post("/sessions/end-others")
    async def end_others(self, request: Request[Any, Any, Any], wide: NamedDependency[AsyncSession]) -> Redirect:
        """Sign out every browser but this."""
        user_id, session_id = own_session(request)
        await SignInService(wide).end_others(user_id, but=session_id)
        return see_other("/account")

    @post("/tokens")
    async def create_token(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template:
        """Make a token and show it, this once."""
        user_id, _ = own_session(request)
        form = await request.form()
        seller, days = str(form.get("seller_id", "")), str(form.get("days", ""))
        values = {"name": str(form.get("name", "")), "days": days, "seller_id": seller}
        rights = [str(right) for right in form.getall("rights", [])]
        try:
            made = await KeyService(wide, principal).create_token(
                user_id, name=values["name"], rights=rights, seller_id=_uuid(seller), life=_days(days)
            )
        except InvalidInputError as error:
            return await _page(
                request,
                principal,
                wide,
                token=_token_fields(principal, values, error.problems),
                problems=error.problems,
            )
        return await _page(request, principal, wide, made=made)

    @post("/tokens/{token_id:uuid}/revoke")
    async def revoke_token(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        token_id: UUID,
        wide: NamedDependency[AsyncSession],
    ) -> Redirect:
        """Make a token useless."""
        user_id, _ = own_session(request)
        await KeyService(wide, principal).revoke_token(user_id, token_id)
        return see_other("/account")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text and text != "all" else None
    except ValueError:
        raise InvalidInputError({"seller_id": N_("Choose one of the sellers in the list.")}) from None


def _days(text: str) -> timedelta:
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0  # noqa: PLR2004 -- more is refused anyway
    return timedelta(days=days)


def _password_fields(problems: dict[str, str] | None = None) -> list[dict[str, Any]]:
    return [
        field("current", N_("Present password"), kind="password", problems=problems, autocomplete="current-password"),
        new_password_field(problems),
    ]


def _token_fields(
    principal: Principal, values: dict[str, str] | None = None, problems: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    values = values or {"name": "", "days": str(DAYS), "seller_id": ""}
    return [
        field(
            "name", N_("Name"), value=values["name"], problems=problems, autocomplete="off",
            hint=N_("What will use it: “Excel on my laptop”."),
        ),
        field("days", N_("Valid for (days)"), kind="number", value=values["days"], problems=problems, half=True,
              min=1, max=366, step=1),
        field(
            "seller_id", N_("For seller"), kind="select", value=values["seller_id"], problems=problems, half=True,
            required=False, options=seller_options(principal.sellers, everyone=False),
            hint=N_("None: every seller you work for."),
        ),
    ]  # fmt: skip


async def _page(
    request: Request[Any, Any, Any],
    principal: Principal,
    wide: AsyncSession,
    *,
    profile: list[dict[str, Any]] | None = None,
    password: list[dict[str, Any]] | None = None,
    token: list[dict[str, Any]] | None = None,
    made: NewSecret | None = None,
    problems: dict[str, str] | None = None,
) -> Template:
    user_id, session_id = own_session(request)
    own = {"name": principal.name, "locale": principal.locale, "time_zone": principal.time_zone}
    context = {
        "profile": profile or profile_fields(own),
        "password": password or _password_fields(),
        "token": token or _token_fields(principal),
        "groups": right_groups(principal.rights, ()),
        "made": made,
        "rights_problem": gettext((problems or {}).get("rights", "")),
        "sessions": await views.sessions(wide, user_id),
        "current": session_id,
        "tokens": await views.tokens(wide, user_id),
    }
    refused = profile or password or token
    return Template("access/account.html", context=context, status_code=UNPROCESSABLE if refused else 200)


ROUTES = [AccountController]
