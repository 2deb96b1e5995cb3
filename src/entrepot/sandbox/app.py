"""The sandbox as a web application."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.types import ControllerRouterHandler

from entrepot.sandbox.bol.http import bol_routes
from entrepot.sandbox.control.api import control_api
from entrepot.sandbox.control.desk import Desk
from entrepot.sandbox.control.pages import control_pages
from entrepot.sandbox.dhl.http import dhl_routes
from entrepot.sandbox.express.http import express_routes
from entrepot.sandbox.sendcloud.http import sendcloud_routes
from entrepot.sandbox.temu.notices import Postman
from entrepot.sandbox.temu.routes import temu_routes
from entrepot.sandbox.world import World


def create_sandbox(world: World, more: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """Build the application around a world; tests call it through ``httpx.ASGITransport``.

    Args:
        world: what is simulated.
        more: routes of worlds beside it.
    """
    desk = Desk(world)
    return Litestar(
        [
            *bol_routes(world),
            *express_routes(world),
            *sendcloud_routes(world),
            *dhl_routes(world),
            *temu_routes(world, Postman.of(world)),
            control_api(desk),
            *control_pages(desk, jtl=bool(more)),
            *more,
        ],
        openapi_config=None,
        logging_config=None,
    )
