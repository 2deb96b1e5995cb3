"""Invoices and their sources for programs."""

from entrepot.orders.invoices.api import invoices, sources

ROUTES = [*invoices.ROUTES, *sources.ROUTES]
