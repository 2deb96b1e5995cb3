"""Sandbox Express's addresses."""

from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.express.service import ExpressService
from entrepot.sandbox.http import served, switchboard
from entrepot.sandbox.world import World


def express_routes(world: World) -> list[HTTPRouteHandler]:
    """The carrier's API."""
    service = ExpressService(world)
    return [switchboard(served(world, service, service.endpoints()))]
