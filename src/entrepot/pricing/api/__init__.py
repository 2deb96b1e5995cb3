"""REST API v1 of pricing."""

from entrepot.pricing.api import backtests, groups, prices

ROUTES = [*groups.ROUTES, *prices.ROUTES, *backtests.ROUTES]
