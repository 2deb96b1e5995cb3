"""Pages of the price watch, gathered from its parts."""

from typing import Any

from entrepot.access.navigation import NavItem
from entrepot.pricewatch.alerts import pages as alerts
from entrepot.pricewatch.competing import pages as competing
from entrepot.pricewatch.history import pages as history
from entrepot.pricewatch.pictures import pages as pictures
from entrepot.pricewatch.watching import pages as watching

ROUTES: list[Any] = [*watching.ROUTES, *history.ROUTES, *alerts.ROUTES, *competing.ROUTES, *pictures.ROUTES]
NAV: list[NavItem] = [*watching.NAV, *history.NAV, *alerts.NAV, *competing.NAV]
