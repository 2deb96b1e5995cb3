"""REST API v1 of the price watch, gathered from its parts."""

from typing import Any

from entrepot.pricewatch.watching import api as watching

ROUTES: list[Any] = [*watching.ROUTES]
