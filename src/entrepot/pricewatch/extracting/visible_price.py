"""The price a person sees: near the headline and the buy button, with a currency, not struck through, not another product's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import islice

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.currencies import NOT_IN_PROSE
from entrepot.pricewatch.extracting.document import Document, ancestors, spaced_words
from entrepot.pricewatch.extracting.elements import Element, marks_of, meaning_of_names
from entrepot.pricewatch.extracting.prices import Reading, clean, may_precede, readings
from entrepot.pricewatch.extracting.words import BUY, PRICE_NAMES

MOST_CANDIDATES = 150
LONGEST_TEXT = 90
LONGEST_BUTTON = 120
ENOUGH = 6.0
"""A candidate below is no answer: saying nothing is better than another product's price."""
MANY_ALIKE = 4
LISTED = 2.0
"""How much less an amount counts that stands in one of more elements with the same names: in a list of products."""
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
_DIGIT = re.compile("[0-9]")
_RAISED_CENTS = re.compile(r"(?<=\d) (?=\d{2}(?!\d))")
_CENTS_APART = re.compile(r"^([^\d.,]{1,5}\d{1,3}(?:[.,]\d{3})?) (\d{2})$|^(\d{1,3}(?:[.,]\d{3})?) (\d{2})(?= ?[€$£])")
_AROUND_MARK = re.compile(r"(?<=\d) ?([.,]) ?(?=\d)")


@dataclass(slots=True)
class Candidate:
    """An amount somewhere on the page."""

    amount: Decimal
    mark: str
    text: str
    where: str
    score: float = 0.0
    old: bool = False


class _Shown:
    """An amount in an element, judged when somebody asks."""

    __slots__ = ("amount", "element", "mark", "node", "place", "text")

    def __init__(self, node: LexborNode, text: str, reading: Reading, place: int) -> None:
        self.node = node
        self.text = text
        self.amount = reading.amount
        self.mark = reading.mark
        self.place = place
        self.element: Element | None = None


class _Group:
    """The amounts in some elements of a page, in order."""

    def __init__(self, document: Document, nodes: Iterable[LexborNode]) -> None:
        self._document = document
        self.shown: list[_Shown] = []
        has_struck = bool(document.landmarks.struck)
        for node in nodes:
            if len(self.shown) >= MOST_CANDIDATES:
                break
            if node.tag in _SKIP:
                continue
            text = price_text(node, has_struck=has_struck)
            if text and (reading := document.amount(text)) is not None:
                self.shown.append(_Shown(node, text, reading, len(self.shown)))
        self._times = Counter(each.amount for each in self.shown)

    @cached_property
    def _anchors(self) -> dict[int, int]:
        """What the headline and the buy button stand in, and how far above them that is."""
        document, anchors = self._document, dict[int, int]()
        for node in (*document.headings[:1], *buy_buttons(document)[:1]):
            for step, parent in enumerate(document.elements.of(node).line()):
                anchors[parent.identity] = min(step, anchors.get(parent.identity, step))
        return anchors

    @cached_property
    def _alike(self) -> Counter[str]:
        """How many amounts stand in elements with the same names."""
        return Counter(map(self._signature, self.shown))

    def _signature(self, shown: _Shown) -> str:
        element = self._element(shown)
        return f"{element.tag} {element.marks}"

    def _element(self, shown: _Shown) -> Element:
        if shown.element is None:
            shown.element = self._document.elements.of(shown.node)
        return shown.element

    def is_old(self, shown: _Shown) -> bool:
        """Return whether it is the price of before."""
        return _is_old(self._element(shown), self._anchors)

    def score(self, shown: _Shown) -> float:
        """Return how sure it is that this is the price."""
        return self._alone(shown) - (LISTED if self._alike[self._signature(shown)] > MANY_ALIKE else 0.0)

    def is_likely(self, shown: _Shown) -> bool:
        """Return whether it may be the price at all."""
        alone = self._alone(shown)
        return alone > LISTED or (alone > 0 and self.score(shown) > 0)

    def _alone(self, shown: _Shown) -> float:
        """Return its score without a look at the names of the others, which takes long."""
        return _judge(shown, self._element(shown), self._anchors) + 0.4 * min(3, self._times[shown.amount] - 1)

    def candidates(self) -> list[Candidate]:
        """Return all of them, in order."""
        return [self._candidate(each) for each in self.shown]

    def _candidate(self, shown: _Shown) -> Candidate:
        element = self._element(shown)
        where = f"{element.tag}.{element.marks[:60]}" if element.marks else element.tag
        return Candidate(shown.amount, shown.mark, shown.text, where, self.score(shown), self.is_old(shown))


