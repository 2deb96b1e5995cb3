"""Pages of invoices, and what they put on the pages of orders."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.kit.text import N_
from entrepot.orders.invoices.pages import gaps, importing, listing, on_orders, sources

on_orders.register()

ROUTES = [*listing.ROUTES, *gaps.ROUTES, *sources.ROUTES, *importing.ROUTES]
NAV = [
    NavItem(
        section="sell",
        label=N_("Invoices"),
        url="/orders/invoices",
        icon="file-text",
        right=Right.ORDERS_READ,
        order=15,
    )
]
