"""REST API v1 of the price watch, gathered from its parts."""

from typing import Any

from entrepot.pricewatch.alerts import api as alerts
from entrepot.pricewatch.competing import api as competing
from entrepot.pricewatch.history import api as history
from entrepot.pricewatch.watching import api as watching

ROUTES: list[Any] = [*watching.ROUTES, *history.ROUTES, *alerts.ROUTES, *competing.ROUTES]
