"""Litestar's application, made for a thousand routes."""

from collections.abc import Sequence
from typing import override

from litestar import Litestar
from litestar.routes import BaseRoute, HTTPRoute, WebSocketRoute
from litestar.types.internal_types import RouteHandlerMapItem


class Application(Litestar):
    """Remembers which handlers its paths have: asked for each path as it comes, Litestar looks through all others."""

    _looked_at: Sequence[BaseRoute]
    _handlers: dict[str, RouteHandlerMapItem]

    @property
    @override
    def route_handler_method_map(self) -> dict[str, RouteHandlerMapItem]:
        routes = list(self.routes)
        looked_at = getattr(self, "_looked_at", [])
        if routes[: len(looked_at)] != looked_at:  # a path got another handler: its route is another one
            looked_at = []
        if not looked_at:
            self._handlers = {}
        for route in routes[len(looked_at) :]:
            handlers = self._handlers.setdefault(route.path, {})
            if isinstance(route, HTTPRoute):
                handlers.update(
                    {method: handler for handler in route.route_handlers for method in handler.http_methods}
                )
            else:
                handlers["websocket" if isinstance(route, WebSocketRoute) else "asgi"] = route.route_handler
        self._looked_at = routes
        return self._handlers
