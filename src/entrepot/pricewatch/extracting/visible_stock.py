"""Whether the product can be had, as a person sees it: words near the headline, the buy button, what is declared."""

import re
from functools import cached_property
from itertools import islice

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.contract import Availability
from entrepot.pricewatch.extracting.document import Document, ancestors, spaced_words
from entrepot.pricewatch.extracting.elements import marks_of
from entrepot.pricewatch.extracting.visible_price import buy_buttons
from entrepot.pricewatch.extracting.words import BACK_ORDER, BUY, DISCONTINUED, IN, NOTIFY, OUT, PRE_ORDER, STOCK_NAMES

type Shown = tuple[Availability, str, str]
"""A state, the words that say so, and where they stand."""
_STATES = (
    (Availability.DISCONTINUED, DISCONTINUED),
    (Availability.PRE_ORDER, PRE_ORDER),
    (Availability.BACK_ORDER, BACK_ORDER),
    (Availability.OUT_OF_STOCK, OUT),
)
_ASIDE = frozenset({"nav", "footer"})
_SHORT = 50
"""Characters of a notice; longer is a sentence of the description."""


def visible_state(document: Document) -> Shown:
    """Return what the page shows about stock: named elements, then the buy button, then notices by the headline."""
    buttons = buy_buttons(document)
    alive = [node for node in buttons if not _is_disabled(node)]
    shown = _by_names([text for text in _named_texts(document) if text[0]], can_buy=bool(alive))
    if shown is None:
        shown = _by_notices(document, can_buy=bool(alive))
    if shown is None and alive:
        words = spaced_words(alive[0], 80)
        shown = (
            Availability.PRE_ORDER if PRE_ORDER.search(words) else Availability.IN_STOCK,
            words or "button",
            "buy button",
        )
    return shown or _by_dead_button(buttons) or (Availability.UNKNOWN, "", "")


def _by_names(named: list[tuple[str, str]], *, can_buy: bool) -> Shown | None:
    for state, pattern in _STATES[:3]:
        for text, where in named[:6]:
            if pattern.search(text) and (state is Availability.DISCONTINUED or not OUT.search(text)):
                return state, text, where
    for text, where in named:
        gone = OUT.search(text)
        if gone is not None and (not can_buy or ("availability" in where and gone.start() < _SHORT // 4)):
            return Availability.OUT_OF_STOCK, text, where
        if gone is None and IN.search(text):
            return Availability.IN_STOCK, text, where
    return None


def _by_notices(document: Document, *, can_buy: bool) -> Shown | None:
    """Read short lines by the headline; beside a live button only those that say nothing else."""
    notices = _Notices(document)
    for line in _main_lines(document):
        if len(line) > _SHORT:
            continue
        for state, pattern in _STATES:
            match = pattern.search(line)
            if match is None or (can_buy and not _is_plain(match, line, state)):
                continue
            if notices.counts(line):
                return state, line, "near the headline"
        if not can_buy and NOTIFY.search(line) and notices.counts(line):
            return Availability.OUT_OF_STOCK, line, "near the headline"
    return None


def _is_plain(match: re.Match[str], line: str, state: Availability) -> bool:
    """Return whether *line* says little else, or begins with it where a button does not contradict it."""
    waits = state in {Availability.PRE_ORDER, Availability.BACK_ORDER}
    return len(match[0]) > len(line) * 0.6 or (waits and (match.start() == 0 or OUT.search(line) is not None))


def _is_choice(node: LexborNode) -> bool:
    """Return whether *node* is one of several to choose from."""
    around = node.parent if node.tag == "label" else None
    return node.tag == "option" or (
        around is not None and around.css_first("input[type=radio],input[type=checkbox]") is not None
    )


class _Notices:
    """Where the short lines of a page stand, found when somebody asks."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _where(self) -> dict[str, list[LexborNode]]:
        found: dict[str, list[LexborNode]] = {}
        for node in self._document.visible().css("*"):
            words = " ".join(node.text(deep=False)[: _SHORT * 4].split())
            if words and len(words) <= _SHORT:
                found.setdefault(words, []).append(node)
        return found

    def counts(self, line: str) -> bool:
        """Return whether *line* is said of the page's own product, not of another, nor of a size, and is to be seen."""
        tellers = self._where.get(line, ())
        if tellers and all(map(self._is_of_another, islice(tellers, 20))):
            return False
        nodes = self._document.visible().css("[style*=none],[hidden],[class~=hidden],[class~=hide],[class~=d-none]")[
            :100
        ]
        return not any(line in spaced_words(node, 400) for node in nodes if _is_hidden([node]))

    def _is_of_another(self, node: LexborNode) -> bool:
        around = ancestors(node)
        return (
            any(map(_is_choice, around[:4]))
            or any(parent.tag in _ASIDE for parent in around)
            or self._document.elements.of(node).stands_in_others(8)
        )


def _by_dead_button(buttons: list[LexborNode]) -> Shown | None:
    if not buttons:
        return None
    return Availability.OUT_OF_STOCK, spaced_words(buttons[0], 80) or "button", "buy button, switched off"


def state_in_words(text: str) -> Availability:
    """Return the availability that *text*, the words of a shop about one product, means."""
    if DISCONTINUED.search(text):
        return Availability.DISCONTINUED
    if OUT.search(text):
        return Availability.OUT_OF_STOCK
    for state, pattern in (*_STATES[1:3], (Availability.IN_STOCK, IN), (Availability.IN_STOCK, BUY)):
        if pattern.search(text):
            return state
    return Availability.OUT_OF_STOCK if NOTIFY.search(text) else Availability.UNKNOWN


def _named_texts(document: Document) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for node in islice(document.named(STOCK_NAMES), 200):
        if node.tag in {"script", "style", "input", "option", "li", "label", "body", "html", "form", "template"}:
            continue
        text = spaced_words(node, 161)
        if not text or len(text) > 160:  # noqa: PLR2004
            continue
        if document.elements.of(node).stands_in_others(8) or _is_hidden(ancestors(node)):
            continue
        found.append((text, marks_of(node.attributes)[:60]))
        if len(found) >= 12:  # noqa: PLR2004
            break
    return found


def _is_hidden(line: list[LexborNode]) -> bool:
    for parent in line[:6]:
        attributes = parent.attributes
        style, names = attributes.get("style") or "", f" {(attributes.get('class') or '').lower()} "
        if (
            "display:none" in style.replace(" ", "")
            or " hidden " in names
            or " hide " in names
            or " d-none " in names
            or "hidden" in attributes
        ):
            return True
    return False


def _is_disabled(node: LexborNode) -> bool:
    attributes = node.attributes
    return (
        "disabled" in attributes
        or attributes.get("aria-disabled") == "true"
        or "disabled" in (attributes.get("class") or "").lower().split()
    )


def _main_lines(document: Document) -> list[str]:
    """Return the texts around the headline, one for each element: of the smallest block that says more than a few lines."""
    lines: list[str] = []
    for heading in document.headings[:1]:
        for parent in ancestors(heading)[1:12]:
            text = parent.text(separator="\n")[:20_000]
            lines = [line for raw in text.split("\n") if (line := " ".join(raw.split()))]
            if sum(len(line) for line in lines) > 600:  # noqa: PLR2004
                break
    return lines[:80]
