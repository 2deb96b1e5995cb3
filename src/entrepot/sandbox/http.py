"""Puts the endpoints of the world's services onto the web framework."""

import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.wire import Answer, Call, Endpoint, Method, Service, answer
from entrepot.sandbox.world import World

_PARAMETER = re.compile(r"{([a-z-]+)}")

type Serve = Callable[[Call], Coroutine[None, None, Answer]]


class Served(msgspec.Struct, frozen=True):
    """Where an endpoint is found, and what answers there."""

    method: Method
    path: str
    serve: Serve


def served[Caller](world: World, service: Service[Caller], endpoints: Iterable[Endpoint[Caller]]) -> list[Served]:
    """The endpoints of one service of the world."""
    return [Served(one.method, one.path, partial(answer, world, service, one)) for one in endpoints]


def switchboard(lines: Sequence[Served]) -> HTTPRouteHandler:
    """One route for many endpoints: a route of the framework for each would take longer to make than to use."""
    found: defaultdict[str, list[tuple[re.Pattern[str], Serve]]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: [part.startswith("{") for part in line.path.split("/")]):
        found[line.method].append((_pattern(line.path), line.serve))

    @route("/{path:path}", http_method=[HttpMethod(method) for method in found], status_code=200)
    async def handle(request: Request[Any, Any, State]) -> Response[bytes]:
        for pattern, serve in found[request.method]:
            if match := pattern.fullmatch(request.scope["path"].rstrip("/")):
                return respond(await serve(await read(request, match.groupdict())))
        raise NotFoundException

    return handle


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub(lambda found: f"(?P<{found[1].replace('-', '_')}>[^/]+)", path))


async def read(request: Request[Any, Any, State], parameters: Mapping[str, str] | None = None) -> Call:
    """What the request says, freed of the web framework."""
    scope = request.scope
    query = scope["query_string"].decode("latin-1")
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=_joined(request.query_params.multi_items()) if query else {},
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=await request.body(),
        parameters={name.replace("_", "-"): value for name, value in (parameters or {}).items()},
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
