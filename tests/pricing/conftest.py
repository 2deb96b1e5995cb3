"""The simulated bol of the tests of offers."""

from tests.offers.conftest import shop, world

__all__ = ["shop", "world"]
