"""REST API v1 of the price watch, gathered from its parts."""

from typing import Any

ROUTES: list[Any] = []
