"""What a price includes: how many pieces, and what shipping adds, where the page says so plainly."""

import re
from collections.abc import Iterator
from decimal import Decimal

from entrepot.pricewatch.extracting.document import Document
from entrepot.pricewatch.extracting.prices import clean, readings

_PACKS = (
    re.compile(r"(?:(?<!\w)pack|set|box|lot|bundle|case|packung|doos|carton|confezione|paquete|pacote|caja) (?:of|de|da|von|van|à|mit|met) (\d{1,4})(?![\d.,]|\s?(?:cm|mm|ml|gb|kg|g|l|in)\b)", re.IGNORECASE),
    re.compile(r"(?<![\d.,\w-])(\d{1,4})[ -]?(?:er[ -]?(?:pack|set|packung)|[ -]?pack(?![a-z])|pk\b|[ -]pezzi|[ -]?pcs\b|[ -]?st(?:uks|ück|k\.)|[ -]pi[eè]ces par)", re.IGNORECASE),
    re.compile(r"(?<![\d.,\w])(\d{1,3}) ?[x×] ?\d{1,4}(?:[.,]\d{1,3})? ?(?:ml|cl|l|g|kg|gr|oz)(?![\w])", re.IGNORECASE),
    re.compile(r"(?:voordeel|multi)verpakking (?:van )?(\d{1,4})(?![\d.,])", re.IGNORECASE),
)  # fmt: skip
_SHIPPING = re.compile(r"(?<!\w)(?:shipping(?: costs?| fee)?|delivery(?: costs?| fee)?|postage|versand(?:kosten)?|verzend(?:ing|kosten)|bezorgkosten|(?:frais de )?(?:livraison|port)|spedizione|gastos de env[íi]o|env[íi]o|frete|dostawa|frakt|fragt)(?! (?:over|from|ab|vanaf|d[eè]s|above|on orders))[:+ ]{1,3}", re.IGNORECASE)  # fmt: skip
_FREE = re.compile(r"(?:is )?(?:free|gratis|kostenlos|gratuite?|gratuit[ao]|offerte?|0[.,]00)(?!\w)", re.IGNORECASE)
_FREE_FIRST = re.compile(r"(?<!\w)(?:free (?:shipping|delivery|postage)|gratis (?:verzending|bezorging|versand)|versandkostenfrei|kostenlos(?:er|e)? (?:versand|lieferung)|livraison (?:gratuite|offerte)|spedizione gratuita|env[íi]o gratis)", re.IGNORECASE)  # fmt: skip
_STEM = re.compile(
    r"shipping|delivery|postage|versand|verzend|bezorgkosten|frais de |livraison|port|spedizione|gastos de env|env[íi]o|frete|dostawa|frakt|fragt"
)
"""How every mention of shipping begins, folded: a quick sieve."""
_FREE_WORDS = ("free ", "gratis", "kostenfrei", "kostenlos", "livraison ", "spedizione ")
_CONDITION = re.compile(
    r"over|above|from|ab(?!\w)|vanaf|boven|d[eè]s|orders|bij|bei|when|oltre|da(?!\w)|desde|partir|\d", re.IGNORECASE
)
_AFTER = 30


def pack_of(title: str) -> int | None:
    """Return how many pieces *title* says one gets for the price; None for one, or when it does not say."""
    for pattern in _PACKS:
        match = pattern.search(title[:300])
        if match is not None and int(match[1]) > 1:
            return int(match[1])
    return None


def _mentions(text: str, folded: str) -> Iterator[re.Match[str]]:
    """Yield where *text* speaks of the price of shipping."""
    if len(folded) != len(text):  # letters that fold to two
        yield from _SHIPPING.finditer(text)
        return
    end = 0
    for stem in _STEM.finditer(folded):
        if stem.start() >= end and (match := _SHIPPING.match(text, stem.start())):
            end = match.end()
            yield match


def shipping_of(document: Document) -> tuple[Decimal | None, str]:
    """Return what shipping costs by the page's words, and these; conditions ("free over 50") are no answer."""
    text = document.words[:8_000]
    folded = text.lower()
    for match in _mentions(text, folded):
        after = text[match.end() : match.end() + _AFTER]
        said = text[match.start() : match.end() + _AFTER]
        free = _FREE.match(after)
        if free is not None and not _CONDITION.search(after[free.end() :]):
            return Decimal(0), said
        for reading in readings(clean(after), document.locale):
            if reading.mark and reading.start <= 3:  # noqa: PLR2004 - directly behind the word
                return reading.amount, said
            break
    for match in _FREE_FIRST.finditer(text) if any(word in folded for word in _FREE_WORDS) else ():
        if not _CONDITION.search(text[match.end() : match.end() + _AFTER]):
            return Decimal(0), text[match.start() : match.end() + _AFTER]
    return None, ""
