"""Warehouses, locations, stock levels, ledger, lots, reservations, counts: what we own and whom it is promised."""
