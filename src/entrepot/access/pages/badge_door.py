"""Signing in with a badge, and switching from one person to the next."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.badges.domain import read_code
from entrepot.access.badges.errors import WrongPinError
from entrepot.access.badges.repository import Holder
from entrepot.access.badges.sign_in import BadgeSignIn
from entrepot.access.errors import TooManyAttemptsError
from entrepot.access.guards import open_to_all
from entrepot.access.http import client_address, device_token, keep_session, provide_wide, see_other, user_agent
from entrepot.access.pages.door import local_path
from entrepot.access.passwords import verify_password
from entrepot.access.service import Authenticated, SignInService
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.i18n import gettext
from entrepot.kit.scope import Scope

PIN_TYPED = 20


class BadgeDoor(Controller):
    """What people see who scan a badge on a shared device."""

    path = "/sign-in/badge"
    include_in_schema = False
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get(opt=open_to_all())
    async def show(
        self,
        request: Request[Any, Any, Any],
        wide: NamedDependency[AsyncSession],
        next: FromQuery[str] = "/",  # noqa: A002 -- the name in the address
    ) -> Template:
        """Ask for a badge; whoever is signed in stays so until another one is scanned."""
        try:
            await BadgeSignIn(wide).device(device_token(request))
        except EntrepotError as error:
            return _form(request, next=local_path(next), error=error)
        return _form(request, next=local_path(next))

    @post(opt=open_to_all(), status_code=200)
    async def sign_in(self, request: Request[Any, Any, Any]) -> Response[Any] | Template:
        """Ask for the PIN of the badge, or open a session with both."""
        form = await request.form()
        badge, pin = read_code(str(form.get("badge", ""))[:100]), str(form.get("pin", ""))[:PIN_TYPED]
        target, token = local_path(str(form.get("next", "/"))), device_token(request)
        database: Database = request.app.state.database
        everyone, request_id = Scope.all_sellers(), request.scope["state"].get("request_id", "")
        holder: Holder | None = None
        try:
            async with database.transaction(everyone, request_id=request_id) as session:
                holder = await BadgeSignIn(session).greet(token, badge)
            if not pin:
                return _form(request, next=target, holder=holder, badge=badge)
            async with database.transaction(everyone, request_id=request_id) as session:
                candidate = await BadgeSignIn(session).attempt(token, badge)
            fits, _ = await verify_password(pin, candidate.holder.pin_hash)
            if not fits:
                async with database.transaction(everyone, request_id=request_id) as session:
                    await BadgeSignIn(session).refused(candidate)
                raise WrongPinError
            async with database.transaction(everyone, request_id=request_id) as session:
                opened = await BadgeSignIn(session).begin(
                    candidate, token, address=client_address(request), user_agent=user_agent(request)
                )
                before: Authenticated | None = request.scope.get("auth")
                if before is not None and before.kind == "session" and before.user_id is not None:
                    await SignInService(session).end(before.user_id, before.credential_id)
        except EntrepotError as error:
            again = holder if isinstance(error, (WrongPinError, TooManyAttemptsError)) else None
            return _form(request, next=target, holder=again, badge=badge, error=error)
        answer: Response[Any] = see_other(target)
        keep_session(answer, request, opened.token)
        return answer


def _form(
    request: Request[Any, Any, Any],
    *,
    next: str,  # noqa: A002 -- see above
    holder: Holder | None = None,
    badge: str = "",
    error: EntrepotError | None = None,
) -> Template:
    limited = isinstance(error, TooManyAttemptsError)
    context = {
        "holder": holder,
        "badge": badge,
        "next": next,
        "who": request.scope.get("user"),
        "problem": gettext(error.message).format(**error.facts) if error else None,
    }
    status = 200 if error is None else 429 if limited else 422
    return Template("access/sign_in_badge.html", context=context, status_code=status)


ROUTES = [BadgeDoor]
