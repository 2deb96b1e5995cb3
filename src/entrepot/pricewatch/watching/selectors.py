"""Selectors as people write them."""

from entrepot.pricewatch.extracting.contract import Selector
from entrepot.pricewatch.extracting.service import parse_selector
from entrepot.pricewatch.watching.errors import SelectorUnreadableError


def selector_of(line: str) -> Selector:
    """Return the selector that *line* writes.

    Raises:
        SelectorUnreadableError: it is none.
    """
    try:
        return parse_selector(line.strip())
    except (ValueError, NotImplementedError) as error:
        raise SelectorUnreadableError(selector=line.strip()[:200], reason=str(error)[:200]) from None


def write_selector(selector: Selector) -> str:
    """Return *selector* as people write it, so that :func:`selector_of` reads the same."""
    attribute = f"@{selector.attribute}" if selector.attribute else ""
    return f"{selector.field}={selector.kind}:{selector.expression}{attribute}"
