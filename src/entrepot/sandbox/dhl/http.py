"""DHL's addresses."""

from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.dhl.service import DhlService
from entrepot.sandbox.http import served, switchboard
from entrepot.sandbox.world import World


def dhl_routes(world: World) -> list[HTTPRouteHandler]:
    """DHL's API."""
    service = DhlService(world)
    return [switchboard(served(world, service, service.endpoints()))]
