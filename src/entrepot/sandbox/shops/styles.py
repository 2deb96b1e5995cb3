"""The shops there are, and how each writes its pages."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec
from babel.numbers import format_currency

type Layout = Literal["json_ld", "microdata", "open_graph", "plain", "embedded", "client"]
type Stock = Literal["in_stock", "pre_order", "back_order", "out_of_stock", "discontinued"]

LAYOUTS: dict[Layout, str] = {
    "json_ld": "schema.org as JSON-LD",
    "microdata": "schema.org as microdata",
    "open_graph": "Open Graph only",
    "plain": "plain markup, the price split into pieces, other prices before it",
    "embedded": "drawn by a script from JSON in the page",
    "client": "drawn by a script from JSON fetched later: only a browser sees a price",
}


class Words(msgspec.Struct, frozen=True):
    """What a shop says, in its language."""

    stock: Mapping[Stock, str]
    basket: str
    related: str
    shipping: str
    free: str
    before: str
    number: str
    search: str
    found: str


class Style(msgspec.Struct, frozen=True):
    """A shop, as it always is."""

    key: str
    name: str
    locale: str
    currency: str
    rate: Decimal
    """Of its currency to a euro."""
    layout: Layout
    share: float
    """Of the catalogue that it sells."""
    ending: Decimal
    """Its prices end so: on cents, or on the last units of a currency without."""
    shipping: Decimal
    """What sending costs in its currency; nothing from ten times that on."""
    words: Words

    @property
    def language(self) -> str:
        """As HTML says it."""
        return self.locale.replace("_", "-")

    def attractive(self, amount: Decimal) -> Decimal:
        """The nearest price that ends as the shop's prices do; small ones end on their own."""
        step = Decimal(10) if self.ending >= 1 else Decimal(1)
        if amount < step * 10:
            small, less = step / 10, Decimal(0) if self.ending >= 1 else Decimal("0.01")
            return max(small, (amount / small).quantize(Decimal(1), ROUND_HALF_UP) * small - less)
        return ((amount / step).quantize(Decimal(1), ROUND_HALF_UP) - 1) * step + self.ending

    def write(self, amount: Decimal) -> str:
        """A price as people of its language write it."""
        return format_currency(amount, self.currency, locale=self.locale)


def _words(stock: str, *others: str) -> Words:
    names: tuple[Stock, ...] = ("in_stock", "pre_order", "back_order", "out_of_stock", "discontinued")
    basket, related, shipping, free, before, number, search, found = others
    told = dict(zip(names, stock.split(" | "), strict=True))
    return Words(told, basket, related, shipping, free, before, number, search, found)


_DUTCH = _words(
    "Op voorraad | Nu te reserveren | Nabesteld, levertijd 2 weken | Uitverkocht | Uit het assortiment",
    *("In winkelwagen", "Anderen bekeken ook", "Verzendkosten", "Gratis verzending", "Adviesprijs"),
    *("Artikelnummer", "Zoeken", "gevonden"),
)
_GERMAN = _words(
    "Auf Lager | Vorbestellbar | Nachbestellt, lieferbar in 2 Wochen | Ausverkauft | Nicht mehr im Sortiment",
    *("In den Warenkorb", "Kunden sahen auch", "Versandkosten", "Kostenloser Versand", "UVP"),
    *("Artikelnummer", "Suchen", "gefunden"),
)
_ENGLISH = _words(
    "In stock | Pre-order now | On back order, two weeks | Sold out | Discontinued",
    *("Add to basket", "You may also like", "Delivery", "Free delivery", "RRP"),
    *("Product code", "Search", "found"),
)
_FRENCH = _words(
    "En stock | En précommande | Sur commande, sous 2 semaines | Épuisé | Arrêté par le fabricant",
    *("Ajouter au panier", "Vous aimerez aussi", "Frais de livraison", "Livraison gratuite", "Prix conseillé"),
    *("Référence", "Chercher", "trouvés"),
)
_SWEDISH = _words(
    "I lager | Förboka nu | Beställningsvara, 2 veckor | Slutsåld | Utgått ur sortimentet",
    *("Lägg i varukorgen", "Andra tittade på", "Frakt", "Fri frakt", "Ord. pris"),
    *("Artikelnummer", "Sök", "hittade"),
)
_POLISH = _words(
    "Dostępny | Przedsprzedaż | Na zamówienie, 2 tygodnie | Wyprzedany | Wycofany z oferty",
    *("Dodaj do koszyka", "Zobacz także", "Dostawa", "Darmowa dostawa", "Cena katalogowa"),
    *("Numer artykułu", "Szukaj", "znaleziono"),
)


def _style(key: str, name: str, place: str, rate: str, layout: Layout, share: float, words: Words) -> Style:
    locale, currency, ending, shipping = place.split()
    return Style(key, name, locale, currency, Decimal(rate), layout, share, Decimal(ending), Decimal(shipping), words)


STYLES: dict[str, Style] = {
    style.key: style
    for style in (
        _style("woonhuis", "Het Woonhuis", "nl_NL EUR 0.95 4.95", "1", "json_ld", 0.6, _DUTCH),
        _style("geschenkewelt", "Geschenkewelt", "de_DE EUR 0.99 5.90", "1", "microdata", 0.5, _GERMAN),
        _style("kettle", "Kettle & Co", "en_GB GBP 0.99 3.99", "0.86", "open_graph", 0.5, _ENGLISH),
        _style("maison", "Maison Bleue", "fr_FR EUR 0.90 6.50", "1", "plain", 0.4, _FRENCH),
        _style("presentboden", "Presentboden", "sv_SE SEK 9 49", "11.2", "embedded", 0.4, _SWEDISH),
        _style("upominki", "Upominki", "pl_PL PLN 0.99 12.99", "4.3", "client", 0.4, _POLISH),
    )
}
