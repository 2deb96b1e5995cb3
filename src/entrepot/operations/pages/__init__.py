"""Pages for those who keep it running: runs, calls to the outside, connectors."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.operations.pages import calls, on_orders, passports, runs

__all__ = ["NAV", "ROUTES"]

ROUTES = [*runs.ROUTES, *calls.ROUTES, *passports.ROUTES]
NAV = [
    NavItem(
        section="run", label=N_("Runs"), url="/jobs", icon="list-check", right=Right.JOBS_READ, shortcut="j", order=10
    ),
    NavItem(section="run", label=N_("Calls"), url="/calls", icon="world", right=Right.CHANNELS_READ, order=12),
    NavItem(
        section="run",
        label=N_("Connectors"),
        url="/connectors",
        icon="plug-connected",
        right=Right.CHANNELS_READ,
        order=14,
    ),
]
on_orders.register()
