"""The dashboard, the search, and the reports."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.insights.pages import daily, dashboard, history, reports
from entrepot.kit.text import N_

ROUTES = [*dashboard.ROUTES, *reports.ROUTES, *history.ROUTES, *daily.ROUTES]
NAV = [
    NavItem(section="sell", label=N_("Dashboard"), url="/", icon="dashboard", shortcut="d", order=0),
    NavItem(
        section="floor",
        label=N_("Reports"),
        url="/reports",
        icon="chart-bar",
        right=Right.FULFILMENT_READ,
        order=80,
    ),
]
