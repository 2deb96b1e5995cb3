"""What of offers can be imported from tables."""

from entrepot.offers.prices.importing import IMPORTS

__all__ = ["IMPORTS"]
