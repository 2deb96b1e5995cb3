"""What the pages and the API of access need of a request, and the cookie of a session."""

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.response import Redirect
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.domain import SESSION_LIFE
from entrepot.access.errors import NotAUserError
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.service import Authenticated
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope

type Network = IPv4Network | IPv6Network

SESSION_COOKIE = "entrepot_session"
DEVICE_COOKIE = "entrepot_device"
TOKEN_MOST = 128
DEVICE_LIFE = 2 * 365 * 24 * 3600
UNPROCESSABLE = 422


async def provide_wide(request: Request[Any, Any, Any], session: NamedDependency[AsyncSession]) -> AsyncSession:
    """Widen the transaction of this request, because people, roles and sessions belong to no seller.

    What the caller may see and change of them, the services and views of access decide.
    """
    database: Database = request.app.state.database
    await database.widen(session, Scope.all_sellers())
    return session


def see_other(path: str) -> Redirect:
    """Send the browser on to *path* after a form was accepted, so that reloading does not send it again."""
    return Redirect(path, status_code=303)


def managed_sellers(principal: Principal) -> set[UUID] | None:
    """Return the sellers whose people *principal* manages; None: everyone's."""
    if Right.USERS_MANAGE in principal.instance_rights:
        return None
    return {principal.seller.id} if principal.seller else {seller.id for seller in principal.sellers}


def own_session(request: Request[Any, Any, Any]) -> tuple[UUID, UUID | None]:
    """Return the caller's user id, and the id of the session they came with.

    Raises:
        NotAUserError: a program of a seller calls, which is no user.
    """
    auth: Authenticated | None = request.scope.get("auth")
    if auth is not None and auth.user_id is not None:
        return auth.user_id, auth.credential_id if auth.kind == "session" else None
    principal: Principal = request.scope["user"]
    if principal.actor.kind != "user":
        raise NotAUserError
    return UUID(principal.actor.id), None


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return where the request comes from: what trusted proxies say of it, else who connected.

    The header is read from its end, where the proxy nearest to us wrote, and up to the first address that is no trusted
    proxy: what stands before that, anyone can have written.
    """
    address = connection.client.host if connection.client else ""
    trusted: list[Network] = connection.app.state.settings.trusted_proxies
    # Some proxies add a header of their own instead of prolonging the one they got.
    said = ",".join(connection.headers.getall("x-forwarded-for", []))
    for entry in reversed([part.strip() for part in said.split(",")]):
        if not _within(address, trusted):
            break
        try:
            address = str(ip_address(entry))
        except ValueError:
            break
    return address


def _within(address: str, networks: list[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


def is_loopback(address: str) -> bool:
    """Tell whether *address* is this machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def user_agent(request: Request[Any, Any, Any]) -> str:
    """Return what the browser calls itself, without what could break a page or a log line."""
    return "".join(letter for letter in request.headers.get("user-agent", "") if letter.isprintable())[:200]


def keep_session(response: Response[Any], request: Request[Any, Any, Any], token: str) -> None:
    """Put a session's token into the browser."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        httponly=True,
        secure=request.app.state.settings.secure_cookies,
        samesite="lax",
    )


def drop_session(response: Response[Any]) -> None:
    """Take the session's token out of the browser."""
    response.delete_cookie(SESSION_COOKIE, path="/")


def device_token(request: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the token of an enrolled device, as the browser shows it; empty if it has none."""
    token = request.cookies.get(DEVICE_COOKIE, "")
    return token if len(token) < TOKEN_MOST else ""


def keep_device(response: Response[Any], request: Request[Any, Any, Any], token: str) -> None:
    """Let the browser remember that it is an enrolled device."""
    response.set_cookie(
        DEVICE_COOKIE,
        token,
        max_age=DEVICE_LIFE,
        path="/",
        httponly=True,
        secure=request.app.state.settings.secure_cookies,
        samesite="lax",
    )
