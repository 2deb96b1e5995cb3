"""bol.com's addresses."""

from litestar.handlers import HTTPRouteHandler

from entrepot.sandbox.bol.labels import BolLabels
from entrepot.sandbox.bol.market import BolMarket
from entrepot.sandbox.bol.offers import BolOffers
from entrepot.sandbox.bol.orders import BolOrders
from entrepot.sandbox.bol.processes import BolProcesses
from entrepot.sandbox.bol.reports import BolReports
from entrepot.sandbox.bol.returns import BolReturns
from entrepot.sandbox.bol.service import BolService
from entrepot.sandbox.bol.shipments import BolShipments
from entrepot.sandbox.bol.subscriptions import BolSubscriptions
from entrepot.sandbox.bol.token import BolLogin
from entrepot.sandbox.http import served, switchboard
from entrepot.sandbox.world import World


def bol_routes(world: World) -> list[HTTPRouteHandler]:
    """Log-in, Retailer API, shared API and Offers API, as on bol.com's hosts but all on one."""
    service = BolService(world)
    parts = (
        BolOrders(service),
        BolShipments(service),
        BolProcesses(service),
        BolReports(service),
        BolOffers(service),
        BolLabels(service),
        BolReturns(service),
        BolMarket(service),
        BolSubscriptions(service),
    )
    endpoints = [endpoint for part in parts for endpoint in part.endpoints()]
    login = BolLogin(service)
    return [switchboard([*served(world, service, endpoints), *served(world, login, login.endpoints())])]
