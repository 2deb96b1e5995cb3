"""The shop of the tests of watching."""

from tests.pricewatch.watching.conftest import outside, shop, watch

__all__ = ["outside", "shop", "watch"]
