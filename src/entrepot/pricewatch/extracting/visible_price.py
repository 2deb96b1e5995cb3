"""The price a person sees: near the headline and the buy button, with a currency, not struck through, not another product's."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.currencies import NOT_IN_PROSE
from entrepot.pricewatch.extracting.document import Document, ancestors, spaced_words
from entrepot.pricewatch.extracting.elements import Element, marks_of, meaning_of_names
from entrepot.pricewatch.extracting.prices import Reading, clean, readings
from entrepot.pricewatch.extracting.words import BUY, PRICE_NAMES

MOST_CANDIDATES = 150
LONGEST_TEXT = 90
LONGEST_BUTTON = 120
ENOUGH = 6.0
"""A candidate below is no answer: saying nothing is better than another product's price."""
_SKIP = frozenset(
    {
        "script",
        "style",
        "link",
        "meta",
        "option",
        "select",
        "template",
        "noscript",
        "svg",
        "path",
        "head",
        "html",
        "body",
        "textarea",
        "iframe",
    }
)
_STRUCK = frozenset({"del", "s", "strike"})
_ASIDE = frozenset({"header", "footer", "nav", "aside"})
_DIGIT = re.compile("[0-9]")
_RAISED_CENTS = re.compile(r"(?<=\d) (?=\d{2}(?!\d))")
_CENTS_APART = re.compile(r"^([^\d.,]{1,5}\d{1,3}(?:[.,]\d{3})?) (\d{2})$|^(\d{1,3}(?:[.,]\d{3})?) (\d{2})(?= ?[€$£])")
_AROUND_MARK = re.compile(r"(?<=\d) ?([.,]) ?(?=\d)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


@dataclass(slots=True)
class Candidate:
    """An amount somewhere on the page."""

    amount: Decimal
    mark: str
    text: str
    where: str
    score: float = 0.0
    old: bool = False
    signature: str = ""
    notes: list[str] = field(default_factory=list)


def candidates(document: Document, *, declared: bool = False) -> list[Candidate]:
    """Return every amount in an element that is named after prices, best first; with a *declared* price, look less far."""
    found = _found(document, document.landmarks.priced)
    if not declared and (not found or found[0].score < ENOUGH):
        found = sorted(found + _found(document, document.named(PRICE_NAMES)), key=lambda candidate: -candidate.score)
    return found


def _found(document: Document, nodes: Iterable[LexborNode]) -> list[Candidate]:
    anchors: dict[int, int] = {}
    for node in (*document.headings[:1], *buy_buttons(document)[:1]):
        for step, parent in enumerate(document.elements.of(node).line()):
            anchors[parent.identity] = min(step, anchors.get(parent.identity, step))
    found: list[Candidate] = []
    seen: dict[str, int] = {}
    for node in nodes:
        if len(found) >= MOST_CANDIDATES:
            break
        candidate = _candidate(node, document)
        if candidate is not None:
            seen[candidate.signature] = seen.get(candidate.signature, 0) + 1
            _judge(candidate, document.elements.of(node), anchors, len(found))
            found.append(candidate)
    times = Counter(candidate.amount for candidate in found)
    for candidate in found:
        candidate.score -= 2.0 if seen[candidate.signature] > 4 else 0.0  # noqa: PLR2004 - a list of products
        candidate.score += 0.4 * min(3, times[candidate.amount] - 1)
    return sorted(found, key=lambda candidate: -candidate.score)


def _candidate(node: LexborNode, document: Document) -> Candidate | None:
    tag = node.tag
    if tag in _SKIP:
        return None
    text = price_text(node, has_struck=bool(document.landmarks.struck))
    if not text:
        return None
    if text not in document.amounts:
        found = readings(clean(text), document.locale)
        document.amounts[text] = next((each for each in found if each.amount > 0), None)
    reading = document.amounts[text]
    if reading is None:
        return None
    marks = document.elements.of(node).marks
    return Candidate(
        reading.amount,
        reading.mark,
        text,
        f"{tag}.{marks[:60]}" if marks else str(tag),
        signature=f"{tag} {marks}",
    )


def struck_out(document: Document) -> list[Candidate]:
    """Return the amounts that the page itself strikes out, other products' left out, in order."""
    found: list[Candidate] = []
    for node in document.landmarks.struck[:20]:
        if document.elements.of(node).stands_in_others(7):
            continue
        reading = next(readings(clean(spaced_words(node, LONGEST_TEXT)), document.locale), None)
        if reading is not None:
            found.append(
                Candidate(reading.amount, reading.mark, spaced_words(node, LONGEST_TEXT), f"<{node.tag}>", old=True)
            )
    return found


def priced_words(document: Document) -> Candidate | None:
    """Return the first amount with a currency in the words around the headline, for pages that name nothing a price."""
    about = clean(document.metas.get("og:description", "") + " " + document.metas.get("description", ""))
    told = {reading.amount for reading in readings(about, document.locale) if reading.mark}
    struck = {candidate.amount for candidate in struck_out(document)}
    first: Candidate | None = None
    for heading in document.headings[:1]:
        for step, parent in enumerate(ancestors(heading)[1:10]):
            text = spaced_words(parent, 900)
            for reading in readings(clean(text), document.locale):
                if reading.amount not in struck and _is_money(reading):
                    around = text[max(0, reading.start - 15) : reading.end + 5]
                    candidate = Candidate(
                        reading.amount, reading.mark, around, f"words around the headline, {step + 1} up", ENOUGH
                    )
                    first = first or candidate
                    if reading.amount in told:
                        return candidate
            if len(text) > 800:  # noqa: PLR2004 - what stands farther away speaks of other things
                break
    return first


def _is_money(reading: Reading) -> bool:
    return bool(reading.mark) and reading.mark.lower() not in NOT_IN_PROSE and reading.amount > 0


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None or (not text.isascii() and any(map(str.isdigit, text)))


def price_text(node: LexborNode, *, has_struck: bool = True) -> str:
    """Return the words of *node* if they are short, without struck-out parts, raised cents set apart by a point."""
    raw = node.text_lexbor()
    if len(raw) > LONGEST_TEXT * 10 or not _has_digit(raw):
        return ""
    text = spaced_words(node, LONGEST_TEXT + 1)
    if not text or len(text) > LONGEST_TEXT:
        return ""
    if (first := node.first_child) is not None and first.next is not None:
        for struck in node.css("del,s,strike") if has_struck else ():
            rest = text.replace(spaced_words(struck, LONGEST_TEXT), " ", 1)
            text = rest if _has_digit(rest) else text
        if (
            node.css_first("sup,[class*=cent i],[class*=decimal i],[class*=fraction i],[class*=superscript i]")
            is not None
        ):
            text = _RAISED_CENTS.sub(".", text)
        text = _AROUND_MARK.sub(r"\1", text)
        text = _CENTS_APART.sub(lambda match: f"{match[1] or match[3]}.{match[2] or match[4]}", text)
    return text


def _judge(candidate: Candidate, element: Element, anchors: dict[int, int], position: int) -> None:
    score = 3.0 if candidate.mark else 0.0
    score += 1.0 if len(candidate.text) <= 16 else 0.0  # noqa: PLR2004
    score += 1.0 if candidate.amount % 1 else 0.0
    score -= 0.02 * position
    near = 99.0
    for step, parent in enumerate(element.line()):
        if (far := anchors.get(parent.identity)) is not None:
            near = min(near, step * 0.5 + far)
        marks, style, tag = parent.marks, parent.style, parent.tag
        if tag in _STRUCK or (style and "line-through" in style):
            candidate.old = True
        if style and _HIDDEN.search(style):
            score -= 2.0
        if near < 99 and step > 3:  # noqa: PLR2004 - what the headline stands in too says nothing
            break
        if step <= 3 and marks:  # noqa: PLR2004
            weight = 1.0 if step < 2 else 0.5  # noqa: PLR2004
            good, old, other = meaning_of_names(marks)
            candidate.old = candidate.old or (old and step < 2)  # noqa: PLR2004
            score += (2.0 * weight if good else 0.0) - (4.0 * weight if other else 0.0)
        if parent.is_of_others:
            score -= 5.0 if step > 1 else 2.0
        if tag in _ASIDE:
            score -= 3.0
    score += max(0.0, 7.0 - 0.6 * near) if anchors else 2.0
    score -= 6.0 if candidate.old else 0.0
    candidate.score = score


def buy_buttons(document: Document) -> list[LexborNode]:
    """Return the buttons that put the product into a cart, those of other products' blocks left out."""
    if document.buy_buttons is None:
        nodes = document.landmarks.buttons[:250]
        document.buy_buttons = [
            node for node in nodes if _buys(node) and not document.elements.of(node).stands_in_others(7)
        ]
    return document.buy_buttons


def _buys(node: LexborNode) -> bool:
    if node.tag in {"form", "div", "section"}:
        return False
    attributes = node.attributes
    said = [attributes.get(name) or "" for name in ("value", "title", "aria-label")]
    words = " ".join([*said, spaced_words(node, 80)])
    if len(words) >= LONGEST_BUTTON:
        return False
    marks = marks_of(attributes)
    return "add-to-cart" in marks or "addtocart" in marks or _speaks_of_buying(words)


@lru_cache(maxsize=20_000)
def _speaks_of_buying(words: str) -> bool:
    return BUY.search(words) is not None
