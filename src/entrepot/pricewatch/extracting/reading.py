"""One page, one recipe: the store's selectors first, in their order, then what can be found without."""

from decimal import Decimal

from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Availability, Extraction, Field, Finding, Page, Recipe, Selector
from entrepot.pricewatch.extracting.currencies import currency_named
from entrepot.pricewatch.extracting.document import Document
from entrepot.pricewatch.extracting.generic import Reader
from entrepot.pricewatch.extracting.identity import clean_gtin
from entrepot.pricewatch.extracting.prices import read_price
from entrepot.pricewatch.extracting.selectors import Selecting, write_selector
from entrepot.pricewatch.extracting.structured import state
from entrepot.pricewatch.extracting.visible_stock import state_in_words

BARE = Recipe()
"""No configuration: the page's own words only."""
_MONEY = (Field.PRICE, Field.ORIGINAL_PRICE, Field.SHIPPING)


def extract(page: Page, recipe: Recipe = BARE) -> Extraction:
    """Return what *page* says.  Never raises: a page that says nothing has an empty answer with problems."""
    try:
        return _Reading(Document(page, recipe.locale), recipe).extraction()
    except (ValueError, ArithmeticError, RecursionError, MemoryError, LookupError, TypeError, AttributeError) as error:
        # Pages are made by strangers; whatever they break, the check of one listing must not stop the others.
        return Extraction(problems=(f"The page could not be read ({type(error).__name__}).",))


class _Reading:
    def __init__(self, document: Document, recipe: Recipe) -> None:
        self.document, self.recipe = document, recipe
        self.findings: list[Finding] = []
        self.problems: list[str] = []
        self.selected: dict[Field, str] = {}
        self.currency = ""

    def extraction(self) -> Extraction:
        selecting = Selecting(self.document)
        for field in Field:
            mine = [selector for selector in self.recipe.selectors if selector.field is field]
            if mine and not any(self._select(selecting, selector) for selector in mine):
                shown = ", ".join(write_selector(selector) for selector in mine)
                self.problems.append(f"No selector for {field.value} found anything: {shown[:300]}.")
        generic = Reader(self.document, self.recipe.currency, self._wanted()).answers() if self.recipe.generic else None
        if generic:
            self.findings.extend(finding for finding in generic.findings if finding.field not in self.selected)
        return self._joined(generic or Extraction())

    def _wanted(self) -> frozenset[Field]:
        return frozenset(Field) - self.selected.keys()

    def _select(self, selecting: Selecting, selector: Selector) -> bool:
        text, where = selecting.find(selector)
        if not text or not self._is_answer(selector.field, text):
            return False
        self.selected[selector.field] = text
        self.findings.append(Finding(selector.field, text[:300], selector.kind.value, where))
        return True

    def _is_answer(self, field: Field, text: str) -> bool:
        if field in _MONEY:
            return self._amount(text) is not None or (
                field is Field.SHIPPING and not any(sign.isdigit() for sign in text)
            )
        if field is Field.CURRENCY:
            return bool(self._currency(text))
        if field is Field.PACK:
            return any(sign.isdigit() for sign in text)
        return True

    def _amount(self, text: str) -> Decimal | None:
        found = read_price(text, self.document.locale, self.recipe.currency, self.document.country)
        if found is None:
            return None
        return found.amount

    def _currency(self, text: str) -> str:
        found = read_price(f"1 {text}", self.document.locale, "", self.document.country)
        return currency_named(text) or (found.currency if found else "")

    def _joined(self, generic: Extraction) -> Extraction:
        said = self.selected
        price_text = said.get(Field.PRICE)
        price, currency = generic.price, generic.currency
        if price_text is not None:
            found = read_price(price_text, self.document.locale, "", self.document.country)
            marked = read_price(price_text, self.document.locale, self.recipe.currency, self.document.country)
            price = marked.amount if marked else None
            named = found.currency if found else ""
            currency = (
                named
                or (marked.currency if marked and self.recipe.currency and not generic.currency else "")
                or generic.currency
                or self.recipe.currency
            )
        if Field.CURRENCY in said:
            currency = self._currency(said[Field.CURRENCY])
        if currency and self.recipe.currency and currency != self.recipe.currency:
            self.problems.append(
                f"The page says {currency}, the store expects {self.recipe.currency}: nothing was converted."
            )
        if price is not None and not currency:
            self.problems.append(N_("The currency of the price could not be decided: set the store's currency."))
        if price is None:
            self.problems.append(N_("No price was found."))
        original = self._amount(said[Field.ORIGINAL_PRICE]) if Field.ORIGINAL_PRICE in said else generic.original_price
        shipping = (self._amount(said[Field.SHIPPING]) or Decimal(0)) if Field.SHIPPING in said else generic.shipping
        return Extraction(
            price=price,
            original_price=original if original is not None and price is not None and original > price else None,
            currency=currency if price is not None or Field.CURRENCY in said else "",
            availability=self._availability(generic),
            sku=said.get(Field.SKU, generic.sku)[:100],
            gtin=clean_gtin(said[Field.GTIN]) if Field.GTIN in said else generic.gtin,
            mpn=said.get(Field.MPN, generic.mpn)[:100],
            brand=said.get(Field.BRAND, generic.brand)[:200],
            title=said.get(Field.TITLE, generic.title)[:500],
            image=said.get(Field.IMAGE, generic.image)[:2_000],
            shipping=shipping,
            pack=self._pack(said[Field.PACK]) if Field.PACK in said else generic.pack,
            findings=tuple(self.findings),
            problems=tuple(self.problems),
        )

    def _availability(self, generic: Extraction) -> Availability:
        text = self.selected.get(Field.AVAILABILITY)
        if text is None:
            return generic.availability
        declared = state(text)
        return declared if declared is not Availability.UNKNOWN else state_in_words(text)

    @staticmethod
    def _pack(text: str) -> int | None:
        digits = "".join(sign if sign.isdigit() and sign.isascii() else " " for sign in text[:100]).split()
        return int(digits[0]) if digits and 0 < int(digits[0][:6]) < 100_000 else None  # noqa: PLR2004
