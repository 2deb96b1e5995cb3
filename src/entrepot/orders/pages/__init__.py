"""Pages of orders."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.orders.pages.detail import OrderController
from entrepot.orders.pages.entry import EntryController
from entrepot.orders.pages.listing import ListController

__all__ = ["NAV", "ROUTES"]

ROUTES = [ListController, EntryController, OrderController]
NAV = [
    NavItem(
        section="sell",
        label=N_("Orders"),
        url="/orders",
        icon="shopping-cart",
        right=Right.ORDERS_READ,
        shortcut="o",
        order=10,
    )
]
