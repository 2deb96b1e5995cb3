"""Invoices of ERPs and billing programs: they become orders, each of them once, and none gets lost in between."""
