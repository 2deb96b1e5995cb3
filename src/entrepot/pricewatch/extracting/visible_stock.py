"""Whether the product can be had, as a person sees it: words near the headline, the buy button, what is declared."""

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.contract import Availability
from entrepot.pricewatch.extracting.document import Document, ancestors, marks_of, spaced_words
from entrepot.pricewatch.extracting.visible_price import buy_buttons, meaning_of_names
from entrepot.pricewatch.extracting.words import BACK_ORDER, BUY, IN, NOTIFY, OUT, PRE_ORDER, STOCK_NAMES


def visible_state(document: Document) -> tuple[Availability, str, str]:
    """Return what the page shows about stock, the words that say so, and where."""
    named = [text for text in _named_texts(document) if text[0]]
    for state, pattern in ((Availability.PRE_ORDER, PRE_ORDER), (Availability.BACK_ORDER, BACK_ORDER)):
        for text, where in named[:6]:
            if pattern.search(text) and not OUT.search(text):
                return state, text, where
    buttons = buy_buttons(document)
    alive = [node for node in buttons if not _is_disabled(node)]
    for text, where in named:
        gone = OUT.search(text)
        if gone is not None and not alive:
            return Availability.OUT_OF_STOCK, text, where
        if gone is None and IN.search(text):
            return Availability.IN_STOCK, text, where
    if alive:
        words = spaced_words(alive[0], 80)
        state = Availability.PRE_ORDER if PRE_ORDER.search(words) else Availability.IN_STOCK
        return state, words or "button", "buy button"
    for line in _main_lines(document):
        gone = OUT.search(line) or NOTIFY.search(line)
        if gone is not None and len(line) <= 50:  # noqa: PLR2004 - a notice, not a sentence of the description
            return Availability.OUT_OF_STOCK, line, "near the headline"
    if buttons:
        return Availability.OUT_OF_STOCK, spaced_words(buttons[0], 80) or "button", "buy button, switched off"
    return Availability.UNKNOWN, "", ""


def state_in_words(text: str) -> Availability:
    """Return the availability that *text*, the words of a shop about one product, means."""
    if OUT.search(text):
        return Availability.OUT_OF_STOCK
    for state, pattern in ((Availability.PRE_ORDER, PRE_ORDER), (Availability.BACK_ORDER, BACK_ORDER), (Availability.IN_STOCK, IN), (Availability.IN_STOCK, BUY)):
        if pattern.search(text):
            return state
    return Availability.OUT_OF_STOCK if NOTIFY.search(text) else Availability.UNKNOWN


_NAMED = ",".join(f"[{attribute}*={name} i]" for name in STOCK_NAMES for attribute in ("class", "id"))


def _named_texts(document: Document) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for node in document.visible().css(_NAMED)[:200]:
        if node.tag in {"script", "style", "input", "option", "li", "label", "body", "html", "form", "template"}:
            continue
        text = spaced_words(node, 161)
        if not text or len(text) > 160:  # noqa: PLR2004
            continue
        line = ancestors(node)
        if any(meaning_of_names(document.names_of(parent)[1])[3] for parent in line[1:9]) or _is_hidden(line):
            continue
        found.append((text, marks_of(node.attributes)[:60]))
        if len(found) >= 12:  # noqa: PLR2004
            break
    return found


def _is_hidden(line: list[LexborNode]) -> bool:
    for parent in line[:6]:
        attributes = parent.attributes
        style, names = attributes.get("style") or "", f" {(attributes.get('class') or '').lower()} "
        if "display:none" in style.replace(" ", "") or " hidden " in names or " hide " in names or " d-none " in names or "hidden" in attributes:
            return True
    return False


def _is_disabled(node: LexborNode) -> bool:
    attributes = node.attributes
    return "disabled" in attributes or attributes.get("aria-disabled") == "true" or "disabled" in (attributes.get("class") or "").lower().split()


def _main_lines(document: Document) -> list[str]:
    """Return the texts around the headline, one for each element: of the smallest block that says more than a few lines."""
    for heading in document.headings[:1]:
        for parent in ancestors(heading)[1:12]:
            text = parent.text(separator="\n")[:20_000]
            lines = [" ".join(line.split()) for line in text.split("\n")]
            lines = [line for line in lines if line]
            if sum(len(line) for line in lines) > 600:  # noqa: PLR2004
                return lines[:80]
    return []
