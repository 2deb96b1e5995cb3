"""Who makes the request: the session cookie, an API key or an access token becomes a principal.

One query per request, before its transaction, that sees all sellers, because until it has answered nobody knows whose
rows to show.  Nothing is cached: what is revoked or changed counts from the next request on.
"""

import asyncio
import hmac
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import PermissionDeniedException
from litestar.middleware import ASGIMiddleware
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy.exc import SQLAlchemyError

from entrepot.access.credentials import KeyCredential, read_authorization
from entrepot.access.http import SESSION_COOKIE
from entrepot.access.service import Authenticated, AuthenticationService
from entrepot.kit.database import Database
from entrepot.kit.errors import UnavailableError
from entrepot.kit.scope import Scope as SellerScope

TOKEN_LIMIT = 128
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"
STATIC = "/static/"

log = structlog.get_logger()


class Authentication(ASGIMiddleware):
    """Sets ``scope["user"]`` to the principal or None, and ``scope["auth"]`` to the :class:`Authenticated` behind it.

    ``Authorization`` counts under ``/api/`` only, so that a page never answers to a key.  The cookie counts everywhere;
    under ``/api/``, where the application leaves CSRF to us, it may change something only with the CSRF header that
    pages send.
    """

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    def __init__(self) -> None:
        self._touches: set[asyncio.Task[None]] = set()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        seen = None if scope["path"].startswith(STATIC) else await self._authenticate(connection)
        if seen is not None and seen.kind == "session" and scope["path"].startswith(API):
            if scope["type"] == ScopeType.WEBSOCKET:
                seen = seen if from_own_page(connection) else None
            else:
                require_csrf(connection)
        scope["user"] = seen.principal if seen else None
        scope["auth"] = seen
        if seen is not None and seen.stale and not (seen.principal.by_badge and _by_itself(connection)):
            self._touch_later(connection.app.state.database, seen)
        await next_app(scope, receive, send)

    async def _authenticate(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Authenticated | None:
        database: Database = connection.app.state.database
        header = connection.headers.get("authorization", "")
        if header and connection.scope["path"].startswith(API):
            credential = read_authorization(header)
            if credential is None:
                return None  # a broken key never falls back on the cookie
            async with database.glance() as session:
                service = AuthenticationService(session)
                if isinstance(credential, KeyCredential):
                    return await service.by_key(credential)
                return await service.by_token(credential)
        token = connection.cookies.get(SESSION_COOKIE, "")
        if not token or len(token) > TOKEN_LIMIT:
            return None
        async with database.glance() as session:
            return await AuthenticationService(session).by_session(token)

    def _touch_later(self, database: Database, seen: Authenticated) -> None:
        """Note the use beside the request, not in its way."""
        task = asyncio.create_task(_touch(database, seen), name="touch-credential")
        self._touches.add(task)
        task.add_done_callback(self._touches.discard)


async def _touch(database: Database, seen: Authenticated) -> None:
    try:
        async with database.transaction(SellerScope.all_sellers()) as session:
            await AuthenticationService(session).touch(seen)
    except (UnavailableError, SQLAlchemyError) as error:
        log.warning("last_seen_lost", kind=seen.kind, error=str(error))


def _by_itself(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Tell whether a page asks, and nobody's hand: the live stream, and pieces of pages that follow it.

    A session opened with a badge ends soon after its holder walked away, although the screen goes on showing the floor.
    """
    if connection.scope["type"] != ScopeType.HTTP:
        return True
    piece = "hx-request" in connection.headers and connection.scope["method"] == "GET"
    return piece or connection.scope["path"] == "/live"


def authentication() -> Authentication:
    """Return the middleware that the application puts before its guard."""
    return Authentication()


def from_own_page(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Tell whether a WebSocket was opened by a page of this hub: browsers let every page open one, cookies included."""
    return urlsplit(connection.headers.get("origin", "")).netloc == connection.headers.get("host", "")


def require_csrf(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse a change that a foreign page could have sent with the user's cookie.

    Raises:
        PermissionDeniedException: the header does not repeat the cookie, or neither is ours.
    """
    config = connection.app.csrf_config
    if connection.scope["method"] in SAFE_METHODS or config is None:  # type: ignore[typeddict-item]  # HTTP scopes only
        return
    header, cookie = connection.headers.get(config.header_name, ""), connection.cookies.get(config.cookie_name, "")
    secret, proof = header[:CSRF_SECRET_LENGTH], header[CSRF_SECRET_LENGTH:]
    genuine = hmac.compare_digest(proof.encode(), generate_csrf_hash(token=secret, secret=config.secret).encode())
    if not genuine or not hmac.compare_digest(header.encode(), cookie.encode()):
        raise PermissionDeniedException("CSRF token verification failed")
