"""Which right a route needs.  A route that says nothing is closed to everyone."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketException
from litestar.handlers.base import BaseRouteHandler

from entrepot.access.errors import MissingRightError, PasswordNeededError, SignInNeededError
from entrepot.access.principal import Principal
from entrepot.access.rights import Right

OPTION = "right"
PASSWORD = "password"  # noqa: S105 -- the name of an option
SIGN_IN, FORBIDDEN = 4401, 4403
"""What a WebSocket is closed with where HTTP answers 401 or 403."""
PUBLIC = "public"


def needs(right: Right) -> dict[str, Any]:
    """Return the ``opt`` of a route that needs *right*: ``@get("/orders", opt=needs(Right.ORDERS_READ))``."""
    return {OPTION: right}


def open_to_all() -> dict[str, Any]:
    """Return the ``opt`` of a route that anyone may call, signed in or not."""
    return {OPTION: PUBLIC}


def own_affairs() -> dict[str, Any]:
    """Return the ``opt`` of a route for everyone who signed in with more than a badge: their account, their keys."""
    return {OPTION: None, PASSWORD: True}


def open_to_signed_in() -> dict[str, Any]:
    """Return the ``opt`` of a route that every signed-in user may call: their own settings, the start page."""
    return {OPTION: None}


async def check_right(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The application's one guard: runs before every route; a coroutine, because Litestar runs all else in a thread.

    Raises:
        SignInNeededError: nobody is signed in.
        MissingRightError: they may not.
        PasswordNeededError: they may, but not with a badge.
        WebSocketException: the same, before a WebSocket is accepted.
    """
    needed = handler.opt.get(OPTION, "undeclared")
    if needed == PUBLIC or handler.opt.get("exclude_from_auth"):
        return
    principal: Principal | None = connection.scope.get("user")
    socket = connection.scope["type"] == ScopeType.WEBSOCKET
    if principal is None:
        if socket:
            raise WebSocketException(detail="Sign in first, or send an API key.", code=SIGN_IN)
        raise SignInNeededError
    if principal.by_badge and not socket and (handler.opt.get(PASSWORD) or needed in principal.withheld):
        raise PasswordNeededError
    if needed is not None and not principal.can(needed):
        if socket:
            raise WebSocketException(detail="The right for this is missing.", code=FORBIDDEN)
        raise MissingRightError(right=str(needed))
