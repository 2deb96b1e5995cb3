"""The sandbox as a web application."""

from litestar import Litestar

from entrepot.sandbox.bol.http import bol_routes
from entrepot.sandbox.control.api import control_api
from entrepot.sandbox.control.desk import Desk
from entrepot.sandbox.control.pages import control_pages
from entrepot.sandbox.express.http import express_routes
from entrepot.sandbox.world import World


def create_sandbox(world: World) -> Litestar:
    """Build the application around a world; tests call it through ``httpx.ASGITransport``."""
    desk = Desk(world)
    return Litestar(
        [*bol_routes(world), *express_routes(world), control_api(desk), *control_pages(desk)],
        openapi_config=None,
        logging_config=None,
    )
