"""Talks to bol."""

from entrepot.connectors.bol.gate import NAME, V10, V11
from entrepot.connectors.bol.market import BolMarket
from entrepot.connectors.bol.notices import BolNotices
from entrepot.connectors.bol.offers import BolOffers
from entrepot.connectors.bol.orders import BolOrders
from entrepot.connectors.bol.returns import BolReturns
from entrepot.connectors.bol.shipments import BolShipments

__all__ = ["NAME", "V10", "V11", "Bol"]


class Bol(BolOrders, BolShipments, BolOffers, BolReturns, BolMarket, BolNotices):
    """One bol retailer account, with everything a seller does on bol."""