class Prices:
    """Every amount in an element that is named after prices.

    Finding them is quick, judging them is not: only those are judged that may change an answer.

    Args:
        document: the page.
        declared: whether the page declares a price; then it is looked less far.
    """

    def __init__(self, document: Document, *, declared: bool = False) -> None:
        self._document = document
        self._declared = declared
        self._group = _Group(document, document.landmarks.priced)

    @cached_property
    def ranked(self) -> list[Candidate]:
        """All of them, best first."""
        found = sorted(self._group.candidates(), key=_by_score)
        if not self._declared and (not found or found[0].score < ENOUGH):
            more = _Group(self._document, self._document.named(PRICE_NAMES)).candidates()
            found = sorted(found + sorted(more, key=_by_score), key=_by_score)
        return found

    @cached_property
    def best(self) -> Candidate | None:
        """The price, if one can be sure of it."""
        return next((each for each in self.ranked if each.score >= ENOUGH and not each.old), None)

    def shows(self, amount: Decimal) -> bool:
        """Return whether *amount* is one of the prices of a page that declares one."""
        group = self._group
        return any(each.amount == amount and not group.is_old(each) and group.is_likely(each) for each in group.shown)

    def before(self, price: Decimal, best: Candidate | None, *, lower: float) -> Iterator[Candidate]:
        """Yield the struck-out amounts that may have been the price before *price*, best first.

        Args:
            price: the price of now.
            best: what stands for it among the amounts; None: the best of them.
            lower: how much less than it they may score.
        """
        group = self._group
        if self._declared and not any(may_precede(each.amount, price) and group.is_old(each) for each in group.shown):
            return
        best = best or self.best
        for each in self.ranked if best is not None else ():
            if each.old and best is not None and each.score > best.score - lower and may_precede(each.amount, price):
                yield each


def _by_score(candidate: Candidate) -> float:
    return -candidate.score


def struck_out(document: Document) -> list[Candidate]:
    """Return the amounts that the page itself strikes out, other products' left out, in order."""
    found: list[Candidate] = []
    styled = document.visible().css("[style*=line-through]") if b"line-through" in document.markup else []
    for node in (*document.landmarks.struck[:20], *styled[:20]):
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
    others = {candidate.amount for candidate in struck_out(document)} | _of_others(document)
    first: Candidate | None = None
    for heading in document.headings[:1]:
        for step, parent in enumerate(ancestors(heading)[1:10]):
            text = spaced_words(parent, 900)
            for reading in readings(clean(text), document.locale):
                if reading.amount not in others and _is_money(reading):
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


def _of_others(document: Document) -> set[Decimal]:
    """Return the prices in blocks of other products."""
    nodes = (node for node in document.landmarks.priced if document.elements.of(node).stands_in_others(7))
    texts = filter(None, map(price_text, islice(nodes, MOST_CANDIDATES)))
    return {reading.amount for text in texts if (reading := document.amount(text)) is not None}


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
            _RAISED_CENTS.search(text) is not None
            and node.css_first("sup,[class*=cent i],[class*=decimal i],[class*=fraction i],[class*=superscript i]")
            is not None
        ):
            text = _RAISED_CENTS.sub(".", text)
        text = _AROUND_MARK.sub(r"\1", text)
        text = _CENTS_APART.sub(lambda match: f"{match[1] or match[3]}.{match[2] or match[4]}", text)
    return text


def _judge(shown: _Shown, element: Element, anchors: dict[int, int]) -> float:
    """Return how sure it is that an amount, taken by itself, is the price."""
    score = 3.0 if shown.mark else 0.0
    score += 1.0 if len(shown.text) <= 16 else 0.0  # noqa: PLR2004
    score += 1.0 if shown.amount % 1 else 0.0
    score -= 0.02 * shown.place
    near = 99.0
    current: Element | None = element
    for step in range(4):
        if current is None:
            break
        if (far := anchors.get(current.identity)) is not None:
            near = min(near, step * 0.5 + far)
        weight = 1.0 if step < 2 else 0.5  # noqa: PLR2004
        good, _, other = meaning_of_names(current.marks)
        score += (2.0 * weight if good else 0.0) - (4.0 * weight if other else 0.0) - current.drag
        if current.is_of_others:
            score -= 5.0 if step > 1 else 2.0
        current = current.parent
    if current is not None:
        around, step = current, 4
        while (far := anchors.get(current.identity)) is None and near == 99.0:  # noqa: PLR2004
            if current.parent is None:
                break
            current, step = current.parent, step + 1
        near = near if far is None else min(near, step * 0.5 + far)
        # What the headline stands in too says nothing, but that nobody sees it.
        score -= around.total_drag - current.total_drag + 2.0 * current.is_hidden
    score += max(0.0, 7.0 - 0.6 * near) if anchors else 2.0
    return score - (6.0 if _is_old(element, anchors) else 0.0)


def _is_old(element: Element, anchors: dict[int, int]) -> bool:
    """Return whether what stands in *element* is struck through, or named after the price of before."""
    around = element.parent
    return (
        meaning_of_names(element.marks)[1]
        or (around is not None and meaning_of_names(around.marks)[1])
        or (element.is_struck and _is_struck(element, anchors))
    )


def _is_struck(element: Element, anchors: dict[int, int]) -> bool:
    """Return whether *element* is struck through, but not with the headline: shops forget to end that."""
    near = False
    for step, parent in enumerate(element.line()):
        near = near or parent.identity in anchors
        if parent.strikes:
            return True
        if near and step > 3:  # noqa: PLR2004
            break
    return False


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
