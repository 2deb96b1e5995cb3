"""Read a page without configuration: what it declares, weighed against what it shows."""

from decimal import Decimal
from urllib.parse import urljoin

from entrepot.pricewatch.extracting.contract import GENERIC, Availability, Extraction, Field, Finding
from entrepot.pricewatch.extracting.currencies import currency_named, currency_of, meaning
from entrepot.pricewatch.extracting.document import Document, words_of
from entrepot.pricewatch.extracting.embedded import embedded_claim
from entrepot.pricewatch.extracting.extras import pack_of, shipping_of
from entrepot.pricewatch.extracting.identity import clean_gtin, labels_of, sku_of
from entrepot.pricewatch.extracting.prices import machine_number, may_precede
from entrepot.pricewatch.extracting.structured import (
    Claim,
    json_ld_claims,
    main_claims,
    meta_claim,
    microdata_claims,
    state,
)
from entrepot.pricewatch.extracting.visible_price import Candidate, Prices, priced_words, struck_out
from entrepot.pricewatch.extracting.visible_stock import visible_state

STRONG = 8.5
"""A price shown so clearly that it counts more than a declared one that is shown nowhere."""


BESIDE = 17.0
"""How much less a struck-out price may score and still belong to the same product."""


class Reader:
    """One generic reading of one page: every answer with its evidence."""

    def __init__(self, document: Document, currency: str = "", wanted: frozenset[Field] = frozenset(Field)) -> None:
        self.document = document
        self.wanted = wanted
        self.expected = currency
        self.findings: list[Finding] = []
        self.labels = labels_of(document) if wanted & {Field.SKU, Field.GTIN, Field.MPN} else {}
        self.claims: list[Claim] = []
        ld = main_claims(json_ld_claims(document), document)
        micro = main_claims(microdata_claims(document), document)
        self.variants = (
            [claim for claim in ld if claim.name == ld[0].name and Field.AVAILABILITY in claim.texts]
            if len(ld) > 1
            else []
        )
        """The same product declared once for each size or colour: one that is there is enough."""
        self.claims = [*ld[:1], *micro[:1], meta_claim(document)]

    def answers(self) -> Extraction:
        """Return every wanted answer."""
        price, original, currency = (
            self.price() if {Field.PRICE, Field.CURRENCY, Field.ORIGINAL_PRICE} & self.wanted else (None, None, "")
        )
        wanted = self.wanted
        return Extraction(
            price=price,
            original_price=original,
            currency=currency,
            availability=self.availability(priced=price is not None)
            if Field.AVAILABILITY in wanted
            else Availability.UNKNOWN,
            sku=self.sku() if Field.SKU in wanted else "",
            gtin=self.gtin() if Field.GTIN in wanted else "",
            mpn=(self.labelled(Field.MPN) or self.declared(Field.MPN)) if Field.MPN in wanted else "",
            brand=self.declared(Field.BRAND) if Field.BRAND in wanted else "",
            title=self.title() if Field.TITLE in wanted else "",
            image=self.image() if Field.IMAGE in wanted else "",
            shipping=self.shipping() if Field.SHIPPING in wanted else None,
            pack=self.pack() if Field.PACK in wanted else None,
            findings=tuple(self.findings),
        )

    def gtin(self) -> str:
        """Return the GTIN that is declared, or stands behind its name, and adds up."""
        return clean_gtin(self.declared(Field.GTIN)) or self.labelled(Field.GTIN)

    def labelled(self, field: Field) -> str:
        """Return what stands behind a label in the page's words."""
        value, text = self.labels.get(field, ("", ""))
        if value:
            self.found(field, text, GENERIC, "label")
        return value

    def pack(self) -> int | None:
        """Return how many pieces the title promises."""
        pieces = pack_of(title := self.title())
        if pieces is not None:
            self.found(Field.PACK, title, GENERIC, "title")
        return pieces

    def image(self) -> str:
        """Return the address of the picture."""
        said = self.declared(Field.IMAGE)
        try:
            return urljoin(self.document.url, said) if said else ""
        except ValueError:
            return ""

    def shipping(self) -> Decimal | None:
        """Return the price of shipping: declared, else said."""
        if said := self.declared(Field.SHIPPING):
            return machine_number(said, self.document.locale)
        amount, text = shipping_of(self.document)
        if amount is not None:
            self.found(Field.SHIPPING, text, GENERIC, "words")
        return amount

    def found(self, field: Field, text: object, strategy: str, where: str) -> None:
        self.findings.append(Finding(field, str(text)[:300], strategy, where))

    def declared(self, field: Field) -> str:
        """Return the first declared text for *field*, and note where."""
        for claim in self.claims:
            if field in claim.texts:
                text, where = claim.texts[field]
                words = str(text).strip()[:500]
                if words:
                    self.found(field, words, claim.kind.value, where)
                    return words
        return ""

    def currency(self, mark: str = "", claim: Claim | None = None) -> str:
        """Decide the currency: what stands with the price, then what the page says elsewhere, then the store's."""
        for each in [claim] if claim else self.claims:
            if Field.CURRENCY in each.texts:
                named = currency_named(str(each.texts[Field.CURRENCY][0]))
                if named and (not mark or meaning(mark, self.document.country, named) in {named, ""}):
                    return named
        if mark:
            return meaning(mark, self.document.country, self.expected)
        return self.expected or currency_of(self.document.country)

    def price(self) -> tuple[Decimal | None, Decimal | None, str]:
        """Return price, original price and currency."""
        document = self.document
        prices = Prices(document, declared=any(Field.PRICE in claim.texts for claim in self.claims))
        for claim in self.claims:
            if Field.PRICE not in claim.texts:
                continue
            text, where = claim.texts[Field.PRICE]
            declared = machine_number(
                text, document.locale, currency_named(str(claim.texts.get(Field.CURRENCY, ("", ""))[0]))
            )
            if declared is None or declared <= 0:
                continue
            if not prices.shows(declared) and prices.best is not None and prices.best.score > STRONG:
                break
            self.found(Field.PRICE, text, claim.kind.value, where)
            original = self.original(prices, declared)
            currency = self.currency("", claim)
            if not currency and prices.best is not None:
                currency = self.currency(prices.best.mark)
            return declared, original, currency
        best = prices.best or priced_words(document)
        if best is None:
            return self.embedded_price()
        self.found(Field.PRICE, best.text, GENERIC, best.where)
        return best.amount, self.original(prices, best.amount, best), self.currency(best.mark)

    def embedded_price(self) -> tuple[Decimal | None, Decimal | None, str]:
        """Return the price in the data that a browser would draw the page from."""
        claim = embedded_claim(self.document)
        if claim is None:
            return None, None, ""
        self.claims.append(claim)
        text, where = claim.texts[Field.PRICE]
        amount = machine_number(text, self.document.locale)
        if amount is None or amount <= 0:
            return None, None, ""
        self.found(Field.PRICE, text, claim.kind.value, where)
        return amount, None, self.currency("", claim)

    def original(self, prices: Prices, price: Decimal, best: Candidate | None = None) -> Decimal | None:
        """Return what it cost before: declared, or struck out beside the price."""
        if said := self.declared(Field.ORIGINAL_PRICE):
            amount = machine_number(said, self.document.locale)
            if amount is not None and may_precede(amount, price):
                return amount
        for each in prices.before(price, best, lower=BESIDE):
            self.found(Field.ORIGINAL_PRICE, each.text, GENERIC, each.where)
            return each.amount
        for each in struck_out(self.document):
            if may_precede(each.amount, price):
                self.found(Field.ORIGINAL_PRICE, each.text, GENERIC, each.where)
                return each.amount
        return None

    def availability(self, *, priced: bool) -> Availability:
        """Return whether it can be had: declared, else shown; a price that nothing speaks against means yes."""
        there = [each for each in self.variants if state(each.texts[Field.AVAILABILITY][0]) is Availability.IN_STOCK]
        for claim in [*there, *self.claims]:
            if Field.AVAILABILITY in claim.texts:
                text, where = claim.texts[Field.AVAILABILITY]
                if (declared := state(text)) is not Availability.UNKNOWN:
                    self.found(Field.AVAILABILITY, text, claim.kind.value, where)
                    return declared
        shown, text, where = visible_state(self.document)
        if shown is Availability.UNKNOWN and priced:
            shown, text, where = Availability.IN_STOCK, "", "a price, and nothing that says it cannot be had"
        if shown is not Availability.UNKNOWN:
            self.found(Field.AVAILABILITY, text, GENERIC, where)
        return shown

    def sku(self) -> str:
        """Return the article number."""
        if (value := self.labelled(Field.SKU)) or (value := self.declared(Field.SKU)):
            return value
        value, text, where = sku_of(self.document)
        if value:
            self.found(Field.SKU, text, GENERIC, where)
        return value

    def title(self) -> str:
        """Return the product's name."""
        if declared := self.declared(Field.TITLE):
            return declared
        for heading in self.document.headings[:1]:
            text = words_of(heading, 300)
            self.found(Field.TITLE, text, GENERIC, "h1")
            return text
        return self.document.title
