"""Pages of pricing."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.pricing.pages import analytics, backtests, costs, exchange, governor, groups, overview, rules

ROUTES = [
    *overview.ROUTES,
    *groups.ROUTES,
    *rules.ROUTES,
    *governor.ROUTES,
    *costs.ROUTES,
    *analytics.ROUTES,
    *exchange.ROUTES,
    *backtests.ROUTES,
]
NAV = [
    NavItem(
        section="prices",
        label=N_("Repricing"),
        url="/pricing",
        icon="adjustments-dollar",
        right=Right.PRICING_READ,
        shortcut="",
        order=60,
    ),
]
