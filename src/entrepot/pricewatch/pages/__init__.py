"""Pages of the price watch, gathered from its parts."""

from typing import Any

from entrepot.access.navigation import NavItem
from entrepot.pricewatch.watching import pages as watching

ROUTES: list[Any] = [*watching.ROUTES]
NAV: list[NavItem] = [*watching.NAV]
