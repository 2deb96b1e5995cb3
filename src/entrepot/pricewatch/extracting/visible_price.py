"""The price a person sees: near the headline and the buy button, with a currency, not struck through, not another product's."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.document import Document, ancestors, marks_of, spaced_words
from entrepot.pricewatch.extracting.prices import clean, readings
from entrepot.pricewatch.extracting.words import BUY, GOOD_NAMES, OLD_NAMES, OTHER_BLOCKS, OTHER_NAMES, PRICE_NAMES

MOST_CANDIDATES = 150
LONGEST_TEXT = 90
ENOUGH = 6.0
"""A candidate below is no answer: saying nothing is better than another product's price."""
_SKIP = frozenset({"script", "style", "link", "meta", "option", "select", "template", "noscript", "svg", "path", "head", "html", "body", "textarea", "iframe"})
_STRUCK = frozenset({"del", "s", "strike"})
_ASIDE = frozenset({"header", "footer", "nav", "aside"})
_RAISED_CENTS = re.compile(r"(?<=\d) (?=\d{2}(?!\d))")
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


def candidates(document: Document) -> list[Candidate]:
    """Return every amount in an element that is named after prices, best first."""
    nodes = document.tree.css(_query(document))
    if not nodes:
        return []
    anchors = [_chain(node) for node in document.headings[:2]]
    anchors += [_chain(node) for node in buy_buttons(document)[:1]]
    found: list[Candidate] = []
    seen: dict[str, int] = {}
    for node in nodes:
        if len(found) >= MOST_CANDIDATES:
            break
        candidate = _candidate(node, document)
        if candidate is not None:
            seen[candidate.signature] = seen.get(candidate.signature, 0) + 1
            _judge(candidate, node, anchors, len(found))
            found.append(candidate)
    for candidate in found:
        candidate.score -= 2.0 if seen[candidate.signature] > 4 else 0.0  # noqa: PLR2004 - a list of products
        candidate.score += 0.4 * min(3, sum(1 for other in found if other.amount == candidate.amount) - 1)
    return sorted(found, key=lambda candidate: -candidate.score)


def _query(document: Document) -> str:
    lower = document.body
    names = [name for name in PRICE_NAMES if name.encode() in lower or name.capitalize().encode() in lower]
    parts = [f"[{attribute}*={name} i]" for name in names for attribute in ("class", "id")]
    parts += ["[data-price]", "[data-testid*=price i]", "[itemprop=price]"]
    return ",".join(parts)


def _candidate(node: LexborNode, document: Document) -> Candidate | None:
    if node.tag in _SKIP:
        return None
    text = price_text(node)
    if not text:
        return None
    for reading in readings(clean(text), document.locale):
        if reading.amount <= 0:
            continue
        marks = marks_of(node.attributes)
        return Candidate(reading.amount, reading.mark, text, f"{node.tag}.{marks[:60]}" if marks else str(node.tag), signature=f"{node.tag} {marks}")
    return None


def price_text(node: LexborNode) -> str:
    """Return the words of *node* if they are short, without struck-out parts, raised cents set apart by a point."""
    raw = node.text_lexbor()
    if len(raw) > LONGEST_TEXT * 10 or not any(sign.isdigit() for sign in raw):
        return ""
    text = spaced_words(node, LONGEST_TEXT + 1)
    if not text or len(text) > LONGEST_TEXT:
        return ""
    if node.first_child is not None and node.first_child.next is not None:
        for struck in node.css("del,s,strike"):
            rest = text.replace(spaced_words(struck, LONGEST_TEXT), " ", 1)
            text = rest if any(sign.isdigit() for sign in rest) else text
        if node.css_first("sup,[class*=cent i],[class*=decimal i],[class*=fraction i],[class*=superscript i]") is not None:
            text = _RAISED_CENTS.sub(".", text)
        text = _AROUND_MARK.sub(r"\1", text)
    return text


def _judge(candidate: Candidate, node: LexborNode, anchors: list[dict[int, int]], position: int) -> None:
    score = 3.0 if candidate.mark else 0.0
    score += 1.0 if len(candidate.text) <= 16 else 0.0  # noqa: PLR2004
    score += 1.0 if candidate.amount % 1 else 0.0
    score -= 0.02 * position
    distance = [99.0] * len(anchors)
    for step, parent in enumerate(ancestors(node)):
        identity = parent.mem_id
        for number, anchor in enumerate(anchors):
            if identity in anchor and distance[number] > 98:  # noqa: PLR2004
                distance[number] = step * 0.5 + anchor[identity]
        tag, attributes = parent.tag or "", parent.attributes
        if tag in _STRUCK or "line-through" in (attributes.get("style") or ""):
            candidate.old = True
        if _HIDDEN.search(attributes.get("style") or ""):
            score -= 2.0
        if min(distance, default=99.0) < 99 and step > 3:  # noqa: PLR2004 - what the headline stands in too says nothing
            break
        marks = marks_of(attributes)
        if step <= 3 and marks:  # noqa: PLR2004
            weight = 1.0 if step < 2 else 0.5  # noqa: PLR2004
            if OLD_NAMES.search(marks) and not candidate.old and step < 2:  # noqa: PLR2004
                candidate.old = "special" not in marks and "sale" not in marks
            score += 2.0 * weight if GOOD_NAMES.search(marks) else 0.0
            score -= 4.0 * weight if OTHER_NAMES.search(marks) else 0.0
        if marks and OTHER_BLOCKS.search(marks):
            score -= 5.0 if step > 1 else 2.0
        if tag in _ASIDE:
            score -= 3.0
    near = min(distance, default=99.0)
    score += max(0.0, 7.0 - 0.6 * near) if anchors else 2.0
    score -= 6.0 if candidate.old else 0.0
    candidate.score = score


def _chain(node: LexborNode) -> dict[int, int]:
    return {parent.mem_id: step for step, parent in enumerate(ancestors(node))}


def buy_buttons(document: Document) -> list[LexborNode]:
    """Return the buttons that put the product into a cart, those of other products' blocks left out."""
    cached = document.__dict__.get("_buy_buttons")
    if cached is not None:
        return cached  # type: ignore[no-any-return]
    found: list[LexborNode] = []
    for node in document.tree.css("button,input[type=submit],input[type=button],a[class*=cart i],a[class*=buy i],a[class*=btn i],a[class*=button i],a[role=button],[id*=addtocart i],[id*=add-to-cart i],[class*=add-to-cart i],[class*=addtocart i]")[:400]:  # fmt: skip
        attributes = node.attributes
        words = (attributes.get("value") or "") + " " + (attributes.get("title") or "") + " " + (attributes.get("aria-label") or "") + " " + spaced_words(node, 80)
        if len(words) < 120 and (BUY.search(words) or "add-to-cart" in (marks := marks_of(attributes)) or "addtocart" in marks):  # noqa: PLR2004
            blocks = " ".join(marks_of(parent.attributes) for parent in ancestors(node)[1:8])
            if not OTHER_BLOCKS.search(blocks):
                found.append(node)
    document.__dict__["_buy_buttons"] = found
    return found
