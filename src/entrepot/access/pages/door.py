"""Signing in and out, choosing a password by a link, and switching between sellers."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.repository import DeviceRef
from entrepot.access.badges.sign_in import known_device
from entrepot.access.errors import LinkSpentError, TooManyAttemptsError, UnknownSellerError, WrongPasswordError
from entrepot.access.forms import new_password_field, sign_in_fields
from entrepot.access.guards import open_to_all, open_to_signed_in
from entrepot.access.http import (
    client_address,
    device_token,
    drop_session,
    keep_session,
    provide_wide,
    see_other,
    user_agent,
)
from entrepot.access.passwords import verify_password
from entrepot.access.principal import Principal
from entrepot.access.service import Authenticated, SignInService, link_owner, setup_needed, use_password_link
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.scope import Scope


def local_path(address: str) -> str:
    """Return *address* if it is a path on this hub, else the start page: a redirect never leaves the site."""
    if not address.startswith("/") or address.startswith(("//", "/\\")) or not address.isprintable() or "\\" in address:
        return "/"
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return "/"
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if path.isascii() and " " not in path else "/"


class DoorController(Controller):
    """What people see who are not signed in."""

    include_in_schema = False
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get("/sign-in", opt=open_to_all())
    async def show(
        self,
        request: Request[Any, Any, Any],
        wide: NamedDependency[AsyncSession],
        next: FromQuery[str] = "/",  # noqa: A002 -- the name in the address
    ) -> Template | Redirect:
        """Ask who it is: on an enrolled device for a badge, too."""
        who: Principal | None = request.scope.get("user")
        if who is not None and not who.by_badge:
            return see_other(local_path(next))
        if await setup_needed(wide):
            return see_other("/first-run")
        token = device_token(request)
        device = await known_device(wide, token) if token else None
        return _form(next=local_path(next), email=who.email if who else "", device=device, by_badge=who is not None)

    @post("/sign-in", opt=open_to_all())
    async def sign_in(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Open a session, under a new token whatever the browser had before."""
        form = await request.form()
        email, password = str(form.get("email", "")), str(form.get("password", ""))
        target = local_path(str(form.get("next", "/")))
        database: Database = request.app.state.database
        address = client_address(request)
        everyone, request_id = Scope.all_sellers(), request.scope["state"].get("request_id", "")
        try:
            async with database.transaction(everyone, request_id=request_id) as session:
                candidate = await SignInService(session).attempt(email, address)
            fits, newer = await verify_password(password, candidate.password_hash)
            if not fits:
                raise WrongPasswordError  # noqa: TRY301 -- one way out for both refusals
            async with database.transaction(everyone, request_id=request_id) as session:
                service = SignInService(session)
                opened = await service.begin(
                    candidate, email=email, address=address, user_agent=user_agent(request), newer_hash=newer
                )
                before: Authenticated | None = request.scope.get("auth")
                if before is not None and before.kind == "session" and before.user_id is not None:
                    await service.end(before.user_id, before.credential_id)
        except (WrongPasswordError, TooManyAttemptsError) as error:
            return _form(email=email, next=target, error=error)
        answer: Response[Any] = see_other(target)
        keep_session(answer, request, opened.token)
        return answer

    @post("/sign-out", opt=open_to_signed_in())
    async def sign_out(self, request: Request[Any, Any, Any], wide: NamedDependency[AsyncSession]) -> Response[Any]:
        """End this session."""
        auth: Authenticated | None = request.scope.get("auth")
        if auth is not None and auth.kind == "session" and auth.user_id is not None:
            await SignInService(wide).end(auth.user_id, auth.credential_id)
        answer: Response[Any] = see_other("/sign-in")
        drop_session(answer)
        return answer

    @get("/set-password/{token:str}", opt=open_to_all())
    async def ask_password(self, token: FromPath[str], wide: NamedDependency[AsyncSession]) -> Template:
        """Ask someone who came by a link for their new password."""
        name, email = await link_owner(wide, token)
        return _password_form(token, name, email)

    @post("/set-password/{token:str}", opt=open_to_all())
    async def set_password(
        self, request: Request[Any, Any, Any], token: FromPath[str], wide: NamedDependency[AsyncSession]
    ) -> Response[Any]:
        """Spend the link, set the password and sign in."""
        form = await request.form()
        name, email = await link_owner(wide, token)
        try:
            user = await use_password_link(wide, token, str(form.get("password", "")))
        except InvalidInputError as error:
            return _password_form(token, name, email, error.problems)
        if user.disabled_at is not None:
            raise LinkSpentError
        opened = await SignInService(wide).open(user, address=client_address(request), user_agent=user_agent(request))
        answer: Response[Any] = see_other("/")
        keep_session(answer, request, opened.token)
        return answer

    @post("/session/seller", opt=open_to_signed_in())
    async def choose_seller(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Response[Any]:
        """Work for another seller, or (an empty choice) for all at once, under a new token."""
        form = await request.form()
        auth: Authenticated | None = request.scope.get("auth")
        wish = str(form.get("seller_id", ""))
        try:
            seller_id = UUID(wish) if wish else None
        except ValueError:
            raise UnknownSellerError from None
        answer: Response[Any] = see_other("/")
        if auth is not None and auth.kind == "session":
            service = SignInService(wide)
            await service.choose_seller(principal, auth.credential_id, seller_id)
            keep_session(answer, request, await service.rotate(auth.credential_id))
        return answer


def _form(
    *,
    next: str,  # noqa: A002 -- see above
    email: str = "",
    error: WrongPasswordError | TooManyAttemptsError | None = None,
    device: DeviceRef | None = None,
    by_badge: bool = False,
) -> Template:
    context = {
        "fields": sign_in_fields(email),
        "device": device,
        "by_badge": by_badge,
        "next": next,
        "problem": gettext(error.message).format(**error.facts) if error else None,
    }
    limited = isinstance(error, TooManyAttemptsError)
    headers = {"Retry-After": str(error.facts["seconds"])} if limited and error else {}
    status = 200 if error is None else 429 if limited else 422
    return Template("access/sign_in.html", context=context, status_code=status, headers=headers)


def _password_form(token: FromPath[str], name: str, email: str, problems: dict[str, str] | None = None) -> Template:
    context = {"fields": [new_password_field(problems)], "token": token, "name": name, "email": email}
    return Template("access/set_password.html", context=context, status_code=422 if problems else 200)


ROUTES = [DoorController]
