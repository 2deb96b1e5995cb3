"""Deny by default: every route says which right it needs, and refuses whoever lacks it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute

from entrepot.access.guards import OPTION, PUBLIC
from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from tests.conftest import MakeClient, principal_for

pytestmark = pytest.mark.anyio

PUBLIC_PATHS = {
    "/api/v1",
    "/first-run",
    "/healthz",
    "/hooks/{account_id:uuid}/{secret:str}",
    "/offline",
    "/service-worker.js",
    "/session/language",
    "/set-password/{token:str}",
    "/sign-in",
    "/sign-in/badge",
}
"""Everything that needs no sign-in.  A new entry is a decision, not a habit."""
SOCKET = "WEBSOCKET"
"""No method: what these refuse is tested where they are."""
SCHEMA = "/api/schema"
"""The description of the API says what is possible, and nothing about anyone."""
SAMPLES = {"uuid": str(UUID(int=7)), "int": "7", "str": "x", "path": "x", "date": "2026-01-01", "decimal": "1"}


def handlers(app: Litestar) -> Iterator[tuple[str, str, BaseRouteHandler]]:
    """Yield path, method and handler of every route of ours."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in sorted(handler.http_methods):
                    if method not in {"OPTIONS", "HEAD"}:
                        yield route.path, method, handler
        elif getattr(route, "route_handler", None) is not None:
            yield route.path, SOCKET, route.route_handler


def example(path: str) -> str:
    """Return *path* with something in place of its parameters."""
    parts = []
    for part in path.split("/"):
        name, _, kind = part.strip("{}").partition(":")
        parts.append(SAMPLES[kind] if part.startswith("{") and name else part)
    return "/".join(parts) or "/"


async def test_every_route_declares_what_it_needs(app: Litestar) -> None:
    undeclared = sorted(
        f"{method} {path}"
        for path, method, handler in handlers(app)
        if OPTION not in handler.opt and not path.startswith(SCHEMA)
    )
    assert undeclared == []


async def test_only_known_routes_are_open_to_all(app: Litestar) -> None:
    public = {
        path
        for path, _, handler in handlers(app)
        if handler.opt.get(OPTION) == PUBLIC or handler.opt.get("exclude_from_auth")
    }
    assert {path for path in public if not path.startswith((SCHEMA, "/static/"))} <= PUBLIC_PATHS


async def test_declared_rights_exist(app: Litestar) -> None:
    for path, method, handler in handlers(app):
        right = handler.opt.get(OPTION, PUBLIC)
        assert right in {None, PUBLIC} or right in set(Right), f"{method} {path}"


async def test_every_route_refuses_a_stranger(app: Litestar, make_client: MakeClient) -> None:
    client = await make_client()
    for number, (path, method, handler) in enumerate(handlers(app)):
        if handler.opt.get(OPTION) == PUBLIC or path.startswith(SCHEMA) or method == SOCKET:
            continue
        if number % 100 == 0:
            client = await make_client()  # from another address: one that asks this often is told to wait
        client.headers["accept"] = "application/json"
        answer = await client.request(method, example(path))
        assert answer.status_code == 401, f"{method} {path} answered {answer.status_code}"


async def test_every_route_refuses_a_user_without_its_right(
    app: Litestar, make_client: MakeClient, seller: SellerRef
) -> None:
    """With every right but the one."""
    clients: dict[str, httpx.AsyncClient] = {}
    for path, method, handler in handlers(app):
        right = handler.opt.get(OPTION)
        if right is None or right == PUBLIC or path.startswith(SCHEMA) or method == SOCKET:
            continue
        if right not in clients:
            clients[right] = await make_client(seller, frozenset(Right) - {Right(right)})
            clients[right].headers["accept"] = "application/json"
        answer = await clients[right].request(method, example(path))
        assert answer.status_code == 403, f"{method} {path} answered {answer.status_code}"
        assert answer.json()["type"].endswith("access.missing_right"), f"{method} {path}"


async def test_every_page_that_changes_something_needs_the_csrf_token(
    app: Litestar, make_client: MakeClient, seller: SellerRef
) -> None:
    client = await make_client(seller)
    del client.headers["x-csrftoken"]
    for path, method, _ in handlers(app):
        if method in {"GET", "HEAD", SOCKET} or path.startswith(
            ("/api/", "/hooks/")
        ):  # programs call these, without cookies
            continue
        answer = await client.request(method, example(path))
        assert answer.status_code == 403, f"{method} {path} answered {answer.status_code}"


async def test_no_get_route_changes_anything_by_name(app: Litestar) -> None:
    """A link, an image or a prefetch must not be able to do what a button does."""
    doing = {"delete", "remove", "create", "revoke", "disable", "enable", "cancel", "release"}
    found = [path for path, method, _ in handlers(app) if method == "GET" and doing & set(path.strip("/").split("/"))]
    assert found == []


STREAM = "/live"
"""It ends when the listener leaves."""


@pytest.mark.parametrize("looks_at", ["one seller", "several sellers", "everything", "nothing yet"])
async def test_every_page_answers_whatever_one_looks_at(
    app: Litestar,
    make_client: MakeClient,
    make_seller: Callable[..., Awaitable[SellerRef]],
    seller: SellerRef,
    looks_at: str,
) -> None:
    sellers = {"one seller": (seller,), "nothing yet": ()}.get(looks_at, (seller, await make_seller("Green Cups")))
    who = replace(
        principal_for(seller),
        sellers=sellers,
        seller=seller if looks_at == "one seller" else None,
        everywhere=looks_at in {"everything", "nothing yet"},
    )
    client = await make_client(principal=who)
    broken = []
    for path, method, _ in handlers(app):
        if method == "GET" and path != STREAM:
            answer = await client.get(example(path))
            if answer.status_code >= 500:
                broken.append(f"{path}: {answer.status_code}")
    assert broken == []
