"""Makes every table known: a column that takes its type from another slice's table has none until that is loaded."""

import importlib
import pkgutil

import entrepot

DECLARING = (".models", ".outbox", ".call_log", ".rate_budget")
"""Endings of the modules that declare tables."""


def register_tables() -> None:
    """Import every module that declares tables.  Each process does so once, before its first statement."""
    for module in pkgutil.walk_packages(entrepot.__path__, "entrepot.", onerror=lambda _: None):
        if module.name.endswith(DECLARING) and not module.name.startswith("entrepot.sandbox"):
            importlib.import_module(module.name)
