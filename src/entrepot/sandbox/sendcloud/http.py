"""Sendcloud's addresses."""

from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.http import served, switchboard
from entrepot.sandbox.sendcloud.service import SendcloudService
from entrepot.sandbox.world import World


def sendcloud_routes(world: World) -> list[HTTPRouteHandler]:
    """Sendcloud's API."""
    service = SendcloudService(world)
    return [switchboard(served(world, service, service.endpoints()))]
