"""How likely two names mean the same product.  Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

ENOUGH = 0.5
"""Titles that share less than this are not suggested."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may be meant."""

    product_id: UUID
    sku: str
    title: str


def words(text: str) -> list[str]:
    """Return what a text is made of, in lower case, each word once, in its order."""
    return list(dict.fromkeys(_WORD.findall(text.lower())))


def likeness(first: str, second: str) -> float:
    """Return how much two titles share: 1 for the same words in any order, 0 for none."""
    one, other = set(words(first)), set(words(second))
    return len(one & other) / len(one | other) if one and other else 0.0


def searches(title: str, *, most: int = 3) -> list[str]:
    """Return what to search for, the strictest first: all long words, then fewer and fewer."""
    telling = sorted((word for word in words(title) if len(word) > 2), key=len, reverse=True)[:6]  # noqa: PLR2004 -- shorter words are in every title
    found = [" ".join(telling[:count]) for count in (len(telling), 3, 2) if 0 < count <= len(telling)]
    return list(dict.fromkeys(found))[:most]


def same_sku(first: str, second: str) -> bool:
    """Whether two article numbers differ only in case and signs: ``mug 01`` and ``MUG-01``."""
    plain = ["".join(_WORD.findall(sku.lower())).replace("_", "") for sku in (first, second)]
    return bool(plain[0]) and plain[0] == plain[1]


def best(sku: str, title: str, candidates: Iterable[Candidate]) -> tuple[Candidate, str] | None:
    """Return the product that is meant most likely and what speaks for it: ``sku`` or ``title``; None if none is."""
    known: Sequence[Candidate] = list(candidates)
    for candidate in known:
        if same_sku(sku, candidate.sku):
            return candidate, "sku"
    if not known:
        return None
    likely = max(known, key=lambda candidate: likeness(title, candidate.title))
    return (likely, "title") if likeness(title, likely.title) >= ENOUGH else None
