"""Read product pages: by a store's selectors, and without any; prices as people of many countries write them."""

from entrepot.pricewatch.extracting.prices import read_price, write_price
from entrepot.pricewatch.extracting.reading import BARE, extract
from entrepot.pricewatch.extracting.replaying import replay
from entrepot.pricewatch.extracting.selectors import check_selector, parse_selector, write_selector

__all__ = [
    "BARE",
    "check_selector",
    "extract",
    "parse_selector",
    "read_price",
    "replay",
    "write_price",
    "write_selector",
]
