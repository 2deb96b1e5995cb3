"""An account connected to a simulated bol."""

from tests.offers.conftest import shop, world

__all__ = ["shop", "world"]
