"""Finds what each slice puts on the web: ``ROUTES`` and ``NAV`` of its ``pages`` and ``api`` modules."""

import importlib
import importlib.util
from functools import cache
from typing import Any

from entrepot.access.navigation import NavItem

SLICES = (
    "access",
    "jobs",
    "imports",
    "messaging",
    "catalog",
    "documents",
    "printing",
    "channels",
    "erp",
    "inventory",
    "offers",
    "pricewatch",
    "orders",
    "fulfilment",
    "pricing",
    "returns",
    "flows",
    "insights",
    "operations",
)
"""Every package that may have pages or an API, in the order their routes are registered."""


@cache
def routes() -> list[Any]:
    """Return the controllers and handlers of every slice."""
    return [route for module in _modules() for route in getattr(module, "ROUTES", ())]


@cache
def navigation_items() -> tuple[NavItem, ...]:
    """Return the navigation entries of every slice."""
    return tuple(item for module in _modules() for item in getattr(module, "NAV", ()))


@cache
def _modules() -> tuple[Any, ...]:
    names = [f"entrepot.{slice_}.{kind}" for slice_ in SLICES for kind in ("pages", "api", "http")]
    found: list[Any] = []
    for name in names:
        package = name.rpartition(".")[0]
        if importlib.util.find_spec(package) is not None and importlib.util.find_spec(name) is not None:
            found.append(importlib.import_module(name))
    return tuple(found)
