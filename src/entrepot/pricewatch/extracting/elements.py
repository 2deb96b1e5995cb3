"""What elements are called and stand in, asked of the tree once: many elements of a page stand in the same ones."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborNode

from entrepot.pricewatch.extracting.words import GOOD_NAMES, OLD_NAMES, OTHER_BLOCKS, OTHER_NAMES

DEEPEST = 60
"""Ancestors that are looked at: pages nest 20 to 40 deep."""
_NAMING = frozenset(
    {"class", "id", "data-testid", "data-test", "data-auto-id", "data-hook", "data-role", "data-qa", "itemprop", "name"}
)
_NAMELESS = frozenset({"html", "body"})
_STRUCK = frozenset({"del", "s", "strike"})
_ASIDE = frozenset({"header", "footer", "nav", "aside"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")


class Element:
    """One element: its names, and the element around it."""

    __slots__ = (
        "drag",
        "identity",
        "is_hidden",
        "is_of_others",
        "is_struck",
        "marks",
        "parent",
        "strikes",
        "tag",
        "total_drag",
    )

    def __init__(self, node: LexborNode, identity: int, parent: "Element | None") -> None:
        attributes = node.attributes
        self.identity = identity
        self.parent = parent
        self.tag = tag = node.tag or ""
        self.marks = "" if tag in _NAMELESS else marks_of(attributes)
        style = attributes.get("style") or ""
        self.is_of_others = bool(self.marks) and names_others(self.marks)
        self.is_hidden = bool(style) and _HIDDEN.search(style) is not None
        self.strikes = tag in _STRUCK or "line-through" in style
        self.is_struck: bool = self.strikes or (parent is not None and parent.is_struck)
        """Whether it or something around it strikes through."""
        self.drag = 3.0 * (tag in _ASIDE) + 2.0 * self.is_hidden
        """How much less a price counts that stands in it, blocks of other products apart."""
        self.total_drag: float = (
            self.drag + 5.0 * self.is_of_others + (parent.total_drag if parent is not None else 0.0)
        )
        """The same of it and of all around it, with the blocks."""

    def line(self) -> Iterator["Element"]:
        """Yield this element and what it stands in, as far up as anybody looks."""
        return islice(self._upwards(), DEEPEST)

    def stands_in_others(self, levels: int) -> bool:
        """Return whether one of the *levels* elements around this one is a block of other products."""
        around = self.parent
        for _ in range(levels):
            if around is None:
                return False
            if around.is_of_others:
                return True
            around = around.parent
        return False

    def _upwards(self) -> Iterator["Element"]:
        current: Element | None = self
        while current is not None:
            yield current
            current = current.parent


class Elements:
    """The elements of one page, as far as somebody asked for them."""

    def __init__(self) -> None:
        self._known: dict[int, Element] = {}

    def of(self, node: LexborNode) -> Element:
        """Return what is known of *node*."""
        known = self._known
        unknown: list[tuple[LexborNode, int]] = []
        current: LexborNode | None = node
        element: Element | None = None
        while current is not None:
            identity = current.mem_id
            element = known.get(identity)
            if element is not None:
                break
            unknown.append((current, identity))
            current = current.parent
        while unknown:
            current, identity = unknown.pop()
            element = known[identity] = Element(current, identity, element)
        if element is None:
            raise LookupError
        return element


def marks_of(attributes: dict[str, str | None]) -> str:
    """Return what an element is called: its classes, id and test names, in lower case."""
    if len(attributes) == 1 and (classes := attributes.get("class")):
        return classes.lower()
    names = [value for name, value in attributes.items() if value and name in _NAMING]
    return " ".join(names).lower() if names else ""


@lru_cache(maxsize=20_000)
def meaning_of_names(marks: str) -> tuple[bool, bool, bool]:
    """Return whether the names of an element speak of the price of now, of before, of something else."""
    old = OLD_NAMES.search(marks) is not None and "special" not in marks and "sale" not in marks
    return GOOD_NAMES.search(marks) is not None, old, OTHER_NAMES.search(marks) is not None


@lru_cache(maxsize=20_000)
def names_others(marks: str) -> bool:
    """Return whether the names of an element speak of a block of other products."""
    return OTHER_BLOCKS.search(marks) is not None
