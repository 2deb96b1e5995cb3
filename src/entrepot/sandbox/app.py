"""The sandbox as a web application."""

from collections.abc import Callable, Mapping, Sequence

from litestar import Litestar
from litestar.types import ASGIApp, ControllerRouterHandler, Receive, Scope, Send

from entrepot.sandbox.bol.http import bol_routes
from entrepot.sandbox.control.api import control_api
from entrepot.sandbox.control.desk import Desk
from entrepot.sandbox.control.pages import control_pages
from entrepot.sandbox.dhl.http import dhl_routes
from entrepot.sandbox.express.http import express_routes
from entrepot.sandbox.rivals.routes import market_routes
from entrepot.sandbox.sendcloud.http import sendcloud_routes
from entrepot.sandbox.shops.http import shop_routes
from entrepot.sandbox.shops.routes import shop_control
from entrepot.sandbox.temu.notices import Postman
from entrepot.sandbox.temu.routes import temu_routes
from entrepot.sandbox.world import World

type Make = Callable[[], Sequence[ControllerRouterHandler]]

_DESK = ""
"""Where everything goes that belongs to no simulated system: the sandbox's own pages and API."""


class Sandbox:
    """The systems of one world, each made when somebody first asks it something.

    Args:
        parts: what makes the routes of a part, by the beginning of its paths; the longest that fits counts.
    """

    def __init__(self, parts: Mapping[str, Make]) -> None:
        self._parts = dict(sorted(parts.items(), key=lambda part: -len(part[0])))
        self._made: dict[Make, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to its part; the life of the application is that of the desk."""
        path = str(scope.get("path", ""))
        make = next(make for start, make in self._parts.items() if path.startswith(start))
        if make not in self._made:
            self._made[make] = Litestar(make(), openapi_config=None, logging_config=None)
        await self._made[make](scope, receive, send)


def create_sandbox(world: World, more: Sequence[ControllerRouterHandler] = ()) -> Sandbox:
    """Build the application around a world; tests call it through ``httpx.ASGITransport``.

    Args:
        world: what is simulated.
        more: routes of worlds beside it.
    """

    def bol() -> Sequence[ControllerRouterHandler]:
        return bol_routes(world)

    def temu() -> Sequence[ControllerRouterHandler]:
        return temu_routes(world, Postman.of(world))

    def market() -> Sequence[ControllerRouterHandler]:
        return market_routes(world)

    def shops() -> Sequence[ControllerRouterHandler]:
        return [*shop_control(world), *shop_routes(world)]

    def desk() -> Sequence[ControllerRouterHandler]:
        own = Desk(world)
        return [control_api(own), *control_pages(own, jtl=bool(more)), *more]

    return Sandbox(
        {
            "/retailer": bol,
            "/shared": bol,
            "/token": bol,
            "/carrier": lambda: express_routes(world),
            "/sendcloud": lambda: sendcloud_routes(world),
            "/dhl": lambda: dhl_routes(world),
            "/openapi": temu,
            "/temu": temu,
            "/sandbox/api/temu": temu,
            "/market": market,
            "/sandbox/api/market": market,
            "/shops": shops,
            "/sandbox/api/shops": shops,
            "/searxng": shops,
            "/api/article": shops,
            "/robots.txt": shops,
            _DESK: desk,
        }
    )
