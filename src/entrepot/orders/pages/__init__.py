"""Pages of orders."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.orders.invoices.pages import NAV as INVOICE_NAV
from entrepot.orders.invoices.pages import ROUTES as INVOICE_ROUTES
from entrepot.orders.pages.detail import OrderController
from entrepot.orders.pages.entry import EntryController
from entrepot.orders.pages.listing import ListController

__all__ = ["NAV", "ROUTES"]

ROUTES = [ListController, EntryController, OrderController, *INVOICE_ROUTES]
NAV = [
    NavItem(
        section="sell",
        label=N_("Orders"),
        url="/orders",
        icon="shopping-cart",
        right=Right.ORDERS_READ,
        shortcut="o",
        order=10,
    ),
    *INVOICE_NAV,
]
