"""Pages of the price watch, gathered from its parts."""

from typing import Any

from entrepot.access.navigation import NavItem

ROUTES: list[Any] = []
NAV: list[NavItem] = []
