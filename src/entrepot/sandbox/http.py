"""Puts the endpoints of the world's services onto the web framework."""

import re
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.wire import Answer, Call, Endpoint, Service, answer
from entrepot.sandbox.world import World

_PARAMETER = re.compile(r"{([a-z-]+)}")


def routes[Caller](
    world: World, service: Service[Caller], endpoints: Iterable[Endpoint[Caller]]
) -> list[HTTPRouteHandler]:
    """One route per endpoint."""
    return [_route(endpoint, _handler(world, service, endpoint)) for endpoint in endpoints]


def _route[Caller](endpoint: Endpoint[Caller], handler: Callable[..., Any]) -> HTTPRouteHandler:
    path = _PARAMETER.sub(lambda found: "{" + found[1].replace("-", "_") + ":str}", endpoint.path)
    return HTTPRouteHandler(path, http_method=endpoint.method, name=endpoint.name, status_code=200)(handler)


def _handler[Caller](
    world: World, service: Service[Caller], endpoint: Endpoint[Caller]
) -> Callable[[Request[Any, Any, State]], Coroutine[None, None, Response[bytes]]]:
    async def handle(request: Request[Any, Any, State]) -> Response[bytes]:
        return respond(await answer(world, service, endpoint, await read(request)))

    return handle


async def read(request: Request[Any, Any, State]) -> Call:
    """What the request says, freed of the web framework."""
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=_joined(request.query_params.multi_items()) if query else {},
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=await request.body(),
        parameters={name.replace("_", "-"): str(value) for name, value in request.path_params.items()},
        address=f"{scope['path']}?{query}" if query else scope["path"],
    )


def respond(reply: Answer) -> Response[bytes]:
    """The answer as the web framework wants it."""
    return Response(reply.body, status_code=reply.status, media_type=reply.media_type, headers=dict(reply.headers))


def _joined(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The query; a name that comes more than once has its values joined by commas, as in an OpenAPI array."""
    query: dict[str, str] = {}
    for name, value in pairs:
        query[name] = f"{query[name]},{value}" if name in query else str(value)
    return query
